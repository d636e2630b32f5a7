/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stanza.h - a received element as a tree in an arena, read only for most.
 * Names and namespaces are separate strings; the attribute xml:lang is kept
 * under that name, other prefixed attributes keep their namespace. */
#ifndef MANAGER_XMPP_STANZA_H
#define MANAGER_XMPP_STANZA_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/buf.h"

struct attr {
	struct attr	*next;
	const char	*name;		/* "id", "xml:lang" */
	const char	*ns;		/* of a prefixed one, else NULL */
	const char	*value;
};

struct stanza {
	const char	*name;		/* NULL: this is a text node */
	const char	*ns;		/* never NULL in an element */
	const char	*text;		/* text node only */
	struct attr	*attrs;
	struct stanza	*children;	/* first; text nodes are among them */
	struct stanza	*last;
	struct stanza	*next;		/* sibling */
	struct stanza	*parent;	/* NULL at the top */
};

/* Lookups give NULL when there is none; a NULL stanza has nothing in it. */
const char	*stanza_attr(const struct stanza *, const char *name);
struct stanza	*stanza_child(const struct stanza *, const char *name,
		    const char *ns);	/* NULL ns: the parent's own */
struct stanza	*stanza_child_ns(const struct stanza *, const char *ns);
/* First element child of any name, and the next element after one. */
struct stanza	*stanza_first(const struct stanza *);
struct stanza	*stanza_next(const struct stanza *);
/* First descendant of that name and namespace, depth first. */
struct stanza	*stanza_find(const struct stanza *, const char *name,
		    const char *ns);
bool		 stanza_is(const struct stanza *, const char *name,
		    const char *ns);
/* The text inside, text nodes joined; "" for none, NULL for a NULL stanza. */
const char	*stanza_text(struct arena *, const struct stanza *);
const char	*stanza_child_text(struct arena *, const struct stanza *,
		    const char *name, const char *ns);	/* NULL: no child */

/* Building, mostly for the parser and for tests. */
struct stanza	*stanza_new(struct arena *, const char *name, const char *ns);
void		 stanza_set(struct arena *, struct stanza *, const char *name,
		    const char *value);
struct stanza	*stanza_add(struct arena *, struct stanza *parent,
		    const char *name, const char *ns);	/* NULL ns: parent's */
void		 stanza_add_text(struct arena *, struct stanza *,
		    const char *text, size_t len);

/* As XML; declares a namespace only where it differs from the parent's (ns of
 * the surroundings, NULL for none). */
void		 stanza_write(struct buf *, const struct stanza *,
		    const char *ns);
/* The same with the attributes that are wanted. */
typedef bool	 stanza_filter(const struct stanza *, const struct attr *);
void		 stanza_write_part(struct buf *, const struct stanza *,
		    const char *ns, stanza_filter *wanted);

#endif
