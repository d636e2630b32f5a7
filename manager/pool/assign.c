/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which backend gets a user, and who has which?  Whether there are enough of
 * them is asked in avail.c. */
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "manager/pool/inside.h"
#include "util/later.h"
#include "util/xalloc.h"

static bool
has_room(const struct pool *pool, const struct backend *b)
{
	return b->state == BACKEND_READY && !b->alone &&
	    b->nusers < pool_users_max(pool);
}

/* Better for a new user: who comes to one that will be replaced must move. */
static bool
is_better(const struct backend *a, const struct backend *b)
{
	bool a_stays = a->replace[0] == '\0', b_stays = b->replace[0] == '\0';

	if (a_stays != b_stays)
		return a_stays;
	return a->nusers != b->nusers ? a->nusers < b->nusers :
	    a->rss_kb < b->rss_kb;
}

/* One whose queue is full could not even be told of the login; and from one
 * that hangs, users would only be lost again when it is killed for that. */
static struct backend *
best_but(const struct pool *pool, unsigned avoid)
{
	struct backend *b, *best = NULL;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (has_room(pool, b) && !b->channel.full &&
		    !backend_is_silent(b) && b->id != avoid &&
		    (best == NULL || is_better(b, best)))
			best = b;
	}
	return best;
}

static struct backend *
pick(const struct pool *pool, const struct pool_user *user)
{
	struct backend *b = best_but(pool, user->avoid);

	if (b == NULL && user->avoid != 0 && !avail_another_way(pool))
		b = best_but(pool, 0);
	return b;
}

/* When no more of them can be had, users who should be alone share those there
 * are: they are kept away from all the others. */
static struct backend *
pick_alone(const struct pool *pool)
{
	struct backend *b, *best = NULL;
	bool coming = false;
	unsigned n = 0;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (!b->alone || b->state > BACKEND_READY)
			continue;
		n++;
		coming = coming || b->state == BACKEND_STARTING;
		if (b->state == BACKEND_STARTING || b->channel.full ||
		    b->nusers >= pool_users_max(pool))
			continue;
		if (!b->used)
			return b;
		if (best == NULL || b->nusers < best->nusers)
			best = b;
	}
	return n >= ALONE_MAX && !coming ? best : NULL;
}

struct room
assign_room(const struct pool *pool)
{
	const struct backend *b;
	struct room room = { 0 };
	unsigned free;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (has_room(pool, b)) {
			free = pool_users_max(pool) - b->nusers;
			if (backend_is_silent(b)) {
				room.silent += free;
				continue;
			}
			room.now += free;
			room.fresh += b->replace[0] == '\0' ? free : 0;
		} else if (b->state == BACKEND_STARTING && !b->alone) {
			room.soon += pool_users_max(pool);
		}
	}
	return room;
}

static void
tell_later(struct pool *pool, struct pool_user *user)
{
	if (user->untold)
		return;
	user->untold = true;
	TAILQ_INSERT_TAIL(&pool->untold, user, told);
	pool_touch(pool);
}

static void
untell(struct pool *pool, struct pool_user *user)
{
	if (!user->untold)
		return;
	user->untold = false;
	TAILQ_REMOVE(&pool->untold, user, told);
}

/* In no backend and no queue any more, but still in the map. */
static void
unlink_user(struct pool *pool, struct pool_user *user)
{
	struct backend *b = user->backend;

	untell(pool, user);
	if (b == NULL && user->alone) {
		TAILQ_REMOVE(&pool->loners, user, link);
		pool->nloners--;
	} else if (b == NULL) {
		TAILQ_REMOVE(&pool->waiting, user, link);
		pool->nwaiting--;
	} else {
		TAILQ_REMOVE(&b->users, user, link);
		b->nasked -= user->asked > 0;
		if (--b->nusers == 0)
			b->empty_since = clock_now();
		user->backend = NULL;
	}
}

static void
queue(struct pool *pool, struct pool_user *user)
{
	if (user->alone) {
		TAILQ_INSERT_TAIL(&pool->loners, user, link);
		pool->nloners++;
	} else {
		TAILQ_INSERT_TAIL(&pool->waiting, user, link);
		pool->nwaiting++;
	}
	pool_touch(pool);
}

static void
forget(struct pool *pool, struct pool_user *user)
{
	unlink_user(pool, user);
	map_remove(&pool->users, user->name);
	later_free(user);
}

