/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which backends are to be replaced, in which order, and how do their users
 * get away from them?  Whoever wants one gone leaves a mark; marked ones are
 * drained one after the other.  Users leave a draining backend a few at a time
 * and only while there is room for them elsewhere: it serves them until then,
 * and for good when its replacement does not start. */
#include "manager/pool/replace.h"

#include <stdarg.h>
#include <stdio.h>

#include "util/clock.h"
#include "manager/pool/inside.h"
#include "util/rand.h"

#define MOVING_MAX	4	/* users asked to leave one backend at a time */
#define MOVE_TIME	30.0	/* s they have */
#define FINISH		10.0	/* s to answer what is in flight */
/* One that needs more memory than the limit from the start on would be
 * replaced all the time: the pauses grow. */
#define RECYCLE_MIN	15.0	/* s */
#define RECYCLE_MAX	1800.0
#define LONG_LIVED	600.0	/* s; its growth is no fault of the limit */

/* ------------------------------------------------------------------- marks */

void
replace_mark(struct backend *b, const char *fmt, ...)
{
	va_list ap;

	if (b->replace[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(b->replace, sizeof(b->replace), fmt, ap);
	va_end(ap);
	pool_touch(b->pool);
}

int
pool_restart(struct pool *pool, unsigned backend)
{
	struct backend *b = pool_find(pool, backend);

	if (b == NULL || b->state >= BACKEND_STOPPING)
		return -1;
	replace_mark(b, "asked for");
	backend_event(b, BACKEND_RETIRE);
	pool_touch(pool);
	return 0;
}

unsigned
pool_restart_all(struct pool *pool)
{
	struct backend *b;
	unsigned n = 0;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->state >= BACKEND_STOPPING)
			continue;
		replace_mark(b, "all are replaced");
		n++;
	}
	return n;
}

/* The next one when the one before has gone. */
static void
drain_next(struct pool *pool)
{
	struct backend *b, *next = NULL;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->replace[0] == '\0')
			continue;
		if (b->state >= BACKEND_DRAINING)
			return;
		if (next == NULL)
			next = b;
	}
	if (next == NULL)
		return;
	backend_event(next, BACKEND_RETIRE);
	pool_touch(pool);
}

/* ------------------------------------------------- too old, or too large */

void
replace_init(struct pool *pool)
{
	pool->recycle = (struct backoff){ RECYCLE_MIN, RECYCLE_MAX, 0 };
}

void
replace_born(struct backend *b)
{
	/* They were started together, and shall not go together. */
	b->lifespan = 0.8 + 0.2 * rand_unit();
}

static void
too_large(struct pool *pool, struct backend *b, long mb)
{
	double now = clock_now();

	if (b->replace[0] != '\0' || now < pool->recycle_after)
		return;
	if (now - b->ready_at > LONG_LIVED)
		backoff_reset(&pool->recycle);
	pool->recycle_after = now + backoff_next(&pool->recycle);
	replace_mark(b, "uses %ld MB, the limit is %u MB", mb,
	    pool->config.memory_limit_mb);
}

void
replace_tick(struct pool *pool, struct backend *b)
{
	double max_age = pool->config.max_age * b->lifespan;
	long limit = (long)pool->config.memory_limit_mb;
	long mb = limit > 0 ? b->rss_kb / 1024 : 0;

	if (max_age > 0 && clock_now() - b->born > max_age)
		replace_mark(b, "%.0f s old", clock_now() - b->born);
	if (mb > 2 * limit)
		backend_fail(b, BACKEND_TIMEOUT,
		    "uses %ld MB, twice the limit of %ld MB and more", mb,
		    limit);
	else if (mb > limit)
		too_large(pool, b, mb);
}

/* ------------------------------------------------------------------- moves */

/* Users of draining backends who have been asked to leave. */
static unsigned
count_asked(const struct pool *pool)
{
	const struct backend *b;
	unsigned n = 0;

	TAILQ_FOREACH(b, &pool->backends, link)
		n += b->nasked;
	return n;
}

/* How many more users can leave draining backends.  Slots of those that will
 * be replaced as well do not count, unless there is no way to more: nobody
 * moves twice. */
static unsigned
places(const struct pool *pool)
{
	struct room room = assign_room(pool);
	bool more = room.soon > 0 || !avail_is_at_max(pool);
	unsigned free = more ? room.fresh : room.now;
	unsigned taken = pool->nwaiting + count_asked(pool);

	return free > taken ? free - taken : 0;
}

/* It is not needed any more, or there is another one for the next login. */
static bool
is_dispensable(const struct pool *pool, const struct backend *b)
{
	return b->alone || assign_room(pool).now > 0 || !avail_wanted(pool);
}

/* Nothing in flight is cut off, unless there always is something. */
static bool
has_finished(const struct backend *b)
{
	double since = b->empty_since > b->drain_at && b->nusers == 0 ?
	    b->empty_since : b->drain_at;

	return backend_is_idle(b) || clock_now() - since > FINISH;
}

static bool
may_leave(const struct pool *pool, const struct backend *b)
{
	if (b->nusers == 0)
		return has_finished(b) && is_dispensable(pool, b);
	/* All together, as nobody listens who could move one of them. */
	return pool->events->move == NULL && has_finished(b) &&
	    (b->alone || b->nusers <= places(pool));
}

/* The first who has not been asked, or NULL. */
static struct pool_user *
next_to_ask(const struct pool *pool, const struct backend *b)
{
	struct pool_user *user;

	if (pool->events->move == NULL || b->nasked >= MOVING_MAX ||
	    b->nasked >= b->nusers || (!b->alone && places(pool) == 0))
		return NULL;
	TAILQ_FOREACH(user, &b->users, link) {
		if (user->asked == 0)
			return user;
	}
	return NULL;
}

static struct pool_user *
overdue(const struct backend *b)
{
	struct pool_user *user;

	if (b->nasked == 0)
		return NULL;
	TAILQ_FOREACH(user, &b->users, link) {
		if (user->asked > 0 && clock_now() - user->asked > MOVE_TIME)
			return user;
	}
	return NULL;
}

/* The pool says good-bye for somebody who did not. */
static void
give_up_on(struct pool *pool, struct backend *b, struct pool_user *user)
{
	struct msg_logout bye = { .user = user->name };

	backend_log(b, LOG_WARN, "%s has not left within %g s", user->name,
	    MOVE_TIME);
	backend_request(b, METHOD_logout, &bye,
	    clock_now() + pool->config.request_timeout, NULL, NULL);
	assign_evict(pool, user, "replaced");
}

static void
ask(struct pool *pool, struct backend *b, struct pool_user *user)
{
	user->asked = clock_now();
	b->nasked++;
	pool->events->move(pool->ctx, user->name, b->replace);
}

/* One step; returns false when there is none.  The callbacks may have changed
 * everything. */
static bool
move_one(struct pool *pool)
{
	struct pool_user *user;
	struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->state != BACKEND_DRAINING)
			continue;
		if (may_leave(pool, b)) {
			backend_fail(b, BACKEND_MOVE, "replaced");
			return true;
		}
		if ((user = overdue(b)) != NULL) {
			give_up_on(pool, b, user);
			return true;
		}
		if ((user = next_to_ask(pool, b)) != NULL) {
			ask(pool, b, user);
			return true;
		}
	}
	return false;
}

void
replace_review(struct pool *pool)
{
	drain_next(pool);
	/* Everything is different after a step: the rest comes after another
	 * look at it all. */
	if (!pool->stopping && move_one(pool))
		pool_touch(pool);
}
