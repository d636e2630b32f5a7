/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stanzas both ways, and what of ours has arrived: by the server's own
 * acknowledgements (XEP-0198), otherwise by the answer to a ping that was sent
 * behind them (XEP-0199). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/link_private.h"
#include "backends/xmpp/stanza.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define OUT_MAX		(256 * 1024)	/* bytes given to the connection */

void
link_say(struct link *l, const char *xml, size_t len)
{
	buf_add(conn_out(l->conn), xml, len);
	conn_send(l->conn);
}

/* Are you there, and what have you got? */
static void
ask(struct link *l)
{
	static const char request[] = "<r xmlns='" NS_SM "'/>";
	char *ping;

	if (l->asked)
		return;
	l->asked = true;
	l->asked_at = clock_now();
	l->asked_for = ledger_number(&l->ledger);
	if (l->sm_on) {
		link_say(l, request, sizeof(request) - 1);
		return;
	}
	rand_token(l->ask_id, sizeof(l->ask_id));
	ping = xasprintf("<iq type='get' id='%s'><ping "
	    "xmlns='urn:xmpp:ping'/></iq>", l->ask_id);
	link_say(l, ping, strlen(ping));
	free(ping);
}

/* What has come?  However often it asks meanwhile, once there is room. */
static void
answer(struct link *l)
{
	char a[sizeof("<a xmlns='" NS_SM "' h='4294967295'/>")];
	int len;

	if (!l->owed || conn_queued(l->conn) >= OUT_MAX)
		return;
	l->owed = false;
	len = snprintf(a, sizeof(a), "<a xmlns='" NS_SM "' h='%u'/>",
	    (unsigned)l->handled);
	link_say(l, a, (size_t)len);
}

void
link_push(struct link *l)
{
	const struct entry *e;
	bool any = false;

	if (l->state != UP)
		return;
	answer(l);
	while (conn_queued(l->conn) < OUT_MAX &&
	    (e = ledger_take(&l->ledger)) != NULL) {
		link_say(l, e->xml, e->len);
		any = true;
	}
	if (any)
		ask(l);
}

void
link_ask_last(struct link *l)
{
	link_push(l);
	/* What was asked before does not cover the last ones. */
	l->asked = false;
	if (l->ledger.sent > 0)
		ask(l);
}

void
link_tick(struct link *l)
{
	bool heard = l->heard;

	l->heard = false;
	link_set_timer(l, l->keepalive);
	if (l->paused)
		l->asked_at = clock_now();	/* it is us who do not listen */
	else if (l->asked && clock_now() - l->asked_at > 2 * l->keepalive)
		link_fail(l, LINK_NETWORK, true, xasprintf("%s does not "
		    "answer any more.", l->domain));
	else if (!heard)
		ask(l);
}

static void
fail_lie(struct link *l)
{
	link_fail(l, LINK_REFUSED, true, xasprintf("%s says that it has had "
	    "what was never sent.", l->domain));
}

void
link_up(struct link *l, bool resumed)
{
	const char *jid = xmpp_conn_get_bound_jid(l->xmpp);

	if (l->state != TALKING)
		return;
	if (!resumed) {
		ledger_restart(&l->ledger);
	} else if (ledger_done(&l->ledger, l->resumed_h) == -1) {
		fail_lie(l);
		return;
	} else {
		l->sm_on = true;
		ledger_rewind(&l->ledger);
	}
	if (l->state != TALKING)
		return;
	l->met = true;
	guard_forgive(l->guard);
	link_set_state(l, UP);
	link_set_timer(l, l->keepalive);
	l->events->connected(l->ctx, jid != NULL ? jid : l->full, resumed);
	link_push(l);
}

/* -------------------------------------------------------------- what comes */

static void
has(struct link *l, uint32_t number)
{
	l->asked = false;
	if (ledger_done(&l->ledger, number) == -1) {
		fail_lie(l);
		return;
	}
	if (l->state != UP)
		return;
	link_push(l);
	if (l->ledger.sent > 0)
		ask(l);
}

static void
hear_management(struct link *l, xmpp_stanza_t *stanza)
{
	const char *name = xmpp_stanza_get_name(stanza);
	uint32_t h;

	if (name == NULL)
		return;
	if (l->state == TALKING && strcmp(name, "enabled") == 0) {
		link_enabled(l, stanza);
		link_up(l, false);
	} else if (l->state == TALKING && strcmp(name, "failed") == 0) {
		link_up(l, false);
	} else if ((l->state == UP || l->state == LEAVING) && l->sm_on &&
	    strcmp(name, "a") == 0 &&
	    link_read_number(xmpp_stanza_get_attribute(stanza, "h"), &h)) {
		has(l, h);
	} else if (l->state == UP && l->sm_on && strcmp(name, "r") == 0) {
		l->owed = true;
		link_push(l);
	}
}

static bool
is_answer(struct link *l, xmpp_stanza_t *stanza)
{
	const char *id = xmpp_stanza_get_id(stanza);
	const char *name = xmpp_stanza_get_name(stanza);
	const char *type = xmpp_stanza_get_type(stanza);

	return l->asked && !l->sm_on && id != NULL &&
	    strcmp(id, l->ask_id) == 0 && name != NULL &&
	    strcmp(name, "iq") == 0 && type != NULL &&
	    (strcmp(type, "result") == 0 || strcmp(type, "error") == 0);
}

/* XEP-0198 4: stanzas do, and nothing else. */
static bool
counts(xmpp_stanza_t *stanza)
{
	return stanza_is(stanza, "message", NS_CLIENT) ||
	    stanza_is(stanza, "presence", NS_CLIENT) ||
	    stanza_is(stanza, "iq", NS_CLIENT);
}

void
link_hear(struct link *l, xmpp_stanza_t *stanza)
{
	const char *ns = xmpp_stanza_get_ns(stanza);

	if (l->telling)
		return;
	if (ns != NULL && strcmp(ns, NS_SM) == 0) {
		hear_management(l, stanza);
		return;
	}
	/* What was said last is answered for while we leave. */
	if (l->state == LEAVING && is_answer(l, stanza))
		has(l, l->asked_for);
	if (l->state != UP)
		return;
	if (counts(stanza))
		l->handled++;
	if (is_answer(l, stanza))
		has(l, l->asked_for);
	else if (guard_is_cut(l->guard))
		l->events->cut(l->ctx, stanza);
	else if (ns != NULL && strcmp(ns, XMPP_NS_CLIENT) == 0)
		l->events->stanza(l->ctx, stanza);
}

/* --------------------------------------------------------------- what goes */

int
link_send(struct link *l, xmpp_stanza_t *stanza, void *tag)
{
	char *xml = NULL;
	size_t len = 0;
	int result;

	if (l->state == DEAD || xmpp_stanza_to_text(stanza, &xml, &len) != 0)
		return -1;
	result = ledger_add(&l->ledger, xml, len, tag);
	xmpp_free(l->strophe, xml);
	if (result == 0)
		link_push(l);
	return result;
}

bool
link_take_back(struct link *l, const void *tag)
{
	/* When the link ends, all that it holds is ending already. */
	return l->state != DEAD && ledger_take_back(&l->ledger, tag);
}
