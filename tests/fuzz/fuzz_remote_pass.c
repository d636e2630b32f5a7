/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
/* What passes, both ways.  The first byte says inside of what, and whether it
 * comes from a server, as the content of a stanza, or from the main process, as
 * a text.  What passes is XML that passes again as it is, within its bounds, and
 * holds nothing that never passes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/guard.h"
#include "backends/xmpp/pass_xml.h"
#include "util/buf.h"
#include "util/xalloc.h"

static xmpp_ctx_t *ctx;

static size_t
limit(enum passing_kind kind)
{
	return kind == PASSING_MESSAGE ? PASSING_MESSAGE_MAX :
	    kind == PASSING_PRESENCE ? PASSING_PRESENCE_MAX : PASSING_MAX;
}

static xmpp_stanza_t *
empty(void)
{
	xmpp_stanza_t *st = xmpp_stanza_new(ctx);

	xmpp_stanza_set_name(st, "iq");
	return st;
}

static void
check_children(enum passing_kind kind, xmpp_stanza_t *st, int n)
{
	xmpp_stanza_t *c = xmpp_stanza_get_children(st);
	int found = 0;

	for (; c != NULL; c = xmpp_stanza_get_next(c), found++) {
		if (xmpp_stanza_get_ns(c) == NULL ||
		    !passing_may(kind, xmpp_stanza_get_ns(c)))
			abort();
	}
	if (found != (n > 0 ? n : 0))
		abort();
}

static void
go_up(enum passing_kind kind, const char *inside)
{
	char *xml = xasprintf("<iq xmlns='jabber:client'>%s</iq>", inside);
	xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx, xml), *again;
	const char *why, *why_not;
	char *first, *second;

	free(xml);
	if (st == NULL)
		return;
	(void)pass_says(st);
	(void)pass_rings(st);
	first = pass_take(kind, st, &why);
	xmpp_stanza_release(st);
	if (first == NULL)
		return;
	if (strlen(first) > limit(kind) * (kind == PASSING_PRESENCE ?
	    PASSING_ELEMENTS_MAX : 1))
		abort();
	/* As the main process would give it back. */
	again = empty();
	if (strlen(first) <= limit(kind)) {
		if (pass_put(kind, again, first, &why_not) < 1)
			abort();
		second = pass_take(kind, again, &why_not);
		/* Attributes come in the order of a table. */
		if (second == NULL || (strchr(first, '=') == NULL &&
		    strcmp(first, second) != 0))
			abort();
		free(second);
	}
	xmpp_stanza_release(again);
	free(first);
}

static void
go_down(enum passing_kind kind, const char *text)
{
	xmpp_stanza_t *st = empty(), *back;
	const char *why;
	char *xml;
	size_t len;
	int n = pass_put(kind, st, text, &why);

	if ((n < 0) != (why != NULL))
		abort();
	check_children(kind, st, n);
	/* As the server reads it. */
	if (xmpp_stanza_to_text(st, &xml, &len) != XMPP_EOK)
		abort();
	back = xmpp_stanza_new_from_string(ctx, xml);
	if (back == NULL)
		abort();
	check_children(kind, back, n);
	xmpp_stanza_release(back);
	xmpp_free(ctx, xml);
	xmpp_stanza_release(st);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum passing_kind kinds[] = { PASSING_IQ, PASSING_MESSAGE,
		PASSING_PRESENCE, PASSING_ERROR };
	char *text;

	if (size < 1)
		return 0;
	if (ctx == NULL) {
		/* Into this program: stanzas are read through it. */
		guard_set_stanza_max(0);
		ctx = xmpp_ctx_new(NULL, NULL);
	}
	text = xstrndup((const char *)data + 1, size - 1);
	if (data[0] & 4)
		go_down(kinds[data[0] & 3], text);
	else
		go_up(kinds[data[0] & 3], text);
	free(text);
	return 0;
}
