/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/build.h"

#include <stddef.h>

xmpp_stanza_t *
build_child(xmpp_stanza_t *parent, const char *name, const char *ns)
{
	xmpp_stanza_t *child = xmpp_stanza_new(xmpp_stanza_get_context(parent));

	xmpp_stanza_set_name(child, name);
	if (ns != NULL)
		xmpp_stanza_set_ns(child, ns);
	xmpp_stanza_add_child(parent, child);
	/* The parent holds it. */
	xmpp_stanza_release(child);
	return child;
}

void
build_text(xmpp_stanza_t *parent, const char *name, const char *text)
{
	xmpp_stanza_t *child, *content;

	if (text == NULL)
		return;
	child = build_child(parent, name, NULL);
	content = xmpp_stanza_new(xmpp_stanza_get_context(parent));
	xmpp_stanza_set_text(content, text);
	xmpp_stanza_add_child(child, content);
	xmpp_stanza_release(content);
}
