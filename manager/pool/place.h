/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place.h - where does a setting stand of which a backend complains?  Backends
 * know no file; they begin such a line with "[section] key", and we know it. */
#ifndef MANAGER_POOL_PLACE_H
#define MANAGER_POOL_PLACE_H

#include "protocol/schema.h"
#include "util/buf.h"

struct places {
	const char	*path;		/* of the configuration file, or NULL */
	/* Of each key in it the number of its line, of a repeated one that of
	 * the first; "0": it is from the command line. */
	struct sections	 lines;
};

/* Append the text; one that begins with "[section] key" behind "FILE:LINE: ",
 * or "FILE: " when only that section is known.  NULL: no places. */
void	place_add(const struct places *, const char *text, struct buf *);

#endif