static void
place(struct pool *pool, struct pool_user *user, struct backend *b)
{
	unlink_user(pool, user);
	user->backend = b;
	user->avoid = 0;
	TAILQ_INSERT_TAIL(&b->users, user, link);
	b->nusers++;
	b->used = true;
	tell_later(pool, user);
}

/* Whoever avoids the only backend with room lets others pass. */
static void
place_waiting(struct pool *pool)
{
	struct pool_user *user, *next;
	struct backend *b;

	for (user = TAILQ_FIRST(&pool->waiting); user != NULL; user = next) {
		next = TAILQ_NEXT(user, link);
		if ((b = pick(pool, user)) != NULL)
			place(pool, user, b);
		else if (user->avoid == 0)
			break;
	}
	while ((user = TAILQ_FIRST(&pool->loners)) != NULL &&
	    (b = pick_alone(pool)) != NULL)
		place(pool, user, b);
}

void
assign_waiting(struct pool *pool)
{
	struct pool_user *user;

	place_waiting(pool);
	while ((user = TAILQ_FIRST(&pool->untold)) != NULL) {
		untell(pool, user);
		if (pool->events->assigned != NULL)
			pool->events->assigned(pool->ctx, user->name,
			    user->backend->id);
	}
	place_waiting(pool);	/* those who were assigned meanwhile */
}

/* The name stays for this turn. */
void
assign_evict(struct pool *pool, struct pool_user *user, const char *why)
{
	forget(pool, user);
	pool_touch(pool);
	if (pool->events->lost != NULL)
		pool->events->lost(pool->ctx, user->name, why);
}

void
assign_gone(struct pool *pool, const struct backend *b)
{
	struct pool_user *user;

	TAILQ_FOREACH(user, &pool->waiting, link) {
		if (user->avoid == b->id)
			user->avoid = 0;
	}
}

void
assign_lost(struct backend *b, const char *why)
{
	struct pool *pool = b->pool;
	struct pool_user *user;

	b->users_lost = b->nusers;
	while ((user = TAILQ_FIRST(&b->users)) != NULL)
		assign_evict(pool, user, why);
}

void
assign_forget(struct pool *pool, struct pool_user_list *list)
{
	while (!TAILQ_EMPTY(list))
		forget(pool, TAILQ_FIRST(list));
}

static struct pool_user *
add(struct pool *pool, const char *name)
{
	size_t size = strlen(name) + 1;
	struct pool_user *user = xcalloc(1, sizeof(*user) + size);

	memcpy(user->name, name, size);
	map_put(&pool->users, user->name, user);
	return user;
}

static void
assign(struct pool *pool, const char *name, unsigned avoid, bool alone)
{
	struct pool_user *user;

	if (pool->destroyed)
		return;
	user = map_get(&pool->users, name);
	if (user != NULL && user->backend != NULL) {
		tell_later(pool, user);
		return;
	}
	if (user == NULL) {
		user = add(pool, name);
	} else if (user->alone != alone) {
		unlink_user(pool, user);
	} else {
		user->avoid = avoid;
		pool_touch(pool);
		return;			/* it keeps its place in the queue */
	}
	user->avoid = avoid;
	user->alone = alone;
	queue(pool, user);
}

void
pool_assign(struct pool *pool, const char *user)
{
	assign(pool, user, 0, false);
}

void
pool_assign_avoiding(struct pool *pool, const char *user, unsigned backend)
{
	assign(pool, user, backend, false);
}

void
pool_assign_alone(struct pool *pool, const char *user)
{
	assign(pool, user, 0, true);
}

void
assign_restore(struct pool *pool, const char *name,
    const struct pool_user *like)
{
	struct pool_user *user;

	if (map_get(&pool->users, name) != NULL)
		return;
	user = add(pool, name);
	user->avoid = like->avoid;
	user->alone = like->alone;
	if (like->backend == NULL) {
		queue(pool, user);
		return;
	}
	user->backend = like->backend;
	user->asked = like->asked;
	user->backend->nasked += user->asked > 0;
	user->backend->nusers++;
	TAILQ_INSERT_TAIL(&user->backend->users, user, link);
	if (like->untold)
		tell_later(pool, user);
}

void
pool_release(struct pool *pool, const char *name)
{
	struct pool_user *user = map_get(&pool->users, name);

	if (user == NULL)
		return;
	forget(pool, user);
	pool_touch(pool);
}
