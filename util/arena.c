/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bump allocation out of blocks of doubling size. */
#include "util/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/xalloc.h"

#define FIRST_BLOCK	2048
#define LARGEST_BLOCK	(64 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t		    size;
	max_align_t	    data[];
};

static void
use_block(struct arena *a, struct arena_block *block)
{
	a->at = (char *)block->data;
	a->left = block->size;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *keep = NULL, *next;

	for (struct arena_block *b = a->blocks; b != NULL; b = next) {
		next = b->next;
		if (keep == NULL && b->size <= LARGEST_BLOCK)
			keep = b;
		else
			free(b);
	}
	*a = (struct arena){ 0 };
	if (keep != NULL) {
		keep->next = NULL;
		a->blocks = keep;
		use_block(a, keep);
	}
}

void
arena_free(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){ 0 };
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *block;
	size_t size;
	void *ptr;

	if (n > SIZE_MAX / 4)
		fatal("arena allocation of %zu bytes", n);
	n = (n + align - 1) / align * align;
	if (n > a->left) {
		size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
		if (size > LARGEST_BLOCK)
			size = LARGEST_BLOCK;
		if (size < n)
			size = n;
		block = xmalloc(sizeof(*block) + size);
		block->size = size;
		block->next = a->blocks;
		a->blocks = block;
		use_block(a, block);
	}
	ptr = a->at;
	a->at += n;
	a->left -= n;
	a->total += n;
	return ptr;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n > 0)		/* s may be NULL then */
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		fatal("bad format: %s", fmt);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}
