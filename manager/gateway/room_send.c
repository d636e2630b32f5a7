/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a message that a client has sent to a room.
 *
 *	waiting -> sent -> answered -> shown
 *
 * In a room the sender's own client sees its message only when it comes back,
 * so the order of all messages is that of the network. */
#include "manager/gateway/room_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/files.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/quote.h"
#include "manager/gateway/repeats.h"
#include "manager/gateway/room_seen.h"
#include "manager/gateway/say_room.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "protocol/features.h"
#include "util/log.h"
#include "util/xalloc.h"

#define MAYBE "It is not known whether the message has arrived."

struct room_send {
	TAILQ_ENTRY(room_send) entry;
	struct room	*room;		/* NULL: the room is gone */
	struct room_words words;	/* texts below; body, id never NULL */
	double		 due;		/* not sent, or accepted: when to
					 * stop waiting */
	int64_t		 number;	/* unique, also over an upgrade */
	uint64_t	 mark;		/* of repeats.h */
	bool		 sent;
	bool		 accepted;	/* by the network; an echo is to come */
	bool		 echoed;	/* shown before the answer came */
	char		 texts[];
};

/* ------------------------------------------------------------------ showing */

/* Nobody else makes such ids, in this life or the next. */
static void
new_id(struct gateway *gw, char out[ROOM_ID_SIZE])
{
	snprintf(out, ROOM_ID_SIZE, "%s-r%lx", gw->iq_token, ++gw->iq_serial);
}

static void
take(struct room *room, const struct past *said, bool shown)
{
	struct gateway *gw = room->user->gw;
	int64_t now = (int64_t)(ev_now(gw->loop) * 1000);
	struct past p = *said;
	char id[ROOM_ID_SIZE];

	if (p.time == 0)
		p.time = now;
	room_seen_add(&room->seen, &p);
	if (p.stanza_id == NULL || p.id == NULL) {
		new_id(gw, id);
		if (p.stanza_id == NULL)
			p.stanza_id = id;
		if (p.id == NULL)
			p.id = p.stanza_id;
	}
	if (p.time > now)
		p.time = now;	/* or it would never be too old */
	if (TAILQ_EMPTY(&room->clients))
		room->missed++;
	else if (shown)
		say_room_message(room, &p, NULL);
	p.old = true;
	room_history_add(&room->history, &p, gw->config->history_max);
	archive_add(room, &p);
}

void
room_said(struct room *room, const struct past *said)
{
	take(room, said, true);
}

void
room_was_said(struct room *room, const struct past *said)
{
	take(room, said, false);
}

void
room_did(struct room *room, struct past *p, char id[ROOM_ID_SIZE])
{
	struct gateway *gw = room->user->gw;

	new_id(gw, id);
	p->id = p->stanza_id = id;
	p->time = (int64_t)(ev_now(gw->loop) * 1000);
	say_room_message(room, p, NULL);
	p->old = true;
	archive_add(room, p);
}

static void
reflect(struct room_send *s, const char *stanza_id, int64_t when)
{
	const struct room_words *w = &s->words;
	const struct occupant *self = room_self(s->room);
	struct msg_attachment files[FILES_MAX] = { { 0 } };
	struct arena a = { 0 };
	struct past p = {
		.resource = room_own_resource(s->room),
		.body = w->body, .xhtml = w->xhtml, .id = w->id,
		.stanza_id = stanza_id, .origin_id = w->origin_id,
		.replaces = w->replaces,
		.thread = w->thread, .lang = w->lang, .reply_id = w->reply_id,
		.reply_author = w->reply_author, .reply_text = w->reply_text,
		.occupant = self ? self->id : 0, .time = when,
		.extra = w->extra,
	};

	(void)files_list(&a, w->files, files);
	p.file = files[0].url;
	p.file_name = files[0].name;
	room_said(s->room, &p);
	arena_free(&a);
}

/* ------------------------------------------------------------ the messages */

static const char *
copy(char **at, const char *s)
{
	size_t len;

	if (s == NULL)
		return NULL;
	len = strlen(s) + 1;
	s = memcpy(*at, s, len);
	*at += len;
	return s;
}

/* The texts of a message, each to be copied. */
static const size_t texts[] = {
#define X(text)	offsetof(struct room_words, text),
	ROOM_WORDS_TEXTS(X)
#undef X
};

static const char **
text(struct room_words *w, size_t i)
{
	return (const char **)(void *)((char *)w + texts[i]);
}

