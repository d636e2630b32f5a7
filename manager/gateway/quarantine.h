/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine.h - whose login or message kills backends?  A user for whom two
 * backends were working when they died, within ten minutes, is alone on its
 * own backend from then on, where it can harm nobody else; each further death
 * makes it wait longer for the next try.  An hour without one lifts it. */
#ifndef MANAGER_GATEWAY_QUARANTINE_H
#define MANAGER_GATEWAY_QUARANTINE_H

#include "manager/gateway/user.h"
#include "util/pack.h"

/* A backend has died while it was working for this user. */
void	 quarantine_strike(struct user *, const char *why);
bool	 quarantine_holds(const struct gateway *, const char *jid);
/* ev_now() before which this user may not be logged in; 0: no such time. */
double	 quarantine_until(const struct gateway *, const char *jid);
/* Once a second. */
void	 quarantine_tick(struct gateway *, double now);
/* "JID: ..." lines for the admin. */
void	 quarantine_print(const struct gateway *, struct buf *);
/* Over an upgrade: into a list, and back. */
void	 quarantine_pack(const struct gateway *, struct packer *);
void	 quarantine_unpack(struct gateway *, const struct packed *);
void	 quarantine_destroy(struct gateway *);

#endif
