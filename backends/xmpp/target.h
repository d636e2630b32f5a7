/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target.h - where does a domain serve clients?  (RFC 6120 3.2, XEP-0368) */
#ifndef BACKENDS_XMPP_TARGET_H
#define BACKENDS_XMPP_TARGET_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/srv.h"

#define TARGETS_MAX	(2 * SRV_MAX)

struct target {
	struct srv_target at;
	bool		direct;		/* TLS from the first byte */
};

struct search;

/* At least one, in the order in which to try them.  The array is gone when the
 * callback returns. */
typedef void search_done(void *ctx, const struct target *, size_t n);

/* domain: ASCII.  No answer comes before this has returned. */
struct search	*search_start(struct ev_loop *, const char *domain,
		    search_done *, void *ctx);
/* The answer will not come.  NULL is fine; not after the answer. */
void		 search_cancel(struct search *);

#endif
