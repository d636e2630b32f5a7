/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for one process.
 *
 * It holds a file that its process has locked: one whose file nobody has locked
 * is of a process that was killed, and is removed by the next that starts. */
#include "backends/purple/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"
#include "util/xalloc.h"

#define PREFIX		"spectrum2-purple-"
#define LOCK		"lock"
#define YOUNG		60	/* seconds: it may be about to be locked */
#define DAY		86400

static char *path;
static bool is_kept;
static int lock = -1;

/* ------------------------------------------------------------------- remove */

static int
remove_one(const char *name, const struct stat *st, int type,
    struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(name);
}

static void
remove_all(const char *name)
{
	nftw(name, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void
directory_remove(void)
{
	if (path != NULL && !is_kept)
		remove_all(path);
	if (lock != -1)
		close(lock);
	lock = -1;
	free(path);
	path = NULL;
}

/* -------------------------------------------------------------------- sweep */

static bool
is_dead(const char *name)
{
	char *file = xasprintf("%s/" LOCK, name);
	int fd = open(file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool dead = false;

	free(file);
	if (fd != -1) {
		dead = flock(fd, LOCK_EX | LOCK_NB) == 0;
		close(fd);
	} else if (errno == ENOENT && lstat(name, &st) == 0) {
		dead = st.st_mtime + YOUNG < time(NULL);
	}
	return dead;
}

static bool
is_old(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0 && st.st_mtime + DAY < time(NULL);
}

static void
sweep_one(const char *name, bool (*is_left)(const char *))
{
	struct stat st;

	/* Ours, and not what somebody else would have us remove. */
	if (lstat(name, &st) == -1 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid() || !is_left(name))
		return;
	log_info("removing %s, which a process that is gone has left", name);
	remove_all(name);
}

static void
sweep(const char *place, const char *prefix, bool (*is_left)(const char *))
{
	DIR *dir = opendir(place);
	struct dirent *entry;
	char *name;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		name = xasprintf("%s/%s", place, entry->d_name);
		sweep_one(name, is_left);
		free(name);
	}
	closedir(dir);
}

void
directory_sweep_old(const char *place, const char *prefix)
{
	sweep(place, prefix, is_old);
}

/* ------------------------------------------------------------------- create */

static bool
is_memory(const char *place)
{
	struct statfs fs;

	return statfs(place, &fs) == 0 && (fs.f_type == TMPFS_MAGIC ||
	    fs.f_type == RAMFS_MAGIC);
}

/* -1: not here; errno says why. */
static int
create_in(const char *place)
{
	char *file;

	path = xasprintf("%s/" PREFIX "XXXXXX", place);
	if (mkdtemp(path) == NULL) {	/* mode 0700 */
		free(path);
		path = NULL;
		return -1;
	}
	file = xasprintf("%s/" LOCK, path);
	lock = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (lock != -1)
		flock(lock, LOCK_EX | LOCK_NB);
	free(file);
	return 0;
}

static int
use(const char *kept, char **why)
{
	struct stat st;

	if (*kept != '/') {
		*why = xasprintf("[purple] user_dir = %s: want a path that "
		    "begins with /", kept);
		return -1;
	}
	if ((mkdir(kept, 0700) == -1 && errno != EEXIST) ||
	    stat(kept, &st) == -1 || access(kept, R_OK | W_OK | X_OK) == -1 ||
	    !S_ISDIR(st.st_mode)) {
		*why = xasprintf("[purple] user_dir = %s: %s", kept,
		    errno == EEXIST ? "no directory" : strerror(errno));
		return -1;
	}
	path = xstrdup(kept);
	return 0;
}

int
directory_create(const char *kept, char **why)
{
	/* A service may have several. */
	const char *runtime = getenv("RUNTIME_DIRECTORY");
	char *own = runtime != NULL ? xstrndup(runtime, strcspn(runtime,
	    ":")) : NULL;
	const char *const places[] = {
		own, "/dev/shm", getenv("TMPDIR"), "/tmp",
	};
	int r = -1;

	is_kept = kept != NULL;
	if (is_kept) {
		free(own);
		return use(kept, why);
	}
	for (size_t i = 0; i < LENGTH(places); i++) {
		if (places[i] != NULL && *places[i] == '/')
			sweep(places[i], PREFIX, is_dead);
	}
	/* In memory first. */
	for (size_t i = 0; i < 2 * LENGTH(places) && r == -1; i++) {
		const char *place = places[i % LENGTH(places)];

		if (place != NULL && *place == '/' &&
		    (i >= LENGTH(places) || is_memory(place)))
			r = create_in(place);
	}
	if (r == -1)
		*why = xasprintf("no directory for libpurple's files: %s",
		    strerror(errno));
	free(own);
	return r;
}

const char *
directory_path(void)
{
	return path;
}

bool
directory_is_kept(void)
{
	return is_kept;
}
