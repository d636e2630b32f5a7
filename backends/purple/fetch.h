/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fetch.h - a file from an address that a user has sent.
 *
 * http and https only, three redirects, limits on size and time; and nothing
 * from addresses that not everybody can reach, or users could look around in
 * the gateway's own network: the address counts that is connected to, not its
 * name.  [service] fetch_private allows those. */
#ifndef BACKENDS_PURPLE_FETCH_H
#define BACKENDS_PURPLE_FETCH_H

#include <stdint.h>

#include "backends/purple/module.h"

extern const struct module fetch_module;

struct fetch;

/* path: the file, whose last part is its name; it belongs to the callee, who
 * gives it to fetch_remove().  NULL: it failed, why is for the user. */
typedef void	fetch_done(void *ctx, char *path, const char *why);

/* At most max bytes, to be called something like name (NULL: as the address
 * says).  done comes exactly once, never before this returns, unless it is
 * cancelled.  NULL: too many at a time, or no address for this. */
struct fetch	*fetch_start(const char *url, const char *name, int64_t max,
		    fetch_done *, void *ctx);
void		 fetch_cancel(struct fetch *);
/* Removes and frees it; NULL is fine. */
void		 fetch_remove(char *path);

#endif
