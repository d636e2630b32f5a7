/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/disco.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/iq.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/stanza.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define NODE		"urn:spectrum2:backend:xmpp"
#define CATEGORY	"client"
#define TYPE		"pc"
#define NAME		"Spectrum 2"
#define SHA1_SIZE	20

/* In any order.  With +notify behind it: events of that node are wanted
 * (XEP-0163). */
static const char *features[] = {
	NS_DISCO_INFO,
	NS_DISCO_ITEMS,
	"http://jabber.org/protocol/caps",
	"http://jabber.org/protocol/nick",
	"jabber:iq:version",
	"urn:xmpp:avatar:metadata+notify",
	/* What of messages is passed on (payload.h). */
	NS_ATTENTION,
	NS_CORRECT,
	NS_MARKERS,
	NS_OOB,
	NS_REACTIONS,
	NS_RECEIPTS,
	NS_REPLY,
	NS_RETRACT,
	NS_STATES,
	NS_XHTML_IM,
	"urn:xmpp:ping",
	"urn:xmpp:time",
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* XEP-0115 5.1; the same for all users, so made once. */
static const char *
version(struct session *s)
{
	static char *made;
	unsigned char hash[SHA1_SIZE];
	struct buf b = { 0 };
	char *text;

	if (made != NULL)
		return made;
	qsort(features, LENGTH(features), sizeof(*features), by_name);
	buf_adds(&b, CATEGORY "/" TYPE "//" NAME "<");
	for (size_t i = 0; i < LENGTH(features); i++)
		buf_addf(&b, "%s<", features[i]);
	xmpp_sha1_digest((const unsigned char *)buf_data(&b), buf_len(&b),
	    hash);
	buf_free(&b);
	text = xmpp_base64_encode(session_strophe(s), hash, sizeof(hash));
	made = xstrdup(text);
	xmpp_free(session_strophe(s), text);
	return made;
}

void
disco_caps(struct session *s, xmpp_stanza_t *presence)
{
	xmpp_stanza_t *c = build_child(presence, "c",
	    "http://jabber.org/protocol/caps");

	xmpp_stanza_set_attribute(c, "hash", "sha-1");
	xmpp_stanza_set_attribute(c, "node", NODE);
	xmpp_stanza_set_attribute(c, "ver", version(s));
}

/* What was asked about: us, or us as our presence calls us. */
static bool
is_ours(struct session *s, const char *node)
{
	size_t len = strlen(NODE);

	return node == NULL || (strncmp(node, NODE "#", len + 1) == 0 &&
	    strcmp(node + len + 1, version(s)) == 0);
}

void
disco_info(struct session *s, xmpp_stanza_t *request)
{
	const char *node = stanza_attr(stanza_child(request, "query",
	    NS_DISCO_INFO), "node");
	xmpp_stanza_t *answer, *query, *child;

	if (!is_ours(s, node)) {
		iq_refuse(s, request, "item-not-found");
		return;
	}
	answer = iq_answer(s, request);
	query = build_child(answer, "query", NS_DISCO_INFO);
	if (node != NULL)
		xmpp_stanza_set_attribute(query, "node", node);
	child = build_child(query, "identity", NULL);
	xmpp_stanza_set_attribute(child, "category", CATEGORY);
	xmpp_stanza_set_attribute(child, "type", TYPE);
	xmpp_stanza_set_attribute(child, "name", NAME);
	for (size_t i = 0; i < LENGTH(features); i++) {
		child = build_child(query, "feature", NULL);
		xmpp_stanza_set_attribute(child, "var", features[i]);
	}
	session_send(s, answer, NULL);
}

void
disco_items(struct session *s, xmpp_stanza_t *request)
{
	xmpp_stanza_t *answer = iq_answer(s, request);

	build_child(answer, "query", NS_DISCO_ITEMS);
	session_send(s, answer, NULL);
}
