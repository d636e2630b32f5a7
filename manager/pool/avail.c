/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are there enough backends, or too many?  Whoever changes anything calls
 * pool_touch(), and everything is worked out again here; there are no flags to
 * keep in step. */
#include "util/clock.h"
#include "manager/pool/inside.h"
#include "manager/pool/replace.h"

#define RETRY_MIN	1.0	/* s */
#define RETRY_MAX	60.0
#define YOUNG		2.0	/* s; who dies so soon after being ready ... */
#define YOUNG_DEATHS	3	/* ... this often in a row makes us pause */
#define AT_ONCE		4	/* backends starting at a time */

struct census {			/* of backends for everybody */
	unsigned	 starting, ready;
	unsigned	 to_move;	/* users of draining ones */
	unsigned	 users;		/* of all, waiting ones too */
};

struct lone_census {			/* of backends for one user */
	unsigned	 all, starting;
	unsigned	 unused;	/* no user has been there yet */
};

static struct census
count(const struct pool *pool)
{
	struct census c = { .users = pool->nwaiting };
	const struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->alone)
			continue;
		c.starting += b->state == BACKEND_STARTING;
		c.ready += b->state == BACKEND_READY;
		if (b->state == BACKEND_DRAINING || b->state == BACKEND_HUNG)
			c.to_move += b->nusers;
		c.users += b->nusers;
	}
	return c;
}

static struct lone_census
count_alone(const struct pool *pool)
{
	struct lone_census c = { 0 };
	const struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (!b->alone)
			continue;
		c.all++;
		c.starting += b->state == BACKEND_STARTING;
		c.unused += !b->used && b->state <= BACKEND_READY;
	}
	return c;
}

/* Slots kept for the users of the next moment, so that a login does not wait
 * for a start: when only the last one is left, the next backend starts. */
static unsigned
reserve(const struct pool *pool)
{
	unsigned max = pool_users_max(pool);

	return max < 2 ? max : max < 16 ? 2 : 1 + max / 8;
}

/* Slots that should be free. */
static unsigned
needed(const struct pool *pool, const struct census *c)
{
	bool spare = pool->config.spare && c->users > 0;

	return pool->nwaiting + c->to_move + (spare ? reserve(pool) : 0);
}

static bool
is_at_max(const struct pool *pool, const struct census *c)
{
	unsigned max = pool->config.backends_max;

	return max > 0 && c->starting + c->ready >= max;
}

bool
avail_is_at_max(const struct pool *pool)
{
	struct census c = count(pool);

	return is_at_max(pool, &c);
}

/* After a failure one is tried alone. */
static unsigned
at_once(const struct pool *pool)
{
	return pool->backoff.failures > 0 ? 1 : AT_ONCE;
}

/* Another backend is missing, whether or not it can be started now. */
static bool
is_missing(const struct pool *pool, const struct census *c)
{
	struct room room = assign_room(pool);

	if (is_at_max(pool, c))
		return false;
	/* Those who move should not have to move again. */
	return c->starting + c->ready < pool->config.backends_min ||
	    room.now + room.silent + room.soon < needed(pool, c) ||
	    (c->to_move > 0 &&
	    room.fresh + room.soon < c->to_move + pool->nwaiting) ||
	    (pool->nwaiting > 0 && c->starting == 0);
}

bool
avail_wanted(const struct pool *pool)
{
	struct census c = count(pool);

	return c.starting > 0 || is_missing(pool, &c);
}

bool
avail_another_way(const struct pool *pool)
{
	struct census c = count(pool);

	return c.starting > 0 ||
	    (!ev_is_active(&pool->retry) && !is_at_max(pool, &c));
}

static bool
should_start(const struct pool *pool)
{
	struct census c = count(pool);

	return !pool->stopping && !ev_is_active(&pool->retry) &&
	    c.starting < at_once(pool) && is_missing(pool, &c);
}

static bool
should_start_alone(const struct pool *pool)
{
	struct lone_census c = count_alone(pool);

	return !pool->stopping && !ev_is_active(&pool->retry) &&
	    c.starting < at_once(pool) && c.all < ALONE_MAX &&
	    c.unused < pool->nloners;
}

/* The smallest number that is free: log files keep their names. */
static unsigned
free_id(const struct pool *pool)
{
	const struct backend *b;
	unsigned id = 1;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->id > id)
			break;
		id = b->id + 1;
	}
	return id;
}

void
avail_insert(struct pool *pool, struct backend *new)
{
	struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->id > new->id) {
			TAILQ_INSERT_BEFORE(b, new, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&pool->backends, new, link);
}

