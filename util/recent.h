/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recent.h - the last lines of what has happened, for somebody who comes and
 * asks. */
#ifndef UTIL_RECENT_H
#define UTIL_RECENT_H

#include "util/buf.h"
#include "util/macros.h"
#include "util/pack.h"

#define RECENT_MAX	200	/* lines */

/* Zero-initialised: nothing has happened. */
struct recent {
	struct {
		double	 when;		/* seconds since 1970 */
		char	*text;		/* owned */
	}		 line[RECENT_MAX];
	unsigned long	 added;		/* to the ring */
};

void	recent_add(struct recent *, double when, const char *fmt, ...)
	    PRINTF(3, 4);
/* "2026-01-02 03:04:05.678 text" and a newline each, oldest first, of two. */
void	recent_print(const struct recent *, const struct recent *,
	    struct buf *);
/* Into a list that is open, and back. */
void	recent_pack(const struct recent *, struct packer *);
void	recent_unpack(struct recent *, const struct packed *);
void	recent_finish(struct recent *);

#endif
