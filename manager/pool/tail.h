/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tail.h - a backend's standard error: passed on, and the last of it kept. */
#ifndef MANAGER_POOL_TAIL_H
#define MANAGER_POOL_TAIL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "manager/pool/place.h"
#include "util/buf.h"
#include "util/log.h"

#define TAIL_LINES	10
#define TAIL_WIDTH	200	/* bytes kept of a line */
#define TAIL_FRESH	60.0	/* s; older words have no part in an end */

struct tail {
	struct ev_loop	*loop;
	ev_io		 readable;
	int		 fd;		/* of the pipe; -1: at its end */
	char		*path;		/* owned; NULL: our own log */
	int		 file;		/* -1: not open (yet) */
	bool		 complained;	/* that the file cannot be opened */
	char		*subject;	/* owned; begins lines in our own log */
	const struct places *places;	/* of settings, for these lines; set
					 * by the owner; or NULL */
	char		 lines[TAIL_LINES][TAIL_WIDTH];
	double		 times[TAIL_LINES];	/* of lines[]; clock_now() */
	unsigned	 next;		/* both are rings */
	struct buf	 part;		/* of a line whose end has not come */
	double		 second;	/* in which .passed lines */
	unsigned	 passed;	/* have gone to our own log */
	unsigned	 held;		/* lines not passed on: too many */
};

/* Takes the descriptor over; -1: it has ended already.  path NULL: the lines go
 * to our own log, each behind the subject; directories of the path are made
 * when needed. */
void	tail_open(struct tail *, struct ev_loop *, int fd, const char *path,
	    const char *subject);
/* Do not read, or go on. */
void	tail_freeze(struct tail *, bool freeze);
/* Read what is still in the pipe, without waiting for its end. */
void	tail_read_rest(struct tail *);
/* Open the file again at the next line (log rotation). */
void	tail_reopen(struct tail *);
void	tail_close(struct tail *);	/* .lines stay readable */
/* The same, but the pipe stays open for somebody else. */
void	tail_abandon(struct tail *);

/* A line that came another way: to our own log, and kept as well. */
void	tail_line(struct tail *, enum log_level, const char *line);
/* The same for the latter only; age: s since it came. */
void	tail_keep(struct tail *, const char *line, double age);
/* What came on the pipe; for tests. */
void	tail_feed(struct tail *, const char *bytes, size_t n);
/* The last lines, if they came within TAIL_FRESH, joined by " / ", oldest
 * first; none: nothing. */
void	tail_words(const struct tail *, unsigned lines, struct buf *);

#endif
