/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the network that have no body: shown to the client they are for,
 * or to all. */
#include <string.h>

#include "manager/gateway/keys.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/raw_address.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_chat.h"
#include "manager/gateway/up.h"
#include "protocol/errors.h"
#include "util/log.h"

struct telling {
	struct gateway	*gw;
	const struct msg_stanza_up *stanza;
	const char	*from;
	const struct buf *payload;
	unsigned	 told;
};

/* RFC 6121 8.5.2.2.1: what a contact hears just now is nothing for who comes
 * tomorrow, and would take the room of what is said to him. */
static bool
is_news(const struct telling *t)
{
	return link_is_server(t->gw->link) &&
	    strcmp(t->stanza->type, "headline") == 0;
}

static void
tell(void *ctx, const char *to)
{
	struct telling *t = ctx;
	struct xml *x = link_begin(t->gw->link);
	bool groupchat = strcmp(t->stanza->type, "groupchat") == 0;

	xml_open(x, "message");
	xml_attr(x, "from", t->from);
	xml_attr(x, "to", to);
	xml_attr(x, "type", t->stanza->type);
	xml_attr(x, "id", t->stanza->id);
	xml_raw(x, buf_data(t->payload), buf_len(t->payload));
	if (t->stanza->room != NULL && !groupchat)
		xml_element(x, "x", NS_MUC_USER, NULL);
	t->told += say_end(t->gw, x, to, is_news(t) ? 0 : LINK_KEEP) == 0;
}

/* What is no word for a room is for the user, wherever he is. */
static void
tell_all(struct up *up, struct arena *a, struct telling *t)
{
	const struct msg_stanza_up *m = t->stanza;
	const struct room *room = room_find_id(up->user, m->room ? m->room :
	    m->peer);
	const char *client;

	if (m->client != NULL) {
		client = raw_client(up->user, a, m);
		if (client != NULL)
			tell(t, client);
	} else if (room != NULL) {
		room_each_client(room, tell, t);
	} else {
		tell(t, up->user->jid);
	}
}

/* What a client has sent comes back to it. */
static bool
is_error(const struct msg_stanza_up *m)
{
	return strcmp(m->type, "error") == 0;
}

static bool
is_type(const struct msg_stanza_up *m)
{
	return (is_error(m) && m->client != NULL && *m->peer != '\0' &&
	    !m->carbon) ||
	    strcmp(m->type, "chat") == 0 ||
	    strcmp(m->type, "normal") == 0 ||
	    strcmp(m->type, "headline") == 0 ||
	    (strcmp(m->type, "groupchat") == 0 && m->room != NULL);
}

static enum passing_kind
kind_of(const struct msg_stanza_up *m)
{
	return is_error(m) ? PASSING_ERROR :
	    *m->peer == '\0' && m->room == NULL ? PASSING_EVENT :
	    PASSING_MESSAGE;
}

/* false: nobody took it. */
static bool
show(struct up *up, struct arena *a, struct telling *t)
{
	const struct msg_stanza_up *m = t->stanza;
	const struct say_message own = { .id = m->id, .extra = m->xml };

	/* What a call comes to elsewhere, for instance. */
	if (m->carbon && *m->peer != '\0') {
		say_own_message(up->user, t->from, &own);
		return true;
	}
	tell_all(up, a, t);
	return t->told > 0;
}

void
up_stanza_message(struct up *up)
{
	const struct msg_stanza_up *m = &up->params->stanza_up;
	struct pool *pool = up->gw->pool;
	struct arena a = { 0 };
	struct buf payload = { 0 };
	bool own = *m->peer == '\0' && m->room == NULL;
	struct telling t = { up->gw, m, own ? up->user->jid :
	    raw_source(up, &a, m), &payload, 0 };
	static const struct msg_stanza_up_result done;
	const char *why = "type is that of no message";

	if (t.from == NULL) {
		pool_refuse(pool, up->backend, up->id, ERR_NOT_FOUND,
		    "that is no address");
	} else if (!is_type(m) || raw_clean(&payload, kind_of(m), m->xml,
	    up->user->jid, &why) <= 0) {
		log_debug("%s: %s: a message of \"%s\" cannot be passed: %s",
		    up->gw->config->jid, up->user->jid, m->peer, why);
		pool_refuse(pool, up->backend, up->id, ERR_BAD_REQUEST, why);
	} else if (own && !link_is_server(up->gw->link)) {
		/* The account there is none of ours to speak for. */
		pool_answer(pool, up->backend, up->id, METHOD_stanza_up,
		    &done);
	} else {
		keys_heard(up->user, m->xml);
		if (show(up, &a, &t))
			pool_answer(pool, up->backend, up->id,
			    METHOD_stanza_up, &done);
		else
			pool_refuse(pool, up->backend, up->id, ERR_NOT_FOUND,
			    "no client is there");
	}
	buf_free(&payload);
	arena_free(&a);
}
