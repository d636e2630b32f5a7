/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a room's presences, messages and invitations are written.  Who gets them
 * and when is decided in room_life.c, up_room.c and down_room.c. */
#include "manager/gateway/say_room.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "manager/gateway/caps.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "protocol/errors.h"
#include "protocol/schema.h"

#define CODES_MAX 6
#define HAT_ACCOUNT	"https://spectrum.im/hats#account"
#define HAT_BOT		"https://spectrum.im/hats#bot"

/* One presence of an occupant, before it is known for whom. */
struct presence {
	const struct room *room;
	const struct occupant *o;
	const char	*from;		/* room/nick */
	const char	*real;		/* JID, or NULL */
	const char	*new_resource;	/* 303 */
	const char	*id;		/* of the stanza it answers, or NULL */
	const struct room_gone *gone;	/* NULL: it is there */
	unsigned	 codes[CODES_MAX];	/* 0 ends them */
	bool		 self;
};

static struct gateway *
gateway(const struct room *room)
{
	return room->user->gw;
}

static void
write_item(struct xml *x, const struct presence *p, const char *to)
{
	const struct room_gone *gone = p->gone;
	bool leaves = gone != NULL && p->new_resource == NULL;

	xml_open(x, "item");
	xml_attr(x, "affiliation", gone != NULL && gone->banned ? "outcast" :
	    affiliation_name(p->o->affiliation));
	xml_attr(x, "role", leaves ? "none" : role_name(p->o->role));
	xml_attr(x, "jid", p->self ? to : p->real);
	xml_attr(x, "nick", p->new_resource);
	if (gone != NULL && gone->actor != NULL) {
		xml_open(x, "actor");
		xml_attr(x, "nick", gone->actor);
		xml_close(x);
	}
	if (gone != NULL && gone->reason != NULL && gone->code != 0)
		xml_element(x, "reason", NULL, gone->reason);
	xml_close(x);
}

static void
write_muc(struct xml *x, const struct presence *p, const char *to)
{
	xml_open_ns(x, "x", NS_MUC_USER);
	write_item(x, p, to);
	for (unsigned i = 0; i < CODES_MAX && p->codes[i] != 0; i++) {
		xml_open(x, "status");
		xml_attrf(x, "code", "%u", p->codes[i]);
		xml_close(x);
	}
	xml_close(x);
}

static void
write_state(struct xml *x, const struct presence *p)
{
	const struct occupant *o = p->o;

	if (p->gone != NULL) {
		if (p->gone->reason != NULL)
			xml_element(x, "status", NULL, p->gone->reason);
		return;
	}
	if (o->show != SHOW_ONLINE && o->show != SHOW_OFFLINE)
		xml_element(x, "show", NULL, show_name(o->show));
	if (o->status != NULL)
		xml_element(x, "status", NULL, o->status);
}

static void
write_hat(struct xml *x, const char *uri, const char *title, const char *name)
{
	xml_open(x, "hat");
	xml_attr(x, "uri", uri);
	xml_attrf(x, "title", "%s%s", title, name);
	xml_close(x);
}

/* XEP-0045 has no place for these.  An account that is the nick wears none: it
 * would be on everybody's head. */
static void
write_hats(struct xml *x, const struct occupant *o)
{
	if (o->account == NULL && !o->bot)
		return;
	xml_open_ns(x, "hats", NS_HATS);
	if (o->account != NULL)
		write_hat(x, HAT_ACCOUNT, "Account: ", o->account);
	if (o->bot)
		write_hat(x, HAT_BOT, "Bot", "");
	xml_close(x);
}

static void
write_occupant_id(struct xml *x, uint64_t id)
{
	xml_open_ns(x, "occupant-id", NS_OCCUPANT_ID);
	xml_attrf(x, "id", "%016" PRIx64, id);
	xml_close(x);
}

static void
write_presence(const struct presence *p, const char *to)
{
	struct gateway *gw = gateway(p->room);
	struct xml *x = link_begin(gw->link);

	xml_open(x, "presence");
	xml_attr(x, "from", p->from);
	xml_attr(x, "to", to);
	xml_attr(x, "id", p->id);
	if (p->gone != NULL)
		xml_attr(x, "type", "unavailable");
	write_state(x, p);
	write_muc(x, p, to);
	write_occupant_id(x, p->o->id);
	if (p->gone == NULL)
		write_hats(x, p->o);
	if (p->o->resource != p->o->nick)
		xml_element(x, "nick", NS_NICK, p->o->nick);
	if (p->gone == NULL)
		caps_put(gw, x);
	if (p->gone == NULL && p->o->avatar != NULL) {
		xml_open_ns(x, "x", NS_VCARD_UPDATE);
		xml_element(x, "photo", NULL, p->o->avatar);
		xml_close(x);
	}
	xml_close(x);
	/* A client that cannot be reached is told nothing: it has gone, and
	 * the way in or the server will say so. */
	(void)say_send(gw, to, 0);
}