/* All texts live behind the struct: one message, one piece of memory. */
static struct room_send *
send_new(struct room *room, const struct room_words *words)
{
	struct room_words w = *words;
	struct room_send *s;
	size_t size = 0;
	char *at, id[ROOM_ID_SIZE];

	if (w.id == NULL || w.id[0] == '\0') {
		new_id(room->user->gw, id);
		w.id = id;
	}
	for (size_t i = 0; i < LENGTH(texts); i++)
		if (*text(&w, i) != NULL)
			size += strlen(*text(&w, i)) + 1;
	s = xmalloc(sizeof(*s) + size);
	*s = (struct room_send){ .room = room, .words = w,
	    .number = ++room->user->gw->last_message };
	at = s->texts;
	for (size_t i = 0; i < LENGTH(texts); i++)
		*text(&s->words, i) = copy(&at, *text(&w, i));
	TAILQ_INSERT_TAIL(&room->sends, s, entry);
	return s;
}

static void
count_unsent(struct room *room, int change)
{
	room->nunsent += (unsigned)change;
	room->user->unsent += (unsigned)change;
}

static void
send_free(struct room_send *s)
{
	if (s->room != NULL) {
		TAILQ_REMOVE(&s->room->sends, s, entry);
		if (!s->sent)
			count_unsent(s->room, -1);
	}
	free(s);
}

static void
refuse(const struct room_send *s, enum stanza_error error, const char *why)
{
	repeats_failed(s->room->user, s->mark,
	    error == E_REMOTE_SERVER_TIMEOUT ? ERR_UNCERTAIN : ERR_NETWORK);
	say_error_to(s->room->user->gw, "message", s->words.to, s->words.from,
	    s->words.id, error, why);
}

/* --------------------------------------------------------- sent, answered */

static void
done(struct room_send *s, const struct msg_send_result *result)
{
	struct say_message receipt = {
		.from = s->words.to, .to = s->words.from, .type = "chat",
		.received = s->words.id,
	};

	if (s->words.nick == NULL) {
		if (!s->echoed && s->room->state != ROOM_LEAVING)
			reflect(s, result && result->ids.n > 0 ?
			    result->ids.v[0] : NULL,
			    result ? result->time : 0);
	} else if (result != NULL) {
		ids_note(s->room->user, s->words.id, &result->ids);
	}
	if (s->words.nick != NULL && s->words.receipt && result != NULL &&
	    result->delivered)
		(void)say_message(s->room->user->gw, &receipt);
	send_free(s);
}

/* As for one-to-one messages (outgoing.c): no harm in sending it again. */
static bool
goes_again(const struct room_send *s, const char *code)
{
	struct user *user = s->room->user;

	if (s->room->state == ROOM_LEAVING || !session_expected(user))
		return false;
	return strcmp(code, ERR_UNSENT) == 0 || (strcmp(code, ERR_LOST) == 0 &&
	    gateway_can(user->gw, FEATURE_REPEATS));
}

void
room_send_answered(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct room_send *s = ctx;
	struct room *room = s->room;
	struct user *user;

	if (room == NULL) {
		free(s);
		return;
	}
	user = room->user;
	if (error != NULL && strcmp(error->code, ERR_LOST) == 0)
		room->user->suspect = true;
	if (error != NULL && goes_again(s, error->code)) {
		s->sent = false;
		s->due = ev_now(room->user->gw->loop) + ROOM_WAIT_TIMEOUT;
		count_unsent(room, 1);
		room_arm(room);
	} else if (error != NULL) {
		refuse(s, say_error_of(error->code),
		    strcmp(error->code, ERR_LOST) == 0 ? MAYBE : error->text);
		send_free(s);
	} else if (result != NULL && result->send.echo && !s->echoed &&
	    s->words.nick == NULL && room->state != ROOM_LEAVING) {
		s->accepted = true;
		s->due = ev_now(room->user->gw->loop) + ROOM_ECHO_TIMEOUT;
		room_arm(room);
	} else {
		done(s, result ? &result->send : NULL);
	}
	session_answered(user);
	room_sends_flush(room);
}

