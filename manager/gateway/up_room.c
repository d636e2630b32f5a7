/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the network says of rooms: who is there, what was said, what it is
 * about, that it is over. */
#include "manager/gateway/files.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/up.h"

#include <string.h>

#include "manager/gateway/name.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/room_seen.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/say_chat.h"
#include "manager/gateway/say_room.h"
#include "util/log.h"
#include "util/xalloc.h"

/* The room, unless the user is not or no more there. */
static struct room *
room_of(const struct up *up, const char *id)
{
	struct room *room = room_find_id(up->user, id);

	if (room == NULL || room->state == ROOM_LEAVING ||
	    room->state == ROOM_WAITING) {
		log_debug("%s: ignored what was said of the room %s",
		    up->user->jid, id);
		return NULL;
	}
	return room;
}

/* ---------------------------------------------------------------- occupants */

static bool
update_text(char **slot, const char *value)
{
	if (value == NULL || strcmp(*slot ? *slot : "", value) == 0)
		return false;
	xreplace(slot, value[0] != '\0' ? value : NULL);
	return true;
}

static bool
update_number(uint8_t *slot, unsigned value)
{
	if (*slot == value)
		return false;
	*slot = (uint8_t)value;
	return true;
}

static const char *
identity_of(const struct msg_room_occupant *m)
{
	return m->identity != NULL ? m->identity : m->real;
}

static bool
update_identity(const struct room *room, struct occupant *o,
    const struct msg_room_occupant *m)
{
	uint64_t id = room_identity(room, o->nick, identity_of(m));

	if (o->id == id || (!o->stale && m->identity == NULL))
		return false;
	o->id = id;
	return true;
}

/* Absent keys leave what is known.  Returns whether anything is new. */
static bool
update(const struct room *room, struct occupant *o,
    const struct msg_room_occupant *m)
{
	enum affiliation affiliation;
	enum role role;
	bool changed;

	/* Who has come back under a nick may be another. */
	if (o->stale) {
		changed = update_text(&o->account, m->account ? m->account :
		    "");
		changed |= o->bot != m->bot;
		o->bot = m->bot;
	} else {
		changed = update_text(&o->account, m->account);
		changed |= m->bot && !o->bot;
		o->bot |= m->bot;
	}
	changed |= update_identity(room, o, m);
	changed |= update_text(&o->status, m->status);
	changed |= update_text(&o->real, m->real);
	changed |= update_text(&o->avatar, m->avatar_hash);
	if (m->show != NULL)
		changed |= update_number(&o->show, show_parse(m->show));
	if (role_parse(m->role, &role) == 0)
		changed |= update_number(&o->role, role);
	if (affiliation_parse(m->affiliation, &affiliation) == 0)
		changed |= update_number(&o->affiliation, affiliation);
	return changed;
}

/* The user is in and has another nick than the clients know. */
static struct occupant *
follow_self(struct room *room, const char *nick)
{
	struct occupant *self = room_self(room);

	if (self != NULL && strcmp(nick, room->nick) != 0)
		room_renamed(room, self, nick);
	return room_occupant(room, nick);
}

void
up_room_occupant(struct up *up)
{
	const struct msg_room_occupant *m = &up->params->room_occupant;
	struct room *room = room_of(up, m->room);
	const char *nick = m->new_nick ? m->new_nick : m->nick;
	struct occupant *o;
	bool changed;

	if (room == NULL || nick[0] == '\0')
		return;
	if (m->new_nick != NULL &&
	    (o = room_occupant(room, m->nick)) != NULL)
		room_renamed(room, o, m->new_nick);
	if (m->self && room->state == ROOM_JOINED)
		follow_self(room, nick);
	if ((o = room_occupant_add(room, nick, identity_of(m))) == NULL)
		return;
	changed = update(room, o, m);
	if (m->self && room->state != ROOM_JOINED)
		xreplace(&room->told_nick, nick);
	o->stale = false;
	if (room->state != ROOM_JOINED) {
		o->changed |= changed;
		if (m->self)
			room_event(room, ROOM_SELF_TOLD, NULL);
	} else if (changed || !o->shown) {
		say_room_occupant(room, o, NULL);
		o->shown = true;
	}
}

static struct room_gone
gone_of(const struct msg_room_occupant_gone *m)
{
	static const struct {
		const char	*how;
		enum muc_status	 code;
	} hows[] = {
		{ "kicked", MUC_KICKED }, { "banned", MUC_BANNED },
		{ "removed", MUC_REMOVED }, { "disconnected", MUC_TECHNICAL },
	};
	struct room_gone gone = { .actor = m->actor, .reason = m->reason };

	for (size_t i = 0; i < LENGTH(hows); i++)
		if (strcmp(hows[i].how, m->how) == 0)
			gone.code = hows[i].code;
	gone.banned = gone.code == MUC_BANNED;
	return gone;
}

