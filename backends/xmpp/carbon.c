/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/carbon.h"

#include <string.h>

#include "backends/xmpp/archive.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "backends/xmpp/talk.h"
#include "util/log.h"

#define NS_CARBONS	"urn:xmpp:carbons:2"
#define NS_FORWARD	"urn:xmpp:forward:0"
#define NS_MUC_USER	"http://jabber.org/protocol/muc#user"

static void
on_enabled(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	(void)ctx;
	if (answer != NULL && !request_worked(answer))
		log_debug("%s: the server has no carbons", s->user);
}

void
carbon_online(struct session *s)
{
	xmpp_stanza_t *iq = request_new(s, "set", NULL);

	build_child(iq, "enable", NS_CARBONS);
	request_send(s, iq, on_enabled, NULL);
}

bool
carbon_is_one(xmpp_stanza_t *st)
{
	return stanza_child(st, "sent", NS_CARBONS) != NULL ||
	    stanza_child(st, "received", NS_CARBONS) != NULL;
}

xmpp_stanza_t *
carbon_forwarded(xmpp_stanza_t *st, int64_t *time)
{
	xmpp_stanza_t *forwarded = stanza_child(st, "forwarded", NS_FORWARD);
	xmpp_stanza_t *m = stanza_child(forwarded, "message", NS_CLIENT);

	*time = stanza_delay(forwarded);
	if (stanza_attr_is(m, "type", "groupchat") ||
	    stanza_attr_is(m, "type", "error"))
		return NULL;
	return m;
}

bool
carbon_stanza(struct session *s, xmpp_stanza_t *st)
{
	xmpp_stanza_t *sent = stanza_child(st, "sent", NS_CARBONS);
	xmpp_stanza_t *carbon = sent != NULL ? sent :
	    stanza_child(st, "received", NS_CARBONS), *m;
	const struct heard how = { .own = sent != NULL, .copy = true };
	int64_t time;

	if (carbon == NULL || !stanza_is(st, "message", NULL))
		return false;
	/* XEP-0280 11: everybody can write one. */
	if (!session_is_own(s, xmpp_stanza_get_from(st))) {
		log_info("%s: a forged carbon of %s", s->user,
		    xmpp_stanza_get_from(st));
		return true;
	}
	m = carbon_forwarded(carbon, &time);
	/* What an occupant of a room says to another one comes to each client
	 * that is there by itself. */
	if (m != NULL && stanza_child(m, "x", NS_MUC_USER) == NULL &&
	    !archive_heard(s, m, how.own))
		talk_hear(s, m, &how);
	return true;
}
