/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What messages say: writing. */
#include <stdio.h>
#include <stdlib.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/payload.h"
#include "util/xalloc.h"

void
payload_put_text(xmpp_stanza_t *st, const char *text, const struct msg_send *m)
{
	if (m->lang != NULL && *m->lang != '\0')
		xmpp_stanza_set_attribute(st, "xml:lang", m->lang);
	build_text(st, "body", text);
	build_text(st, "thread", m->thread);
}

void
payload_put_xhtml(xmpp_stanza_t *m, const char *content)
{
	xmpp_stanza_t *html;
	char *text;

	if (content == NULL)
		return;
	text = xasprintf("<html xmlns='" NS_XHTML_IM "'><body xmlns='"
	    NS_XHTML "'>%s</body></html>", content);
	html = xmpp_stanza_new_from_string(xmpp_stanza_get_context(m), text);
	free(text);
	if (html == NULL)
		return;
	xmpp_stanza_add_child(m, html);
	xmpp_stanza_release(html);
}

/* For those who do not know that namespace; end: characters of the body, or 0:
 * all of it. */
static void
put_fallback(xmpp_stanza_t *m, const char *ns, size_t end)
{
	xmpp_stanza_t *f = build_child(m, "fallback", NS_FALLBACK);
	xmpp_stanza_t *body = build_child(f, "body", NS_FALLBACK);
	char number[32];

	xmpp_stanza_set_attribute(f, "for", ns);
	if (end == 0)
		return;
	snprintf(number, sizeof(number), "%zu", end);
	xmpp_stanza_set_attribute(body, "start", "0");
	xmpp_stanza_set_attribute(body, "end", number);
}

void
payload_put_reply(xmpp_stanza_t *m, const char *id, const char *author,
    const char *quote)
{
	xmpp_stanza_t *reply = build_child(m, "reply", NS_REPLY);
	size_t chars = 0;

	xmpp_stanza_set_id(reply, id);
	if (author != NULL)
		xmpp_stanza_set_to(reply, author);
	for (; quote != NULL && *quote != '\0'; quote++)
		chars += ((unsigned char)*quote & 0xc0) != 0x80;
	if (chars > 0)
		put_fallback(m, NS_REPLY, chars);
}

void
payload_put_reactions(xmpp_stanza_t *m, const char *id,
    const struct strs *emojis)
{
	xmpp_stanza_t *reactions = build_child(m, "reactions", NS_REACTIONS);

	xmpp_stanza_set_id(reactions, id);
	for (size_t i = 0; i < emojis->n; i++)
		build_text(reactions, "reaction", emojis->v[i]);
	build_child(m, "store", NS_HINTS);
}

void
payload_put_retraction(xmpp_stanza_t *m, const char *id)
{
	xmpp_stanza_set_id(build_child(m, "retract", NS_RETRACT), id);
	build_text(m, "body", "This person took back a message that was "
	    "sent before, but your client does not know how.");
	put_fallback(m, NS_RETRACT, 0);
	build_child(m, "store", NS_HINTS);
}

void
payload_put_file(xmpp_stanza_t *m, const char *url, const char *name)
{
	xmpp_stanza_t *x = build_child(m, "x", NS_OOB);

	build_text(x, "url", url);
	build_text(x, "desc", name);
}
