/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sts.h - servers that want TLS or nothing (IRCv3 strict transport security).
 * A policy, once heard over a connection that nobody can have tampered with,
 * holds for its duration for all users of the process, and is kept with the
 * settings of the user who heard it.  Both one user's and all of them are
 * bounded; what has no place is heard again at the next connection. */
#ifndef BACKENDS_IRC_STS_H
#define BACKENDS_IRC_STS_H

#include "backends/irc/network.h"

struct sts	 sts_parse(const char *value);

/* The port to which we must connect with TLS; NULL: no policy holds. */
const char	*sts_port(const struct irc *, const char *host);
/* The server's capabilities are known.  True: it wants another connection,
 * which has been begun; nothing more may be said on this one. */
bool		 sts_heard(struct network *);
/* Those among the settings that come with that user's login. */
void		 sts_load(struct irc *, const char *user, const struct pairs *);
void		 sts_finish(struct irc *);

#endif
