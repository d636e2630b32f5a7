/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway pool store xmpp net protocol util */
/* Any bytes as rich text of a network: what is written is well-formed, has no
 * element and no attribute but the harmless ones, and comes out the same when
 * it is taken in again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ns.h"
#include "manager/gateway/xhtml.h"
#include "manager/xmpp/parser.h"

#define HEAD "<stream:stream xmlns='jabber:client' xmlns:stream='" NS_STREAM \
	"'>"

static void
check(const struct stanza *s)
{
	static const char *const never[] = {
		"script", "iframe", "object", "style", "form", "link",
	};

	if (s->name == NULL)
		return;
	for (size_t i = 0; i < LENGTH(never); i++)
		if (strcmp(s->name, never[i]) == 0)
			abort();
	for (const struct attr *a = s->attrs; a != NULL; a = a->next)
		if (strncmp(a->name, "on", 2) == 0 ||
		    strncasecmp(a->value, "javascript:", 11) == 0)
			abort();
	for (const struct stanza *c = s->children; c != NULL; c = c->next)
		check(c);
}

struct reading {
	unsigned	 stanzas;
	char		*content;
};

static void
got(void *ctx, struct arena *a, const struct stanza *message)
{
	struct reading *r = ctx;
	const char *content = xhtml_get(a, message);

	r->stanzas++;
	check(message);
	free(r->content);
	r->content = content ? strdup(content) : NULL;
}

static void
ignore(void *ctx, struct arena *a, const struct stanza *s)
{
	(void)ctx, (void)a, (void)s;
}

static void
ended(void *ctx)
{
	(void)ctx;
	abort();
}

/* The content that a client would read out of the message with it. */
static char *
through(const char *content)
{
	static const struct parser_events events = { ignore, got, ended };
	struct reading r = { 0 };
	struct parser *parser = parser_create("jabber:client", 1 << 20,
	    &events, &r);
	struct buf out = { 0 };
	const char *why;
	struct xml x;

	buf_adds(&out, HEAD);
	xml_begin(&x, &out);
	xml_open(&x, "message");
	xhtml_put(&x, content);
	xml_close(&x);
	if (parser_feed(parser, buf_data(&out), buf_len(&out), &why) < 0 ||
	    r.stanzas != 1)
		abort();
	parser_destroy(parser);
	buf_free(&out);
	return r.content;
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *in, *once, *twice;

	if (size > 4096)
		return 0;
	in = strndup((const char *)data, size);
	once = through(in);
	if (once != NULL && strlen(once) < 60000) {
		twice = through(once);
		if (twice == NULL || strcmp(once, twice) != 0)
			abort();
		free(twice);
	}
	free(once);
	free(in);
	return 0;
}
