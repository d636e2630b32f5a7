/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/disco.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/iq.h"
#include "backends/xmpp/pass.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/stanza.h"
#include "protocol/passing.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define NODE		"urn:spectrum2:backend:xmpp"
#define CATEGORY	"client"
#define TYPE		"pc"
#define NAME		"Spectrum 2"
#define SHA1_SIZE	20
#define FEATURES_MAX	200	/* of a client of the user */
#define FEATURE_LEN	255	/* bytes */

/* In any order.  With +notify behind it: events of that node are wanted
 * (XEP-0163). */
static const char *const features[] = {
	NS_DISCO_INFO,
	NS_DISCO_ITEMS,
	"http://jabber.org/protocol/caps",
	"http://jabber.org/protocol/nick",
	"jabber:iq:version",
	"jabber:x:conference",
	"storage:bookmarks+notify",
	"urn:xmpp:avatar:metadata+notify",
	"urn:xmpp:bookmarks:1+notify",
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

/* What the user's client can do is told as ours: it is asked, then. */
struct disco {
	char		*features[FEATURES_MAX];	/* none is in the list
							 * above */
	size_t		 n;
	char		*version;	/* NULL: not made yet */
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ----------------------------------------------------- of the user's client */

static bool
is_known(const struct disco *d, const char *feature)
{
	for (size_t i = 0; i < LENGTH(features); i++) {
		if (strcmp(features[i], feature) == 0)
			return true;
	}
	for (size_t i = 0; i < d->n; i++) {
		if (strcmp(d->features[i], feature) == 0)
			return true;
	}
	return false;
}

/* Is it a name that stands in XML and in a hash, of what may pass? */
static bool
may_be_told(const char *feature)
{
	static const char notify[] = "+notify";
	size_t len = strlen(feature);
	char ns[FEATURE_LEN + 1];

	if (len == 0 || len > FEATURE_LEN || strchr(feature, '<') != NULL)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)feature[i] <= ' ')
			return false;
	}
	memcpy(ns, feature, len + 1);
	if (len > sizeof(notify) - 1 && strcmp(ns + len - (sizeof(notify) - 1),
	    notify) == 0)
		ns[len - (sizeof(notify) - 1)] = '\0';
	return passing_may(PASSING_IQ, ns);
}

void
disco_end(struct session *s)
{
	struct disco *d = s->disco;

	for (size_t i = 0; d != NULL && i < d->n; i++)
		free(d->features[i]);
	if (d != NULL)
		free(d->version);
	free(d);
	s->disco = NULL;
}

void
disco_set(struct session *s, const struct strs *of_client)
{
	struct disco *d;

	disco_end(s);
	if (of_client->n == 0)
		return;
	d = s->disco = xcalloc(1, sizeof(*d));
	for (size_t i = 0; i < of_client->n && d->n < FEATURES_MAX; i++) {
		const char *feature = of_client->v[i];

		if (may_be_told(feature) && !is_known(d, feature))
			d->features[d->n++] = xstrdup(feature);
	}
}

/* ---------------------------------------------------------------- all of it */

/* Sorted; returns how many.  They belong to their owners. */
static size_t
list(const struct session *s, const char *all[FEATURES_MAX + LENGTH(features)])
{
	size_t n = LENGTH(features);

	memcpy(all, features, sizeof(features));
	for (size_t i = 0; s->disco != NULL && i < s->disco->n; i++)
		all[n++] = s->disco->features[i];
	qsort(all, n, sizeof(*all), by_name);
	return n;
}

/* XEP-0115 5.1 */
static char *
compute(const struct session *s)
{
	const char *all[FEATURES_MAX + LENGTH(features)];
	size_t n = list(s, all);
	unsigned char hash[SHA1_SIZE];
	struct buf b = { 0 };
	char *text, *copy;

	buf_adds(&b, CATEGORY "/" TYPE "//" NAME "<");
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s<", all[i]);
	xmpp_sha1_digest((const unsigned char *)buf_data(&b), buf_len(&b),
	    hash);
	buf_free(&b);
	text = xmpp_base64_encode(session_strophe(s), hash, sizeof(hash));
	copy = xstrdup(text);
	xmpp_free(session_strophe(s), text);
	return copy;
}

static const char *
version(const struct session *s)
{
	static char *ours;	/* of all whose client tells nothing */
	char **made = s->disco != NULL ? &s->disco->version : &ours;

	if (*made == NULL)
		*made = compute(s);
	return *made;
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
is_us(struct session *s, const char *node)
{
	size_t len = strlen(NODE);

	return node == NULL || (strncmp(node, NODE "#", len + 1) == 0 &&
	    strcmp(node + len + 1, version(s)) == 0);
}

/* As it called us once, or might. */
static bool
is_ours(const char *node)
{
	return strncmp(node, NODE, strlen(NODE)) == 0;
}

void
disco_info(struct session *s, xmpp_stanza_t *request)
{
	const char *node = stanza_attr(stanza_child(request, "query",
	    NS_DISCO_INFO), "node");
	const char *all[FEATURES_MAX + LENGTH(features)];
	xmpp_stanza_t *answer, *query, *child;
	size_t n;

	if (!is_us(s, node)) {
		if (is_ours(node) || !pass_iq(s, request))
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
	n = list(s, all);
	for (size_t i = 0; i < n; i++) {
		child = build_child(query, "feature", NULL);
		xmpp_stanza_set_attribute(child, "var", all[i]);
	}
	session_send(s, answer, NULL);
}

void
disco_items(struct session *s, xmpp_stanza_t *request)
{
	const char *node = stanza_attr(stanza_child(request, "query",
	    NS_DISCO_ITEMS), "node");
	xmpp_stanza_t *answer;

	/* Its commands, for instance. */
	if (node != NULL && pass_iq(s, request))
		return;
	answer = iq_answer(s, request);
	build_child(answer, "query", NS_DISCO_ITEMS);
	session_send(s, answer, NULL);
}