static void
add_code(struct presence *p, unsigned code)
{
	for (unsigned i = 0; code != 0 && i < CODES_MAX; i++)
		if (p->codes[i] == 0) {
			p->codes[i] = code;
			return;
		}
}

/* The same for one client or for all that are in. */
static void
send_presence(struct presence *p, const struct room_client *to)
{
	struct gateway *gw = gateway(p->room);
	struct arena scratch = { 0 };
	const struct room_client *c;
	char from[ROOM_JID_MAX];

	p->from = room_address(p->room, p->o->resource, from);
	if (p->o->real != NULL)
		p->real = name_to_jid(gw, &scratch, p->o->real);
	if (to != NULL) {
		write_presence(p, to->full);
	} else {
		TAILQ_FOREACH(c, &p->room->clients, entry)
			if (c->wish == NULL)
				write_presence(p, c->full);
	}
	arena_free(&scratch);
}

static struct presence
presence_of(const struct room *room, const struct occupant *o)
{
	struct presence p = { .room = room, .o = o };

	p.self = room_is_self(room, o);
	if (p.self)
		add_code(&p, MUC_SELF);
	return p;
}

void
say_room_occupant(const struct room *room, const struct occupant *o,
    const struct room_client *to)
{
	struct presence p = presence_of(room, o);

	send_presence(&p, to);
}

void
say_room_welcome(const struct room *room, const struct room_client *to)
{
	const struct occupant *o = room_self(room);
	struct presence p = presence_of(room, o);

	add_code(&p, MUC_NON_ANONYMOUS);
	if (room->created)
		add_code(&p, MUC_CREATED);
	if (to->wish != NULL) {
		p.id = to->wish->id;
		if (strcmp(to->wish->nick, o->resource) != 0)
			add_code(&p, MUC_NICK_GIVEN);
	}
	send_presence(&p, to);
}

void
say_room_gone(const struct room *room, const struct occupant *o,
    const struct room_client *to, const struct room_gone *gone)
{
	struct presence p = presence_of(room, o);

	p.gone = gone;
	add_code(&p, gone->code);
	send_presence(&p, to);
}

void
say_room_renamed(const struct room *room, const struct occupant *o,
    const char *new_resource)
{
	static const struct room_gone renamed;
	struct presence p = presence_of(room, o);

	p.gone = &renamed;
	p.new_resource = new_resource;
	add_code(&p, MUC_RENAMED);
	send_presence(&p, NULL);
}

void
say_room_left(struct gateway *gw, const char *from, const char *to,
    const char *id, const char *status)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "presence");
	xml_attr(x, "from", from);
	xml_attr(x, "to", to);
	xml_attr(x, "id", id);
	xml_attr(x, "type", "unavailable");
	if (status != NULL)
		xml_element(x, "status", NULL, status);
	xml_open_ns(x, "x", NS_MUC_USER);
	xml_open(x, "item");
	xml_attr(x, "affiliation", "none");
	xml_attr(x, "role", "none");
	xml_close(x);
	xml_open(x, "status");
	xml_attrf(x, "code", "%u", (unsigned)MUC_SELF);
	xml_close_to(x, 0);
	(void)say_send(gw, to, 0);
}

void
say_room_refused(const struct room *room, const struct room_client *to,
    enum stanza_error error, const char *text)
{
	char from[ROOM_JID_MAX];

	if (to->wish == NULL)
		return;
	room_address(room, to->wish->nick, from);
	say_error_to(gateway(room), "presence", from, to->full, to->wish->id,
	    error, text);
}

/* XEP-0045 7.2: these differ from what the codes mean elsewhere. */
enum stanza_error
say_room_error_of(const char *code)
{
	static const struct {
		const char	*code;
		enum stanza_error error;
	} joins[] = {
		{ ERR_BANNED, E_FORBIDDEN },
		{ ERR_MEMBERS_ONLY, E_REGISTRATION_REQUIRED },
		{ ERR_FULL, E_ROOM_FULL },
		{ ERR_CONFLICT, E_CONFLICT },
		{ ERR_NOT_AUTHORIZED, E_NOT_AUTHORIZED },
		{ ERR_NOT_FOUND, E_ITEM_NOT_FOUND },
		{ ERR_NOT_ALLOWED, E_NOT_ALLOWED },
		{ ERR_NOT_ACCEPTABLE, E_NOT_ACCEPTABLE },
		{ ERR_NETWORK, E_REMOTE_SERVER_NOT_FOUND },
		{ ERR_TIMEOUT, E_REMOTE_SERVER_TIMEOUT },
	};

	for (size_t i = 0; i < LENGTH(joins); i++)
		if (strcmp(joins[i].code, code) == 0)
			return joins[i].error;
	return say_error_of(code);
}

/* --------------------------------------------------------------- messages */