void
up_room_occupant_gone(struct up *up)
{
	const struct msg_room_occupant_gone *m =
	    &up->params->room_occupant_gone;
	struct room *room = room_of(up, m->room);
	struct room_gone gone = gone_of(m);
	struct occupant *o;

	if (room == NULL || (o = room_occupant(room, m->nick)) == NULL)
		return;
	if (o->banned && gone.code == MUC_KICKED) {
		gone.code = MUC_BANNED;
		gone.banned = true;
	}
	if (room->state == ROOM_JOINED && room_is_self(room, o)) {
		room_ejected(room, &gone);
	} else if (room->state == ROOM_JOINED) {
		say_room_gone(room, o, NULL, &gone);
		room_occupant_remove(room, o);
	} else if (o->shown) {
		o->stale = true;	/* found missing when the user is in */
	} else {
		room_occupant_remove(room, o);
	}
}

/* ------------------------------------------------------------------ subject */

static bool
same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

void
up_room_subject(struct up *up)
{
	const struct msg_room_subject *m = &up->params->room_subject;
	struct room *room = room_of(up, m->room);
	bool known;

	if (room == NULL)
		return;
	/* After a recovery the network tells again what clients know. */
	known = room->subject_again && room->subject != NULL &&
	    same(room->subject, m->subject);
	xreplace(&room->subject, m->subject);
	xreplace(&room->subject_nick, m->nick && m->nick[0] ? m->nick : NULL);
	room->subject_time = m->time;
	room->subject_due = 0;
	if (room->state != ROOM_JOINED)
		return;
	room->subject_again = false;
	if (!known)
		say_room_subject(room, NULL);
}

void
up_room_name(struct up *up)
{
	const struct msg_room_name *m = &up->params->room_name;
	struct room *room = room_of(up, m->room);

	if (room == NULL || !update_text(&room->name, m->name))
		return;
	if (room->state == ROOM_JOINED)
		say_room_changed(room);
}

/* ----------------------------------------------------------------- messages */

static struct past
past_of(const struct gateway *gw, const struct msg_message *m)
{
	struct past p = {
		.body = m->body, .xhtml = m->xhtml, .id = m->id,
		.stanza_id = m->id, .replaces = m->replaces,
		.thread = m->thread, .lang = m->lang,
		.time = m->time, .old = m->time > 0,
		.extra = raw_extra_up(gw, m->extra),
	};

	if (m->reply_to != NULL) {
		p.reply_id = m->reply_to->id;
		p.reply_text = m->reply_to->text;
	}
	return p;
}

/* Who said it, and who said what it answers; resources may live in scratch. */
static void
set_author(const struct room *room, struct arena *scratch, struct past *p,
    const char *nick, const struct msg_reply *reply)
{
	const struct occupant *o;

	if (reply != NULL && reply->author != NULL &&
	    reply->author[0] != '\0') {
		o = room_occupant(room, reply->author);
		p->reply_author = o ? o->resource :
		    room_resource(scratch, reply->author);
	}
	if (nick == NULL || nick[0] == '\0')
		return;
	if ((o = room_occupant(room, nick)) != NULL) {
		p->resource = o->resource;
		p->occupant = o->id;
	} else {
		p->resource = room_resource(scratch, nick);
		p->occupant = room_identity(room, nick, NULL);
	}
}

/* Has it been shown already?  The echo of what we gave up waiting for, or
 * history that the network tells again after a recovery. */
static bool
repeated(const struct room *room, const struct msg_message *m)
{
	if (m->origin != NULL && room_history_has(room->history, m->origin))
		return true;
	return m->time > 0 && m->id != NULL &&
	    room_history_has(room->history, m->id);
}

static void
said(struct up *up, struct room *room, const struct past *p)
{
	const struct msg_message *m = &up->params->message;

	if (m->time > 0 && room_seen_has(room->seen, p))
		log_debug("%s: %s: what is known was told again",
		    up->user->jid, room->jid);
	else if (m->archive_only)
		room_was_said(room, p);
	else
		room_said(room, p);
}

/* Each by itself, so that clients show it; under ids that are the same when the
 * network tells it again. */
static void
said_files(struct up *up, struct room *room, const struct past *like,
    bool words, struct arena *a)
{
	const struct msg_message *m = &up->params->message;

	for (size_t i = 0; i < files_shown(m->attachments.n); i++) {
		const struct msg_attachment *file = &m->attachments.v[i];
		struct past p = *like;

		p.body = file->url;
		p.xhtml = p.replaces = p.reply_id = p.reply_text = NULL;
		if (files_is_fetchable(file->url)) {
			p.file = file->url;
			p.file_name = file->name;
		}
		if (words || i > 0)
			p.id = p.stanza_id = m->id ? arena_printf(a, "%s.%zu",
			    m->id, i + 1) : NULL;
		said(up, room, &p);
	}
}

