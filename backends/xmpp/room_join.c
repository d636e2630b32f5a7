/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Into a room (XEP-0045 7.2), back into it after a break, under another nick,
 * and out.  A room that has forgotten us says nothing: it is asked
 * (XEP-0410). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/config.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define NS_SELF_PING	"urn:xmpp:ping"
#define NAME_MAX_BYTES	1000
#define FAILURES_MAX	8
#define PAUSE		2.0	/* seconds, doubled by every failure */

/* --------------------------------------------------------------- what it is */

static char *
room_title(xmpp_stanza_t *query)
{
	xmpp_stanza_t *id = stanza_child(query, "identity", NULL);
	const char *name = stanza_attr(id, "name");

	return name != NULL && *name != '\0' &&
	    strlen(name) <= NAME_MAX_BYTES ? xstrdup(name) : NULL;
}

static void
read_description(struct room *r, xmpp_stanza_t *query)
{
	xmpp_stanza_t *f = stanza_child(query, "feature", NULL);
	const char *var;

	r->names_messages = r->names_people = false;
	r->moderates = r->moderates_0 = false;
	for (; f != NULL; f = stanza_beside(f, "feature", NULL)) {
		var = stanza_attr(f, "var");
		if (var == NULL)
			continue;
		if (strcmp(var, "urn:xmpp:sid:0") == 0)
			r->names_messages = true;
		else if (strcmp(var, NS_OCCUPANT_ID) == 0)
			r->names_people = true;
		else if (strcmp(var, NS_MODERATE) == 0)
			r->moderates = true;
		else if (strcmp(var, NS_MODERATE_0) == 0)
			r->moderates_0 = true;
	}
}

static void
tell_joined(struct room *r)
{
	const struct msg_room_join_result result = { .nick = r->nick,
	    .name = r->name, .created = r->created };

	if (!r->asked || r->describing > 0 || r->state != ROOM_IN)
		return;
	r->asked = false;
	r->again = true;
	kit_reply(&r->join, &result);
}

static void
on_description(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct room *r = room_deref(s, ctx);
	xmpp_stanza_t *query = stanza_child(answer, "query", NS_DISCO_INFO);
	char *name;

	if (r == NULL)
		return;
	r->describing--;
	if (request_worked(answer)) {
		read_description(r, query);
		name = room_title(query);
		if (!r->asked && name != NULL && (r->name == NULL ||
		    strcmp(name, r->name) != 0))
			kit_notify(METHOD_room_name, &(struct msg_room_name){
			    .user = s->user, .room = r->id, .name = name });
		free(r->name);
		r->name = name;
	} else if (answer != NULL && r->state != ROOM_IN) {
		r->hidden = true;
	}
	tell_joined(r);
	if (r->changed && r->describing == 0 && !s->ended)
		room_describe(r);
}

void
room_describe(struct room *r)
{
	xmpp_stanza_t *iq = request_new(r->session, "get", r->jid);

	r->describing++;
	r->changed = r->hidden = false;
	build_child(iq, "query", NS_DISCO_INFO);
	request_send(r->session, iq, on_description, room_ref(r));
}

void
room_changed(struct room *r)
{
	if (r->describing > 0)
		r->changed = true;
	else
		room_describe(r);
}

/* -------------------------------------------------------------------- enter */

static void
put_history(struct room *r, xmpp_stanza_t *x)
{
	xmpp_stanza_t *h;
	char number[24], when[32];
	time_t at = (time_t)r->heard;
	struct tm tm;

	if (r->again && r->heard > 0 && gmtime_r(&at, &tm) != NULL) {
		/* What was missed; doubles are known by their names. */
		h = build_child(x, "history", NULL);
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
		xmpp_stanza_set_attribute(h, "since", when);
	} else if (!r->again && r->history >= 0) {
		h = build_child(x, "history", NULL);
		snprintf(number, sizeof(number), "%lld",
		    (long long)r->history);
		xmpp_stanza_set_attribute(h, "maxstanzas", number);
	}
}

void
room_enter(struct room *r)
{
	xmpp_stanza_t *p = xmpp_presence_new(session_strophe(r->session));
	xmpp_stanza_t *x;
	char *to = xasprintf("%s/%s", r->jid, r->nick);

	room_set_state(r, ROOM_ENTERING);
	room_set_timer(r, ROOM_TIMEOUT);
	/* It is entered under the one that we had. */
	room_rename_failed(r, ERR_NETWORK, "The room has to be entered "
	    "again.");
	room_describe(r);
	r->unshown = r->doubted = false;
	xmpp_stanza_set_to(p, to);
	room_put_presence(r->session, p);
	x = build_child(p, "x", NS_MUC);
	build_text(x, "password", r->password);
	put_history(r, x);
	session_send(r->session, p, NULL);
	free(to);
}