static void
send_now(struct room_send *s)
{
	const struct room_words *w = &s->words;
	struct user *user = s->room->user;
	struct msg_reply reply = {
		.id = w->reply_id, .author = w->reply_author,
	};
	struct msg_attachment files[FILES_MAX];
	struct buf quote = { 0 };
	struct arena a = { 0 };
	struct msg_send m = {
		.user = user->jid,
		.to = w->nick ? w->nick : s->room->id,
		.kind = w->nick ? "private" : "groupchat",
		.room = w->nick ? s->room->id : NULL,
		.body = w->body, .xhtml = w->xhtml, .id = w->id,
		.reply_to = w->reply_id ? &reply : NULL,
		.replaces = w->replaces, .thread = w->thread, .lang = w->lang,
		.extra = w->extra,
	};

	if (w->reply_text != NULL) {
		quote_add(&quote, w->reply_text);
		if (!gateway_can(user->gw, FEATURE_REPLIES))
			buf_adds(&quote, w->body);
		buf_addc(&quote, '\0');
		if (gateway_can(user->gw, FEATURE_REPLIES))
			reply.text = buf_data(&quote);
		else
			m.body = buf_data(&quote);
	}
	files_add(&a, &m, w->files, files,
	    gateway_can(user->gw, FEATURE_ATTACHMENTS));
	s->sent = true;
	user->inflight++;
	user->gw->messages_down++;
	/* It may be answered, and gone, before this returns. */
	session_request(user, METHOD_send, &m, room_send_answered, s);
	buf_free(&quote);
	arena_free(&a);
}

static bool
may_send(const struct room *room)
{
	return room->state == ROOM_JOINED && session_ready(room->user);
}

/* The client did not see that its message was taken: it is shown what became
 * of it, if that is known. */
static void
show_again(struct room *room, const struct room_words *w)
{
	struct room_client *c = room_client(room, w->from);
	const struct past *p;

	log_debug("%s: a message to %s came again", room->user->jid,
	    room->jid);
	for (size_t i = 0; c != NULL &&
	    (p = room_history_at(room->history, i)) != NULL; i++) {
		if (p->id != NULL && strcmp(p->id, w->id) == 0)
			say_room_message(room, p, c);
	}
}

void
room_send(struct room *room, const struct room_words *words)
{
	struct gateway *gw = room->user->gw;
	struct room_send *s;
	enum repeat repeat;
	uint64_t mark;

	repeat = repeats_note(room->user, words->to, words->id, words->body,
	    &mark);
	if (repeat == REPEAT_UNCERTAIN)
		say_error_to(gw, "message", words->to, words->from, words->id,
		    E_REMOTE_SERVER_TIMEOUT, REPEAT_UNCERTAIN_TEXT);
	else if (repeat == REPEAT_TAKEN)
		show_again(room, words);
	if (repeat != REPEAT_NONE)
		return;
	room->user->active = ev_now(gw->loop);
	s = send_new(room, words);
	s->mark = mark;
	count_unsent(room, 1);
	if (may_send(room) && room->nunsent == 1) {
		if (room_busy(room)) {
			refuse(s, E_RESOURCE_CONSTRAINT,
			    "Too many messages are under way.");
			send_free(s);
			return;
		}
		count_unsent(room, -1);
		send_now(s);
	} else if (room->user->unsent > gw->config->outbox_max) {
		refuse(s, E_RESOURCE_CONSTRAINT,
		    "Too many messages wait for the room.");
		send_free(s);
	} else {
		s->due = ev_now(gw->loop) + ROOM_WAIT_TIMEOUT;
		room_arm(room);
	}
}

void
room_sends_flush(struct room *room)
{
	struct room_send *s;

	/* What is sent here may be answered here, which calls this again: so
	 * one loop, and no walking. */
	if (room->flushing)
		return;
	room->flushing = true;
	while (room->nunsent > 0 && may_send(room) && !room_busy(room)) {
		TAILQ_FOREACH(s, &room->sends, entry)
			if (!s->sent)
				break;
		if (s == NULL)
			break;
		count_unsent(room, -1);
		send_now(s);
	}
	room->flushing = false;
}

/* ------------------------------------------------------------- other ends */

void
room_sends_lost(struct room *room)
{
	struct room_send *s, *next;

	for (s = TAILQ_FIRST(&room->sends); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (!s->accepted)
			continue;
		refuse(s, E_REMOTE_SERVER_TIMEOUT, MAYBE);
		send_free(s);
	}
}

void
room_sends_fail_waiting(struct room *room, enum stanza_error error,
    const char *why)
{
	struct room_send *s, *next;

	for (s = TAILQ_FIRST(&room->sends); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->sent)
			continue;
		refuse(s, error, why);
		send_free(s);
	}
}

