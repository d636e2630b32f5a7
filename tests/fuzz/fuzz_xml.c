/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* Any bytes as a stream: no crash, bounded memory, the same stanzas however it
 * is cut, and each one written again parses to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/parser.h"

#define HEAD "<stream:stream xmlns='jabber:client' xmlns:stream='" NS_STREAM \
	"'>"
#define MAX 4096

static void
keep(void *ctx, struct arena *a, const struct stanza *s)
{
	(void)a;
	stanza_write(ctx, s, "jabber:client");
}

static void
ignore(void *ctx, struct arena *a, const struct stanza *s)
{
	(void)ctx;
	(void)a;
	(void)s;
}

static void
ignore_end(void *ctx)
{
	(void)ctx;
}

static void	reparse(const struct buf *, size_t);

static void
record(void *ctx, struct arena *a, const struct stanza *s)
{
	size_t before = buf_len(ctx);

	(void)a;
	stanza_write(ctx, s, "jabber:client");
	if (strcmp(s->ns, NS_STREAM) != 0)
		reparse(ctx, before);
}

static void
ended(void *ctx)
{
	buf_addc(ctx, '.');
}

static const struct parser_events events = { record, record, ended };
static const char *
feed(struct parser *p, const char *data, size_t len, size_t piece)
{
	const char *condition = NULL;

	for (size_t i = 0; i < len; i += piece)
		if (parser_feed(p, data + i, len - i < piece ? len - i : piece,
		    &condition) != 0)
			break;
	return condition;
}

/* The same, but behind each piece it is held, and as soon as it has come to
 * rest another parser goes on. */
static void
feed_moving(struct parser **p, const char *data, size_t len, size_t piece,
    struct buf *out)
{
	const char *condition = NULL;
	const struct buf *rest;
	struct parser *next;

	for (size_t i = 0; i < len; i += piece) {
		if (parser_feed(*p, data + i, len - i < piece ? len - i : piece,
		    &condition) != 0)
			break;
		parser_hold(*p, true);
		if (!parser_is_idle(*p))
			continue;
		rest = parser_rest(*p);
		next = parser_create("jabber:client", MAX, &events, out);
		if (parser_enter(next, parser_header(*p)) != 0)
			abort();
		if (parser_feed(next, buf_data(rest), buf_len(rest),
		    &condition) != 0)
			len = 0;
		parser_destroy(*p);
		*p = next;
	}
}

static void
same(const struct buf *a, const struct buf *b)
{
	if (buf_len(a) != buf_len(b) || (buf_len(a) != 0 &&
	    memcmp(buf_data(a), buf_data(b), buf_len(a)) != 0))
		abort();
}

static void
reparse(const struct buf *b, size_t from)
{
	static const struct parser_events events_again = {
		ignore, keep, ignore_end
	};
	struct buf once = { 0 }, twice = { 0 };
	struct parser *p;

	buf_add(&once, buf_data(b) + from, buf_len(b) - from);
	p = parser_create("jabber:client", 100 * MAX, &events_again, &twice);
	feed(p, HEAD, strlen(HEAD), 1000);
	if (feed(p, buf_data(&once), buf_len(&once), 1000) == NULL)
		same(&once, &twice);
	else if (buf_len(&once) < 4 * MAX)
		abort();
	parser_destroy(p);
	buf_free(&once);
	buf_free(&twice);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf out = { 0 }, again = { 0 }, moved = { 0 };
	size_t piece = len > 1 ? 1 + (data[0] >> 1) % 16 : 1;
	struct parser *p;
	const char *c;

	if (len < 2 || len > 20000)
		return 0;
	p = parser_create("jabber:client", MAX, &events, &out);
	if (data[0] & 1)
		c = feed(p, HEAD, strlen(HEAD), strlen(HEAD));
	c = feed(p, (const char *)data + 1, len - 1, len);
	parser_destroy(p);

	p = parser_create("jabber:client", MAX, &events, &again);
	if (data[0] & 1)
		c = feed(p, HEAD, strlen(HEAD), 1);
	feed(p, (const char *)data + 1, len - 1, piece);
	parser_destroy(p);

	p = parser_create("jabber:client", MAX, &events, &moved);
	if (data[0] & 1)
		feed_moving(&p, HEAD, strlen(HEAD), 1, &moved);
	feed_moving(&p, (const char *)data + 1, len - 1, piece, &moved);
	parser_destroy(p);
	if (c == NULL || strcmp(c, "policy-violation") != 0)
		same(&out, &again);
	if (c == NULL)
		same(&out, &moved);

	buf_free(&out);
	buf_free(&again);
	buf_free(&moved);
	return 0;
}
