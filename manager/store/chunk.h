/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chunk.h - messages of a room as the bytes of one row: each with its length,
 * time, id and author in front of what the gateway wants back. */
#ifndef MANAGER_STORE_CHUNK_H
#define MANAGER_STORE_CHUNK_H

#include "manager/store/archive.h"
#include "util/buf.h"

/* Its id and nick, if too long, are cut. */
void	chunk_add(struct buf *, const struct store_said *);
/* The one at *at, which moves on; begin with 0.  false: the end, or garbage.
 * Texts and data point into the bytes. */
bool	chunk_next(const void *, size_t len, size_t *at, struct store_said *)
	    MUST_CHECK;

#endif
