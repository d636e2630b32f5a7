/* SPDX-License-Identifier: GPL-2.0-or-later */
/* srv.h - on which hosts and ports is a service (RFC 2782)?  Without blocking,
 * by the same name servers as resolve.h. */
#ifndef NET_SRV_H
#define NET_SRV_H

#include <ev.h>
#include <stddef.h>

#define SRV_MAX	8	/* of one answer; those beyond are left out */

struct srv;

struct srv_target {
	char	host[256];	/* lower case, without the last dot */
	char	port[6];
};

/* n targets in the order in which to try them; 0: there are none, or nobody
 * knows.  The array is gone when the callback returns. */
typedef void srv_done(void *ctx, const struct srv_target *, size_t n);

/* name: "_ircs._tcp.example.org".  No answer comes before this has returned. */
struct srv	*srv_start(struct ev_loop *, const char *name, srv_done *,
		    void *ctx);
/* The answer will not come.  NULL is fine; not after the answer. */
void		 srv_cancel(struct srv *);

/* A lot for a record of this weight: of equal priority, the lowest is tried
 * first. */
double		 srv_lot(unsigned weight);

#endif
