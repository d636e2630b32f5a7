/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pass_xml.h - what passes between two clients as it is (STANZAS in
 * spectrum2-backend(7)): out of stanzas, as text, and back; without a session.
 * Neither side is trusted: what must not pass is left out in both
 * directions. */
#ifndef BACKENDS_XMPP_PASS_XML_H
#define BACKENDS_XMPP_PASS_XML_H

#include <stdbool.h>
#include <strophe.h>

#include "protocol/passing.h"
#include "util/macros.h"

/* The elements in a stanza that may pass, each with its namespaces; malloced.
 * NULL: there is none, *why is NULL, or what there is cannot pass, and *why
 * says why.  In a presence, where each speaks for itself, what is too much is
 * left out.  Of an error it is the error element. */
char	*pass_take(enum passing_kind, xmpp_stanza_t *, const char **why);

/* The elements in such a text, into a stanza.  Returns how many there were; -1,
 * and *why, when it cannot be: then the stanza is as it was. */
int	 pass_put(enum passing_kind, xmpp_stanza_t *, const char *xml,
	    const char **why) MUST_CHECK;

/* Does a message hold anything that may pass and means something by itself?
 * Hints, and notes of encryption, do not. */
bool	 pass_says(xmpp_stanza_t *message);
/* Is there a call in it?  Nobody answers one of yesterday. */
bool	 pass_rings(xmpp_stanza_t *message);

#endif
