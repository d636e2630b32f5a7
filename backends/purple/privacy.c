/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocking: the network's own list where it has one; libpurple drops what comes
 * from those on it in any case. */
#include "backends/purple/privacy.h"

#include <string.h>

#include "backends/purple/contact.h"
#include "util/xalloc.h"

enum tri
privacy_blocked(const struct session *s, const char *id)
{
	PurplePluginProtocolInfo *info = session_protocol(s);

	if (!PROTOCOL_HAS(info, add_deny))
		return TRI_ABSENT;
	return purple_privacy_check(s->account, id) ? TRI_FALSE : TRI_TRUE;
}

void
down_contact_block(const struct kit_call *call,
    const struct msg_contact_block *m)
{
	struct session *s = session_for(call, m->user);
	struct contact *c;
	const char *who;

	if (s == NULL)
		return;
	if ((who = contact_buddy_name(s, m->contact)) == NULL) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	if (m->blocked)
		purple_privacy_deny(s->account, who, FALSE, FALSE);
	else
		purple_privacy_allow(s->account, who, FALSE, FALSE);
	/* The one who asks knows already, but not if it was in vain. */
	if ((c = contact_find(s, m->contact)) != NULL)
		contact_changed(c);
	kit_reply(call, NULL);
}

static void
changed(PurpleAccount *account, const char *name)
{
	struct session *s = session_of(account);
	struct contact *c = s != NULL ? contact_find(s, name) : NULL;

	if (c != NULL)
		contact_changed(c);
}

static PurplePrivacyUiOps ops = {
	.permit_added = changed, .permit_removed = changed,
	.deny_added = changed, .deny_removed = changed,
};

static void
init(void)
{
	purple_privacy_set_ui_ops(&ops);
}

/* Everybody may write, except who is blocked: also to networks whose plug-ins
 * would let only the list in by default. */
static void
begin(struct session *s)
{
	purple_account_set_privacy_type(s->account,
	    PURPLE_PRIVACY_DENY_USERS);
}

const struct module privacy_module = { .init = init, .begin = begin };
