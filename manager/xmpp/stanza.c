/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of one stanza: looking into it, building it, writing it.  Every walk
 * is a loop over parent pointers, so depth costs no stack. */
#include "manager/xmpp/stanza.h"

#include <string.h>

#include "manager/xmpp/xml.h"

const char *
stanza_attr(const struct stanza *s, const char *name)
{
	if (s == NULL)
		return NULL;
	for (const struct attr *at = s->attrs; at != NULL; at = at->next)
		if (at->ns == NULL && strcmp(at->name, name) == 0)
			return at->value;
	return NULL;
}

bool
stanza_is(const struct stanza *s, const char *name, const char *ns)
{
	return s != NULL && s->name != NULL && strcmp(s->name, name) == 0 &&
	    strcmp(s->ns, ns) == 0;
}

struct stanza *
stanza_child(const struct stanza *s, const char *name, const char *ns)
{
	struct stanza *c = stanza_first(s);

	if (c != NULL && ns == NULL)
		ns = s->ns;
	while (c != NULL && !stanza_is(c, name, ns))
		c = stanza_next(c);
	return c;
}

struct stanza *
stanza_child_ns(const struct stanza *s, const char *ns)
{
	struct stanza *c = stanza_first(s);

	while (c != NULL && strcmp(c->ns, ns) != 0)
		c = stanza_next(c);
	return c;
}

static struct stanza *
skip_text(struct stanza *s)
{
	while (s != NULL && s->name == NULL)
		s = s->next;
	return s;
}

struct stanza *
stanza_first(const struct stanza *s)
{
	return s != NULL ? skip_text(s->children) : NULL;
}

struct stanza *
stanza_next(const struct stanza *s)
{
	return s != NULL ? skip_text(s->next) : NULL;
}

/* The node after s in document order, below top; NULL after the last. */
static struct stanza *
next_below(const struct stanza *s, const struct stanza *top)
{
	if (s->children != NULL)
		return s->children;
	while (s != top && s->next == NULL)
		s = s->parent;
	return s != top ? s->next : NULL;
}

struct stanza *
stanza_find(const struct stanza *top, const char *name, const char *ns)
{
	struct stanza *s;

	if (top == NULL)
		return NULL;
	for (s = next_below(top, top); s != NULL; s = next_below(s, top))
		if (stanza_is(s, name, ns))
			return s;
	return NULL;
}

const char *
stanza_text(struct arena *a, const struct stanza *s)
{
	const struct stanza *c;
	size_t len = 0;
	char *text, *at;

	if (s == NULL)
		return NULL;
	if (s->children == NULL)
		return "";
	if (s->children == s->last && s->children->text != NULL)
		return s->children->text;
	for (c = s->children; c != NULL; c = c->next)
		if (c->text != NULL)
			len += strlen(c->text);
	text = at = arena_alloc(a, len + 1);
	for (c = s->children; c != NULL; c = c->next)
		if (c->text != NULL)
			at = stpcpy(at, c->text);
	*at = '\0';
	return text;
}

const char *
stanza_child_text(struct arena *a, const struct stanza *s, const char *name,
    const char *ns)
{
	return stanza_text(a, stanza_child(s, name, ns));
}

struct stanza *
stanza_new(struct arena *a, const char *name, const char *ns)
{
	struct stanza *s = arena_zalloc(a, sizeof(*s));

	s->name = arena_strdup(a, name);
	s->ns = arena_strdup(a, ns != NULL ? ns : "");
	return s;
}

void
stanza_set(struct arena *a, struct stanza *s, const char *name,
    const char *value)
{
	struct attr **slot = &s->attrs;

	while (*slot != NULL && ((*slot)->ns != NULL ||
	    strcmp((*slot)->name, name) != 0))
		slot = &(*slot)->next;
	if (*slot == NULL) {
		*slot = arena_zalloc(a, sizeof(**slot));
		(*slot)->name = arena_strdup(a, name);
	}
	(*slot)->value = arena_strdup(a, value);
}

static void
adopt(struct stanza *parent, struct stanza *child)
{
	child->parent = parent;
	if (parent->last != NULL)
		parent->last->next = child;
	else
		parent->children = child;
	parent->last = child;
}

struct stanza *
stanza_add(struct arena *a, struct stanza *parent, const char *name,
    const char *ns)
{
	struct stanza *s = arena_zalloc(a, sizeof(*s));

	s->name = arena_strdup(a, name);
	s->ns = ns != NULL ? arena_strdup(a, ns) : parent->ns;
	adopt(parent, s);
	return s;
}

void
stanza_add_text(struct arena *a, struct stanza *parent, const char *text,
    size_t len)
{
	struct stanza *s = arena_zalloc(a, sizeof(*s));

	s->text = arena_strndup(a, text, len);
	adopt(parent, s);
}

static void
write_attr(struct buf *b, const char *name, const char *value)
{
	buf_addc(b, ' ');
	buf_adds(b, name);
	buf_add(b, "='", 2);
	xml_escape_attr(b, value, strlen(value));
	buf_addc(b, '\'');
}

static void
write_attrs(struct buf *b, const struct stanza *s, stanza_filter *wanted)
{
	unsigned prefixes = 0;

	for (const struct attr *at = s->attrs; at != NULL; at = at->next) {
		if (!wanted(s, at))
			continue;
		if (at->ns == NULL) {
			write_attr(b, at->name, at->value);
			continue;
		}
		prefixes++;
		buf_addf(b, " xmlns:a%u='", prefixes);
		xml_escape_attr(b, at->ns, strlen(at->ns));
		buf_addf(b, "' a%u:%s='", prefixes, at->name);
		xml_escape_attr(b, at->value, strlen(at->value));
		buf_addc(b, '\'');
	}
}

static void
write_start(struct buf *b, const struct stanza *s, const char *around,
    stanza_filter *wanted)
{
	if (s->name == NULL) {
		xml_escape(b, s->text, strlen(s->text));
		return;
	}
	buf_addc(b, '<');
	buf_adds(b, s->name);
	if (strcmp(s->ns, around != NULL ? around : "") != 0)
		write_attr(b, "xmlns", s->ns);
	write_attrs(b, s, wanted);
	if (s->children == NULL)
		buf_add(b, "/>", 2);
	else
		buf_addc(b, '>');
}

static void
write_end(struct buf *b, const struct stanza *s)
{
	buf_add(b, "</", 2);
	buf_adds(b, s->name);
	buf_addc(b, '>');
}

void
stanza_write_part(struct buf *b, const struct stanza *top, const char *ns,
    stanza_filter *wanted)
{
	const struct stanza *s = top;

	write_start(b, s, ns, wanted);
	while (s != NULL) {
		if (s->children != NULL) {
			s = s->children;
		} else {
			while (s != top && s->next == NULL) {
				s = s->parent;
				write_end(b, s);
			}
			s = s != top ? s->next : NULL;
		}
		if (s != NULL)
			write_start(b, s, s->parent->ns, wanted);
	}
}

static bool
all(const struct stanza *s, const struct attr *at)
{
	(void)s, (void)at;
	return true;
}

void
stanza_write(struct buf *b, const struct stanza *top, const char *ns)
{
	stanza_write_part(b, top, ns, all);
}
