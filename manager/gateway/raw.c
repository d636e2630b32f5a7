/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What passes as it is: taken out of stanzas, and out of what backends say. */
#include "manager/gateway/raw.h"

#include <string.h>

#include "manager/gateway/ns.h"
#include "manager/gateway/raw_address.h"
#include "manager/xmpp/parser.h"
#include "manager/xmpp/xml.h"
#include "protocol/features.h"
#include "util/log.h"

#define NS_CLIENT "jabber:client"

/* In XML's own namespace: declared as it would be here, it is no XML, and ends
 * the stream of whoever is sent it. */
static bool
is_reserved(const struct stanza *s)
{
	return strcmp(s->ns, "http://www.w3.org/XML/1998/namespace") == 0 ||
	    strcmp(s->ns, "http://www.w3.org/2000/xmlns/") == 0;
}

/* Can it be written, and is it not too deep?  Without recursion, as that is
 * what is asked. */
static bool
is_sound(const struct stanza *top)
{
	const struct stanza *s = top;
	unsigned depth = 1;

	for (;;) {
		const struct stanza *child = stanza_first(s);

		if (is_reserved(s))
			return false;
		if (child != NULL) {
			if (++depth > PASSING_DEPTH_MAX)
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
limit(enum passing_kind kind)
{
	switch (kind) {
	case PASSING_MESSAGE:
	case PASSING_EVENT:
		return PASSING_MESSAGE_MAX;
	case PASSING_PRESENCE:
		return PASSING_PRESENCE_MAX;
	case PASSING_IQ:
	case PASSING_ACCOUNT:
	case PASSING_ERROR:
		break;
	}
	return PASSING_MAX;
}

static bool
is_iq(enum passing_kind kind)
{
	return kind == PASSING_IQ || kind == PASSING_ACCOUNT;
}

static int
give_up(struct buf *out, size_t before, const char **why, const char *reason)
{
	buf_truncate(out, before);
	*why = reason;
	return -1;
}

/* XEP-0166 7.1: who began and who answers is said by the stanza, too, and by
 * addresses that mean something on this side only. */
static bool
passes(const struct stanza *s, const struct attr *at)
{
	return strcmp(s->ns, NS_JINGLE) != 0 ||
	    strcmp(s->name, "jingle") != 0 ||
	    (strcmp(at->name, "initiator") != 0 &&
	    strcmp(at->name, "responder") != 0);
}

static int
take(struct buf *out, enum passing_kind kind, const struct stanza *parent,
    const char **why)
{
	size_t before = buf_len(out);
	int n = 0;

	for (const struct stanza *s = stanza_first(parent); s != NULL;
	    s = stanza_next(s)) {
		if (!passing_may(kind, s->ns)) {
			if (is_iq(kind))
				return give_up(out, before, why,
				    "it is in a namespace that never passes");
			continue;
		}
		if (kind == PASSING_ERROR && (n > 0 || !is_error(s)))
			continue;
		if (++n > (is_iq(kind) ? 1 : PASSING_ELEMENTS_MAX))
			return give_up(out, before, why,
			    "there are too many elements");
		if (!is_sound(s))
			return give_up(out, before, why,
			    "it is too deep, or cannot be written");
		stanza_write_part(out, s, kind == PASSING_ERROR ? s->ns : NULL,
		    passes);
		if (buf_len(out) - before > limit(kind))
			return give_up(out, before, why, "it is too long");
	}
	return n;
}

int
raw_take(struct buf *out, enum passing_kind kind, const struct stanza *parent,
    const char **why)
{
	/* The stream's own namespace may be that of a component. */
	if (kind == PASSING_ERROR) {
		const struct stanza *error = stanza_child(parent, "error",
		    NULL);

		if (error == NULL || !is_error(error) || !is_sound(error))
			return give_up(out, buf_len(out), why,
			    "it is no error");
		stanza_write(out, error, error->ns);
		return 1;
	}
	return take(out, kind, parent, why);
}

/* ------------------------------------------------------------ of a backend */

struct reading {
	const struct gateway *gw;	/* to make addresses ours; or NULL */
	struct buf	*out;
	enum passing_kind	 kind;
	unsigned	 parents;
	int		 taken;
	const char	*why;
};

static void
got_parent(void *ctx, struct arena *a, const struct stanza *parent)
{
	struct reading *r = ctx;

	if (r->gw != NULL)
		raw_map_items(r->gw, a, parent);
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

/* As what is inside of an iq on a stream; < 0: it is no XML. */
static int
parse(const char *xml, size_t len, const struct parser_events *events,
    void *ctx)
{
	static const char head[] = "<stream:stream xmlns:stream='" NS_STREAM
	    "' xmlns='" NS_CLIENT "'><iq>";
	struct parser *parser = parser_create(NS_CLIENT, PASSING_MAX + 1024,
	    events, ctx);
	const char *condition;
	int fed;

	fed = parser_feed(parser, head, sizeof(head) - 1, &condition);
	if (fed == 0)
		fed = parser_feed(parser, xml, len, &condition);
	if (fed == 0)
		fed = parser_feed(parser, "</iq>", 5, &condition);
	parser_destroy(parser);
	return fed;
}

static int
clean(const struct gateway *gw, struct buf *out, enum passing_kind kind,
    const char *xml, const char *user, const char **why)
{
	static const struct parser_events events = {
		.opened = opened, .stanza = got_parent, .ended = ended,
	};
	struct reading r = { .gw = gw, .out = out, .kind = kind };
	size_t before = buf_len(out), len = strlen(xml);

	if (len > limit(kind))
		return give_up(out, before, why, "it is too long");
	if (parse(xml, len, &events, &r) < 0 || r.parents != 1) {
		/* The fault of the backend, whatever its network says. */
		log_warn("%s: the backend gives what is no XML", user);
		return give_up(out, before, why, "it is no XML of a stanza");
	}
	*why = r.taken == 0 ? "there is nothing in it" : r.why;
	return r.taken;
}

int
raw_clean(struct buf *out, enum passing_kind kind, const char *xml,
    const char *user, const char **why)
{
	return clean(NULL, out, kind, xml, user, why);
}

int
raw_clean_answer(const struct gateway *gw, struct buf *out,
    enum passing_kind kind, const char *xml, const char *user,
    const char **why)
{
	return clean(gw, out, kind, xml, user, why);
}

struct reader {
	raw_reader	*read;
	void		*ctx;
};

static void
got_whole(void *ctx, struct arena *a, const struct stanza *parent)
{
	const struct reader *r = ctx;

	r->read(r->ctx, a, stanza_first(parent));
}

static void
no_end(void *ctx)
{
	(void)ctx;
}

bool
raw_read(const char *xml, const char *user, raw_reader *read, void *ctx)
{
	static const struct parser_events events = {
		.opened = opened, .stanza = got_whole, .ended = no_end,
	};
	struct reader reader = { read, ctx };
	struct buf clean = { 0 };
	const char *why;
	bool one = raw_clean(&clean, PASSING_IQ, xml, user, &why) == 1;

	if (one)
		(void)parse(buf_data(&clean), buf_len(&clean), &events,
		    &reader);
	buf_free(&clean);
	return one;
}

const char *
raw_extra_up(const struct gateway *gw, const char *xml)
{
	return xml != NULL && *xml != '\0' && gateway_can(gw, FEATURE_RAW) &&
	    strlen(xml) <= PASSING_MESSAGE_MAX ? xml : NULL;
}

bool
raw_presence(const struct user *user, const char *xml, struct buf *out)
{
	const char *why;

	if (xml == NULL || *xml == '\0' || !gateway_can(user->gw, FEATURE_RAW))
		return false;
	if (raw_clean(out, PASSING_PRESENCE, xml, user->jid, &why) <= 0) {
		log_debug("%s: %s: what is in a presence cannot be passed: "
		    "%s", user->gw->config->jid, user->jid, why);
		return false;
	}
	buf_addc(out, '\0');
	return true;
}

void
raw_put(struct xml *x, const char *user, const char *extra)
{
	struct buf out = { 0 };
	const char *why;

	if (raw_clean(&out, PASSING_MESSAGE, extra,
	    user != NULL ? user : "-", &why) > 0)
		xml_raw(x, buf_data(&out), buf_len(&out));
	buf_free(&out);
}
