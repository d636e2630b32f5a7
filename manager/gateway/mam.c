/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about archives, and their answers.  Whoever asks sees only what
 * was said to himself, whether he is in the room or not.  An answer is bounded
 * in messages and in bytes; who wants more asks for the next page. */
#include "manager/gateway/mam.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/asked.h"
#include "manager/gateway/form.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_fill.h"
#include "manager/gateway/say_room.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PAGE_BYTES	(256 * 1024)
#define OPEN_MAX	4		/* questions of one user */
#define FILL_WAIT	5.		/* seconds for the network */

/* One that the store has not answered yet. */
struct mam_query {
	LIST_ENTRY(mam_query) entry;
	struct gateway	*gw;
	struct asked	*asked;		/* NULL: it has been answered */
	struct arena	 arena;		/* of the texts */
	const char	*user, *room;	/* bare JIDs */
	const char	*id;		/* of the room on the network */
	struct mam_ask	 ask;
	double		 due;		/* 0, or it waits for room_fill() till
					 * ev_now() is that */
	struct store_said first;	/* metadata: the oldest message */
};

static void
query_free(struct mam_query *q)
{
	LIST_REMOVE(q, entry);
	arena_free(&q->arena);
	free(q);
}

static void
refuse(struct mam_query *q, enum stanza_error error, const char *text)
{
	if (q->asked != NULL)
		asked_refuse(q->asked, error, text);
	q->asked = NULL;
}

void
mam_settle(struct gateway *gw)
{
	struct mam_query *q;

	LIST_FOREACH(q, &gw->mam_queries, entry)
		refuse(q, E_RESOURCE_CONSTRAINT, "Ask again in a moment.");
}

/* The store does not answer any more. */
void
mam_destroy(struct gateway *gw)
{
	struct mam_query *q;

	mam_settle(gw);
	while ((q = LIST_FIRST(&gw->mam_queries)) != NULL)
		query_free(q);
}

/* ------------------------------------------------------------------ answers */

static void
say_result_message(const struct mam_query *q, const struct store_said *said)
{
	struct gateway *gw = q->gw;
	struct said_past s;
	struct archived a;
	char stamp[STAMP_SIZE];
	struct xml *x;

	archived_open(said, &a);
	if (a.past.body == NULL) {
		archived_close(&a);
		return;
	}
	a.past.old = false;	/* as it was sent: the delay is outside */
	say_room_past(&s, q->room, &a.past);
	say_stamp(stamp, said->time);
	x = link_begin(gw->link);
	xml_open(x, "message");
	xml_attr(x, "from", q->room);
	xml_attr(x, "to", q->asked->from);
	xml_open_ns(x, "result", NS_MAM);
	xml_attr(x, "queryid", q->ask.query_id);
	xml_attr(x, "id", said->id);
	xml_open_ns(x, "forwarded", NS_FORWARD);
	xml_open_ns(x, "delay", NS_DELAY);
	xml_attr(x, "stamp", stamp);
	xml_close(x);
	say_message_inside(x, &s.message);
	say_end(gw, x, q->asked->from, 0);
	archived_close(&a);
}

static void
say_page(const struct mam_query *q, const struct store_found *found)
{
	for (size_t i = 0; i < found->n; i++)
		say_result_message(q, &found->said[q->ask.flip ?
		    found->n - 1 - i : i]);
}

static void
say_fin(struct mam_query *q, const struct store_found *found)
{
	struct xml *x = asked_begin(q->asked);

	xml_open_ns(x, "fin", NS_MAM);
	if (found->complete)
		xml_attr(x, "complete", "true");
	xml_open_ns(x, "set", NS_RSM);
	if (found->n > 0) {
		xml_element(x, "first", NULL, found->said[0].id);
		xml_element(x, "last", NULL, found->said[found->n - 1].id);
	}
	if (q->ask.ask.max == 0) {
		xml_open(x, "count");
		xml_textf(x, "%zu", found->count);
		xml_close(x);
	}
	asked_end(q->asked, x);
	q->asked = NULL;
}

static void
found(void *ctx, const struct store_found *found, const char *error)
{
	struct mam_query *q = ctx;

	if (error != NULL) {
		log_error("%s: %s: the archive of %s cannot be read: %s",
		    q->gw->config->jid, q->user, q->room, error);
		refuse(q, E_INTERNAL_SERVER_ERROR, NULL);
	} else if (found->unknown) {
		refuse(q, E_ITEM_NOT_FOUND, NULL);
	} else if (q->asked != NULL) {
		say_page(q, found);
		say_fin(q, found);
	}
	query_free(q);
}

/* ---------------------------------------------------------------- questions */

static bool
asks_too_much(const struct down *d)
{
	const struct mam_query *q;
	unsigned n = 0;

	LIST_FOREACH(q, &d->gw->mam_queries, entry)
		n += strcmp(q->user, d->from->bare) == 0;
	return n >= OPEN_MAX;
}

/* NULL: it has been answered. */
static struct mam_query *
query_new(const struct down *d)
{
	struct mam_query *q;

	if (!archive_is_kept(d->gw)) {
		say_error(d, E_SERVICE_UNAVAILABLE, NULL);
		return NULL;
	}
	if (asks_too_much(d)) {
		say_error(d, E_RESOURCE_CONSTRAINT,
		    "Wait for the answers to what you have asked.");
		return NULL;
	}
	q = xcalloc(1, sizeof(*q));
	q->gw = d->gw;
	q->asked = asked_by(d);
	q->user = arena_strdup(&q->arena, d->from->bare);
	q->room = arena_strdup(&q->arena, d->to->bare);
	q->id = arena_strdup(&q->arena, d->room ? room_id(d->room) : d->name);
	LIST_INSERT_HEAD(&d->gw->mam_queries, q, entry);
	return q;
}