static void
send_message(const struct room *room, struct say_message *m,
    const struct room_client *to)
{
	const struct room_client *c;

	m->type = "groupchat";
	if (to != NULL) {
		m->to = to->full;
		(void)say_message(gateway(room), m);
		return;
	}
	TAILQ_FOREACH(c, &room->clients, entry) {
		if (c->wish != NULL)
			continue;
		m->to = c->full;
		/* Not delivered to a client that has gone: so it is out. */
		(void)say_message(gateway(room), m);
	}
}

void
say_room_subject(const struct room *room, const struct room_client *to)
{
	struct arena scratch = { 0 };
	const struct occupant *o;
	const char *resource = NULL;
	char from[ROOM_JID_MAX];
	struct say_message m = {
		.subject = room->subject ? room->subject : "",
	};

	if (room->subject_nick != NULL) {
		o = room_occupant(room, room->subject_nick);
		resource = o ? o->resource :
		    room_resource(&scratch, room->subject_nick);
	}
	m.from = room_address(room, resource, from);
	if (room->subject_time > 0) {
		m.time = room->subject_time;
		m.delay_from = room->jid;
	}
	send_message(room, &m, to);
	arena_free(&scratch);
}

void
say_room_changed(const struct room *room)
{
	struct gateway *gw = gateway(room);
	const struct room_client *c;
	struct xml *x;

	TAILQ_FOREACH(c, &room->clients, entry) {
		if (c->wish != NULL)
			continue;
		x = link_begin(gw->link);
		xml_open(x, "message");
		xml_attr(x, "from", room->jid);
		xml_attr(x, "to", c->full);
		xml_attr(x, "type", "groupchat");
		xml_open_ns(x, "x", NS_MUC_USER);
		xml_open(x, "status");
		xml_attr(x, "code", "104");
		say_end(gw, x, c->full, 0);
	}
}

static void
add_gesture(struct said_past *s, const char *room, const struct past *p)
{
	s->gesture = (struct say_gesture){
		.retracts = p->retracts, .reason = p->reason,
		.by = p->moderator == NULL ? NULL :
		    room_address_of(room, p->moderator, s->by),
		.reacts = p->reacts, .emojis = p->emojis,
		.retraction = p->retraction, .retracted = p->retracted,
	};
	s->message.gesture = &s->gesture;
	if (*p->body == '\0')
		s->message.body = NULL;
}

void
say_room_past(struct said_past *s, const char *room, const struct past *p)
{
	s->reply = (struct msg_reply){
		.id = p->reply_id, .author = p->reply_author,
		.text = p->reply_text,
	};
	s->message = (struct say_message){
		.from = room_address_of(room, p->resource, s->from),
		.type = "groupchat",
		.id = p->id, .body = p->body, .xhtml = p->xhtml,
		.extra = p->extra,
		.thread = p->thread, .lang = p->lang, .replaces = p->replaces,
		.stanza_id = p->stanza_id, .stanza_id_by = room,
		.origin_id = p->origin_id,
	};
	if (p->file != NULL) {
		s->file = (struct msg_attachment){
			.url = p->file, .name = p->file_name,
		};
		s->message.attachments = &s->file;
		s->message.nattachments = 1;
	}
	if (p->reply_id != NULL) {
		s->message.reply_to = &s->reply;
		if (p->reply_author != NULL)
			s->message.reply_jid = room_address_of(room,
			    p->reply_author, s->reply_jid);
	}
	if (p->occupant != 0) {
		snprintf(s->occupant, sizeof(s->occupant), "%016" PRIx64,
		    p->occupant);
		s->message.occupant_id = s->occupant;
	}
	if (past_is_gesture(p) || p->retraction != NULL)
		add_gesture(s, room, p);
	if (p->old) {
		s->message.time = p->time;
		s->message.delay_from = room;
	}
}

void
say_room_message(const struct room *room, const struct past *p,
    const struct room_client *to)
{
	struct said_past s;

	say_room_past(&s, room->jid, p);
	send_message(room, &s.message, to);
}

/* ------------------------------------------------------------ invitations */

/* Mediated for clients that know rooms (XEP-0045 7.8.2), with the address
 * once more for those that only know XEP-0249. */
void
say_room_invitation(struct gateway *gw, const char *room, const char *from,
    const char *to, const char *reason, const char *password)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "message");
	xml_attr(x, "from", room);
	xml_attr(x, "to", to);
	xml_open_ns(x, "x", NS_MUC_USER);
	xml_open(x, "invite");
	xml_attr(x, "from", from);
	if (reason != NULL)
		xml_element(x, "reason", NULL, reason);
	xml_close(x);
	if (password != NULL)
		xml_element(x, "password", NULL, password);
	xml_close(x);
	xml_open_ns(x, "x", NS_CONFERENCE);
	xml_attr(x, "jid", room);
	xml_attr(x, "reason", reason);
	xml_attr(x, "password", password);
	xml_close(x);
	xml_close(x);
	(void)say_send(gw, to, LINK_KEEP);
}
