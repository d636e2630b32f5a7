/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The byte queue under every socket and pipe. */
#include "util/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/xalloc.h"

#define FIRST_CAP 256

void
buf_free(struct buf *b)
{
	free(b->mem);
	*b = (struct buf){ 0 };
}

void
buf_trim(struct buf *b)
{
	if (buf_len(b) == 0)
		buf_free(b);
}

void
buf_clear(struct buf *b)
{
	b->start = b->end = 0;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t len = buf_len(b), cap = b->cap ? b->cap : FIRST_CAP;

	if (b->cap - b->end >= n && b->mem != NULL)
		return b->mem + b->end;
	if (n > SIZE_MAX / 4 - len)
		fatal("buffer of %zu bytes", n);
	/* Slide down only when that frees half, so the cost stays linear. */
	if (b->mem != NULL && b->start >= b->cap / 2 && b->cap - len >= n) {
		memmove(b->mem, b->mem + b->start, len);
	} else {
		while (cap - len < n)
			cap *= 2;
		if (b->start == 0) {
			b->mem = xrealloc(b->mem, cap);
		} else {
			char *mem = xmalloc(cap);

			memcpy(mem, b->mem + b->start, len);
			free(b->mem);
			b->mem = mem;
		}
		b->cap = cap;
	}
	b->start = 0;
	b->end = len;
	return b->mem + b->end;
}

void
buf_added(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->end);
	b->end += n;
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= buf_len(b));
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

void
buf_truncate(struct buf *b, size_t len)
{
	assert(len <= buf_len(b));
	b->end = b->start + len;
}

void
buf_add(struct buf *b, const void *data, size_t n)
{
	char *at;

	if (n == 0)
		return;
	at = b->cap - b->end >= n ? b->mem + b->end : buf_reserve(b, n);
	memcpy(at, data, n);
	b->end += n;
}

void
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	char *at = buf_reserve(b, 1);
	size_t space = b->cap - b->end;
	va_list again;
	int n;

	va_copy(again, ap);
	if ((n = vsnprintf(at, space, fmt, again)) < 0)
		fatal("bad format: %s", fmt);
	va_end(again);
	if ((size_t)n >= space) {
		at = buf_reserve(b, (size_t)n + 1);
		vsnprintf(at, (size_t)n + 1, fmt, ap);
	}
	b->end += (size_t)n;
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

char *
buf_steal(struct buf *b)
{
	size_t len = buf_len(b);
	char *s;

	buf_addc(b, '\0');
	if (b->start != 0)
		memmove(b->mem, b->mem + b->start, len + 1);
	s = xrealloc(b->mem, len + 1);
	*b = (struct buf){ 0 };
	return s;
}
