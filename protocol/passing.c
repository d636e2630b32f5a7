/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What never passes is what concerns a stream, a server, or the user's own
 * account: who could say such things across the gateway would be taken for
 * somebody that he is not. */
#include "protocol/passing.h"

#include <stddef.h>
#include <string.h>

#include "util/macros.h"

#define PUBSUB "http://jabber.org/protocol/pubsub"

/* A last '*' stands for anything: those are versions, or families. */
static const char *const never[] = {
	"", "jabber:client", "jabber:server*", "jabber:component:*",
	"http://etherx.jabber.org/streams",
	"urn:ietf:params:xml:ns:xmpp-*",	/* TLS, SASL, bind, session */
	"urn:xmpp:sasl:*", "urn:xmpp:bind:*", "urn:xmpp:sm:*",
	"urn:xmpp:csi:*", "urn:xmpp:features:*", "jabber:iq:auth",
	"jabber:iq:roster", "jabber:x:roster",
	"http://jabber.org/protocol/rosterx", "roster:delimiter",
	"jabber:iq:register", "jabber:iq:gateway", "jabber:iq:private",
	"jabber:iq:privacy", "urn:xmpp:blocking*", "urn:xmpp:privilege:*",
	"urn:xmpp:delegation:*", "urn:xmpp:carbons:*", "urn:xmpp:mam:*",
	"urn:xmpp:archive*", "urn:xmpp:push:*", "urn:xmpp:forward:*",
	"http://jabber.org/protocol/address",
	"http://jabber.org/protocol/muc",
	"http://jabber.org/protocol/muc#*",
	PUBSUB "#owner",
	"http://jabber.org/protocol/offline", "msgoffline",
	"urn:xmpp:sid:0", "urn:xmpp:delay", "jabber:x:delay",
};

/* In messages and presences: what has fields of its own in the protocol. */
static const char *const known[] = {
	"urn:xmpp:attention:0",
	"http://jabber.org/protocol/chatstates",
	"jabber:x:conference",
	"urn:xmpp:message-correct:0",
	"urn:xmpp:fallback:0",
	"urn:xmpp:chat-markers:0",
	"urn:xmpp:message-moderate:*",
	"jabber:x:oob",
	"urn:xmpp:reactions:0",
	"urn:xmpp:receipts",
	"urn:xmpp:reply:0",
	"urn:xmpp:message-retract:*",
	"http://jabber.org/protocol/xhtml-im",
	"urn:xmpp:occupant-id:0",
	"vcard-temp:x:update",
	"urn:xmpp:idle:1", "jabber:iq:last",
};

static bool
is_in(const char *const *list, size_t n, const char *ns)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if (len > 0 && list[i][len - 1] == '*' ?
		    strncmp(list[i], ns, len - 1) == 0 :
		    strcmp(list[i], ns) == 0)
			return true;
	}
	return false;
}

bool
passing_may(enum passing_kind kind, const char *ns)
{
	switch (kind) {
	case PASSING_ERROR:
		return strcmp(ns, "jabber:client") == 0;
	case PASSING_ACCOUNT:
		return strcmp(ns, PUBSUB) == 0 ||
		    strcmp(ns, PUBSUB "#owner") == 0;
	case PASSING_EVENT:
		return strcmp(ns, PUBSUB "#event") == 0;
	case PASSING_IQ:
	case PASSING_MESSAGE:
	case PASSING_PRESENCE:
		break;
	}
	return !is_in(never, LENGTH(never), ns) &&
	    (kind == PASSING_IQ || !is_in(known, LENGTH(known), ns));
}
