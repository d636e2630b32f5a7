/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which program is executed, and how was it started?  Found out at the very
 * start: later the file may have been replaced, and the words been taken
 * apart. */
#include "manager/upgrade_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/xalloc.h"

struct upgrade_self upgrade_self = { .image = -1 };

static bool
is_us(const char *path)
{
	struct stat a, b;

	return stat(path, &a) == 0 && stat("/proc/self/exe", &b) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* path, when it is us; it is freed otherwise. */
static char *
if_us(char *path)
{
	if (is_us(path))
		return path;
	free(path);
	return NULL;
}

static char *
find_in_path(const char *name)
{
	const char *dirs = getenv("PATH");
	char *copy = xstrdup(dirs != NULL ? dirs : ""), *rest = copy;
	char *dir, *found = NULL;

	while (found == NULL && (dir = strsep(&rest, ":")) != NULL) {
		if (*dir == '/')
			found = if_us(xasprintf("%s/%s", dir, name));
	}
	free(copy);
	return found;
}

/* The name we were called by is better than the file it led to: a new version
 * may be a symbolic link that leads elsewhere. */
static char *
find_program(const char *name, const char *directory)
{
	char real[PATH_MAX], *path = NULL;
	ssize_t n;

	if (*name == '/')
		path = if_us(xstrdup(name));
	else if (strchr(name, '/') != NULL && directory != NULL)
		path = if_us(xasprintf("%s/%s", directory, name));
	else if (*name != '\0')
		path = find_in_path(name);
	if (path != NULL)
		return path;
	n = readlink("/proc/self/exe", real, sizeof(real) - 1);
	return n > 0 ? xstrndup(real, (size_t)n) : xstrdup(name);
}

void
upgrade_remember(char **argv)
{
	struct upgrade_self *self = &upgrade_self;
	size_t n;

	for (n = 0; argv[n] != NULL; n++)
		;
	self->argv = xcalloc(n + 1, sizeof(*self->argv));
	for (size_t i = 0; i < n; i++)
		self->argv[i] = xstrdup(argv[i]);
	self->directory = getcwd(NULL, 0);
	self->path = find_program(n > 0 ? argv[0] : "", self->directory);
	self->image = open("/proc/self/exe", O_PATH | O_CLOEXEC);
}

const char *
upgrade_program(void)
{
	return upgrade_self.path;
}

int
upgrade_file(const void *bytes, size_t len)
{
	const char *at = bytes;
	int fd = memfd_create("spectrum2 state", 0), saved;
	ssize_t n;

	while (fd >= 0 && len > 0) {
		n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			saved = errno;
			close(fd);
			errno = saved;
			return -1;
		}
		at += n;
		len -= (size_t)n;
	}
	return fd;
}

/* execve(2) takes our handlers away; what comes before the successor has its
 * own would end it. */
void
upgrade_hold_signals(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

char *
upgrade_failure(const char *why)
{
	return xasprintf("Error: not upgraded: %s; the old program goes on",
	    why);
}
