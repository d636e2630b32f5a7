/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A room's rows are read a few at a time, opened, and their messages looked at
 * one by one, from the newest or the oldest, until there are enough.  Nothing
 * but rows' times can be seen without opening them, so finding an id means
 * looking: ids asked for are usually near the newest end. */
#include "manager/store/page.h"

#include <string.h>

#include "manager/store/chunk.h"

/* Where a message is: its row, and its number there. */
struct place {
	int64_t		 row;
	size_t		 at;
};

static const struct place first_place = { INT64_MIN, 0 };
static const struct place last_place = { INT64_MAX, 0 };
/* From the newest end. */
static const struct archive_range everything = {
	.above = INT64_MIN, .below = INT64_MAX,
	.start = INT64_MIN, .end = INT64_MAX, .down = true,
};

struct page {
	struct engine	*engine;
	const struct seal *seal;
	struct arena	*arena;		/* of the answer */
	const struct store_ask *ask;
	const char	*about;
	int64_t		 room;
	size_t		*unreadable;
	struct place	 after, before;	/* excluded */
	struct store_said *said;	/* the answer so far, as found */
	size_t		 n, bytes, count;
	bool		 cut;		/* there was more */
	/* page_find() of ids: */
	struct place	 places[2];	/* of after and before */
	bool		 found[2];
	/* page_change(): */
	const struct archive_row *row;	/* opened, being looked at */
	const struct store_said *change;
	int		 status;
};

/* true: enough. */
typedef bool visitor(struct page *, struct place, const struct store_said *);

const char *
page_about(struct arena *a, const char *jid, const char *room)
{
	return arena_printf(a, "archive/%s/%s", jid, room);
}

static int
compare(struct place a, struct place b)
{
	if (a.row != b.row)
		return a.row < b.row ? -1 : 1;
	return a.at < b.at ? -1 : a.at > b.at;
}

/* ------------------------------------------------------------------ walking */

/* In place; false: sealed with another key, or damaged. */
static bool
open_row(struct page *p, struct archive_row *row)
{
	if (p->seal == NULL)
		return true;
	row->data = seal_unbox(p->seal, p->about, (void *)row->data, row->len,
	    &row->len);
	if (row->data == NULL)
		++*p->unreadable;
	return row->data != NULL;
}

static bool
visit_row(struct page *p, struct arena *scratch, struct archive_row *row,
    bool down, visitor *visit)
{
	struct store_said *v, said;
	size_t n = 0, at = 0;

	if (!open_row(p, row))
		return false;
	p->row = row;
	while (chunk_next(row->data, row->len, &at, &said))
		n++;
	v = arena_alloc(scratch, n * sizeof(*v));
	at = 0;
	for (size_t i = 0; i < n && chunk_next(row->data, row->len, &at,
	    &v[i]); i++)
		;
	for (size_t i = 0; i < n; i++) {
		size_t j = down ? n - 1 - i : i;

		if (visit(p, (struct place){ row->id, j }, &v[j]))
			return true;
	}
	return false;
}

/* All messages of the range, in order, until the visitor has enough. */
static int
walk(struct page *p, struct archive_range range, visitor *visit)
{
	struct archive_row rows[ARCHIVE_ROWS];
	struct arena scratch = { 0 };
	bool enough = false;
	size_t n = ARCHIVE_ROWS;
	int status = 0;

	range.room = p->room;
	while (n == ARCHIVE_ROWS && !enough && status == 0) {
		arena_reset(&scratch);
		status = p->engine->ops->get_archive(p->engine, &scratch,
		    &range, rows, &n);
		for (size_t i = 0; i < n && status == 0 && !enough; i++) {
			enough = visit_row(p, &scratch, &rows[i], range.down,
			    visit);
			*(range.down ? &range.below : &range.above) =
			    rows[i].id;
		}
	}
	arena_free(&scratch);
	return status;
}

/* ------------------------------------------------------------------ finding */

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool
visit_place(struct page *p, struct place place, const struct store_said *said)
{
	const char *const ids[] = { p->ask->after, p->ask->before };
	bool all = true;

	for (size_t i = 0; i < LENGTH(ids); i++) {
		if (!p->found[i] && same(ids[i], said->id)) {
			p->found[i] = true;
			p->places[i] = place;
		}
		all = all && (ids[i] == NULL || p->found[i]);
	}
	return all;
}

/* Turns the ids of the question into places.  *unknown: one is not there. */
static int
find_places(struct page *p, bool *unknown)
{
	const struct store_ask *ask = p->ask;

	p->after = first_place;
	p->before = last_place;
	if (ask->after == NULL && ask->before == NULL)
		return 0;
	if (walk(p, everything, visit_place) < 0)
		return -1;
	*unknown = (ask->after != NULL && !p->found[0]) ||
	    (ask->before != NULL && !p->found[1]);
	if (ask->after != NULL)
		p->after = p->places[0];
	if (ask->before != NULL)
		p->before = p->places[1];
	return 0;
}

