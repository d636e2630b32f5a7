/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/meter.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

#include "backends/xmpp/guard.h"

static size_t *counter;

size_t *
meter_read(size_t *bytes)
{
	size_t *before = counter;

	counter = bytes;
	return before;
}

static bool
may_have(size_t size)
{
	return counter == NULL || (size <= GUARD_MEMORY &&
	    *counter <= GUARD_MEMORY - size);
}

static void *
counted(void *mem)
{
	if (counter != NULL && mem != NULL)
		*counter += malloc_usable_size(mem);
	return mem;
}

static void
uncount(void *mem)
{
	size_t size = mem != NULL ? malloc_usable_size(mem) : 0;

	if (counter != NULL)
		*counter -= size < *counter ? size : *counter;
}

static void *
expat_malloc(size_t size)
{
	return may_have(size) ? counted(malloc(size)) : NULL;
}

static void *
expat_realloc(void *mem, size_t size)
{
	void *grown;

	if (!may_have(size))
		return NULL;
	uncount(mem);
	grown = realloc(mem, size);
	counted(grown != NULL ? grown : mem);
	return grown;
}

static void
expat_free(void *mem)
{
	uncount(mem);
	free(mem);
}

const XML_Memory_Handling_Suite meter_suite = {
	expat_malloc, expat_realloc, expat_free,
};
