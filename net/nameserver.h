/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nameserver.h - who is asked about names, how patiently, and what it means
 * when there is no answer.  For c-ares under any event loop: it is up to the
 * caller to watch the sockets and the time.
 *
 * The environment's CARES_SERVERS names other servers than the system's,
 * "ADDRESS:PORT,...". */
#ifndef NET_NAMESERVER_H
#define NET_NAMESERVER_H

#include <ares.h>
#include <stddef.h>
#include <time.h>

#include "util/macros.h"

struct nameservers {
	ares_channel	 ares;		/* NULL: not open */
	struct timespec	 stamp;		/* of resolv.conf when it was read */
	size_t		 queries;	/* asked and not answered; the caller
					 * counts them */
};

/* Ready for a question, with the servers of now: all zeros at first.  Returns
 * an ARES_ status; ares is NULL unless it is ARES_SUCCESS. */
int		 nameservers_refresh(struct nameservers *,
		    ares_sock_state_cb, void *ctx) MUST_CHECK;
/* An ARES_ status in words; static. */
const char	*nameservers_explain(int status);

#endif
