/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolve.h - names to addresses without blocking (c-ares on libev).
 * /etc/hosts comes first; the environment's CARES_HOSTS names another file, and
 * its CARES_SERVERS other name servers, "ADDRESS:PORT,...". */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <ev.h>
#include <stddef.h>
#include <sys/socket.h>

struct resolve;

struct address {
	struct sockaddr_storage	sa;
	socklen_t		len;
};

/* Either n >= 1 addresses in the order to try, or n == 0 and why.  The arrays
 * are gone when the callback returns. */
typedef void resolve_done(void *ctx, const struct address *, size_t n,
    const char *why);

/* Address literals are answered too, and no answer comes before this function
 * has returned.  The loop's channel is made at first use. */
struct resolve	*resolve_start(struct ev_loop *, const char *host,
		    const char *port, resolve_done *, void *ctx);
/* The answer will not come.  NULL is fine; not after the answer. */
void		 resolve_cancel(struct resolve *);

#endif
