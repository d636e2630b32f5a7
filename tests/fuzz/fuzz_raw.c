/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway pool store xmpp net protocol util */
/* Any bytes as what a backend wants to be passed on: what is written is
 * well-formed, stays inside of its stanza, has nothing that never passes, and
 * comes out the same when it is taken in again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/raw.h"
#include "manager/xmpp/parser.h"
#include "util/log.h"

#define HEAD "<stream:stream xmlns='jabber:client' xmlns:stream='" NS_STREAM \
	"'><iq>"

struct reading {
	enum passing_kind	 kind;
	unsigned	 stanzas;
	int		 elements;
};

static void
got(void *ctx, struct arena *a, const struct stanza *iq)
{
	struct reading *r = ctx;

	(void)a;
	r->stanzas++;
	for (const struct stanza *s = stanza_first(iq); s; s = stanza_next(s)) {
		if (!passing_may(r->kind, s->ns))
			abort();
		r->elements++;
	}
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

static void
check(enum passing_kind kind, int n, const struct buf *out)
{
	static const struct parser_events events = { ignore, got, ended };
	struct reading r = { .kind = kind };
	struct parser *parser = parser_create("jabber:client", 1 << 20,
	    &events, &r);
	struct buf stanza = { 0 };
	const char *why;

	buf_adds(&stanza, HEAD);
	buf_add(&stanza, buf_data(out), buf_len(out));
	buf_adds(&stanza, "</iq>");
	if (parser_feed(parser, buf_data(&stanza), buf_len(&stanza),
	    &why) < 0 || r.stanzas != 1 || r.elements != n)
		abort();
	parser_destroy(parser);
	buf_free(&stanza);
}

static void
pass(enum passing_kind kind, const char *in)
{
	struct buf once = { 0 }, twice = { 0 };
	const char *why;
	int n = raw_clean(&once, kind, in, "fuzz", &why);

	if (n < 0 && buf_len(&once) != 0)
		abort();
	if (n > 0) {
		check(kind, n, &once);
		buf_addc(&once, '\0');
		if (raw_clean(&twice, kind, buf_data(&once), "fuzz",
		    &why) != n)
			abort();
		buf_addc(&twice, '\0');
		if (strcmp(buf_data(&once), buf_data(&twice)) != 0)
			abort();
	}
	buf_free(&once);
	buf_free(&twice);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *in;

	if (size > 8192)
		return 0;
	log_set_level(LOG_ERROR);
	in = strndup((const char *)data, size);
	pass(PASSING_IQ, in);
	pass(PASSING_MESSAGE, in);
	pass(PASSING_ERROR, in);
	free(in);
	return 0;
}
