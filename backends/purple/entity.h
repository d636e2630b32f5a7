/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entity.h - what &amp; and the like stand for. */
#ifndef BACKENDS_PURPLE_ENTITY_H
#define BACKENDS_PURPLE_ENTITY_H

#include <stddef.h>

/* s begins with '&'.  How many of its n bytes are an entity, whose character
 * is in out as a string then; 0: none. */
size_t	entity_read(const char *s, size_t n, char out[static 5]);

#endif