void
room_enter_again(struct room *r)
{
	room_occupants_stale(r);
	room_enter(r);
}

/* 10.1.2: a new room is locked until its owner says what it is to be. */
static void
unlock(struct room *r)
{
	xmpp_stanza_t *iq = request_new(r->session, "set", r->jid), *x;

	x = build_child(build_child(iq, "query", NS_MUC_OWNER), "x",
	    "jabber:x:data");
	xmpp_stanza_set_type(x, "submit");
	session_send(r->session, iq, NULL);
}

void
room_entered(struct room *r)
{
	if (r->created) {
		unlock(r);
		/* When that was asked first, there was no room.  The answer
		 * says that it is unlocked, too. */
		room_describe(r);
	} else if (r->hidden) {
		room_describe(r);
	}
	room_set_state(r, ROOM_IN);
	room_set_timer(r, (double)config.room_ping);
	room_occupants_sweep(r);
	if (r->unshown)
		room_show(r);
	room_waits_go(r);
	tell_joined(r);
}

/* ------------------------------------------------------------------ refused */

/* XEP-0045 7.2: what the conditions mean at this door. */
static const char *
door_code(xmpp_stanza_t *presence)
{
	static const struct {
		const char	*here, *there;
	} door[] = {
		{ ERR_FORBIDDEN,	ERR_BANNED },
		{ ERR_NOT_SUPPORTED,	ERR_FULL },	/* 503 */
		{ ERR_RATE_LIMITED,	ERR_FULL },	/* as some say it */
	};
	const char *code = request_code(presence);

	for (size_t i = 0; i < LENGTH(door); i++) {
		if (strcmp(code, door[i].here) == 0)
			return door[i].there;
	}
	return code;
}

static bool
may_change(const char *code)
{
	return strcmp(code, ERR_TIMEOUT) == 0 || strcmp(code, ERR_FULL) == 0 ||
	    strcmp(code, ERR_CONFLICT) == 0 ||
	    strcmp(code, ERR_NETWORK) == 0 || strcmp(code, ERR_NOT_FOUND) == 0;
}

static void
not_in(struct room *r, const char *code, const char *text)
{
	if (r->again)
		room_put_out(r, text, may_change(code));
	else
		room_remove(r, code, text);
}

/* And not of a nick that was asked for before. */
static bool
is_of_renaming(const struct room *r, xmpp_stanza_t *presence)
{
	const char *id = stanza_attr(presence, "id");

	return r->renaming != NULL && (id == NULL ||
	    strcmp(id, r->rename_id) == 0);
}

void
room_refused(struct room *r, xmpp_stanza_t *presence)
{
	char *text = request_text(presence);

	if (r->state == ROOM_ENTERING) {
		not_in(r, door_code(presence), text);
	} else if (is_of_renaming(r, presence)) {
		room_rename_failed(r, request_code(presence), text);
	} else {
		room_doubt(r);
	}
	free(text);
}

void
room_put_out(struct room *r, const char *reason, bool retry)
{
	retry = retry && r->failures < FAILURES_MAX;
	if (r->again) {
		const struct msg_room_closed m = { .user = r->session->user,
		    .room = r->id, .reason = reason, .retry = retry };

		kit_notify(METHOD_room_closed, &m);
	}
	if (!r->again || !retry) {
		room_remove(r, ERR_NOT_FOUND, reason);
		return;
	}
	room_waits_lost(r, ERR_UNCERTAIN, reason);
	room_rename_failed(r, ERR_NETWORK, reason);
	room_occupants_finish(r);
	room_set_state(r, ROOM_OUTSIDE);
	room_set_timer(r, PAUSE * (double)(1 << r->failures));
	r->failures++;
}

/* ---------------------------------------------------------------- self-ping */

/* XEP-0410 3.2. */
static void
on_ping(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct room *r = room_deref(s, ctx);
	const char *code;

	if (r == NULL || r->state != ROOM_IN)
		return;
	r->doubted = false;
	room_set_timer(r, (double)config.room_ping);
	if (answer == NULL || request_worked(answer))
		return;
	code = request_code(answer);
	if (strcmp(code, ERR_NOT_SUPPORTED) != 0 &&
	    strcmp(code, ERR_NOT_FOUND) != 0 && strcmp(code, ERR_TIMEOUT) != 0)
		room_enter_again(r);
}

static void
self_ping(struct room *r)
{
	char *to = xasprintf("%s/%s", r->jid, r->nick);
	xmpp_stanza_t *iq = request_new(r->session, "get", to);

	build_child(iq, "ping", NS_SELF_PING);
	request_send(r->session, iq, on_ping, room_ref(r));
	free(to);
}

