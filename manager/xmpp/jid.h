/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jid.h - addresses: parse, prepare, escape (RFC 7622 / 6122, XEP-0106). */
#ifndef MANAGER_XMPP_JID_H
#define MANAGER_XMPP_JID_H

#include <stdbool.h>

#include "util/arena.h"

/* Prepared with nodeprep, nameprep and resourceprep, so equal addresses are
 * equal strings.  All strings live in the arena given to jid_parse(). */
struct jid {
	const char	*node;		/* NULL when there is none */
	const char	*domain;
	const char	*resource;	/* NULL when there is none */
	const char	*bare;		/* node@domain, or domain */
	const char	*full;		/* bare/resource, or bare */
};

/* Returns -1 for what is not an address (each part at most 1023 bytes). */
int	 jid_parse(struct arena *, const char *text, struct jid *) MUST_CHECK;
/* From parts that are not prepared yet; node and resource may be NULL. */
int	 jid_make(struct arena *, const char *node, const char *domain,
	    const char *resource, struct jid *) MUST_CHECK;
/* One part alone, or NULL: "Bob" is "bob" as a node. */
char	*jid_prepare_node(struct arena *, const char *);
char	*jid_prepare_resource(struct arena *, const char *);

/* XEP-0106: any text as a node, and back.  Unescaping leaves alone what is
 * not an escape sequence. */
char	*jid_escape(struct arena *, const char *);
char	*jid_unescape(struct arena *, const char *);
bool	 jid_has_escapes(const char *);

#endif
