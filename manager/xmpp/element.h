/* SPDX-License-Identifier: GPL-2.0-or-later */
/* element.h - one start tag as a node, within limits; for the parser alone. */
#ifndef MANAGER_XMPP_ELEMENT_H
#define MANAGER_XMPP_ELEMENT_H

#include "manager/xmpp/stanza.h"

#define ELEMENT_SEPARATOR	'\x1f'	/* between namespace and name; it may
					 * not stand in XML */
#define ELEMENT_ATTRS_MAX	64
#define ELEMENT_NAME_MAX	256	/* bytes of a local name */
#define ELEMENT_NS_MAX		1024	/* bytes of a namespace */

/* Names are expat's, "namespace SEPARATOR name"; atts are pairs of name and
 * value, then NULL.  The node becomes the parent's last child (NULL: none).
 * Returns NULL when a limit is passed. */
struct stanza	*element_build(struct arena *, struct stanza *parent,
		    const char *full, const char **atts);

#endif
