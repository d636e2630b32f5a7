/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meter.h - how much memory expat has for each of its parsers, and no more than
 * GUARD_MEMORY.
 *
 * libstrophe gives expat the allocator of whichever context came first, and
 * never forgets that context; with this one, contexts may come and go. */
#ifndef BACKENDS_XMPP_METER_H
#define BACKENDS_XMPP_METER_H

#include <expat.h>
#include <stddef.h>

extern const XML_Memory_Handling_Suite meter_suite;

/* What is asked for from now on counts there, which holds the bytes; NULL: it is
 * not counted.  Returns the one before: allocators of expat have no context, so
 * it is set around each call. */
size_t	*meter_read(size_t *bytes);

#endif
