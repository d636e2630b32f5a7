/* SPDX-License-Identifier: GPL-2.0-or-later */
/* web_directory/DAY/TOKEN/NAME: the day for who removes old ones, the token for
 * who must not guess.  Directories cannot be listed by others, and a file gets
 * its name only once it is complete. */
#include "backends/purple/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "backends/kit/kit.h"
#include "backends/purple/filename.h"
#include "backends/purple/picture.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define PART		"part"
#define TOKEN_SIZE	27		/* with the NUL */
#define SPARE		((uint64_t)64 << 20)	/* bytes left on the disk */
#define SWEEP_SECONDS	3600
#define SWEEP_AT_ONCE	100		/* files removed in one turn */
#define DAY		86400

static const char *directory, *url_prefix;
static int64_t file_max, image_max, lifetime;

bool
media_available(void)
{
	return *directory != '\0' && *url_prefix != '\0';
}

int64_t
media_file_max(void)
{
	return file_max;
}

int64_t
media_image_max(void)
{
	return image_max;
}

/* --------------------------------------------------------------- new ones */

static bool
has_room(int64_t size)
{
	struct statvfs fs;

	return statvfs(directory, &fs) != 0 ||
	    (uint64_t)fs.f_bavail * fs.f_frsize > (uint64_t)size + SPARE;
}

static const char *
trouble(const char *what, const char *path)
{
	log_warn("%s %s: %s", what, path, strerror(errno));
	return errno == ENOSPC || errno == EDQUOT ?
	    "the gateway has no room for it" :
	    "the gateway could not store it";
}

/* Others may enter, but not look around. */
static int
make_directory(const char *path)
{
	if (mkdir(path, 0711) == 0)
		return chmod(path, 0711);	/* whatever the umask */
	return errno == EEXIST ? 0 : -1;
}

char *
media_begin(int64_t size, const char **why)
{
	time_t now = time(NULL);
	char token[TOKEN_SIZE], day[16], *path;
	struct tm tm;
	int status;

	if (!media_available() || !has_room(size)) {
		*why = media_available() ? "the gateway has no room for it" :
		    "this gateway cannot receive files";
		return NULL;
	}
	gmtime_r(&now, &tm);
	strftime(day, sizeof(day), "%Y%m%d", &tm);
	rand_token(token, sizeof(token));
	path = xasprintf("%s/%s", directory, day);
	status = make_directory(path);
	free(path);
	path = xasprintf("%s/%s/%s/" PART, directory, day, token);
	path[strlen(path) - sizeof(PART)] = '\0';
	if (status < 0 || make_directory(path) < 0) {
		*why = trouble("cannot make", path);
		free(path);
		return NULL;
	}
	path[strlen(path)] = '/';
	return path;
}

/* Pictures are known by their content, and nothing else is called one. */
static bool
probe(int fd, struct picture *picture)
{
	char head[4096];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	return n > 0 && picture_probe(head, (size_t)n, picture);
}

static void
remove_directory_of(char *path)
{
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

int
media_finish(char *path, const char *name, struct media *m, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char public[FILENAME_MAX_BYTES], *to;
	struct picture picture;
	struct stat st;
	bool known;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    fchmod(fd, 0644) < 0) {
		*why = trouble("cannot read", path);
		if (fd >= 0)
			close(fd);
		media_abandon(path);
		return -1;
	}
	known = probe(fd, &picture);
	close(fd);
	m->type = filename_public(name ? name : "file",
	    known ? picture.format : NULL, public);
	if (known)
		m->type = picture.type;
	m->size = st.st_size;
	to = xasprintf("%.*s%s", (int)(strlen(path) - strlen(PART)), path,
	    public);
	if (rename(path, to) < 0) {
		*why = trouble("cannot rename", path);
		media_abandon(path);
		free(to);
		return -1;
	}
	m->url = xasprintf("%s/%s", url_prefix, to + strlen(directory) + 1);
	free(to);
	free(path);
	return 0;
}