void
room_sends_fail(struct room *room, enum stanza_error error, const char *why)
{
	struct room_send *s;

	room_sends_fail_waiting(room, error, why);
	room_sends_lost(room);
	TAILQ_FOREACH(s, &room->sends, entry)
		refuse(s, E_REMOTE_SERVER_TIMEOUT, MAYBE);
	room_sends_orphan(room);
}

void
room_sends_orphan(struct room *room)
{
	struct room_send *s;

	while ((s = TAILQ_FIRST(&room->sends)) != NULL) {
		if (!s->sent || s->accepted) {
			send_free(s);
			continue;
		}
		TAILQ_REMOVE(&room->sends, s, entry);
		s->room = NULL;
		session_answered(room->user);
	}
}

/* When the network said yes and then nothing, the sender is better served by
 * seeing the message than by a doubt. */
bool
room_sends_due(struct room *room, double now)
{
	struct room_send *s, *next;
	bool more = false;

	for (s = TAILQ_FIRST(&room->sends); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->sent && !s->accepted)
			continue;
		if (s->due > now) {
			more = true;
		} else if (s->accepted) {
			done(s, NULL);
		} else {
			refuse(s, E_REMOTE_SERVER_TIMEOUT,
			    "The room was not to be reached; this message "
			    "was not sent.");
			send_free(s);
		}
	}
	return more;
}

bool
room_send_echoed(struct room *room, const char *origin, const struct past *p)
{
	struct room_send *s;

	TAILQ_FOREACH(s, &room->sends, entry)
		if (s->sent && !s->echoed && s->words.nick == NULL &&
		    strcmp(s->words.id, origin) == 0)
			break;
	if (s == NULL)
		return false;
	reflect(s, p->stanza_id, p->time);
	if (s->accepted)
		send_free(s);
	else
		s->echoed = true;	/* the answer is still to come */
	return true;
}

/* ---------------------------------------------------------- over an upgrade */

static const char *const text_names[] = {
#define X(text)	#text,
	ROOM_WORDS_TEXTS(X)
#undef X
};

void
room_sends_pack(const struct room *room, struct packer *p)
{
	struct room_send *s;

	TAILQ_FOREACH(s, &room->sends, entry) {
		pack_map(p, NULL);
		for (size_t i = 0; i < LENGTH(texts); i++)
			pack_str(p, text_names[i], *text(&s->words, i));
		pack_int(p, "mark", (int64_t)s->mark);
		pack_bool(p, "receipt", s->words.receipt);
		pack_num(p, "due", s->due);
		pack_int(p, "number", s->number);
		pack_bool(p, "sent", s->sent);
		pack_bool(p, "accepted", s->accepted);
		pack_bool(p, "echoed", s->echoed);
		pack_end(p);
	}
}

void
room_send_unpack(struct room *room, const struct packed *facts)
{
	struct room_words w = {
		.receipt = packed_bool(facts, "receipt", false),
	};
	struct room_send *s;

	for (size_t i = 0; i < LENGTH(texts); i++)
		*text(&w, i) = packed_str(facts, text_names[i]);
	if (w.from == NULL || w.to == NULL || w.body == NULL)
		return;
	s = send_new(room, &w);
	s->mark = (uint64_t)packed_int(facts, "mark", REPEATS_UNKNOWN);
	s->due = packed_num(facts, "due", 0);
	s->number = packed_int(facts, "number", s->number);
	s->sent = packed_bool(facts, "sent", false);
	s->accepted = packed_bool(facts, "accepted", false);
	s->echoed = packed_bool(facts, "echoed", false);
	if (!s->sent)
		count_unsent(room, 1);
}

bool
room_send_pack_request(const void *ctx, struct packer *p)
{
	const struct room_send *s = ctx;

	if (s->room == NULL)
		return false;
	pack_str(p, "user", s->room->user->jid);
	pack_str(p, "room", s->room->jid);
	pack_int(p, "number", s->number);
	return true;
}

void *
room_send_of_request(struct user *user, const struct packed *facts)
{
	const char *jid = packed_str(facts, "room");
	struct room *room = jid ? room_find(user, jid) : NULL;
	int64_t number = packed_int(facts, "number", 0);
	struct room_send *s;

	if (room == NULL)
		return NULL;
	TAILQ_FOREACH(s, &room->sends, entry) {
		if (s->number == number)
			return s;
	}
	return NULL;
}
