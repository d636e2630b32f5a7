/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Presence from a room (XEP-0045 7.2 to 9): who is there, who goes, and
 * why. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/log.h"
#include "util/xalloc.h"

#define NS_PHOTO	"vcard-temp:x:update"

/* What is in a presence; pointers into it, but for the texts. */
struct told {
	xmpp_stanza_t	*x, *item;
	const char	*nick;
	bool		 self, created, given, renamed, shut_down, broken;
	const char	*how;		/* somebody is put out; or NULL */
	char		*reason;
	const char	*actor;
};

/* ------------------------------------------------------------------ our own */

void
room_put_presence(const struct session *s, xmpp_stanza_t *p)
{
	/* Nobody is invisible in a room. */
	if (s->show != NULL && strcmp(s->show, "online") != 0 &&
	    strcmp(s->show, "invisible") != 0)
		build_text(p, "show", s->show);
	if (s->status != NULL && *s->status != '\0')
		build_text(p, "status", s->status);
}

/* --------------------------------------------------------------- the others */

static void
occupant_free(struct occupant *o)
{
	if (o == NULL)
		return;
	free(o->nick);
	free(o->real);
	free(o);
}

void
room_occupants_stale(struct room *r)
{
	struct occupant *o;
	size_t at = 0;

	while ((o = map_next(&r->occupants, &at)) != NULL)
		o->stale = true;
}

static void
tell_gone(const struct room *r, const char *nick, const char *how,
    const char *actor, const char *reason)
{
	const struct msg_room_occupant_gone m = { .user = r->session->user,
	    .room = r->id, .nick = nick, .how = how, .actor = actor,
	    .reason = reason };

	kit_notify(METHOD_room_occupant_gone, &m);
}

void
room_occupants_sweep(struct room *r)
{
	struct occupant *o;
	size_t at = 0;

	while ((o = map_next(&r->occupants, &at)) != NULL) {
		if (!o->stale)
			continue;
		map_remove(&r->occupants, o->nick);
		tell_gone(r, o->nick, "left", NULL, NULL);
		occupant_free(o);
	}
}

void
room_occupants_finish(struct room *r)
{
	struct occupant *o;
	size_t at = 0;

	while ((o = map_next(&r->occupants, &at)) != NULL)
		occupant_free(o);
	map_finish(&r->occupants);
}

/* NULL: there are too many, this one is not known.  We always are: rooms tell
 * of us behind all others, and then we are in. */
static struct occupant *
occupant_put(struct room *r, const char *nick, bool self)
{
	struct occupant *o = map_get(&r->occupants, nick);

	if (o != NULL ||
	    (map_count(&r->occupants) >= ROOM_OCCUPANTS && !self))
		return o;
	o = xcalloc(1, sizeof(*o));
	o->nick = xstrdup(nick);
	map_put(&r->occupants, o->nick, o);
	return o;
}

/* --------------------------------------------------------------- understand */

static void
read_status(struct told *t, int code)
{
	switch (code) {
	case 110: t->self = true; break;
	case 201: t->created = true; break;
	case 210: t->given = true; break;
	case 301: t->how = "banned"; break;
	case 303: t->renamed = true; break;
	case 307: t->how = "kicked"; break;
	case 321: case 322: t->how = "removed"; break;
	case 332: t->shut_down = true; break;
	case 333: t->broken = true; break;
	}
}

static void
read_presence(struct told *t, const struct room *r, xmpp_stanza_t *p)
{
	xmpp_stanza_t *st;
	const char *code;

	*t = (struct told){ .nick = room_nick_of(stanza_attr(p, "from")) };
	t->x = stanza_child(p, "x", NS_MUC_USER);
	t->item = stanza_child(t->x, "item", NULL);
	for (st = stanza_child(t->x, "status", NULL); st != NULL;
	    st = stanza_beside(st, "status", NULL)) {
		code = stanza_attr(st, "code");
		if (code != NULL)
			read_status(t, atoi(code));
	}
	/* Before 1.33 of the XEP it was a kick, too. */
	if (t->broken && t->how != NULL && strcmp(t->how, "kicked") == 0)
		t->how = NULL;
	/* Old rooms do not say which one is us. */
	if (t->nick != NULL && strcmp(t->nick, r->nick) == 0)
		t->self = true;
	t->actor = stanza_attr(stanza_child(t->item, "actor", NULL), "nick");
	if (t->actor == NULL)
		t->actor = stanza_attr(stanza_child(t->item, "actor", NULL),
		    "jid");
	t->reason = stanza_text(stanza_child(t->item, "reason", NULL),
	    ROOM_TEXT);
}

/* One of the words of the protocol, or NULL. */
static const char *
word(const char *given, const char *const *words)
{
	for (; given != NULL && *words != NULL; words++) {
		if (strcmp(given, *words) == 0)
			return *words;
	}
	return NULL;
}

static const char *
photo(xmpp_stanza_t *p, char hash[41])
{
	xmpp_stanza_t *x = stanza_child(p, "x", NS_PHOTO);
	char *text = stanza_text(stanza_child(x, "photo", NULL), 100);
	size_t i = 0;

	for (; text != NULL && i < 40 && isxdigit((unsigned char)text[i]); i++)
		hash[i] = (char)tolower((unsigned char)text[i]);
	hash[i] = '\0';
	free(text);
	return i == 40 ? hash : NULL;
}

/* --------------------------------------------------------------------- here */