void
room_doubt(struct room *r)
{
	if (r->state != ROOM_IN || r->doubted)
		return;
	r->doubted = true;
	room_set_timer(r, 0.);
}

static void
go_out(const struct room *r, const char *why, const struct kit_call *call)
{
	xmpp_stanza_t *p = xmpp_presence_new(session_strophe(r->session));
	char *to = xasprintf("%s/%s", r->jid, r->nick);

	xmpp_stanza_set_type(p, "unavailable");
	xmpp_stanza_set_to(p, to);
	build_text(p, "status", why);
	session_send(r->session, p, call);
	free(to);
}

void
room_on_timer(struct room *r)
{
	double quiet = ev_now(EV_DEFAULT) - r->heard;

	switch (r->state) {
	case ROOM_ENTERING:
		/* Nor is it to take us in when nobody knows any more. */
		go_out(r, NULL, NULL);
		not_in(r, ERR_TIMEOUT, "The room does not answer.");
		break;
	case ROOM_IN:
		/* It has kept us for so long, or does it? */
		if (!r->doubted)
			r->failures = 0;
		if (r->doubted || quiet >= (double)config.room_ping)
			self_ping(r);
		else
			room_set_timer(r, (double)config.room_ping - quiet);
		break;
	case ROOM_OUTSIDE:
		room_enter(r);
		break;
	}
}

/* ----------------------------------------------------------------- requests */

static bool
nick_is_good(const char *nick)
{
	return *nick != '\0' && strlen(nick) <= ROOM_NICK;
}

void
down_room_join(const struct kit_call *call, const struct msg_room_join *m)
{
	struct session *s = session_for(call, m->user);
	char *jid;
	struct room *r;

	if (s == NULL)
		return;
	jid = account_jid(m->room);
	if (jid == NULL || !nick_is_good(m->nick)) {
		kit_error(call, jid == NULL ? ERR_NOT_FOUND :
		    ERR_NOT_ACCEPTABLE, NULL);
		free(jid);
		return;
	}
	/* The one of before is not known to the main process any more. */
	r = room_find(s, jid);
	if (r != NULL)
		room_remove(r, ERR_UNCERTAIN, NULL);
	if (map_count(&s->rooms) >= ROOMS_MAX) {
		kit_error(call, ERR_NOT_ALLOWED, "These are too many rooms.");
		free(jid);
		return;
	}
	r = room_new(s, m->room, jid);
	r->nick = xstrdup(m->nick);
	r->password = xstrdup_null(m->password);
	r->history = m->history;
	r->join = *call;
	r->asked = true;
	room_enter(r);
}

void
down_room_leave(const struct kit_call *call, const struct msg_room_leave *m)
{
	struct session *s = session_for(call, m->user);
	char *jid = account_jid(m->room);
	struct room *r = s != NULL && jid != NULL ? room_find(s, jid) : NULL;

	free(jid);
	if (s == NULL)
		return;
	if (r == NULL) {
		kit_reply(call, NULL);
		return;
	}
	go_out(r, m->reason, call);
	room_remove(r, ERR_NOT_FOUND, NULL);
}

void
down_room_nick(const struct kit_call *call, const struct msg_room_nick *m)
{
	struct room *r = room_for(call, m->user, m->room);
	xmpp_stanza_t *p;
	char *to;

	if (r == NULL)
		return;
	if (!nick_is_good(m->nick)) {
		kit_error(call, ERR_NOT_ACCEPTABLE, NULL);
		return;
	}
	/* The room need not have answered the one before, and may never. */
	room_rename_failed(r, ERR_UNCERTAIN, NULL);
	if (strcmp(m->nick, r->nick) == 0) {
		kit_reply(call, NULL);
		return;
	}
	if (r->state != ROOM_IN || !session_is_up(r->session)) {
		kit_error(call, ERR_NOT_CONNECTED, NULL);
		return;
	}
	r->rename = *call;
	r->renaming = xstrdup(m->nick);
	to = xasprintf("%s/%s", r->jid, m->nick);
	p = xmpp_presence_new(session_strophe(r->session));
	rand_token(r->rename_id, sizeof(r->rename_id));
	xmpp_stanza_set_id(p, r->rename_id);
	xmpp_stanza_set_to(p, to);
	room_put_presence(r->session, p);
	session_send(r->session, p, NULL);
	free(to);
}

void
room_rename_failed(struct room *r, const char *code, const char *text)
{
	if (r->renaming == NULL)
		return;
	free(r->renaming);
	r->renaming = NULL;
	kit_error(&r->rename, code, text);
}

void
room_renamed(struct room *r, const char *nick)
{
	xreplace(&r->nick, nick);
	if (r->renaming == NULL)
		return;
	free(r->renaming);
	r->renaming = NULL;
	kit_reply(&r->rename, NULL);
}