static bool
is_listed(const struct store_ask *ask, const char *id)
{
	for (size_t i = 0; i < ask->nids; i++)
		if (strcmp(ask->ids[i], id) == 0)
			return true;
	return false;
}

static bool
fits(const struct page *p, struct place place, const struct store_said *said)
{
	const struct store_ask *ask = p->ask;

	return compare(place, p->after) > 0 && compare(place, p->before) < 0 &&
	    (ask->start == 0 || said->time >= ask->start) &&
	    (ask->end == 0 || said->time <= ask->end) &&
	    (ask->nick == NULL || same(ask->nick, said->nick)) &&
	    (ask->nids == 0 || is_listed(ask, said->id));
}

static void
take(struct page *p, const struct store_said *said)
{
	struct arena *a = p->arena;
	struct store_said *copy = &p->said[p->n++];
	void *data = arena_alloc(a, said->len);

	if (said->len != 0)
		memcpy(data, said->data, said->len);
	*copy = (struct store_said){
		.id = arena_strdup(a, said->id),
		.nick = said->nick ? arena_strdup(a, said->nick) : NULL,
		.time = said->time, .data = data, .len = said->len,
	};
	p->bytes += said->len;
}

static bool
visit(struct page *p, struct place place, const struct store_said *said)
{
	const struct store_ask *ask = p->ask;

	if (!fits(p, place, said))
		return false;
	p->count++;
	if (ask->max == 0)
		return false;
	if (p->n == ask->max || (p->n > 0 && ask->bytes != 0 &&
	    p->bytes + said->len > ask->bytes))
		return p->cut = true;
	take(p, said);
	return false;
}

static void
turn_round(struct store_said *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct store_said tmp = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = tmp;
	}
}

/* Only rows that may hold something: the bounds' own rows, too. */
static struct archive_range
range_of(const struct page *p)
{
	const struct store_ask *ask = p->ask;
	struct archive_range r = {
		.above = p->after.row, .below = p->before.row,
		.start = ask->start ? ask->start : INT64_MIN,
		.end = ask->end ? ask->end : INT64_MAX,
		.down = ask->last,
	};

	if (r.above != INT64_MIN)
		r.above--;
	if (r.below != INT64_MAX)
		r.below++;
	return r;
}

int
page_find(struct engine *e, const struct seal *seal, struct arena *arena,
    const struct store_ask *ask, struct store_found *found,
    size_t *unreadable)
{
	struct page p = {
		.engine = e, .seal = seal, .arena = arena, .ask = ask,
		.about = page_about(arena, ask->jid, ask->room),
		.unreadable = unreadable,
	};

	*found = (struct store_found){ .complete = true };
	if (e->ops->find_archive(e, ask->jid, ask->room, &p.room) < 0)
		return -1;
	if (p.room == 0) {
		found->unknown = ask->after != NULL || ask->before != NULL ||
		    ask->nids > 0;
		return 0;
	}
	if (find_places(&p, &found->unknown) < 0)
		return -1;
	if (found->unknown)
		return 0;
	*unreadable = 0;	/* counted once */
	p.said = arena_alloc(arena, (ask->max + 1) * sizeof(*p.said));
	if (walk(&p, range_of(&p), visit) < 0)
		return -1;
	if (ask->last)
		turn_round(p.said, p.n);
	found->said = p.said;
	found->n = p.n;
	found->count = ask->max == 0 ? p.count : p.n;
	found->complete = !p.cut;
	found->unknown = p.count < ask->nids && !p.cut;
	return 0;
}

/* ----------------------------------------------------------------- changing */

/* The row again, with one message changed, where the row was. */
static void
rewrite(struct page *p, struct place place)
{
	struct store_said said;
	struct buf bytes = { 0 };
	const void *data;
	size_t at = 0, len;

	for (size_t i = 0; chunk_next(p->row->data, p->row->len, &at, &said);
	    i++) {
		if (i == place.at) {
			said.data = p->change->data;
			said.len = p->change->len;
		}
		chunk_add(&bytes, &said);
	}
	data = buf_data(&bytes);
	len = buf_len(&bytes);
	if (p->seal != NULL)
		data = seal_box(p->seal, p->arena, p->about, data, len, &len);
	p->status = p->engine->ops->change_archive(p->engine, place.row, data,
	    len);
	buf_free(&bytes);
}

static bool
visit_changed(struct page *p, struct place place,
    const struct store_said *said)
{
	if (!same(p->change->id, said->id))
		return false;
	rewrite(p, place);
	return true;
}

int
page_change(struct engine *e, const struct seal *seal, const char *jid,
    const char *room, const struct store_said *change)
{
	struct arena arena = { 0 };
	size_t unreadable = 0;
	struct page p = {
		.engine = e, .seal = seal, .arena = &arena, .change = change,
		.about = page_about(&arena, jid, room),
		.unreadable = &unreadable,
	};
	int status = e->ops->find_archive(e, jid, room, &p.room);

	if (status == 0 && p.room != 0)
		status = walk(&p, everything, visit_changed);
	arena_free(&arena);
	return status < 0 ? -1 : p.status;
}