static void
tell_here(struct room *r, const struct told *t, xmpp_stanza_t *p,
    struct occupant *o)
{
	static const char *const shows[] = { "chat", "away", "xa", "dnd",
	    NULL };
	static const char *const roles[] = { "moderator", "participant",
	    "visitor", NULL };
	static const char *const affiliations[] = { "owner", "admin",
	    "member", "none", NULL };
	char *show = stanza_text(stanza_child(p, "show", NULL), 100);
	char *status = stanza_text(stanza_child(p, "status", NULL), ROOM_TEXT);
	const char *jid = stanza_attr(t->item, "jid");
	char hash[41];
	struct msg_room_occupant m = {
		.user = r->session->user, .room = r->id, .nick = o->nick,
		.show = word(show, shows), .status = status ? status : "",
		.role = word(stanza_attr(t->item, "role"), roles),
		.affiliation = word(stanza_attr(t->item, "affiliation"),
		    affiliations),
		.self = t->self, .avatar_hash = photo(p, hash),
		.identity = r->names_people ? payload_id_of(stanza_child(p,
		    "occupant-id", NS_OCCUPANT_ID), "id") : NULL,
	};

	if (m.show == NULL)
		m.show = "online";
	if (jid != NULL) {
		free(o->real);
		o->real = account_bare(jid);
	}
	m.real = o->real;
	kit_notify(METHOD_room_occupant, &m);
	free(show);
	free(status);
}

static void
on_here(struct room *r, const struct told *t, xmpp_stanza_t *p)
{
	struct occupant *o;

	if (r->state == ROOM_OUTSIDE)
		return;
	/* 7.2.9: the room gives another one than was asked for. */
	if (t->self && strcmp(t->nick, r->nick) != 0)
		room_renamed(r, t->nick);
	o = occupant_put(r, t->nick, t->self);
	if (o == NULL) {
		log_debug("%s: room %s has too many occupants",
		    r->session->user, r->jid);
		return;
	}
	o->stale = false;
	tell_here(r, t, p, o);
	if (t->self && r->state == ROOM_ENTERING) {
		r->created = t->created;
		room_entered(r);
	}
}

/* --------------------------------------------------------------------- gone */

static void
on_rename(struct room *r, const struct told *t, const char *to)
{
	struct occupant *o = map_remove(&r->occupants, t->nick);
	const struct msg_room_occupant m = { .user = r->session->user,
	    .room = r->id, .nick = t->nick, .new_nick = to, .self = t->self };

	if (o == NULL || strlen(to) > ROOM_NICK)
		occupant_free(o);
	else {
		/* Its presence under that name is not here yet. */
		occupant_free(map_remove(&r->occupants, to));
		xreplace(&o->nick, to);
		map_put(&r->occupants, o->nick, o);
		kit_notify(METHOD_room_occupant, &m);
	}
	if (t->self)
		room_renamed(r, to);
}

/* The room is closed for good (10.9), and another one may be there instead. */
static char *
destroyed(const struct told *t)
{
	xmpp_stanza_t *d = stanza_child(t->x, "destroy", NULL);
	const char *jid = stanza_attr(d, "jid");
	char *why = stanza_text(stanza_child(d, "reason", NULL), ROOM_TEXT);
	char *text;

	if (d == NULL)
		return NULL;
	text = xasprintf("The room was destroyed%s%s%s%s", why ? ": " : "",
	    why ? why : ".", jid ? " It goes on at " : "", jid ? jid : "");
	free(why);
	return text;
}

static void
on_self_gone(struct room *r, const struct told *t)
{
	char *text = destroyed(t);

	/* That is of the time before we asked to enter. */
	if (r->state == ROOM_ENTERING && text == NULL &&
	    (t->how == NULL || !r->again)) {
		return;
	} else if (text != NULL) {
		room_put_out(r, text, false);
	} else if (t->how != NULL) {
		tell_gone(r, t->nick, t->how, t->actor, t->reason);
		text = xasprintf("You were %s%s%s%s%s", t->how,
		    t->actor ? " by " : "", t->actor ? t->actor : "",
		    t->reason ? ": " : ".", t->reason ? t->reason : "");
		room_put_out(r, text, false);
	} else {
		room_put_out(r, t->shut_down ? "The rooms' server is shutting "
		    "down." : t->reason, true);
	}
	free(text);
}

static void
on_gone(struct room *r, const struct told *t, xmpp_stanza_t *p)
{
	struct occupant *o;
	char *status;

	o = map_remove(&r->occupants, t->nick);
	if (o == NULL)
		return;
	status = stanza_text(stanza_child(p, "status", NULL), ROOM_TEXT);
	tell_gone(r, t->nick, t->how != NULL ? t->how : t->shut_down ||
	    t->broken ? "disconnected" : "left", t->actor,
	    t->reason != NULL ? t->reason : status);
	free(status);
	occupant_free(o);
}

void
room_presence(struct room *r, xmpp_stanza_t *p)
{
	const char *type = stanza_attr(p, "type"), *to;
	struct told t;

	if (type != NULL && strcmp(type, "error") == 0) {
		room_refused(r, p);
		return;
	}
	read_presence(&t, r, p);
	to = stanza_attr(t.item, "nick");
	/* Without a nick it is the room's own, which says what it looks like;
	 * one that is too long is none. */
	if (t.nick == NULL || strlen(t.nick) > ROOM_NICK)
		;
	else if (type == NULL)
		on_here(r, &t, p);
	else if (strcmp(type, "unavailable") != 0)
		;
	else if (t.renamed && to != NULL && *to != '\0')
		on_rename(r, &t, to);
	else if (t.self)
		on_self_gone(r, &t);
	else
		on_gone(r, &t, p);
	free(t.reason);
}
