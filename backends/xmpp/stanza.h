/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stanza.h - what a stanza says; build.h makes them.
 *
 * Every element that was received has its namespace with it.  NULL for a stanza
 * is fine everywhere, and says nothing. */
#ifndef BACKENDS_XMPP_STANZA_H
#define BACKENDS_XMPP_STANZA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <strophe.h>

#define NS_CLIENT	"jabber:client"

/* An element of that name and namespace; ns NULL: of any. */
bool		 stanza_is(xmpp_stanza_t *, const char *name, const char *ns);
/* The first such child, or the next one beside it; or NULL. */
xmpp_stanza_t	*stanza_child(xmpp_stanza_t *, const char *name,
		    const char *ns);
xmpp_stanza_t	*stanza_beside(xmpp_stanza_t *, const char *name,
		    const char *ns);

/* Both NULL when there is none; "" counts. */
const char	*stanza_attr(xmpp_stanza_t *, const char *name);
/* Is it there, and this? */
bool		 stanza_attr_is(xmpp_stanza_t *, const char *name,
		    const char *value);

/* The text in an element, at most so many bytes of it, cut between characters;
 * malloced.  NULL: there is no element, or nothing in it. */
char		*stanza_text(xmpp_stanza_t *, size_t max);

/* A time as in XEP-0082, or as in XEP-0091, in ms since 1970; 0 for what is
 * none. */
int64_t		 stanza_time(const char *);
/* When it was said, where it comes late (XEP-0203, XEP-0091); 0: now. */
int64_t		 stanza_delay(xmpp_stanza_t *);

#endif
