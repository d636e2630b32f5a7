/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whois.h - who is, or was, behind a nick? */
#ifndef BACKENDS_IRC_WHOIS_H
#define BACKENDS_IRC_WHOIS_H

#include "backends/irc/network.h"

/* Answered by a profile. */
void	whois_profile(struct network *, request_t, const char *nick);
/* The answer is a message where the command was typed: in the channel, in the
 * talk with peer, or, with neither, at the server's console. */
void	whois_show(struct network *, request_t, const char *nick,
	    const char *channel, const char *peer);
/* The same of somebody who has left, by WHOWAS. */
void	whois_show_past(struct network *, request_t, const char *nick,
	    const char *channel, const char *peer);

/* The server's answers. */
void	whois_line(struct network *, struct line *);
void	whois_end(struct network *, struct line *);
void	whois_past_end(struct network *, struct line *);

#endif
