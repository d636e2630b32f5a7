/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - one event, one line, starting with its subject.
 * The main thread of a process logs; worker threads hand their errors back. */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>

#include "util/macros.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Until log_open() lines go to standard error at LOG_INFO. */
void	log_set_level(enum log_level);
bool	log_enabled(enum log_level);
/* "error" "warn" "info" "debug" (and log4j's "warning" "fatal" "trace" "all"
 * "off"), any case.  Returns -1 for anything else. */
int	log_level_parse(const char *name, enum log_level *level) MUST_CHECK;

/* Append to a file from now on; NULL goes back to standard error.  Returns -1
 * with errno set and changes nothing when it cannot be opened. */
int	log_open(const char *path) MUST_CHECK;
/* Open the same file again (log rotation).  Keeps the old one on failure. */
void	log_reopen(void);

/* Whose lines these are: one that does not begin with "SUBJECT: " gets it.  A
 * copy is made; NULL: as they are. */
void	log_set_subject(const char *subject);

void	log_line(enum log_level, const char *fmt, ...) PRINTF(2, 3);

#define log_error(...)	log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)	log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)	log_line(LOG_INFO, __VA_ARGS__)
/* The arguments are not even evaluated when debug is off. */
#define log_debug(...) \
	do { \
		if (log_enabled(LOG_DEBUG)) \
			log_line(LOG_DEBUG, __VA_ARGS__); \
	} while (0)

/* An impossible state of ours: one line, then abort().  Nothing that a peer
 * can send may get here. */
void	fatal(const char *fmt, ...) PRINTF(1, 2) NORETURN;

/* Tests look at what would have been written; NULL goes back to normal. */
void	log_capture(void (*sink)(enum log_level, const char *line));

#endif
