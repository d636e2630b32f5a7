/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log: time, level, text to standard error or a file.  Under a service
 * manager that stamps lines itself (JOURNAL_STREAM is set) the time is left
 * out and the level is given the way journald reads it. */
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "util/xalloc.h"

#define LINE_MAX_BYTES 2048

static enum log_level threshold = LOG_INFO;
static int log_fd = STDERR_FILENO;
static char *log_path;
static char *subject;		/* owned; "irc.example.org: ", or NULL */
static void (*capture)(enum log_level, const char *);

static const struct {
	const char *name;
	enum log_level level;
} names[] = {
	{ "off",     LOG_ERROR },	/* errors are never hidden */
	{ "fatal",   LOG_ERROR },
	{ "error",   LOG_ERROR },
	{ "warn",    LOG_WARN },
	{ "warning", LOG_WARN },
	{ "info",    LOG_INFO },
	{ "debug",   LOG_DEBUG },
	{ "trace",   LOG_DEBUG },
	{ "all",     LOG_DEBUG },
};

void
log_set_level(enum log_level level)
{
	threshold = level;
}

bool
log_enabled(enum log_level level)
{
	return level <= threshold;
}

int
log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < LENGTH(names); i++) {
		if (strcasecmp(name, names[i].name) == 0) {
			*level = names[i].level;
			return 0;
		}
	}
	return -1;
}

static int
open_log(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static void
use_fd(int fd)
{
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
}

int
log_open(const char *path)
{
	int fd = STDERR_FILENO;
	char *copy = NULL;

	if (path != NULL) {
		if ((fd = open_log(path)) < 0)
			return -1;
		copy = strdup(path);
	}
	use_fd(fd);
	free(log_path);
	log_path = copy;
	return 0;
}

void
log_reopen(void)
{
	int fd;

	if (log_path == NULL)
		return;
	if ((fd = open_log(log_path)) < 0)
		log_error("log: cannot open %s again: %s", log_path,
		    strerror(errno));
	else
		use_fd(fd);
}

void
log_set_subject(const char *who)
{
	free(subject);
	subject = who != NULL ? xasprintf("%s: ", who) : NULL;
}

void
log_capture(void (*sink)(enum log_level, const char *))
{
	capture = sink;
}

static size_t
put_stamp(char *line, size_t size, enum log_level level)
{
	static const char *const label[] = { "ERROR", "WARN ", "INFO ", "DEBUG" };
	static const int journal[] = { 3, 4, 6, 7 };
	struct timespec now;
	struct tm tm;
	char when[32];

	if (log_fd == STDERR_FILENO && getenv("JOURNAL_STREAM") != NULL)
		return (size_t)snprintf(line, size, "<%d>", journal[level]);
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	return (size_t)snprintf(line, size, "%s.%03ld %s ", when,
	    now.tv_nsec / 1000000, label[level]);
}

/* Returns its length. */
static size_t
put_text(char *to, size_t size, const char *fmt, va_list ap)
{
	size_t before = subject != NULL ? strlen(subject) : 0, len;
	int n;

	if (before >= size)
		before = 0;
	n = vsnprintf(to + before, size - before, fmt, ap);
	len = n < 0 ? 0 : (size_t)n;
	if (len > size - before - 1)
		len = size - before - 1;
	if (before == 0)
		return len;
	if (strncasecmp(to + before, subject, before) == 0) {
		memmove(to, to + before, len);
		return len;
	}
	memcpy(to, subject, before);
	return before + len;
}

static void
put_line(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	size_t start, len;

	start = put_stamp(line, sizeof(line), level);
	len = start + put_text(line + start, sizeof(line) - start - 1, fmt, ap);
	/* A peer's text must not be able to forge a second line. */
	for (size_t i = start; i < len; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	if (capture != NULL) {
		line[len] = '\0';
		capture(level, line + start);
		return;
	}
	line[len] = '\n';
	if (write(log_fd, line, len + 1) < 0)
		return;		/* a full disk must not stop the service */
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	va_list ap;
	int saved = errno;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	put_line(level, fmt, ap);
	va_end(ap);
	errno = saved;
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(LOG_ERROR, fmt, ap);
	va_end(ap);
	abort();
}
