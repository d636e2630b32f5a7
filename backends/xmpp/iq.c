/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 6120 8.2.3: every get and set is answered, and nothing else is. */
#include "backends/xmpp/iq.h"

#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/disco.h"
#include "backends/xmpp/entity.h"
#include "backends/xmpp/pass.h"
#include "backends/xmpp/stanza.h"

/* A get with this payload is answered by that. */
static const struct {
	const char	*ns, *name;
	void		(*answer)(struct session *, xmpp_stanza_t *);
} gets[] = {
	{ "urn:xmpp:ping", "ping", iq_result },
	{ NS_DISCO_INFO, "query", disco_info },
	{ NS_DISCO_ITEMS, "query", disco_items },
	{ NS_VERSION, "query", entity_version },
	{ NS_TIME, "time", entity_time },
};

static xmpp_stanza_t *
begin(struct session *s, xmpp_stanza_t *request, const char *type)
{
	xmpp_stanza_t *answer = xmpp_iq_new(session_strophe(s), type,
	    xmpp_stanza_get_id(request));

	/* A request of our own server need not say who it is. */
	if (xmpp_stanza_get_from(request) != NULL)
		xmpp_stanza_set_to(answer, xmpp_stanza_get_from(request));
	return answer;
}

xmpp_stanza_t *
iq_answer(struct session *s, xmpp_stanza_t *request)
{
	return begin(s, request, "result");
}

void
iq_result(struct session *s, xmpp_stanza_t *request)
{
	session_send(s, iq_answer(s, request), NULL);
}

void
iq_refuse(struct session *s, xmpp_stanza_t *request, const char *condition)
{
	xmpp_stanza_t *answer = begin(s, request, "error");
	xmpp_stanza_t *error = build_child(answer, "error", NULL);

	xmpp_stanza_set_type(error, "cancel");
	build_child(error, condition, XMPP_NS_STANZAS_IETF);
	session_send(s, answer, NULL);
}

bool
iq_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	bool get = stanza_attr_is(stanza, "type", "get");

	if (!stanza_is(stanza, "iq", NULL) ||
	    (!get && !stanza_attr_is(stanza, "type", "set")) ||
	    xmpp_stanza_get_id(stanza) == NULL)
		return false;
	for (size_t i = 0; get && i < LENGTH(gets); i++) {
		if (stanza_child(stanza, gets[i].name, gets[i].ns) == NULL)
			continue;
		gets[i].answer(s, stanza);
		return true;
	}
	if (!pass_iq(s, stanza))
		iq_refuse(s, stanza, "service-unavailable");
	return true;
}
