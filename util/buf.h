/* SPDX-License-Identifier: GPL-2.0-or-later */
/* buf.h - a queue of bytes: filled at the end, consumed at the front.
 * An empty buffer owns no memory after buf_trim(), so ten thousand idle
 * connections cost nothing.  Zero-initialised is a valid empty buffer. */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stdarg.h>
#include <string.h>

#include "util/macros.h"

struct buf {
	char	*mem;		/* owned, NULL while cap is 0 */
	size_t	 start;		/* consumed so far; start <= end <= cap */
	size_t	 end;
	size_t	 cap;
};

void	 buf_free(struct buf *);	/* empty and usable again */
/* Give the memory back when empty. */
void	 buf_trim(struct buf *);
void	 buf_clear(struct buf *);	/* forget the bytes, keep the memory */

static inline char *
buf_data(const struct buf *b)
{
	/* NULL while empty and trimmed; C has no NULL + 0. */
	return b->mem != NULL ? b->mem + b->start : NULL;
}

static inline size_t
buf_len(const struct buf *b)
{
	return b->end - b->start;
}

/* At least n writable bytes after the end; follow with buf_added(). */
char	*buf_reserve(struct buf *, size_t n);
void	 buf_added(struct buf *, size_t n);	/* n <= what was reserved */
void	 buf_consume(struct buf *, size_t n);	/* n <= buf_len() */
/* Cut back to the first len bytes: undo of what was added since. */
void	 buf_truncate(struct buf *, size_t len);

void	 buf_add(struct buf *, const void *, size_t n);

/* XML and IRC are written piece by piece: these are worth their space. */
static inline void
buf_addc(struct buf *b, char c)
{
	char *at = b->end < b->cap ? b->mem + b->end : buf_reserve(b, 1);

	*at = c;
	b->end++;
}

static inline void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void	 buf_addf(struct buf *, const char *fmt, ...) PRINTF(2, 3);
void	 buf_addv(struct buf *, const char *fmt, va_list) PRINTF(2, 0);

/* The bytes as an owned, terminated string; the buffer is empty afterwards. */
char	*buf_steal(struct buf *);

#endif
