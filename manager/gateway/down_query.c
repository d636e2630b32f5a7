/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small queries: who, what version, what time, are you there. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manager/gateway/contact_client.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/query.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "manager/xmpp/parser.h"
#include "util/xalloc.h"

#define NS_BOOKMARKS	"storage:bookmarks"	/* XEP-0048 */
#define PRIVATE_MAX	(64 * 1024)	/* bytes of one user's bookmarks */

/* --------------------------------------------- jabber:iq:gateway (XEP-0100) */

void
down_gateway_get(struct down *d)
{
	struct xml *x = say_result_begin(d);

	xml_open_ns(x, "query", NS_GATEWAY);
	xml_element(x, "desc", NULL, d->gw->config->gateway_label);
	xml_element(x, "prompt", NULL, d->gw->config->gateway_prompt);
	say_end(d->gw, x, d->from->full, 0);
}

void
down_gateway_set(struct down *d)
{
	const char *name = stanza_child_text(d->arena, d->payload, "prompt",
	    NULL);
	const char *jid = name && *name ? name_to_jid(d->gw, d->arena, name) :
	    NULL;
	struct xml *x;

	if (jid == NULL) {
		say_error(d, E_BAD_REQUEST, "A name on the network is "
		    "missing, or cannot be made an address.");
		return;
	}
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_GATEWAY);
	xml_element(x, "jid", NULL, jid);
	/* What clients before XEP-0100 1.0 look for. */
	xml_element(x, "prompt", NULL, jid);
	say_end(d->gw, x, d->from->full, 0);
}

/* ---------------------------------------------------------- about ourselves */

void
down_version(struct down *d)
{
	struct xml *x;

	if (query_pass(d, "version"))
		return;
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_VERSION);
	xml_element(x, "name", NULL, "Spectrum 2");
	xml_element(x, "version", NULL, SPECTRUM_VERSION);
	say_end(d->gw, x, d->from->full, 0);
}

void
down_ping(struct down *d)
{
	if (!query_pass(d, "ping"))
		say_result(d);
}

void
down_time(struct down *d)
{
	time_t now = time(NULL);
	struct tm local;
	struct xml *x;

	if (query_pass(d, "time"))
		return;
	localtime_r(&now, &local);
	x = say_result_begin(d);
	xml_open_ns(x, "time", NS_TIME);
	query_put_time(x, (int64_t)now * 1000, local.tm_gmtoff / 60);
	say_end(d->gw, x, d->from->full, 0);
}

/* The gateway: since when it runs.  A contact who is there: since when it
 * is idle (XEP-0012). */
void
down_last(struct down *d)
{
	struct contact *c = d->user && d->to->node ?
	    contact_find_jid(d->user, d->to->bare) : NULL;
	double now = ev_now(d->gw->loop), since = c == NULL ?
	    d->gw->started : c->since > 0 ? (double)c->since / 1000 : now;
	struct xml *x;

	if (d->to->node != NULL && (c == NULL || !contact_is_there(c))) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_LAST);
	xml_attrf(x, "seconds", "%.0f", since < now ? now - since : 0.0);
	say_end(d->gw, x, d->from->full, 0);
}

/* Carbons are the XMPP server's business; in server mode all clients are told
 * of everything by us, whether they want it or not (XEP-0280). */
void
down_carbons(struct down *d)
{
	if (link_is_server(d->gw->link))
		say_result(d);
	else
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
}

/* ----------------------------------------------- private storage (XEP-0049) */

static const struct stanza *
bookmarks_of(const struct down *d)
{
	return stanza_child(d->payload, "storage", NS_BOOKMARKS);
}

struct stored {
	struct buf	text;
	unsigned	count;		/* of elements */
};

static void
stored_element(void *ctx, struct arena *a, const struct stanza *s)
{
	struct stored *stored = ctx;

	(void)a;
	stored->count++;
	if (stanza_is(s, "storage", NS_BOOKMARKS))
		stanza_write(&stored->text, s, NULL);
}

static void
stored_other(void *ctx, struct arena *a, const struct stanza *s)
{
	(void)ctx, (void)a, (void)s;
}

static void
stored_end(void *ctx)
{
	struct stored *stored = ctx;

	stored->count++;
}

/* The database may have been filled by others, and what is not well-formed
 * would end everybody's stream. */
static void
put_stored(struct xml *x, const char *text)
{
	static const char head[] = "<stream:stream xmlns:stream='" NS_STREAM
	    "' xmlns='" NS_BOOKMARKS "'>";
	static const struct parser_events events = {
		.opened = stored_other, .stanza = stored_element,
		.ended = stored_end,
	};
	struct stored stored = { 0 };
	struct parser *parser = parser_create(NS_BOOKMARKS, 2 * PRIVATE_MAX,
	    &events, &stored);
	const char *why;

	if (parser_feed(parser, head, sizeof(head) - 1, &why) == 0 &&
	    parser_feed(parser, text, strlen(text), &why) == 0 &&
	    stored.count == 1 && buf_len(&stored.text) > 0)
		xml_raw(x, buf_data(&stored.text), buf_len(&stored.text));
	else
		xml_element(x, "storage", NS_BOOKMARKS, NULL);
	parser_destroy(parser);
	buf_free(&stored.text);
}

void
down_private_get(struct down *d)
{
	const char *stored = user_setting(d->user, "storage", NULL);
	struct xml *x;

	if (bookmarks_of(d) == NULL) {
		say_error(d, E_NOT_ACCEPTABLE, "Only bookmarks are kept.");
		return;
	}
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_PRIVATE);
	put_stored(x, stored ? stored : "");
	say_end(d->gw, x, d->from->full, 0);
}

void
down_private_set(struct down *d)
{
	const struct stanza *storage = bookmarks_of(d);
	struct buf text = { 0 };
	char *value;

	if (storage == NULL) {
		say_error(d, E_NOT_ACCEPTABLE, "Only bookmarks are kept.");
		return;
	}
	stanza_write(&text, storage, NULL);
	if (buf_len(&text) > PRIVATE_MAX) {
		buf_free(&text);
		say_error(d, E_RESOURCE_CONSTRAINT, "Too many bookmarks.");
		return;
	}
	value = buf_steal(&text);
	if (user_set_setting(d->user, "storage", STORE_STRING, value))
		say_result(d);
	else
		say_error(d, E_RESOURCE_CONSTRAINT, "Too many bookmarks.");
	free(value);
}
