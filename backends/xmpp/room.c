/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/room.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/log.h"
#include "util/xalloc.h"

struct room_ref {
	unsigned long	 serial;
	char		 jid[];
};

static unsigned long serials;

struct room *
room_find(const struct session *s, const char *jid)
{
	return map_get(&s->rooms, jid);
}

const char *
room_nick_of(const char *jid)
{
	const char *slash = strchr(jid, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : NULL;
}

/* --------------------------------------------------------------------- life */

static void
on_timer(EV_P_ ev_timer *t, int revents)
{
	(void)loop, (void)revents;
	room_on_timer(CONTAINER(t, struct room, timer));
}

struct room *
room_new(struct session *s, const char *id, char *jid)
{
	struct room *r = xcalloc(1, sizeof(*r));

	r->session = s;
	r->id = xstrdup(id);
	r->jid = jid;
	r->serial = ++serials;
	TAILQ_INIT(&r->waits);
	ev_timer_init(&r->timer, on_timer, 0, 0);
	map_put(&s->rooms, r->jid, r);
	return r;
}

void
room_remove(struct room *r, const char *code, const char *text)
{
	map_remove(&r->session->rooms, r->jid);
	ev_timer_stop(EV_DEFAULT_ &r->timer);
	if (r->asked)
		kit_error(&r->join, code, text);
	room_rename_failed(r, code, text);
	room_waits_finish(r, code, text);
	room_occupants_finish(r);
	room_past_finish(r);
	free(r->name);
	if (r->password != NULL)
		explicit_bzero(r->password, strlen(r->password));
	free(r->password);
	free(r->nick);
	free(r->jid);
	free(r->id);
	free(r);
}

void
room_set_state(struct room *r, enum room_state state)
{
	static const char *const names[] = { "entering", "in", "outside" };

	if (r->state != state)
		log_debug("%s: room %s: %s -> %s", r->session->user, r->jid,
		    names[r->state], names[state]);
	r->state = state;
}

void
room_set_timer(struct room *r, double seconds)
{
	ev_timer_stop(EV_DEFAULT_ &r->timer);
	ev_timer_set(&r->timer, seconds, 0);
	ev_timer_start(EV_DEFAULT_ &r->timer);
}

struct room_ref *
room_ref(const struct room *r)
{
	struct room_ref *ref = xmalloc(sizeof(*ref) + strlen(r->jid) + 1);

	ref->serial = r->serial;
	strcpy(ref->jid, r->jid);
	return ref;
}

struct room *
room_deref(struct session *s, struct room_ref *ref)
{
	struct room *r = room_find(s, ref->jid);
	bool same = r != NULL && r->serial == ref->serial;

	free(ref);
	return same ? r : NULL;
}

/* ----------------------------------------------------------------- requests */

struct room *
room_in(struct session *s, const struct kit_call *call, const char *id)
{
	char *jid = account_jid(id);
	struct room *r = jid != NULL ? room_find(s, jid) : NULL;

	free(jid);
	if (r != NULL && (r->state == ROOM_IN || r->again))
		return r;
	kit_error(call, ERR_NOT_FOUND, "You are not in this room.");
	return NULL;
}

struct room *
room_for(const struct kit_call *call, const char *user, const char *id)
{
	struct session *s = session_for(call, user);

	return s != NULL ? room_in(s, call, id) : NULL;
}

char *
room_address(struct session *s, const struct kit_call *call, const char *room,
    const char *nick)
{
	struct room *r = room_in(s, call, room);

	if (r == NULL)
		return NULL;
	if (*nick != '\0' && strlen(nick) <= ROOM_NICK)
		return xasprintf("%s/%s", r->jid, nick);
	kit_error(call, ERR_NOT_FOUND, NULL);
	return NULL;
}

/* ------------------------------------------------------------------ stanzas */

/* What comes from a room that the user has left, or never was in. */
static bool
is_astray(xmpp_stanza_t *st)
{
	if (stanza_is(st, "presence", NULL))
		return stanza_child(st, "x", NS_MUC_USER) != NULL ||
		    stanza_child(st, "x", NS_MUC) != NULL;
	return stanza_is(st, "message", NULL) &&
	    stanza_attr_is(st, "type", "groupchat");
}

/* It lets us in when the request to enter has been given up: what is said there
 * would be for nobody, and others would take us for somebody who hears it. */
static void
leave(struct session *s, xmpp_stanza_t *st)
{
	xmpp_stanza_t *status = stanza_child(stanza_child(st, "x",
	    NS_MUC_USER), "status", NULL), *p;

	if (!stanza_is(st, "presence", NULL) || stanza_attr(st, "type") != NULL)
		return;
	while (status != NULL && !stanza_attr_is(status, "code", "110"))
		status = stanza_beside(status, "status", NULL);
	if (status == NULL)
		return;
	p = xmpp_presence_new(session_strophe(s));
	xmpp_stanza_set_type(p, "unavailable");
	xmpp_stanza_set_to(p, stanza_attr(st, "from"));
	session_send(s, p, NULL);
}

bool
room_stanza(struct session *s, xmpp_stanza_t *st)
{
	const char *from = stanza_attr(st, "from");
	char *bare = from != NULL ? account_bare(from) : NULL;
	struct room *r = bare != NULL ? room_find(s, bare) : NULL;

	free(bare);
	if (r == NULL) {
		if (from != NULL)
			leave(s, st);
		return is_astray(st);
	}
	/* A refusal is no sign of being in, and what was said before it is
	 * still to be asked for. */
	if (r->state == ROOM_IN && !stanza_attr_is(st, "type", "error"))
		r->heard = ev_now(EV_DEFAULT);
	if (stanza_is(st, "presence", NULL)) {
		room_presence(r, st);
		return true;
	}
	if (!stanza_is(st, "message", NULL))
		return false;
	room_hear(r, st);
	return true;
}

/* ------------------------------------------------------------------ session */

/* The server knows nothing of the session before, and other servers have seen
 * the user leave. */
void
rooms_online(struct session *s)
{
	struct room *r;
	size_t at = 0;

	while ((r = map_next(&s->rooms, &at)) != NULL)
		room_enter_again(r);
}

void
rooms_resumed(struct session *s)
{
	struct room *r;
	size_t at = 0;

	while ((r = map_next(&s->rooms, &at)) != NULL) {
		if (r->state != ROOM_IN)
			continue;
		if (r->unshown)
			room_show(r);
		room_waits_go(r);
	}
}

void
room_show(struct room *r)
{
	xmpp_stanza_t *p;
	char *to;

	/* Of what waits for the end of a break, there may be much; and a room
	 * that has forgotten us meanwhile would refuse it. */
	r->unshown = r->state != ROOM_IN || !session_is_up(r->session);
	if (r->unshown)
		return;
	to = xasprintf("%s/%s", r->jid, r->nick);
	p = xmpp_presence_new(session_strophe(r->session));
	xmpp_stanza_set_to(p, to);
	room_put_presence(r->session, p);
	session_send(r->session, p, NULL);
	free(to);
}

void
rooms_show(struct session *s)
{
	struct room *r;
	size_t at = 0;

	while ((r = map_next(&s->rooms, &at)) != NULL)
		room_show(r);
}

void
rooms_end(struct session *s)
{
	struct room *r;
	size_t at = 0;

	while ((r = map_next(&s->rooms, &at)) != NULL)
		room_remove(r, ERR_NOT_CONNECTED, NULL);
	map_finish(&s->rooms);
	free(s->room_service);
	s->room_service = NULL;
}
