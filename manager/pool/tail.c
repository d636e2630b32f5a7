/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a backend say on its standard error?  It goes to a file or to our
 * log, and the last lines stay here: they are what an admin wants to see when
 * it has died.  Reading through a pipe costs a copy and gives log rotation and
 * last words that belong to this process for certain. */
#include "manager/pool/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define SHARE		(16 * 1024)	/* bytes read per wake-up */
#define REST_MAX	(64 * 1024)	/* what a pipe may still hold */
#define LINES_PER_SECOND 200		/* to our own log, from one backend */

static void
make_directories(char *path)
{
	char *p = path;

	while ((p = strchr(p + 1, '/')) != NULL) {
		*p = '\0';
		if (mkdir(path, 0750) < 0 && errno != EEXIST)
			log_debug("%s: %s", path, strerror(errno));
		*p = '/';
	}
}

static int
open_file(const char *path)
{
	/* O_NONBLOCK is for a path that is a FIFO nobody reads. */
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NONBLOCK, 0640);
}

/* Opened when there is something to write, so that a program that fails to
 * start again and again does not litter. */
static bool
has_file(struct tail *t)
{
	if (t->file >= 0)
		return true;
	if ((t->file = open_file(t->path)) < 0 && errno == ENOENT) {
		make_directories(t->path);
		t->file = open_file(t->path);
	}
	if (t->file < 0 && !t->complained) {
		log_error("%s: cannot open %s: %s", t->subject, t->path,
		    strerror(errno));
		t->complained = true;
	}
	return t->file >= 0;
}

/* "<3>text": how programs that know that their lines get stamped say the
 * level (sd-daemon(3)). */
static const char *
line_level(const char *line, enum log_level *level)
{
	*level = LOG_INFO;
	if (line[0] != '<' || line[1] < '0' || line[1] > '7' || line[2] != '>')
		return line;
	if (line[1] <= '3')
		*level = LOG_ERROR;
	else if (line[1] == '4')
		*level = LOG_WARN;
	else if (line[1] == '7')
		*level = LOG_DEBUG;
	return line + 3;
}

/* One about a setting says where that stands. */
static void
log_placed(const struct tail *t, enum log_level level, const char *line)
{
	struct buf b = { 0 };

	place_add(t->places, line, &b);
	buf_addc(&b, '\0');
	log_line(level, "%s: %s", t->subject, buf_data(&b));
	buf_free(&b);
}

static void
to_own_log(struct tail *t, enum log_level level, const char *line)
{
	double now = clock_now();

	if (!log_enabled(level))
		return;
	if (now - t->second >= 1) {
		if (t->held > 0)
			log_warn("%s: %u lines more, not shown",
			    t->subject, t->held);
		t->second = now;
		t->passed = t->held = 0;
	}
	if (t->passed < LINES_PER_SECOND) {
		t->passed++;
		log_placed(t, level, line);
	} else {
		t->held++;
	}
}

void
tail_keep(struct tail *t, const char *line, double age)
{
	unsigned at = t->next++ % TAIL_LINES;
	char *slot = t->lines[at];
	size_t n = utf8_cut(line, strlen(line), TAIL_WIDTH - 1);

	t->times[at] = clock_now() - age;
	memcpy(slot, line, n);
	slot[n] = '\0';
}

void
tail_line(struct tail *t, enum log_level level, const char *line)
{
	to_own_log(t, level, line);
	if (level < LOG_DEBUG)
		tail_keep(t, line, 0);
}

/* line: as it was written, n bytes and a NUL. */
static void
take_line(struct tail *t, char *line, size_t n)
{
	enum log_level level;
	const char *text;

	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' '))
		n--;
	if (n == 0)
		return;
	line[n] = '\0';
	utf8_xml_clean(line, n);
	text = line_level(line, &level);
	if (t->path == NULL)
		to_own_log(t, level, text);
	tail_keep(t, text, 0);
}

static void
end_line(struct tail *t)
{
	if (buf_len(&t->part) == 0)
		return;
	buf_addc(&t->part, '\0');
	take_line(t, buf_data(&t->part), buf_len(&t->part) - 1);
	buf_free(&t->part);
}

void
tail_feed(struct tail *t, const char *bytes, size_t n)
{
	const char *end;

	/* A full disk must not stop the service. */
	if (t->path != NULL && has_file(t) && write(t->file, bytes, n) < 0)
		log_debug("%s: %s: %s", t->subject, t->path, strerror(errno));
	while ((end = memchr(bytes, '\n', n)) != NULL) {
		buf_add(&t->part, bytes, (size_t)(end - bytes));
		n -= (size_t)(end - bytes) + 1;
		bytes = end + 1;
		end_line(t);
	}
	/* Who never ends a line gets it ended. */
	buf_add(&t->part, bytes, n);
	if (buf_len(&t->part) > SHARE)
		end_line(t);
}

/* Returns false when there is nothing more to read, now or ever. */
static bool
read_some(struct tail *t)
{
	char bytes[SHARE];
	ssize_t n = read(t->fd, bytes, sizeof(bytes));

	if (n > 0) {
		tail_feed(t, bytes, (size_t)n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	ev_io_stop(t->loop, &t->readable);
	close(t->fd);
	t->fd = -1;
	end_line(t);
	return false;
}

static void
readable_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	read_some(w->data);
}

void
tail_open(struct tail *t, struct ev_loop *loop, int fd, const char *path,
    const char *subject)
{
	t->loop = loop;
	t->fd = fd;
	t->file = -1;
	t->path = xstrdup_null(path);
	t->subject = xstrdup(subject);
	ev_io_init(&t->readable, readable_cb, fd, EV_READ);
	t->readable.data = t;
	if (fd >= 0)
		ev_io_start(loop, &t->readable);
}

void
tail_freeze(struct tail *t, bool freeze)
{
	if (t->fd < 0)
		return;
	if (freeze)
		ev_io_stop(t->loop, &t->readable);
	else
		ev_io_start(t->loop, &t->readable);
}

void
tail_read_rest(struct tail *t)
{
	for (size_t n = 0; t->fd >= 0 && n < REST_MAX; n += SHARE) {
		if (!read_some(t))
			break;
	}
	end_line(t);
}

void
tail_reopen(struct tail *t)
{
	if (t->file >= 0)
		close(t->file);
	t->file = -1;
	t->complained = false;
}

void
tail_close(struct tail *t)
{
	if (t->fd >= 0) {
		ev_io_stop(t->loop, &t->readable);
		close(t->fd);
	}
	t->fd = -1;
	tail_reopen(t);
	buf_free(&t->part);
	xreplace(&t->path, NULL);
	xreplace(&t->subject, NULL);
}

void
tail_abandon(struct tail *t)
{
	tail_freeze(t, true);
	t->fd = -1;
	tail_close(t);
}

void
tail_words(const struct tail *t, unsigned lines, struct buf *out)
{
	double since = clock_now() - TAIL_FRESH;
	const char *join = "";

	if (lines > TAIL_LINES)
		lines = TAIL_LINES;
	for (unsigned i = lines; i > 0; i--) {
		unsigned at = (t->next - i) % TAIL_LINES;

		if (t->next < i || t->times[at] < since)
			continue;
		buf_addf(out, "%s%s", join, t->lines[at]);
		join = " / ";
	}
}
