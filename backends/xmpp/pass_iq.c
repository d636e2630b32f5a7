/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others ask that only the user's client can answer. */
#include <stdlib.h>

#include "backends/xmpp/iq.h"
#include "backends/xmpp/pass.h"
#include "backends/xmpp/pass_state.h"
#include "backends/xmpp/pass_xml.h"
#include "backends/xmpp/payload.h"

bool
pass_iq(struct session *s, xmpp_stanza_t *request)
{
	const char *from = xmpp_stanza_get_from(request), *why;
	struct pass_peer p;
	char *xml;
	struct msg_stanza_up m = { .user = s->user, .kind = "iq",
	    .type = xmpp_stanza_get_type(request),
	    .id = payload_id_of(request, "id"),
	    .client = pass_writer(s, from) };

	if (!s->connected || s->ended ||
	    (xml = pass_take(PASSING_IQ, request, &why)) == NULL)
		return false;
	pass_peer_init(&p, s, from);
	m.peer = p.peer;
	m.room = p.room;
	m.resource = p.resource;
	m.xml = xml;
	/* The account itself asks nothing of the user's clients. */
	if (*p.peer == '\0' && p.room == NULL)
		iq_refuse(s, request, "service-unavailable");
	else if (!pass_ask(s, request, &m))
		iq_refuse(s, request, "resource-constraint");
	pass_peer_finish(&p);
	free(xml);
	return true;
}
