/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may do what in a room (XEP-0045 8 to 10). */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

#define LIST_MAX	5000	/* rows */

static struct kit_call *
copy_of(const struct kit_call *call)
{
	struct kit_call *copy = xmalloc(sizeof(*copy));

	*copy = *call;
	return copy;
}

/* ----------------------------------------------------------- a role, a list */

struct change {
	struct kit_call	 call;
	xmpp_stanza_t	*then;		/* the other half of it, or NULL */
};

static void
on_changed(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct change *c = ctx;
	xmpp_stanza_t *then = c->then;

	if (then != NULL && request_worked(answer)) {
		c->then = NULL;
		request_send(s, then, on_changed, c);
		return;
	}
	if (then != NULL)
		xmpp_stanza_release(then);
	request_settle(&c->call, answer);
	free(c);
}

/* Somebody has an address as a nick: whom does it mean?  Put out may be who
 * calls himself so, but nobody is given rights in another's name. */
static bool
is_ambiguous(const struct room *r, const struct msg_room_moderate *m)
{
	const struct occupant *o = map_get(&r->occupants, m->target);
	char *jid = o != NULL && m->affiliation != NULL &&
	    strcmp(m->affiliation, "outcast") != 0 ? account_jid(m->target) :
	    NULL;
	bool other = jid != NULL &&
	    (o->real == NULL || strcmp(o->real, jid) != 0);

	free(jid);
	return other;
}

/* What is changed is a role, which goes by the nick, or an affiliation, which
 * goes by the JID where that is known. */
static xmpp_stanza_t *
change(struct room *r, const struct msg_room_moderate *m, const char *what,
    const char *value)
{
	xmpp_stanza_t *iq = request_new(r->session, "set", r->jid), *item;
	const struct occupant *o = map_get(&r->occupants, m->target);
	bool by_jid = strcmp(what, "affiliation") == 0 &&
	    (o == NULL || o->real != NULL);

	item = build_child(build_child(iq, "query", NS_MUC_ADMIN), "item",
	    NULL);
	xmpp_stanza_set_attribute(item, by_jid ? "jid" : "nick",
	    by_jid && o != NULL ? o->real : m->target);
	xmpp_stanza_set_attribute(item, what, value);
	build_text(item, "reason", m->reason);
	return iq;
}

void
down_room_moderate(const struct kit_call *call,
    const struct msg_room_moderate *m)
{
	struct room *r = room_for(call, m->user, m->room);
	xmpp_stanza_t *first = NULL, *second = NULL;
	struct change *c;

	if (r == NULL)
		return;
	if (is_ambiguous(r, m)) {
		kit_error(call, ERR_CONFLICT, "Somebody in the room has this "
		    "address as a nick.");
		return;
	}
	if (m->affiliation != NULL)
		first = change(r, m, "affiliation", m->affiliation);
	if (m->role != NULL)
		second = change(r, m, "role", m->role);
	if (first == NULL) {
		first = second;
		second = NULL;
	}
	if (first == NULL) {
		kit_error(call, ERR_BAD_REQUEST, NULL);
		return;
	}
	c = xmalloc(sizeof(*c));
	*c = (struct change){ *call, second };
	request_send(r->session, first, on_changed, c);
}

/* ---------------------------------------------------------------- the lists */

static void
on_list(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct kit_call *call = ctx;
	struct msg_room_affiliations_result result = { 0 };
	struct msg_affiliation *rows;
	xmpp_stanza_t *item;

	(void)s;
	if (!request_worked(answer)) {
		request_settle(call, answer);
		free(call);
		return;
	}
	rows = xcalloc(LIST_MAX, sizeof(*rows));
	item = stanza_child(stanza_child(answer, "query", NS_MUC_ADMIN),
	    "item", NULL);
	for (; item != NULL && result.rows.n < LIST_MAX;
	    item = stanza_beside(item, "item", NULL)) {
		if (stanza_attr(item, "jid") == NULL)
			continue;
		rows[result.rows.n++] = (struct msg_affiliation){
			.target = (char *)stanza_attr(item, "jid"),
			.reason = stanza_text(stanza_child(item, "reason",
			    NULL), ROOM_TEXT),
		};
	}
	result.rows.v = rows;
	kit_reply(call, &result);
	for (size_t i = 0; i < result.rows.n; i++)
		free((char *)rows[i].reason);
	free(rows);
	free(call);
}

void
down_room_affiliations(const struct kit_call *call,
    const struct msg_room_affiliations *m)
{
	struct room *r = room_for(call, m->user, m->room);
	xmpp_stanza_t *iq, *item;

	if (r == NULL)
		return;
	iq = request_new(r->session, "get", r->jid);
	item = build_child(build_child(iq, "query", NS_MUC_ADMIN), "item",
	    NULL);
	xmpp_stanza_set_attribute(item, "affiliation", m->affiliation);
	request_send(r->session, iq, on_list, copy_of(call));
}
