/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libstrophe writes no namespace where an element has that of its parent, even
 * when the parent is not written; so these are written here. */
#include "backends/xmpp/pass_xml.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/payload.h"
#include "backends/xmpp/stanza.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define NS_EME		"urn:xmpp:eme:0"
#define NS_NICK		"http://jabber.org/protocol/nick"
#define NS_CALL		"urn:xmpp:jingle-message:"
#define NS_INVITE	"urn:xmpp:call-invites:"

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

/* Elements beside each other. */
static size_t
elements(enum passing_kind kind)
{
	return kind == PASSING_MESSAGE || kind == PASSING_EVENT ||
	    kind == PASSING_PRESENCE ? PASSING_ELEMENTS_MAX : 1;
}

static bool
is_iq(enum passing_kind kind)
{
	return kind == PASSING_IQ || kind == PASSING_ACCOUNT;
}

static const char *
space_of(xmpp_stanza_t *st)
{
	const char *ns = xmpp_stanza_get_ns(st);

	return ns != NULL ? ns : "";
}

/* Those that only XML itself has: what is in one cannot be written as in any
 * other, and ends the stream of who tries. */
static bool
is_reserved(xmpp_stanza_t *st)
{
	return strcmp(space_of(st), "http://www.w3.org/XML/1998/namespace") ==
	    0 || strcmp(space_of(st), "http://www.w3.org/2000/xmlns/") == 0;
}

/* ------------------------------------------------------------------ writing */

/* White space in attributes would become blanks, and a return a line feed. */
static void
write_text(struct buf *out, const char *s, bool attribute)
{
	for (; *s != '\0'; s++) {
		if (*s == '<')
			buf_adds(out, "&lt;");
		else if (*s == '>')
			buf_adds(out, "&gt;");
		else if (*s == '&')
			buf_adds(out, "&amp;");
		else if (*s == '\'' && attribute)
			buf_adds(out, "&apos;");
		else if (*s == '\r' || (attribute && (*s == '\n' ||
		    *s == '\t')))
			buf_addf(out, "&#%d;", *s);
		else
			buf_addc(out, *s);
	}
}

static void
write_attribute(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, " %s='", name);
	write_text(out, value, true);
	buf_addc(out, '\'');
}

static void
write_start(struct buf *out, xmpp_stanza_t *st, const char *parent)
{
	int n = xmpp_stanza_get_attribute_count(st);
	const char **list = xmalloc((size_t)(2 * n + 1) * sizeof(*list));

	buf_addf(out, "<%s", xmpp_stanza_get_name(st));
	if (parent == NULL || strcmp(parent, space_of(st)) != 0)
		write_attribute(out, "xmlns", space_of(st));
	n = xmpp_stanza_get_attributes(st, list, 2 * n);
	for (int i = 0; i + 1 < n; i += 2) {
		if (strcmp(list[i], "xmlns") != 0)
			write_attribute(out, list[i], list[i + 1]);
	}
	free(list);
}

/* parent: the namespace that holds outside; NULL: none.  false: it is too deep,
 * or there are more bytes than that, or it cannot be written; it goes no deeper
 * than may pass. */
static bool
write_element(struct buf *out, xmpp_stanza_t *st, const char *parent,
    unsigned depth, size_t max)
{
	xmpp_stanza_t *child = xmpp_stanza_get_children(st);

	if (depth > PASSING_DEPTH_MAX || is_reserved(st))
		return false;
	write_start(out, st, parent);
	if (child == NULL) {
		buf_adds(out, "/>");
		return buf_len(out) <= max;
	}
	buf_addc(out, '>');
	for (; child != NULL; child = xmpp_stanza_get_next(child)) {
		if (xmpp_stanza_is_text(child))
			write_text(out, xmpp_stanza_get_text_ptr(child),
			    false);
		else if (!write_element(out, child, space_of(st), depth + 1,
		    max))
			return false;
		if (buf_len(out) > max)
			return false;
	}
	buf_addf(out, "</%s>", xmpp_stanza_get_name(st));
	return buf_len(out) <= max;
}

/* ------------------------------------------------------------------- taking */

static bool
is_error(xmpp_stanza_t *st)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(st);

	while (c != NULL && !(xmpp_stanza_is_tag(c) &&
	    strcmp(space_of(c), XMPP_NS_STANZAS_IETF) == 0))
		c = xmpp_stanza_get_next(c);
	return c != NULL && stanza_is(st, "error", NULL) &&
	    stanza_attr(st, "type") != NULL;
}

static bool
may(enum passing_kind kind, xmpp_stanza_t *st)
{
	return xmpp_stanza_is_tag(st) && passing_may(kind, space_of(st)) &&
	    (kind != PASSING_ERROR || is_error(st));
}

