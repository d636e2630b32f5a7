/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/avatar.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/presence.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

#define NS_EVENT	"http://jabber.org/protocol/pubsub#event"
#define NS_PHOTO	"vcard-temp:x:update"

/* ------------------------------------------------------------------- bytes */

struct bin
avatar_decode(struct arena *a, xmpp_stanza_t *element)
{
	struct bin bin = { 0 };
	xmpp_ctx_t *ctx;
	unsigned char *bytes = NULL;
	size_t len = 0, n = 0;
	char *text;

	/* Four characters for three bytes, and line breaks. */
	text = stanza_text(element, 2 * AVATAR_MAX);
	if (text == NULL)
		return bin;
	for (const char *p = text; *p != '\0'; p++) {
		if (!isspace((unsigned char)*p))
			text[n++] = *p;
	}
	ctx = xmpp_stanza_get_context(element);
	if (n > 0)
		xmpp_base64_decode_bin(ctx, text, n, &bytes, &len);
	if (bytes != NULL && len > 0 && len <= AVATAR_MAX) {
		bin.data = memcpy(arena_alloc(a, len), bytes, len);
		bin.len = len;
	}
	if (bytes != NULL)
		xmpp_free(ctx, bytes);
	free(text);
	return bin;
}

char *
avatar_encode(struct session *s, const struct bin *bin)
{
	return xmpp_base64_encode(session_strophe(s), bin->data, bin->len);
}

static void
hash_of(const struct bin *bin, char hash[CONTACT_HASH_SIZE])
{
	unsigned char digest[20];

	*hash = '\0';
	if (bin->len == 0)
		return;
	xmpp_sha1_digest(bin->data, bin->len, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}

/* ------------------------------------------------------------------ events */

static void
own(struct session *s, const char *hash)
{
	struct contacts *all = s->contacts;

	if (all->pictured && strcmp(all->hash, hash) == 0)
		return;
	all->pictured = true;
	snprintf(all->hash, sizeof(all->hash), "%s", hash);
	presence_send(s);
}

bool
avatar_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *items = stanza_child(stanza_child(stanza, "event",
	    NS_EVENT), "items", NULL);
	xmpp_stanza_t *item = stanza_child(items, "item", NULL), *info;
	const char *from = xmpp_stanza_get_from(stanza);
	const char *hash = stanza_attr(item, "id");
	struct contact *c;
	char *jid;

	if (!stanza_is(stanza, "message", NULL) ||
	    !stanza_attr_is(items, "node", NS_AVATAR_INFO))
		return false;
	info = stanza_child(stanza_child(item, "metadata", NS_AVATAR_INFO),
	    "info", NULL);
	if (item == NULL && stanza_child(items, "retract", NULL) == NULL)
		return true;
	if (info == NULL || hash == NULL)
		hash = "";
	jid = account_bare(from != NULL ? from : s->jid);
	if (session_is_own(s, jid)) {
		if (*hash == '\0' || strlen(hash) == CONTACT_HASH_SIZE - 1)
			own(s, hash);
	} else if ((c = contact_find(s, jid)) != NULL) {
		contact_set_hash(s, c, hash, true);
	}
	free(jid);
	return true;
}

void
avatar_put(struct session *s, xmpp_stanza_t *presence)
{
	xmpp_stanza_t *x;

	/* XEP-0153 4.1: who does not know says nothing. */
	if (!s->contacts->pictured)
		return;
	x = build_child(presence, "x", NS_PHOTO);
	if (*s->contacts->hash != '\0')
		build_text(x, "photo", s->contacts->hash);
	else
		build_child(x, "photo", NULL);
}

/* -------------------------------------------------------------- data of one */

xmpp_stanza_t *
avatar_request(struct session *s, const char *jid, const char *hash)
{
	xmpp_stanza_t *iq = request_new(s, "get", jid);
	xmpp_stanza_t *items = build_child(build_child(iq, "pubsub",
	    NS_PUBSUB), "items", NULL);

	xmpp_stanza_set_attribute(items, "node", NS_AVATAR_DATA);
	xmpp_stanza_set_id(build_child(items, "item", NULL), hash);
	return iq;
}

struct bin
avatar_answer(struct arena *a, xmpp_stanza_t *answer)
{
	xmpp_stanza_t *items = stanza_child(stanza_child(answer, "pubsub",
	    NS_PUBSUB), "items", NULL);

	return avatar_decode(a, stanza_child(stanza_child(items, "item", NULL),
	    "data", NS_AVATAR_DATA));
}

/* ----------------------------------------------------------------- publish */

static void
on_published(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	(void)s, (void)answer, (void)ctx;
}

static xmpp_stanza_t *
item_of(xmpp_stanza_t *iq, const char *node, const char *hash)
{
	xmpp_stanza_t *publish = build_child(build_child(iq, "pubsub",
	    NS_PUBSUB), "publish", NULL);
	xmpp_stanza_t *item;

	xmpp_stanza_set_attribute(publish, "node", node);
	item = build_child(publish, "item", NULL);
	if (*hash != '\0')
		xmpp_stanza_set_id(item, hash);
	return item;
}

static void
put_text(xmpp_stanza_t *parent, const char *text)
{
	xmpp_stanza_t *content = xmpp_stanza_new(
	    xmpp_stanza_get_context(parent));

	xmpp_stanza_set_text(content, text);
	xmpp_stanza_add_child(parent, content);
	xmpp_stanza_release(content);
}

void
avatar_publish(struct session *s, const struct bin *bin, const char *type)
{
	char hash[CONTACT_HASH_SIZE], number[24], *text;
	xmpp_stanza_t *iq, *child;

	hash_of(bin, hash);
	if (bin->len > 0) {
		iq = request_new(s, "set", NULL);
		text = avatar_encode(s, bin);
		child = build_child(item_of(iq, NS_AVATAR_DATA, hash), "data",
		    NS_AVATAR_DATA);
		put_text(child, text);
		xmpp_free(session_strophe(s), text);
		request_send(s, iq, on_published, NULL);
	}
	iq = request_new(s, "set", NULL);
	child = build_child(item_of(iq, NS_AVATAR_INFO, hash), "metadata",
	    NS_AVATAR_INFO);
	if (bin->len > 0) {
		child = build_child(child, "info", NULL);
		snprintf(number, sizeof(number), "%zu", bin->len);
		xmpp_stanza_set_attribute(child, "bytes", number);
		xmpp_stanza_set_attribute(child, "id", hash);
		xmpp_stanza_set_attribute(child, "type", type);
	}
	request_send(s, iq, on_published, NULL);
	own(s, hash);
}
