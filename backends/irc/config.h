/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - the settings of spectrum2_irc_backend(8). */
#ifndef BACKENDS_IRC_CONFIG_H
#define BACKENDS_IRC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/irc/flood.h"
#include "backends/irc/server.h"
#include "backends/irc/source.h"
#include "protocol/schema.h"
#include "util/macros.h"

enum sasl_use { SASL_OFF, SASL_AUTO, SASL_REQUIRE };

struct irc_config {
	struct server	*servers;	/* irc_server; several: fail-over */
	size_t		 nservers;	/* 0: users name servers in ids */
	char		*identify;	/* irc_identify */
	char		*ca;		/* irc_ca_file, or NULL: the system's */
	char		*realname;	/* irc_realname, or NULL: the nick */
	bool		 send_pass;	/* irc_send_pass */
	bool		 verify;	/* irc_verify_certs */
	bool		 motd;		/* irc_motd */
	enum sasl_use	 sasl;		/* irc_sasl */
	unsigned	 who_max;	/* irc_who_max: members */
	double		 give_up;	/* irc_reconnect_timeout, seconds */
	struct flood_limit flood;	/* irc_flood_burst, irc_flood_rate */
	char		*bind;		/* irc_outgoing_bind, or NULL: any */
	struct source_prefix prefix;	/* irc_ipv6_prefix */
	/* irc_connect_burst, irc_connect_rate: of one server; burst 0: off */
	struct flood_limit connects;
	char		*webirc;	/* irc_webirc_password, or NULL */
	char		*webirc_name;	/* irc_webirc_name */
	unsigned	 identd_port;	/* irc_identd_port; 0: off */
	char		*identd_bind;	/* irc_identd_bind */
	char		*oidentd;	/* irc_oidentd_file, or NULL */
	double		 patience;	/* request_timeout: seconds for which
					 * the main process awaits an answer */
};

/* From the sections of initialize.  Returns -1 and *why (owned by the caller)
 * when a value is wrong. */
int	config_read(struct irc_config *, const struct sections *, char **why)
	    MUST_CHECK;
/* The password that a server is to be given by WEBIRC, or NULL; host NULL is
 * the fixed network.  A line "HOST PASSWORD" is for that server, "PASSWORD" for
 * the fixed network: no server hears another's.  Static buffer. */
const char *config_webirc(const struct irc_config *, const char *host);
void	config_finish(struct irc_config *);

#endif