/* What is wrong, or NULL. */
static const char *
take(struct buf *out, enum passing_kind kind, xmpp_stanza_t *parent)
{
	xmpp_stanza_t *st = xmpp_stanza_get_children(parent);
	size_t n = 0, before;

	for (; st != NULL; st = xmpp_stanza_get_next(st)) {
		if (!may(kind, st)) {
			if (is_iq(kind) && xmpp_stanza_is_tag(st))
				return "it is of a kind that never passes";
			continue;
		}
		if (++n > elements(kind))
			return "there are too many elements";
		before = buf_len(out);
		if (write_element(out, st, NULL, 1, limit(kind)))
			continue;
		if (kind != PASSING_PRESENCE)
			return "it is too long or too deep, or cannot be "
			    "written";
		buf_truncate(out, before);
	}
	return NULL;
}

char *
pass_take(enum passing_kind kind, xmpp_stanza_t *parent, const char **why)
{
	struct buf out = { 0 };
	char *text = NULL;

	*why = take(&out, kind, parent);
	if ((*why == NULL || kind == PASSING_PRESENCE) && buf_len(&out) > 0)
		text = xstrndup(buf_data(&out), buf_len(&out));
	buf_free(&out);
	return text;
}

/* ------------------------------------------------------------------ putting */

/* Can it be written, and is it not too deep?  It is looked at no deeper. */
static bool
is_sound(xmpp_stanza_t *st, unsigned depth)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(st);

	if (depth > PASSING_DEPTH_MAX || is_reserved(st))
		return false;
	for (; c != NULL; c = xmpp_stanza_get_next(c)) {
		if (xmpp_stanza_is_tag(c) && !is_sound(c, depth + 1))
			return false;
	}
	return true;
}

static const char *
check(enum passing_kind kind, xmpp_stanza_t *parent)
{
	xmpp_stanza_t *st = xmpp_stanza_get_children(parent);
	size_t n = 0;

	for (; st != NULL; st = xmpp_stanza_get_next(st)) {
		if (!xmpp_stanza_is_tag(st))
			continue;
		if (!may(kind, st) && kind != PASSING_MESSAGE)
			return "it is of a kind that never passes";
		if (++n > elements(kind))
			return "there are too many elements";
		if (!is_sound(st, 1))
			return "it is too deep, or cannot be written";
	}
	return NULL;
}

static int
add(enum passing_kind kind, xmpp_stanza_t *to, xmpp_stanza_t *parent)
{
	xmpp_stanza_t *st = xmpp_stanza_get_children(parent), *copy;
	int n = 0;

	for (; st != NULL; st = xmpp_stanza_get_next(st)) {
		if (!may(kind, st))
			continue;
		/* The list of one parent cannot be that of another. */
		copy = xmpp_stanza_copy(st);
		xmpp_stanza_add_child(to, copy);
		xmpp_stanza_release(copy);
		n++;
	}
	return n;
}

int
pass_put(enum passing_kind kind, xmpp_stanza_t *to, const char *xml,
    const char **why)
{
	xmpp_stanza_t *parent;
	char *text;
	int n = -1;

	*why = "it is too long";
	if (strlen(xml) > limit(kind))
		return -1;
	/* Into elements of their own, so that a text that closes this one is no
	 * XML any more, or holds nothing. */
	text = xasprintf("<x xmlns='" NS_CLIENT "'>%s</x>", xml);
	parent = xmpp_stanza_new_from_string(xmpp_stanza_get_context(to),
	    text);
	free(text);
	*why = parent != NULL ? check(kind, parent) : "it is no XML";
	if (*why == NULL)
		n = add(kind, to, parent);
	if (parent != NULL)
		xmpp_stanza_release(parent);
	return n;
}

/* ---------------------------------------------------------------- questions */

bool
pass_says(xmpp_stanza_t *message)
{
	xmpp_stanza_t *st = xmpp_stanza_get_children(message);

	for (; st != NULL; st = xmpp_stanza_get_next(st)) {
		const char *ns = space_of(st);

		if (may(PASSING_MESSAGE, st) && strcmp(ns, NS_HINTS) != 0 &&
		    strcmp(ns, NS_EME) != 0 && strcmp(ns, NS_NICK) != 0)
			return true;
	}
	return false;
}

bool
pass_rings(xmpp_stanza_t *message)
{
	xmpp_stanza_t *st = xmpp_stanza_get_children(message);

	for (; st != NULL; st = xmpp_stanza_get_next(st)) {
		const char *ns = space_of(st);

		if (strncmp(ns, NS_CALL, sizeof(NS_CALL) - 1) == 0 ||
		    strncmp(ns, NS_INVITE, sizeof(NS_INVITE) - 1) == 0)
			return true;
	}
	return false;
}