double
avail_pause(struct pool *pool)
{
	return ev_is_active(&pool->retry) ?
	    ev_timer_remaining(pool->loop, &pool->retry) : 0;
}

/* Several that fail together are one failure. */
static void
pause_starts(struct pool *pool)
{
	double pause;

	if (ev_is_active(&pool->retry))
		return;
	pause = backoff_next(&pool->backoff);
	ev_timer_set(&pool->retry, pause, 0);
	ev_timer_start(pool->loop, &pool->retry);
	pool_news(pool, "no backend is started for %.1f s, as the last ones "
	    "have failed", pause);
}

struct backend_start
avail_start(struct pool *pool, unsigned id)
{
	const struct pool_config *config = &pool->config;

	return (struct backend_start){
		.instance = config->instance, .command = config->command,
		.log_path = config->log_path, .id = id,
		.config = &config->config, .owner = &pool_owner,
		.pool = pool, .places = &config->places,
		.limits = {
			config->start_timeout, config->ping_interval,
			config->stop_timeout, config->queue_max,
		},
	};
}

static void
start_one(struct pool *pool, bool alone)
{
	struct backend_start start = avail_start(pool, free_id(pool));
	struct buf words = { 0 };
	struct backend *b;
	char why[400];

	b = backend_start(pool->loop, &start, why, sizeof(why));
	if (b != NULL) {
		b->alone = alone;
		replace_born(b);
		avail_insert(pool, b);
		return;
	}
	pause_starts(pool);
	place_add(start.places, why, &words);
	buf_addc(&words, '\0');
	log_error("%s: backend %u: %s; next try in %.1f s", start.instance,
	    start.id, buf_data(&words), avail_pause(pool));
	report_add(&pool->report, 0, start.id, 0, buf_data(&words), "");
	buf_free(&words);
	pool_touch(pool);
}

void
avail_left(struct pool *pool, const struct backend *b)
{
	if (b->asked || pool->stopping)
		return;
	if (b->ready_at == 0) {
		pause_starts(pool);
	} else if (b->alone) {
		return;			/* its user may be why */
	} else if (clock_now() - b->ready_at < YOUNG) {
		if (++pool->young_deaths >= YOUNG_DEATHS)
			pause_starts(pool);
	} else {
		pool->young_deaths = 0;
	}
}

void
avail_ready(struct pool *pool)
{
	/* One that is ready only to die does not count as a good start. */
	if (pool->young_deaths < YOUNG_DEATHS)
		backoff_reset(&pool->backoff);
}

void
avail_tick(struct pool *pool, const struct backend *b)
{
	if (pool->young_deaths > 0 && clock_now() - b->ready_at >= YOUNG) {
		pool->young_deaths = 0;
		backoff_reset(&pool->backoff);
	}
}

static void
retire(struct pool *pool, struct backend *b)
{
	backend_event(b, BACKEND_RETIRE);
	pool_touch(pool);
}

static void
retire_one(struct pool *pool)
{
	struct census c = count(pool);
	double long_ago = clock_now() - pool->config.retire_after;
	struct backend *b;

	if (c.ready <= pool->config.backends_min || c.starting > 0)
		return;
	TAILQ_FOREACH_REVERSE(b, &pool->backends, backend_list, link) {
		if (b->state != BACKEND_READY || b->nusers > 0 || b->alone ||
		    b->empty_since > long_ago || backend_is_silent(b))
			continue;
		if (assign_room(pool).now - pool_users_max(pool) <
		    needed(pool, &c))
			return;
		replace_mark(b, "not needed for %g s",
		    pool->config.retire_after);
		retire(pool, b);
		return;
	}
}

/* Its user has gone, or gave up waiting for it. */
static void
retire_alone(struct pool *pool)
{
	struct lone_census c = count_alone(pool);
	struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (!b->alone || b->state > BACKEND_READY || b->nusers > 0 ||
		    (!b->used && c.unused <= pool->nloners))
			continue;
		replace_mark(b, "its only user has gone");
		retire(pool, b);
		return;
	}
}

void
avail_review(struct pool *pool)
{
	while (should_start(pool))
		start_one(pool, false);
	while (should_start_alone(pool))
		start_one(pool, true);
	replace_review(pool);
	if (!pool->stopping && !pool->destroyed)
		retire_one(pool);
	if (!pool->stopping && !pool->destroyed)
		retire_alone(pool);
}

static void
retry_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	pool_touch(w->data);
}

void
avail_init(struct pool *pool)
{
	pool->backoff = (struct backoff){ .min = RETRY_MIN, .max = RETRY_MAX };
	ev_timer_init(&pool->retry, retry_cb, 0, 0);
	pool->retry.data = pool;
}
