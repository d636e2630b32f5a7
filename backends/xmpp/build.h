/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build.h - stanzas, piece by piece. */
#ifndef BACKENDS_XMPP_BUILD_H
#define BACKENDS_XMPP_BUILD_H

#include <strophe.h>

/* A new child of a stanza, which owns it; ns may be NULL. */
xmpp_stanza_t	*build_child(xmpp_stanza_t *, const char *name,
		    const char *ns);
/* The same with a text in it; none when the text is NULL. */
void		 build_text(xmpp_stanza_t *, const char *name,
		    const char *text);

#endif
