/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
/* A message of anybody: what is read of it is text within bounds, and what is
 * written of that can be read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/guard.h"
#include "backends/xmpp/payload.h"
#include "util/buf.h"
#include "util/utf8.h"

#define HEAD "<message xmlns='jabber:client' type='chat'>"

static void
check(const char *text, size_t max)
{
	if (text != NULL && (strlen(text) > max || *text == '\0' ||
	    !utf8_valid(text, strlen(text))))
		abort();
}

static void
again(xmpp_ctx_t *ctx, const struct payload *p)
{
	xmpp_stanza_t *m = xmpp_message_new(ctx, "chat", "a@b", "id");
	struct payload back;
	char *xml;
	size_t len;

	payload_put_xhtml(m, p->xhtml);
	payload_put_file(m, "http://x.test/", p->body);
	if (p->reply.id != NULL)
		payload_put_reply(m, p->reply.id, "a@b", p->reply.text);
	/* As it comes to the other end. */
	if (xmpp_stanza_to_text(m, &xml, &len) != XMPP_EOK)
		abort();
	xmpp_stanza_release(m);
	m = xmpp_stanza_new_from_string(ctx, xml);
	if (m == NULL || !payload_read(&back, m))
		abort();
	payload_finish(&back);
	xmpp_stanza_release(m);
	xmpp_free(ctx, xml);
}

static void
message(xmpp_ctx_t *ctx, xmpp_stanza_t *m)
{
	struct payload p;
	struct gesture g;

	if (payload_read(&p, m)) {
		check(p.body, 2 * PAYLOAD_BODY);
		check(p.reply.text, PAYLOAD_BODY);
		check(p.id, PAYLOAD_ID);
		check(p.replaces, PAYLOAD_ID);
		for (size_t i = 0; i < p.nfiles; i++)
			check(p.files[i].url, PAYLOAD_BODY);
		again(ctx, &p);
		payload_finish(&p);
	}
	if (gesture_read(&g, m)) {
		for (size_t i = 0; i < g.nemojis; i++)
			check(g.emojis[i], PAYLOAD_ID);
		gesture_finish(&g);
	}
	(void)payload_state(m);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static xmpp_ctx_t *ctx;
	struct buf xml = { 0 };
	xmpp_stanza_t *m;

	if (ctx == NULL) {
		/* Into this program: stanzas are read through it. */
		guard_set_stanza_max(0);
		ctx = xmpp_ctx_new(NULL, NULL);
	}
	buf_adds(&xml, HEAD);
	buf_add(&xml, data, size);
	buf_adds(&xml, "</message>");
	buf_addc(&xml, '\0');
	m = xmpp_stanza_new_from_string(ctx, buf_data(&xml));
	if (m != NULL) {
		message(ctx, m);
		xmpp_stanza_release(m);
	}
	buf_free(&xml);
	return 0;
}