static void
ask_store(struct mam_query *q)
{
	q->due = 0;
	store_archive_ask(q->gw->store, &q->ask.ask, found, q);
}

/* The stanza is gone when it is asked. */
static void
keep_texts(struct mam_query *q)
{
	struct store_ask *ask = &q->ask.ask;
	const char **texts[] = { &ask->after, &ask->before, &ask->nick };
	const char **ids = arena_alloc(&q->arena, ask->nids * sizeof(*ids));

	for (size_t i = 0; i < LENGTH(texts); i++)
		if (*texts[i] != NULL)
			*texts[i] = arena_strdup(&q->arena, *texts[i]);
	for (size_t i = 0; i < ask->nids; i++)
		ids[i] = arena_strdup(&q->arena, ask->ids[i]);
	if (ask->nids > 0)
		ask->ids = ids;
}

void
mam_filled(const struct room *room)
{
	struct mam_query *q;

	LIST_FOREACH(q, &room->user->gw->mam_queries, entry)
		if (q->due != 0 && strcmp(q->user, room->user->jid) == 0 &&
		    strcmp(q->room, room->jid) == 0)
			ask_store(q);
}

/* Whoever is refused, or leaves, does not fill anything. */
void
mam_tick(struct gateway *gw, double now)
{
	const struct user *user;
	const struct room *room;
	struct mam_query *q;

	LIST_FOREACH(q, &gw->mam_queries, entry) {
		if (q->due == 0)
			continue;
		user = user_find(gw, q->user);
		room = user ? room_find(user, q->room) : NULL;
		if (q->due <= now || room == NULL || !room_is_filling(room))
			ask_store(q);
	}
}

void
down_mam_query(struct down *d)
{
	static const struct store_found nothing = { .complete = true };
	enum stanza_error error;
	struct mam_query *q;
	struct mam_ask ask;
	const char *why;

	if (mam_parse(d->arena, d->payload, d->to->bare, &ask, &error,
	    &why) < 0) {
		say_error(d, error, why);
		return;
	}
	if ((q = query_new(d)) == NULL)
		return;
	q->ask = ask;
	if (ask.query_id != NULL)
		q->ask.query_id = arena_strdup(&q->arena, ask.query_id);
	q->ask.ask.jid = q->user;
	q->ask.ask.room = q->id;
	q->ask.ask.bytes = PAGE_BYTES;
	if (ask.nothing) {
		found(q, &nothing, NULL);
	} else if (d->room != NULL && room_is_filling(d->room)) {
		keep_texts(q);
		q->due = ev_now(d->gw->loop) + FILL_WAIT;
	} else {
		ask_store(q);
	}
}

/* XEP-0313 4.1.5 */
void
down_mam_form(struct down *d)
{
	static const struct {
		const char *var, *type;
	} all[] = {
		{ "with", "jid-single" }, { "start", "text-single" },
		{ "end", "text-single" }, { "before-id", "text-single" },
		{ "after-id", "text-single" }, { "ids", "list-multi" },
	};
	struct xml *x = say_result_begin(d);

	xml_open_ns(x, "query", NS_MAM);
	form_begin(x, "form", NULL, NULL, NS_MAM);
	for (size_t i = 0; i < LENGTH(all); i++)
		form_field(x, all[i].var, all[i].type, NULL, NULL, false);
	form_end(x);
	say_end(d->gw, x, d->from->full, 0);
}

/* ----------------------------------------------------------------- metadata */

static void
say_end_of_archive(struct xml *x, const char *name,
    const struct store_said *said)
{
	char stamp[STAMP_SIZE];

	say_stamp(stamp, said->time);
	xml_open(x, name);
	xml_attr(x, "id", said->id);
	xml_attr(x, "timestamp", stamp);
	xml_close(x);
}

static void
found_last(void *ctx, const struct store_found *found, const char *error)
{
	struct mam_query *q = ctx;
	struct xml *x;

	if (error != NULL) {
		refuse(q, E_INTERNAL_SERVER_ERROR, NULL);
	} else if (q->asked != NULL) {
		x = asked_begin(q->asked);
		xml_open_ns(x, "metadata", NS_MAM);
		if (found->n > 0 && q->first.id != NULL) {
			say_end_of_archive(x, "start", &q->first);
			say_end_of_archive(x, "end", &found->said[0]);
		}
		asked_end(q->asked, x);
		q->asked = NULL;
	}
	query_free(q);
}

static void
ask_for_end(struct mam_query *q, bool last, store_found_cb *cb)
{
	const struct store_ask ask = {
		.jid = q->user, .room = q->id, .max = 1, .last = last,
	};

	store_archive_ask(q->gw->store, &ask, cb, q);
}

static void
found_first(void *ctx, const struct store_found *found, const char *error)
{
	struct mam_query *q = ctx;

	if (error != NULL || q->asked == NULL) {
		found_last(ctx, found, error);
		return;
	}
	if (found->n > 0) {
		q->first.id = arena_strdup(&q->arena, found->said[0].id);
		q->first.time = found->said[0].time;
	}
	ask_for_end(q, true, found_last);
}

void
down_mam_metadata(struct down *d)
{
	struct mam_query *q = query_new(d);

	if (q != NULL)
		ask_for_end(q, false, found_first);
}
