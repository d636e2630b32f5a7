/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - the settings of spectrum2_xmpp_backend(8), section [xmpp]. */
#ifndef BACKENDS_XMPP_CONFIG_H
#define BACKENDS_XMPP_CONFIG_H

#include <stdbool.h>

#include "protocol/schema.h"
#include "util/macros.h"

enum config_tls { TLS_REQUIRED, TLS_DIRECT, TLS_OFF };

/* One for the process. */
struct config {
	char		*ca_file;	/* file or directory; NULL: the system's */
	bool		 verify;	/* certificates */
	char		*resource;	/* NULL: one made of the instance's JID */
	char		*host, *port;	/* of all servers; NULL: by the domain */
	enum config_tls	 tls;		/* the last two with host only */
	long		 users_max;	/* of this process */
	long		 stanza_max;	/* bytes */
	long		 keepalive;	/* seconds */
	long		 room_ping;	/* seconds */
};

extern struct config config;

/* -1 and *why (malloced): section, key, what is wrong, what would be right. */
int	config_read(const struct sections *, char **why) MUST_CHECK;
void	config_finish(void);

#endif
