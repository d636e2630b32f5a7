/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which backend gets a user, and who has which?  Whether there are enough of
 * them is asked in avail.c. */
#include <stdlib.h>
#include <string.h>

#include "manager/pool/clock.h"
#include "manager/pool/inside.h"
#include "util/later.h"
#include "util/xalloc.h"

static bool
has_room(const struct pool *pool, const struct backend *b)
{
	return b->state == BACKEND_READY && b->nusers < pool->config.users_max;
}

static bool
is_lighter(const struct backend *a, const struct backend *b)
{
	return a->nusers != b->nusers ? a->nusers < b->nusers :
	    a->rss_kb < b->rss_kb;
}

/* The least loaded with room.  One whose queue is full could not even be told
 * of the login. */
static struct backend *
pick(const struct pool *pool)
{
	struct backend *b, *best = NULL;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (has_room(pool, b) && !b->channel.full &&
		    (best == NULL || is_lighter(b, best)))
			best = b;
	}
	return best;
}

unsigned
assign_room(const struct pool *pool, bool starting)
{
	const struct backend *b;
	unsigned room = 0;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (has_room(pool, b))
			room += pool->config.users_max - b->nusers;
		else if (starting && b->state == BACKEND_STARTING)
			room += pool->config.users_max;
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
	if (b == NULL) {
		TAILQ_REMOVE(&pool->waiting, user, link);
		pool->nwaiting--;
		return;
	}
	TAILQ_REMOVE(&b->users, user, link);
	if (--b->nusers == 0)
		b->empty_since = clock_now();
	user->backend = NULL;
}

static void
forget(struct pool *pool, struct pool_user *user)
{
	unlink_user(pool, user);
	map_remove(&pool->users, user->name);
	later_free(user);
}

static void
place_waiting(struct pool *pool)
{
	struct pool_user *user;
	struct backend *b;

	while ((user = TAILQ_FIRST(&pool->waiting)) != NULL &&
	    (b = pick(pool)) != NULL) {
		unlink_user(pool, user);
		user->backend = b;
		TAILQ_INSERT_TAIL(&b->users, user, link);
		b->nusers++;
		tell_later(pool, user);
	}
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
}

void
assign_lost(struct backend *b, const char *why)
{
	struct pool *pool = b->pool;
	struct pool_user *user;

	b->users_lost = b->nusers;
	while ((user = TAILQ_FIRST(&b->users)) != NULL) {
		forget(pool, user);	/* the name stays for this turn */
		if (pool->events->lost != NULL)
			pool->events->lost(pool->ctx, user->name, why);
	}
}

void
assign_forget(struct pool *pool, struct pool_user_list *list)
{
	while (!TAILQ_EMPTY(list))
		forget(pool, TAILQ_FIRST(list));
}

void
pool_assign(struct pool *pool, const char *name)
{
	size_t size = strlen(name) + 1;
	struct pool_user *user;

	if (pool->destroyed)
		return;
	if ((user = map_get(&pool->users, name)) != NULL) {
		if (user->backend != NULL)
			tell_later(pool, user);
		return;
	}
	user = xcalloc(1, sizeof(*user) + size);
	memcpy(user->name, name, size);
	map_put(&pool->users, user->name, user);
	TAILQ_INSERT_TAIL(&pool->waiting, user, link);
	pool->nwaiting++;
	pool_touch(pool);
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
