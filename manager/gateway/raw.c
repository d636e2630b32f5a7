/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may pass as it is?  Not what concerns a stream, a server, or the user's
 * own account: who could say such things across the gateway would be taken for
 * somebody that he is not. */
#include "manager/gateway/raw.h"

#include <string.h>

#include "manager/gateway/ns.h"
#include "manager/xmpp/parser.h"
#include "manager/xmpp/xml.h"
#include "protocol/features.h"
#include "util/log.h"

#define ELEMENTS_MAX 32		/* of one message */
#define NS_CLIENT "jabber:client"

/* A last '*' stands for anything: those are versions, or families. */
static const char *const never[] = {
	"", NS_CLIENT, "jabber:server*", "jabber:component:*", NS_STREAM,
	"urn:ietf:params:xml:ns:xmpp-*",	/* TLS, SASL, bind, session */
	"urn:xmpp:sasl:*", "urn:xmpp:bind:*", "urn:xmpp:sm:*",
	"urn:xmpp:csi:*", "urn:xmpp:features:*", "jabber:iq:auth",
	NS_ROSTER, "jabber:x:roster", NS_ROSTERX, "roster:delimiter",
	NS_REGISTER, NS_GATEWAY, NS_PRIVATE, "jabber:iq:privacy",
	"urn:xmpp:blocking*", "urn:xmpp:privilege:*", "urn:xmpp:delegation:*",
	"urn:xmpp:carbons:*", "urn:xmpp:mam:*", "urn:xmpp:archive*",
	"urn:xmpp:push:*", "urn:xmpp:forward:*",
	"http://jabber.org/protocol/address",
	"http://jabber.org/protocol/muc",
	"http://jabber.org/protocol/muc#*",
	"http://jabber.org/protocol/pubsub#owner",
	"http://jabber.org/protocol/offline", "msgoffline",
	NS_SID, NS_DELAY, "jabber:x:delay",
};

