/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation wrappers: the only place that decides what an out-of-memory
 * condition does.  It stops the process; the supervisor starts it again. */
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

void *
xmalloc(size_t size)
{
	void *ptr = malloc(size ? size : 1);

	if (ptr == NULL)
		fatal("out of memory: %zu bytes", size);
	return ptr;
}

void *
xcalloc(size_t count, size_t size)
{
	void *ptr = calloc(count ? count : 1, size ? size : 1);

	if (ptr == NULL)
		fatal("out of memory: %zu x %zu bytes", count, size);
	return ptr;
}

void *
xrealloc(void *old, size_t size)
{
	void *ptr = realloc(old, size ? size : 1);

	if (ptr == NULL)
		fatal("out of memory: %zu bytes", size);
	return ptr;
}

void *
xreallocarray(void *old, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		fatal("allocation of %zu x %zu bytes overflows", count, size);
	return xrealloc(old, count * size);
}

char *
xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xmalloc(size), s, size);
}

char *
xstrdup_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

char *
xstrndup(const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		fatal("out of memory");
	va_end(ap);
	return s;
}

void
xreplace(char **slot, const char *s)
{
	char *old = *slot;

	*slot = xstrdup_null(s);	/* s may point into old */
	free(old);
}
