/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.h - keys of end-to-end encryption (OMEMO, XEP-0384) in gateway mode.
 *
 * A client publishes its keys in the user's account, but people of the network
 * look for them where they know the user: in the account there (XEP-0163).  So
 * what the clients have published is published there as well, beside what other
 * clients of that account have, and taken back when it goes; but what is there
 * when the user unregisters stays, as there is no session left to take it back.
 * Only clients can read what is encrypted, the user's and the network's: we
 * have no part in it.
 *
 * Needs a backend with the feature raw; in server mode clients publish in the
 * account there by themselves. */
#ifndef MANAGER_GATEWAY_KEYS_H
#define MANAGER_GATEWAY_KEYS_H

#include "manager/gateway/down.h"

/* Is it something for this gateway? */
bool	 keys_wanted(const struct gateway *);
/* Compare the two, soon: a client has come, or keys have changed.  Harmless
 * where there is nothing to compare. */
void	 keys_look(struct user *);
/* The same for a session that has begun: maybe with another account, so what
 * was under way is of no use any more. */
void	 keys_session_up(struct user *);
/* One that was lost is back: what it has interrupted is done again. */
void	 keys_session_back(struct user *);
/* A message of the network, with what is in it beside a body or NULL: one that
 * begins a conversation spends a key, and the client publishes others.  Not all
 * servers tell of that.  Whoever sends many has us look once in a minute. */
void	 keys_heard(struct user *, const char *extra);
/* Compare at once. */
void	 keys_compare(struct user *);
/* An event of the user's own account (XEP-0163 4.3). */
down_handler down_keys_event;
/* Over an upgrade, which ends what is under way: is a comparison due? */
bool	 keys_due(const struct user *);
void	 keys_resume(struct user *);
void	 keys_destroy(struct user *);

/* The lists whose changes the gateway wants to know, for its capabilities. */
#define KEYS_LIST_OLD	"eu.siacs.conversations.axolotl.devicelist"
#define KEYS_LIST	"urn:xmpp:omemo:2:devices"

#endif
