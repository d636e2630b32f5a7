/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server.h - where an IRC server is, as admins and users write it. */
#ifndef BACKENDS_IRC_SERVER_H
#define BACKENDS_IRC_SERVER_H

#include <stdbool.h>

#include "util/macros.h"

struct server {
	char	 host[256];	/* lower case; literal IPv6 without brackets */
	char	 port[6];	/* decimal, 1 .. 65535 */
	bool	 tls;
	bool	 port_given;	/* it was written, not assumed */
};

/* "host", "host:port", "host/port", "[v6]:port"; a '+' before the port or port
 * 6697 means TLS, no port means 6667.  Returns -1 when it is no such thing:
 * only letters, digits, '.', '-', '_' and ':' (in literals) make a host. */
int	server_parse(struct server *, const char *text) MUST_CHECK;
bool	server_equal(const struct server *, const struct server *);

#endif
