/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 6120 8.2.3: every get and set is answered, and nothing else is. */
#include "backends/xmpp/iq.h"

#include <string.h>

#include "backends/xmpp/build.h"

#define NS_PING	"urn:xmpp:ping"

bool
iq_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	const char *name = xmpp_stanza_get_name(stanza);
	const char *type = xmpp_stanza_get_type(stanza);
	xmpp_stanza_t *answer, *error;

	if (strcmp(name, "iq") != 0 || type == NULL ||
	    (strcmp(type, "get") != 0 && strcmp(type, "set") != 0) ||
	    xmpp_stanza_get_id(stanza) == NULL)
		return false;
	if (xmpp_stanza_get_child_by_ns(stanza, NS_PING) != NULL) {
		answer = xmpp_iq_new(session_strophe(s), "result",
		    xmpp_stanza_get_id(stanza));
	} else {
		answer = xmpp_iq_new(session_strophe(s), "error",
		    xmpp_stanza_get_id(stanza));
		error = build_child(answer, "error", NULL);
		xmpp_stanza_set_type(error, "cancel");
		build_child(error, "service-unavailable",
		    XMPP_NS_STANZAS_IETF);
	}
	/* A request of our own server need not say who it is. */
	if (xmpp_stanza_get_from(stanza) != NULL)
		xmpp_stanza_set_to(answer, xmpp_stanza_get_from(stanza));
	session_send(s, answer, NULL);
	return true;
}
