/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
/* Any bytes as a stanza and as a stream, through libstrophe's own parser and
 * through one of ours that is cut into pieces: no crash, bounded memory, and the
 * same calls however it is cut. */
#include <expat.h>
#include <stdint.h>
#include <stdlib.h>
#include <strophe.h>

#include "backends/xmpp/guard.h"
#include "util/buf.h"

#define HEAD "<s:s xmlns='jabber:client' xmlns:s='urn:s'>"

static void
start(void *user, const XML_Char *name, const XML_Char **attributes)
{
	buf_addf(user, "<%s", name);
	for (size_t i = 0; attributes[i] != NULL; i += 2)
		buf_addf(user, " %s=%s", attributes[i], attributes[i + 1]);
	buf_addc(user, '>');
}

static void
end(void *user, const XML_Char *name)
{
	buf_addf(user, "</%s>", name);
}

static void
text(void *user, const XML_Char *s, int len)
{
	/* Joined: two calls beside each other would be seen. */
	buf_addc(user, '[');
	buf_add(user, s, (size_t)len);
	buf_addc(user, ']');
}

static void
on_element(void *ctx, int depth, const char *ns, const char *name,
    const char *const *attributes)
{
	(void)guard_attribute(attributes, "id");
	buf_addf(ctx, "(%d %s %s)", depth, ns, name);
}

static void
on_refused(void *ctx, const char *why)
{
	(void)why;
	buf_addc(ctx, '!');
}

static const struct guard_events events = { .element = on_element,
	.refused = on_refused };

static void
stream(const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
	XML_Parser p;
	struct guard *g;

	guard_expect(&events, out);
	p = XML_ParserCreate_MM(NULL, NULL, "\x1f");
	if ((g = guard_expected()) == NULL)
		abort();
	if (size % 2 == 0)
		guard_forgive(g);
	XML_SetUserData(p, out);
	XML_SetElementHandler(p, start, end);
	XML_SetCharacterDataHandler(p, text);
	if (XML_Parse(p, HEAD, sizeof(HEAD) - 1, 0) != XML_STATUS_OK)
		abort();
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		if (XML_Parse(p, (const char *)data + at, (int)n, 0) !=
		    XML_STATUS_OK)
			break;
	}
	XML_ParserFree(p);
}

static void
alone(xmpp_ctx_t *ctx, const char *xml, int times)
{
	xmpp_stanza_t *s = xmpp_stanza_new_from_string(ctx, xml);
	char *again = NULL;
	size_t len;

	if (s == NULL)
		return;
	if (xmpp_stanza_to_text(s, &again, &len) == 0) {
		if (times > 0)
			alone(ctx, again, times - 1);
		xmpp_free(ctx, again);
	}
	xmpp_stanza_release(s);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static xmpp_ctx_t *ctx;
	struct buf whole = { 0 }, pieces = { 0 }, copy = { 0 };

	if (ctx == NULL)
		ctx = xmpp_ctx_new(NULL, NULL);
	buf_add(&copy, data, size);
	buf_addc(&copy, '\0');
	alone(ctx, buf_data(&copy), 1);
	stream(data, size, size + 1, &whole);
	stream(data, size, 1 + size / 7, &pieces);
	if (buf_len(&whole) != buf_len(&pieces) || (buf_len(&whole) > 0 &&
	    memcmp(buf_data(&whole), buf_data(&pieces), buf_len(&whole)) != 0))
		abort();
	buf_free(&whole);
	buf_free(&pieces);
	buf_free(&copy);
	return 0;
}