void
media_abandon(char *path)
{
	if (path == NULL)
		return;
	unlink(path);
	remove_directory_of(path);
	free(path);
}

static int
write_file(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n = 0;

	for (size_t at = 0; fd >= 0 && at < len; at += (size_t)n) {
		n = write(fd, data + at, len - at);
		if (n <= 0) {
			close(fd);
			return -1;
		}
	}
	return fd >= 0 ? close(fd) : -1;
}

int
media_store_as(const void *data, size_t len, const char *name,
    struct media *m, const char **why)
{
	char *path = media_begin((int64_t)len, why);

	if (path == NULL)
		return -1;
	if (write_file(path, data, len) < 0) {
		*why = trouble("cannot write", path);
		media_abandon(path);
		return -1;
	}
	return media_finish(path, name, m, why);
}

int
media_store(const void *data, size_t len, const char *name, char **url)
{
	struct media m = { 0 };
	const char *why;
	int status = media_store_as(data, len, name, &m, &why);

	*url = m.url;
	return status;
}

/* --------------------------------------------------------------- old ones */

static bool
is_day(const char *name, const char *oldest)
{
	return strlen(name) == 8 && strspn(name, "0123456789") == 8 &&
	    strcmp(name, oldest) < 0;
}

/* Whatever is not ours has other names, or is too deep. */
static bool
remove_token(int day, const char *token)
{
	int fd = openat(day, token, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (*e->d_name != '.')
			unlinkat(fd, e->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
	return unlinkat(day, token, AT_REMOVEDIR) == 0;
}

/* How many were looked at; *removed: some of them are gone. */
static unsigned
remove_some(const char *name, unsigned most, bool *removed)
{
	char *path = xasprintf("%s/%s", directory, name);
	DIR *dir = opendir(path);
	struct dirent *e;
	unsigned n = 0;

	while (dir != NULL && n < most && (e = readdir(dir)) != NULL) {
		if (strlen(e->d_name) == TOKEN_SIZE - 1) {
			*removed |= remove_token(dirfd(dir), e->d_name);
			n++;
		}
	}
	if (dir != NULL)
		closedir(dir);
	if (n < most)
		rmdir(path);
	free(path);
	return n;
}

static gboolean
sweep(gpointer data)
{
	time_t then = time(NULL) - (time_t)(lifetime * DAY);
	unsigned left = SWEEP_AT_ONCE;
	bool removed = false;
	DIR *dir = opendir(directory);
	char oldest[16];
	struct dirent *e;
	struct tm tm;

	(void)data;
	gmtime_r(&then, &tm);
	strftime(oldest, sizeof(oldest), "%Y%m%d", &tm);
	while (dir != NULL && left > 0 && (e = readdir(dir)) != NULL) {
		if (is_day(e->d_name, oldest))
			left -= remove_some(e->d_name, left, &removed);
	}
	if (dir != NULL)
		closedir(dir);
	/* More of them at once, unless they are not ours to remove. */
	g_timeout_add_seconds(left == 0 && removed ? 1 : SWEEP_SECONDS, sweep,
	    NULL);
	return G_SOURCE_REMOVE;
}

static const char *
without_slash(const char *s)
{
	size_t n = strlen(s);

	while (n > 0 && s[n - 1] == '/')
		n--;
	return xstrndup(s, n);
}

static void
init(void)
{
	directory = without_slash(kit_config("service", "web_directory", ""));
	url_prefix = without_slash(kit_config("service", "web_url", ""));
	file_max = kit_config_int("service", "web_maxfilesize", 104857600);
	image_max = kit_config_int("service", "web_maximgsize", 1000000);
	lifetime = kit_config_int("service", "web_lifetime", 30);
	if (media_available() && access(directory, W_OK | X_OK) < 0)
		log_warn("web_directory %s: %s; no files can be received",
		    directory, strerror(errno));
	if (media_available() && lifetime > 0)
		sweep(NULL);
}

const struct module media_module = { .init = init };
