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

/* Called exactly once, never before the call has returned. */
typedef void account_done(struct gateway *, void *ctx, enum account_result,
    const char *text);

/* jid: bare.  name is what the user typed; username_mask and
 * allowed_usernames apply.  A session with old data is begun anew. */
void	account_register(struct gateway *, const char *jid, const char *name,
	    const char *password, bool may_change, account_done *, void *ctx);
/* Ends the session, forgets everything, takes the contacts off the roster. */
void	account_unregister(struct gateway *, const char *jid, account_done *,
	    void *ctx);

#endif