/* In messages: what has fields of its own in the protocol. */
static const char *const known[] = {
	NS_ATTENTION, NS_CHATSTATES, NS_CONFERENCE, NS_CORRECT, NS_FALLBACK,
	NS_MARKERS, "urn:xmpp:message-moderate:*", NS_OOB, NS_REACTIONS,
	NS_RECEIPTS, NS_REPLY, "urn:xmpp:message-retract:*", NS_XHTML_IM,
	NS_OCCUPANT_ID,
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
raw_may_pass(enum raw_kind kind, const char *ns)
{
	if (kind == RAW_ERROR)
		return strcmp(ns, NS_CLIENT) == 0;
	return !is_in(never, LENGTH(never), ns) &&
	    (kind != RAW_MESSAGE || !is_in(known, LENGTH(known), ns));
}

/* Without recursion: how deep it is, is what is asked. */
static bool
is_flat(const struct stanza *top)
{
	const struct stanza *s = top;
	unsigned depth = 1;

	for (;;) {
		const struct stanza *child = stanza_first(s);

		if (child != NULL) {
			if (++depth > RAW_DEPTH_MAX)
				return false;
			s = child;
			continue;
		}
		while (s != top && stanza_next(s) == NULL) {
			s = s->parent;
			depth--;
		}
		if (s == top)
			return true;
		s = stanza_next(s);
	}
}

/* RFC 6120 8.3.2: a type and one condition at least. */
static bool
is_error(const struct stanza *s)
{
	return strcmp(s->name, "error") == 0 &&
	    stanza_attr(s, "type") != NULL &&
	    stanza_child_ns(s, NS_STANZAS) != NULL;
}

static size_t
limit(enum raw_kind kind)
{
	return kind == RAW_MESSAGE ? RAW_MESSAGE_MAX : RAW_MAX;
}

static int
give_up(struct buf *out, size_t before, const char **why, const char *reason)
{
	buf_truncate(out, before);
	*why = reason;
	return -1;
}

static int
take(struct buf *out, enum raw_kind kind, const struct stanza *parent,
    const char **why)
{
	size_t before = buf_len(out);
	int n = 0;

	for (const struct stanza *s = stanza_first(parent); s != NULL;
	    s = stanza_next(s)) {
		if (!raw_may_pass(kind, s->ns)) {
			if (kind == RAW_IQ)
				return give_up(out, before, why,
				    "it is in a namespace that never passes");
			continue;
		}
		if (kind == RAW_ERROR && (n > 0 || !is_error(s)))
			continue;
		if (++n > (kind == RAW_MESSAGE ? ELEMENTS_MAX : 1))
			return give_up(out, before, why,
			    "there are too many elements");
		if (!is_flat(s))
			return give_up(out, before, why, "it is too deep");
		stanza_write(out, s, kind == RAW_ERROR ? s->ns : NULL);
		if (buf_len(out) - before > limit(kind))
			return give_up(out, before, why, "it is too long");
	}
	return n;
}

int
raw_take(struct buf *out, enum raw_kind kind, const struct stanza *parent,
    const char **why)
{
	/* The stream's own namespace may be that of a component. */
	if (kind == RAW_ERROR) {
		const struct stanza *error = stanza_child(parent, "error",
		    NULL);

		if (error == NULL || !is_error(error) || !is_flat(error))
			return give_up(out, buf_len(out), why,
			    "it is no error");
		stanza_write(out, error, error->ns);
		return 1;
	}
	return take(out, kind, parent, why);
}

/* ------------------------------------------------------------ of a backend */

struct reading {
	struct buf	*out;
	enum raw_kind	 kind;
	unsigned	 parents;
	int		 taken;
	const char	*why;
};

static void
got_parent(void *ctx, struct arena *a, const struct stanza *parent)
{
	struct reading *r = ctx;

	(void)a;
	if (r->parents++ == 0)
		r->taken = take(r->out, r->kind, parent, &r->why);
}

static void
opened(void *ctx, struct arena *a, const struct stanza *stanza)
{
	(void)ctx, (void)a, (void)stanza;
}

static void
ended(void *ctx)
{
	struct reading *r = ctx;

	r->parents++;		/* it has closed more than it has opened */
}

int
raw_clean(struct buf *out, enum raw_kind kind, const char *xml,
    const char *user, const char **why)
{
	static const char head[] = "<stream:stream xmlns:stream='" NS_STREAM
	    "' xmlns='" NS_CLIENT "'><iq>";
	static const struct parser_events events = {
		.opened = opened, .stanza = got_parent, .ended = ended,
	};
	struct reading r = { .out = out, .kind = kind };
	size_t before = buf_len(out), len = strlen(xml);
	struct parser *parser;
	const char *condition;
	int fed;

	if (len > limit(kind))
		return give_up(out, before, why, "it is too long");
	parser = parser_create(NS_CLIENT, RAW_MAX + 1024, &events, &r);
	fed = parser_feed(parser, head, sizeof(head) - 1, &condition);
	if (fed == 0)
		fed = parser_feed(parser, xml, len, &condition);
	if (fed == 0)
		fed = parser_feed(parser, "</iq>", 5, &condition);
	parser_destroy(parser);
	if (fed < 0 || r.parents != 1) {
		/* The fault of the backend, whatever its network says. */
		log_warn("%s: the backend gives what is no XML", user);
		return give_up(out, before, why, "it is no XML of a stanza");
	}
	*why = r.taken == 0 ? "there is nothing in it" : r.why;
	return r.taken;
}

const char *
raw_extra_up(const struct gateway *gw, const char *xml)
{
	return xml != NULL && *xml != '\0' && gateway_can(gw, FEATURE_RAW) &&
	    strlen(xml) <= RAW_MESSAGE_MAX ? xml : NULL;
}

void
raw_put(struct xml *x, const char *user, const char *extra)
{
	struct buf out = { 0 };
	const char *why;

	if (raw_clean(&out, RAW_MESSAGE, extra, user ? user : "-", &why) > 0)
		xml_raw(x, buf_data(&out), buf_len(&out));
	buf_free(&out);
}
