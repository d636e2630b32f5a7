/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.h - one address for each user, so that servers can tell them apart
 * and need not shut out all for the fault of one.  Always the same for the
 * same user of the same instance; nothing can be read out of it. */
#ifndef BACKENDS_IRC_SOURCE_H
#define BACKENDS_IRC_SOURCE_H

#include <netinet/in.h>

#include "util/macros.h"

#define SOURCE_BITS_MAX	112	/* leave room for some users */
#define SOURCE_HOST_MAX	300

/* "2001:db8::/64"; from 8 to SOURCE_BITS_MAX bits. */
struct source_prefix {
	struct in6_addr	 net;
	unsigned	 bits;		/* 0: there is none */
};

int	source_parse(struct source_prefix *, const char *text) MUST_CHECK;
/* The user's address in the prefix; without one, in an unrouted network of our
 * own (fd00::/8), for those who are only told of it (WEBIRC). */
void	source_address(char out[INET6_ADDRSTRLEN], const struct source_prefix *,
	    const char *instance, const char *user);
/* A host name for him: digits and the name of the instance. */
void	source_host(char out[SOURCE_HOST_MAX], const char *instance,
	    const char *user);

#endif
