/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.h - between libstrophe and expat: what libstrophe does not check.
 *
 * libstrophe builds a tree out of whatever a server sends and walks it with
 * recursive functions; it has no limits, copies text in quadratic time, loses
 * the prefixes of attributes, and lets expat put off split tags.  The functions
 * of expat that it calls are therefore found in this program first, which
 * defines them (guard.c), and every parser that libstrophe makes is guarded
 * from its first byte: those of connections, and those of
 * xmpp_stanza_new_from_string().
 *
 * What is refused makes the parser fail, so that libstrophe closes this
 * connection (or returns no stanza), and nothing else. */
#ifndef BACKENDS_XMPP_GUARD_H
#define BACKENDS_XMPP_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define GUARD_DEPTH	64		/* elements inside a stanza */
#define GUARD_ATTRIBUTES 128		/* of one element */
#define GUARD_CHILDREN	12000		/* of one element: libstrophe walks past
					 * all to add one; a roster has 10000 */
#define GUARD_ELEMENTS	50000		/* of one stanza */
#define GUARD_TAG	(64 * 1024)	/* bytes of one tag */
#define GUARD_STANZA	(1024 * 1024)	/* bytes of one stanza, unless set */
#define GUARD_MEMORY	(32 * 1024 * 1024)	/* of expat, for one parser:
					 * it keeps every name for ever */
#define GUARD_TIRED	(2 * 1024 * 1024)	/* more than names need */

/* Others write stanzas, too, and a server that passes them on is no worse for
 * it: to close its connection would be to get them again.  Of those that are
 * too large, in any way, libstrophe gets the beginning only, once
 * guard_forgive() was called; only a tag that cannot be skipped is refused all
 * the same. */
#define GUARD_TAG_MAX	(512 * 1024)

#define GUARD_HEARD	3		/* depth of what is told */

/* Hears of what is parsed before libstrophe does.  All may be NULL. */
struct guard_events {
	/* An element begins: depth 0 is the stream, 1 a stanza, and so on to
	 * 3; not called for what is deeper.  ns may be "". */
	void	(*element)(void *ctx, int depth, const char *ns,
		    const char *name, const char *const *attributes);
	/* Text in an element of that depth.  false: libstrophe does not get
	 * it. */
	bool	(*text)(void *ctx, int depth, const char *text, size_t len);
	/* A stanza ends; libstrophe does not know yet, and then does. */
	void	(*ending)(void *ctx);
	void	(*whole)(void *ctx);
	/* Called once: the parser fails, and why, in a few words. */
	void	(*refused)(void *ctx, const char *why);
};

struct guard;

/* The next parser is one of a stream, and its own guard is this one; any other
 * is one of a stanza alone. */
void		 guard_expect(const struct guard_events *, void *ctx);
/* NULL again, and what came of it: NULL when there was no parser.  It dies with
 * its parser. */
struct guard	*guard_expected(void);

/* Nothing more is heard, until libstrophe resets the parser: what a plain
 * stream holds after the word that TLS begins was put there by somebody. */
void		 guard_deafen(struct guard *);

/* From now on what is too large is cut, and nobody refused for it. */
void		 guard_forgive(struct guard *);
/* The stanza that ends now was cut. */
bool		 guard_is_cut(const struct guard *);
/* Bytes that expat has for its parser. */
size_t		 guard_memory(const struct guard *);

/* What is parsed is refused, for a reason of whoever listens. */
void		 guard_refuse(struct guard *, const char *why);

/* In whole(): libstrophe gets an element as if the server had sent it.  Names
 * are those of expat: NAMESPACE, \x1f, NAME. */
void		 guard_open(struct guard *, const char *name,
		    const char **attributes);
void		 guard_text(struct guard *, const char *);
void		 guard_close(struct guard *, const char *name);

/* The attribute of that name in a list of expat, or NULL. */
const char	*guard_attribute(const char *const *attributes,
		    const char *name);

/* Bytes of a stanza from now on; 0: GUARD_STANZA. */
void		 guard_set_stanza_max(size_t);

#endif
