/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sasl.h - proving to the server who the user is (IRCv3 sasl 3.2). */
#ifndef BACKENDS_IRC_SASL_H
#define BACKENDS_IRC_SASL_H

#include "backends/irc/network.h"

enum mechanism {
	MECHANISM_PLAIN = 1 << 0,
	MECHANISM_EXTERNAL = 1 << 1,
	MECHANISM_SCRAM_SHA_256 = 1 << 2,
	MECHANISM_UNKNOWN = 1 << 3,	/* the server does not say */
};

/* The bits of a list "PLAIN,EXTERNAL"; what we cannot do is left out. */
unsigned sasl_parse_mechanisms(const char *);

/* Is there something to prove, and a way that the server offers? */
bool	 sasl_is_wanted(const struct network *);
/* Capabilities are settled: log in when that can be done, or else let the
 * registration go on.  Does nothing while or after it was done. */
void	 sasl_begin(struct network *);
/* The server says welcome, maybe without having answered CAP.  False: the user
 * insists on being logged in, and the connection is lost. */
bool	 sasl_allows_welcome(struct network *);
/* The server takes the capability back. */
void	 sasl_gone(struct network *);
/* The connection is gone. */
void	 sasl_stop(struct network *);
/* AUTHENTICATE from the server. */
void	 sasl_line(struct network *, struct line *);
/* 900 to 908. */
void	 sasl_numeric(struct network *, struct line *);

#endif
