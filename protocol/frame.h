/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame.h - where does a MessagePack value end?
 * Looks at headers only, allocates nothing, and goes on where it stopped when
 * more bytes have come.  Whatever it lets pass is well-formed, at most
 * PROTOCOL_MESSAGE_MAX bytes long and PROTOCOL_DEPTH_MAX levels deep, and has
 * no more elements than bytes. */
#ifndef PROTOCOL_FRAME_H
#define PROTOCOL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/schema.h"
#include "util/macros.h"

/* Zero-initialised: at the beginning of a value. */
struct frame {
	size_t		at;	/* where the next header is, or will be */
	uint64_t	owed;	/* sum of left[] */
	unsigned	depth;
	/* Values still to come, at each level. */
	uint32_t	left[PROTOCOL_DEPTH_MAX];
};

/* data: all that has come of it so far, n bytes, of which earlier calls saw a
 * prefix.  1: the value is the first *len bytes, and the frame is zero again;
 * 0: it is not all there yet; -1: it never will be, and why. */
int	frame_scan(struct frame *, const void *data, size_t n, size_t *len,
	    const char **why) MUST_CHECK;

#endif
