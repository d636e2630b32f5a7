/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server keeps the list and tells all clients of what changes.  A stranger
 * is noted, so that it is told when it comes on the roster; the main process
 * would put it there at once. */
#include "backends/xmpp/block.h"

#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/iq.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"

#define NS_BLOCKING	"urn:xmpp:blocking"

static void
set(struct session *s, struct contact *c, bool blocked)
{
	if (c == NULL)
		return;
	c->marked = blocked;
	if (c->blocked == blocked)
		return;
	c->blocked = blocked;
	if (c->listed)
		contact_tell(s, c);
	contact_prune(s, c);
}

static void
set_all(struct session *s, xmpp_stanza_t *list, bool blocked)
{
	xmpp_stanza_t *item = stanza_child(list, "item", NULL);
	const char *jid;

	for (; item != NULL; item = stanza_beside(item, "item", NULL)) {
		jid = stanza_attr(item, "jid");
		/* A resource, or all of a domain's people, is no contact. */
		if (jid != NULL && strchr(jid, '/') == NULL)
			set(s, blocked ? contact_get(s, jid) :
			    contact_find(s, jid), blocked);
	}
}

static void
mark_all(struct session *s, bool marked)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&s->contacts->by_jid, &at)) != NULL)
		c->marked = marked;
}

static void
unblock_unmarked(struct session *s)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&s->contacts->by_jid, &at)) != NULL) {
		if (!c->marked)
			set(s, c, false);
	}
}

/* ---------------------------------------------------------------- the server */

static void
on_list(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	(void)ctx;
	/* Without it the server has no such thing. */
	if (s->ended || !request_worked(answer))
		return;
	mark_all(s, false);
	set_all(s, stanza_child(answer, "blocklist", NS_BLOCKING), true);
	unblock_unmarked(s);
}

void
block_read(struct session *s)
{
	xmpp_stanza_t *iq = request_new(s, "get", NULL);

	build_child(iq, "blocklist", NS_BLOCKING);
	request_send(s, iq, on_list, NULL);
}

bool
block_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *block = stanza_child(stanza, "block", NS_BLOCKING);
	xmpp_stanza_t *unblock = stanza_child(stanza, "unblock", NS_BLOCKING);

	if (!stanza_is(stanza, "iq", NULL) ||
	    !stanza_attr_is(stanza, "type", "set") ||
	    (block == NULL && unblock == NULL) ||
	    !session_is_own(s, xmpp_stanza_get_from(stanza)))
		return false;
	if (block != NULL) {
		set_all(s, block, true);
	} else if (stanza_child(unblock, "item", NULL) != NULL) {
		set_all(s, unblock, false);
	} else {
		mark_all(s, false);
		unblock_unmarked(s);
	}
	iq_result(s, stanza);
	return true;
}

/* ------------------------------------------------------------------ the user */

void
down_contact_block(const struct kit_call *call,
    const struct msg_contact_block *m)
{
	struct session *s = session_for(call, m->user);
	xmpp_stanza_t *iq;

	if (s == NULL)
		return;
	iq = request_new(s, "set", NULL);
	xmpp_stanza_set_attribute(build_child(build_child(iq, m->blocked ?
	    "block" : "unblock", NS_BLOCKING), "item", NULL), "jid",
	    m->contact);
	request_send_for(s, iq, call);
}
