/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instance at a time, in the background, with the limits of a service.
 * Whose it is and where its files are is daemon_user.c's; what systemd hears of
 * it is daemon_notify.c's. */
#include "manager/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"
#include "util/xalloc.h"

/* More would only make libraries slow that close "all" descriptors. */
#define DESCRIPTORS_MAX	1048576

static int pid_fd = -1;		/* locked; kept open to the end */
static char *pid_path;
static int ready_fd = -1;	/* to the waiting parent */

/* A lock of the open file, not of the process: it goes over to the child that
 * daemon_detach() leaves behind. */
static struct flock
whole_file(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

/* Somebody may have removed the file between our open and our lock. */
static bool
is_still_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int
lock_file(const char *path)
{
	struct flock lock = whole_file(F_WRLCK);
	int fd, saved;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0644);
		if (fd < 0)
			return -1;
		if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
			saved = errno;
			close(fd);
			errno = saved;
			return -1;
		}
		if (is_still_there(fd, path))
			return fd;
		close(fd);
	}
}

int
daemon_lock(const struct config *c, char **why)
{
	const char *path = c->service_pidfile;
	pid_t pid;

	if ((pid_fd = lock_file(path)) < 0) {
		if (errno != EAGAIN && errno != EACCES) {
			*why = xasprintf("pidfile %s cannot be written: %s",
			    path, strerror(errno));
			return -1;
		}
		if ((pid = daemon_running(path)) > 0)
			*why = xasprintf("%s is already running as process "
			    "%ld (%s)", c->service_jid, (long)pid, path);
		else
			*why = xasprintf("pidfile %s cannot be locked: %s",
			    path, strerror(EACCES));
		return -1;
	}
	xreplace(&pid_path, path);
	/* Empty: starting. */
	if (ftruncate(pid_fd, 0) < 0) {
		*why = xasprintf("pidfile %s: %s", path, strerror(errno));
		return -1;
	}
	if (fchmod(pid_fd, 0644) < 0)
		log_debug("daemon: %s is another user's", path);
	return 0;
}

/* 0: nobody has it, 1: somebody has, -1. */
static int
is_locked(int fd)
{
	struct flock lock = whole_file(F_RDLCK);

	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -1;
	return lock.l_type != F_UNLCK;
}

pid_t
daemon_running(const char *pidfile)
{
	const struct timespec tick = { .tv_nsec = 20000000 };
	char text[32];
	ssize_t n;
	long pid = 0;
	int fd, status;

	if ((fd = open(pidfile, O_RDONLY | O_CLOEXEC)) < 0)
		return errno == ENOENT ? 0 : -1;
	/* One that is just starting has not written its number yet. */
	for (int i = 0; i < 50; i++) {
		if ((status = is_locked(fd)) <= 0)
			break;
		n = pread(fd, text, sizeof(text) - 1, 0);
		text[n < 0 ? 0 : n] = '\0';
		if ((pid = strtol(text, NULL, 10)) > 0)
			break;
		nanosleep(&tick, NULL);
	}
	close(fd);
	if (status <= 0)
		return (pid_t)status;
	errno = EAGAIN;
	return pid > 0 ? (pid_t)pid : -1;
}

/* The parent's part: say what became of the child, and end as it did. */
static void NORETURN
await_child(int fd, pid_t child)
{
	char byte;
	int status;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			_exit(EXIT_FAILURE);
	}
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	fprintf(stderr, "spectrum2: killed by signal %d while starting\n",
	    WTERMSIG(status));
	_exit(EXIT_FAILURE);
}

int
daemon_detach(char **why)
{
	int fds[2], null;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		*why = xasprintf("cannot go to the background: %s",
		    strerror(errno));
		return -1;
	}
	if (pid > 0) {
		close(fds[1]);
		await_child(fds[0], pid);
	}
	close(fds[0]);
	ready_fd = fds[1];
	setsid();
	/* Errors of the start still have to reach whoever started us, so
	 * standard error stays. */
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	return 0;
}

static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_max != RLIM_INFINITY &&
	    limit.rlim_max < DESCRIPTORS_MAX)
		limit.rlim_cur = limit.rlim_max;
	else if (limit.rlim_cur < DESCRIPTORS_MAX)
		limit.rlim_cur = DESCRIPTORS_MAX;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("daemon: the number of descriptors stays limited: "
		    "%s", strerror(errno));
}

/* A reader sees the whole number, or nothing when we have just begun. */
static int
write_pid(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	return pwrite(fd, text, (size_t)len, 0) == len ?
	    ftruncate(fd, len) : -1;
}

int
daemon_settle(const struct config *c, char **why)
{
	if (pid_fd >= 0 && write_pid(pid_fd) < 0) {
		*why = xasprintf("pidfile %s cannot be written: %s",
		    c->service_pidfile, strerror(errno));
		return -1;
	}
	if (chdir(c->service_working_dir) < 0) {
		*why = config_wrong(c, "service", "working_dir", "cannot go "
		    "to %s: %s", c->service_working_dir, strerror(errno));
		return -1;
	}
	umask(0007);
	raise_descriptors();
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

void
daemon_ready(void)
{
	if (ready_fd >= 0) {
		/* A parent that was killed meanwhile needs no answer. */
		if (write(ready_fd, "", 1) < 0)
			log_debug("daemon: nobody waits for the start");
		close(ready_fd);
		ready_fd = -1;
	}
	daemon_notify("READY=1");
}

void
daemon_handover(struct packer *p)
{
	pack_str(p, "pidfile", pid_path);
	pack_fd(p, "lock", pid_fd);
}

int
daemon_adopt(const struct config *c, const struct packed *from, char **why)
{
	const char *path = packed_str(from, "pidfile");
	int fd = packed_fd(from, "lock");

	if (fd < 0 || path == NULL || strcmp(path, c->service_pidfile) != 0) {
		*why = xasprintf("pidfile %s: its lock was not handed over",
		    c->service_pidfile);
		return -1;
	}
	pid_fd = fd;
	xreplace(&pid_path, path);
	return 0;
}

void
daemon_release(void)
{
	if (pid_fd < 0)
		return;
	/* After dropping privileges the directory may not be ours: an empty
	 * file says the same. */
	if (unlink(pid_path) < 0 && ftruncate(pid_fd, 0) < 0)
		log_debug("daemon: %s stays", pid_path);
	close(pid_fd);
	pid_fd = -1;
	free(pid_path);
	pid_path = NULL;
}
