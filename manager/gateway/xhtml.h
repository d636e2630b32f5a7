/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xhtml.h - rich text across the gateway, made harmless both ways.
 * Kept are the elements, attributes and link schemes that XEP-0071 recommends;
 * everything else loses its tags and keeps its text. */
#ifndef MANAGER_GATEWAY_XHTML_H
#define MANAGER_GATEWAY_XHTML_H

#include "manager/xmpp/xml.h"

/* The content of a body element from a backend as <html><body>..; nothing is
 * written when it is not well-formed or too large. */
void	 xhtml_put(struct xml *, const char *content);
/* The same of a stanza's <html/>, for a backend; NULL when there is none. */
char	*xhtml_get(struct arena *, const struct stanza *message);

#endif
