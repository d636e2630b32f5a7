/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a room has kept (XEP-0313). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/form.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define NS_ARCHIVE	"urn:xmpp:mam:2"
#define NS_FORWARD	"urn:xmpp:forward:0"
#define NS_RSM		"http://jabber.org/protocol/rsm"
#define MESSAGES	500	/* of an answer, at most */

struct history {
	char		 id[24];	/* of the query; key */
	struct kit_call	 call;
	char		*room;		/* its JID */
	struct msg_past_message rows[MESSAGES];	/* owned */
	size_t		 n, max;
};

static struct map queries;

static void
on_end(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct history *h = ctx;
	struct msg_room_history_result result = { .messages = { h->rows,
	    h->n } };

	(void)s;
	map_remove(&queries, h->id);
	if (map_count(&queries) == 0)
		map_finish(&queries);
	if (request_worked(answer))
		kit_reply(&h->call, &result);
	else
		request_settle(&h->call, answer);
	for (size_t i = 0; i < h->n; i++) {
		free((char *)h->rows[i].id);
		free((char *)h->rows[i].nick);
		free((char *)h->rows[i].body);
	}
	free(h->room);
	free(h);
}

static void
add(struct history *h, xmpp_stanza_t *result)
{
	xmpp_stanza_t *fw = stanza_child(result, "forwarded", NS_FORWARD);
	xmpp_stanza_t *m = stanza_child(fw, "message", NULL);
	const char *id = payload_id_of(result, "id");
	const char *from = stanza_attr(m, "from");
	const char *nick = from != NULL ? room_nick_of(from) : NULL;
	struct payload p;

	if (m == NULL || id == NULL || nick == NULL || h->n >= h->max ||
	    strlen(nick) > ROOM_NICK || !payload_read(&p, m))
		return;
	if (p.body != NULL)
		h->rows[h->n++] = (struct msg_past_message){
			.id = xstrdup(id), .nick = xstrdup(nick),
			.body = xstrdup(p.body), .time = stanza_delay(fw),
		};
	payload_finish(&p);
}

bool
room_history_hear(const struct room *r, xmpp_stanza_t *st)
{
	xmpp_stanza_t *result = stanza_child(st, "result", NS_ARCHIVE);
	const char *id = stanza_attr(result, "queryid");
	struct history *h = id != NULL ? map_get(&queries, id) : NULL;

	if (h != NULL && strcmp(h->room, r->jid) == 0)
		add(h, result);
	return result != NULL;
}

static void
put_query(xmpp_stanza_t *iq, const struct history *h,
    const struct msg_room_history *m)
{
	xmpp_stanza_t *query = build_child(iq, "query", NS_ARCHIVE), *form;
	xmpp_stanza_t *page;
	time_t since = (time_t)(m->since / 1000);
	struct tm tm;
	char text[32];

	xmpp_stanza_set_attribute(query, "queryid", h->id);
	form = form_begin(query, NS_ARCHIVE);
	if (m->since > 0 && gmtime_r(&since, &tm) != NULL) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		form_put(form, "start", text);
	}
	page = build_child(query, "set", NS_RSM);
	snprintf(text, sizeof(text), "%zu", h->max);
	build_text(page, "max", text);
	/* Without both, the newest. */
	if (m->after != NULL)
		build_text(page, "after", m->after);
	else if (m->before != NULL)
		build_text(page, "before", m->before);
	else
		build_child(page, "before", NULL);
}

void
down_room_history(const struct kit_call *call,
    const struct msg_room_history *m)
{
	struct room *r = room_for(call, m->user, m->room);
	struct history *h;
	xmpp_stanza_t *iq;

	if (r == NULL)
		return;
	h = xcalloc(1, sizeof(*h));
	rand_token(h->id, sizeof(h->id));
	h->call = *call;
	h->room = xstrdup(r->jid);
	h->max = m->max > 0 && m->max < MESSAGES ? (size_t)m->max : MESSAGES;
	map_put(&queries, h->id, h);
	iq = request_new(r->session, "set", r->jid);
	put_query(iq, h, m);
	request_send(r->session, iq, on_end, h);
}
