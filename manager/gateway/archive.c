/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of rooms into the store, and back into a room that is made anew. */
#include "manager/gateway/archive.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/room_seen.h"
#include "manager/gateway/room_welcome.h"
#include "util/log.h"
#include "util/xalloc.h"

#define LOAD_BYTES	(256 * 1024)
#define PRUNE_EVERY	5.		/* seconds */
#define RETRACTS_MAX	100		/* in a room, and */
#define RETRACTS_PERIOD	60.		/* so many seconds */

bool
archive_is_kept(const struct gateway *gw)
{
	return gw->config->archive_max > 0 && gw->store != NULL;
}

/* What the store has not got a place for; id: what it calls it. */
static void
pack_rest(struct packer *p, const struct past *past, const char *id)
{
	struct past rest = *past;

	/* They stand before it, or can be told from that. */
	if (past->id != NULL && strcmp(past->id, id) == 0)
		rest.id = NULL;
	rest.stanza_id = rest.resource = NULL;
	rest.time = 0;
	pack_map(p, NULL);
	past_pack(&rest, p);
	pack_end(p);
}

void
archive_add(struct room *room, const struct past *past)
{
	struct gateway *gw = room->user->gw;
	struct packer p = { 0 };
	struct store_said said = {
		.id = past->stanza_id, .nick = past->resource,
		.time = past->time,
	};

	if (!room->recorded || past->stanza_id == NULL)
		return;
	pack_rest(&p, past, past->stanza_id);
	said.data = buf_data(&p.out);
	said.len = buf_len(&p.out);
	store_archive_add(gw->store, &room->tail, room->user->jid, room->id,
	    &said);
	pack_free(&p);
}

/* Each may mean a walk through the whole archive of the room, so that nobody
 * may have endlessly many of them. */
static bool
retracts_too_much(struct room *room)
{
	double now = ev_now(room->user->gw->loop);

	if (now - room->retracts_since >= RETRACTS_PERIOD) {
		room->retracts_since = now;
		room->retracts = 0;
	}
	if (++room->retracts == RETRACTS_MAX + 1)
		log_warn("%s: %s: too much is taken back in %s; the archive "
		    "keeps the rest of it", room->user->gw->config->jid,
		    room->user->jid, room->id);
	return room->retracts > RETRACTS_MAX;
}

/* Also when nothing is recorded now: it may have been. */
void
archive_retract(struct room *room, const struct past *retraction,
    const struct past *left)
{
	static const struct past unknown;
	struct gateway *gw = room->user->gw;
	const char *id = retraction->retracts;
	struct packer p = { 0 };
	struct past rest;

	if (!archive_is_kept(gw) || retracts_too_much(room))
		return;
	rest = past_taken_back(left ? left : &unknown, retraction);
	pack_rest(&p, &rest, id);
	store_archive_change(gw->store, room->user->jid, room->id, id,
	    buf_data(&p.out), buf_len(&p.out));
	pack_free(&p);
}

void
archived_open(const struct store_said *said, struct archived *a)
{
	a->unpacker = unpack_open(said->data, said->len);
	a->past = (struct past){ 0 };
	if (a->unpacker == NULL)
		return;
	a->past = past_unpack(unpack_root(a->unpacker));
	a->past.stanza_id = said->id;
	if (a->past.id == NULL)
		a->past.id = said->id;
	a->past.resource = said->nick;
	a->past.time = said->time;
}

void
archived_close(struct archived *a)
{
	unpack_close(a->unpacker);
}

/* ------------------------------------------------------------------ loading */

/* Whose room was to be filled: by name, as it may be gone by then. */
struct load {
	struct gateway	*gw;
	const char	*user, *room;
	struct arena	 arena;
};

/* What was said while we waited for the store comes last, once. */
static void
put_before(struct room *room, const struct store_found *found)
{
	unsigned max = room->user->gw->config->history_max;
	struct room_history *now = room->history;
	struct archived a;
	const struct past *p;

	room->history = NULL;
	for (size_t i = 0; i < found->n; i++) {
		archived_open(&found->said[i], &a);
		if (a.past.body != NULL && !past_is_gesture(&a.past)) {
			room_history_add(&room->history, &a.past, max);
			room_seen_add_both(&room->seen, &a.past);
		}
		archived_close(&a);
	}
	for (size_t i = 0; (p = room_history_at(now, i)) != NULL; i++)
		if (!room_history_has(room->history, p->stanza_id))
			room_history_add(&room->history, p, max);
	room_history_destroy(now);
}

static void
loaded(void *ctx, const struct store_found *found, const char *error)
{
	struct load *load = ctx;
	struct user *user = user_find(load->gw, load->user);
	struct room *room = user ? room_find(user, load->room) : NULL;

	if (error != NULL)
		log_error("%s: %s: the archive of %s cannot be read: %s",
		    load->gw->config->jid, load->user, load->room, error);
	if (room != NULL && room->loading) {
		room->loading = false;
		put_before(room, found);
		/* Less than was asked for: there is no more. */
		room->whole = error == NULL && found->complete &&
		    found->n <= load->gw->config->history_max;
		if (room->state == ROOM_JOINED)
			room_welcome_all(room);
	}
	arena_free(&load->arena);
	free(load);
}

void
archive_load(struct room *room)
{
	struct gateway *gw = room->user->gw;
	const struct store_ask ask = {
		.jid = room->user->jid, .room = room->id, .last = true,
		.max = ROOM_SEEN_MAX, .bytes = LOAD_BYTES,
	};
	struct load *load;

	room->whole = true;
	if (!room->recorded)
		return;
	load = xcalloc(1, sizeof(*load));
	load->gw = gw;
	load->user = arena_strdup(&load->arena, room->user->jid);
	load->room = arena_strdup(&load->arena, room->jid);
	room->loading = true;
	room->whole = false;
	store_archive_ask(gw->store, &ask, loaded, load);
}

/* ------------------------------------------------------------------ pruning */

void
archive_tick(struct gateway *gw)
{
	double now = ev_now(gw->loop);
	struct store_limits limits = {
		.messages = gw->config->archive_max,
		.oldest = (int64_t)((now - gw->config->archive_age) * 1000),
	};

	if (!archive_is_kept(gw) || now < gw->next_prune)
		return;
	gw->next_prune = now + PRUNE_EVERY;
	if (gw->config->archive_age <= 0)
		limits.oldest = INT64_MIN;
	store_archive_prune(gw->store, &limits);
}
