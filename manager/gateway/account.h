/* SPDX-License-Identifier: GPL-2.0-or-later */
/* account.h - registering with the gateway and leaving it, the same for a
 * client (XEP-0077) and for the admin. */
#ifndef MANAGER_GATEWAY_ACCOUNT_H
#define MANAGER_GATEWAY_ACCOUNT_H

#include "manager/gateway/gateway.h"

enum account_result {
	ACCOUNT_DONE,
	ACCOUNT_CHANGED,	/* was registered already; data replaced */
	ACCOUNT_EXISTS,		/* only when asked not to change */
	ACCOUNT_UNKNOWN,	/* nobody to unregister */
	ACCOUNT_BAD_NAME,	/* not allowed by allowed_usernames */
	ACCOUNT_FAILED,		/* the store; text says what */
};

/* What a user registers with. */
struct account_data {
	const char	*name;		/* as typed: username_mask applies */
	const char	*password;	/* or NULL */
	struct pairs	 settings;	/* asked for by the network */
};

/* May this bare JID register by itself?  Says the configuration: everybody, or
 * the users of some domains.  Servers and components are no users. */
bool	account_allowed(const struct gateway *, const char *jid);

/* Called exactly once, never before the call has returned. */
typedef void account_done(struct gateway *, void *ctx, enum account_result,
    const char *text);

/* jid: bare.  allowed_usernames applies.  A session with old data is begun
 * anew. */
void	account_register(struct gateway *, const char *jid,
	    const struct account_data *, bool may_change, account_done *,
	    void *ctx);
/* Ends the session, takes the contacts off the roster, and when that is on its
 * way forgets everything: repeating what was cut short finishes it. */
void	account_unregister(struct gateway *, const char *jid, account_done *,
	    void *ctx);

#endif