void
up_room_message(struct up *up)
{
	const struct msg_message *m = &up->params->message;
	struct room *room = room_of(up, m->from);
	struct arena scratch = { 0 };
	struct past p = past_of(up->gw, m);
	bool words;

	if (room == NULL)
		return;
	if (m->origin != NULL && room_send_echoed(room, m->origin, &p))
		return;
	if (repeated(room, m))
		return;
	set_author(room, &scratch, &p, m->nick, m->reply_to);
	if (m->origin != NULL)
		p.id = m->origin;
	p.old |= m->archive_only;
	p.body = files_words(&scratch, m->body, m->attachments.v,
	    m->attachments.n);
	words = *p.body != '\0' || p.extra != NULL || m->attachments.n == 0;
	if (words)
		said(up, room, &p);
	p.extra = NULL;
	said_files(up, room, &p, words, &scratch);
	arena_free(&scratch);
}

/* To every client in the room; when none is, to the user. */
static void
say_private(struct up *up, const struct room *room, struct say_message *m)
{
	const struct room_client *c;
	bool told = false;

	if (room != NULL)
		TAILQ_FOREACH(c, &room->clients, entry)
			if (c->wish == NULL) {
				m->to = c->full;
				told |= say_message(up->gw, m) == 0;
			}
	if (told)
		return;
	m->to = up->user->jid;
	(void)say_message(up->gw, m);
}

/* What the user has said elsewhere is shown as that (XEP-0280). */
static void
say_private_part(struct up *up, const struct room *room, struct say_message *s)
{
	if (up->params->message.carbon)
		say_own_message(up->user, s->from, s);
	else
		say_private(up, room, s);
}

static void
say_private_all(struct up *up, const struct room *room, struct say_message *s)
{
	const struct msg_message *m = &up->params->message;

	if (*s->body != '\0' || s->extra != NULL || m->attachments.n == 0)
		say_private_part(up, room, s);
	for (size_t i = 0; i < files_shown(m->attachments.n); i++) {
		const struct msg_attachment *file = &m->attachments.v[i];
		struct say_message one = {
			.from = s->from, .type = s->type, .body = file->url,
			.time = s->time, .thread = s->thread,
			.attachments = file, .private_muc = true,
			.nattachments = files_is_fetchable(file->url),
		};

		say_private_part(up, room, &one);
	}
}

void
up_room_private(struct up *up)
{
	const struct msg_message *m = &up->params->message;
	struct room *room = room_find_id(up->user, m->from);
	struct arena scratch = { 0 };
	struct say_message s = {
		.type = "chat", .id = m->id,
		.body = files_words(&scratch, m->body, m->attachments.v,
		    m->attachments.n),
		.xhtml = m->xhtml, .thread = m->thread, .lang = m->lang,
		.replaces = m->replaces, .time = m->time, .private_muc = true,
		.extra = raw_extra_up(up->gw, m->extra),
	};
	const char *bare = room ? room->jid :
	    name_to_jid(up->gw, &scratch, m->from);
	const struct occupant *o;
	struct msg_reply reply;

	if (m->reply_to != NULL) {
		reply = *m->reply_to;
		reply.id = ids_origin(up->user, reply.id);
		s.reply_to = &reply;
	}
	if (bare != NULL && m->nick != NULL) {
		o = room ? room_occupant(room, m->nick) : NULL;
		s.from = arena_printf(&scratch, "%s/%s", bare, o ?
		    o->resource : room_resource(&scratch, m->nick));
		say_private_all(up, room, &s);
	}
	arena_free(&scratch);
}

/* -------------------------------------------------------- invited, closed */

void
up_room_invited(struct up *up)
{
	const struct msg_room_invited *m = &up->params->room_invited;
	struct room *room = room_find_id(up->user, m->room);
	struct arena scratch = { 0 };
	const char *bare, *from = NULL;

	bare = room ? room->jid : name_to_jid(up->gw, &scratch, m->room);
	if (m->peer != NULL)
		from = name_to_jid(up->gw, &scratch, m->peer);
	if (bare != NULL)
		say_room_invitation(up->gw, bare, from ? from :
		    up->gw->config->jid, up->user->jid, m->reason,
		    m->password);
	arena_free(&scratch);
}

void
up_room_closed(struct up *up)
{
	const struct msg_room_closed *m = &up->params->room_closed;
	struct room *room = room_of(up, m->room);
	struct room_why why = { .text = m->reason };

	if (room != NULL)
		room_event(room, m->retry ? ROOM_CLOSED_RETRY : ROOM_CLOSED,
		    &why);
}
