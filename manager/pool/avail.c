/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are there enough backends, or too many?  Whoever changes anything calls
 * pool_touch(), and everything is worked out again here; there are no flags to
 * keep in step. */
#include "manager/pool/clock.h"
#include "manager/pool/inside.h"

#define RETRY_MIN	1.0	/* s */
#define RETRY_MAX	60.0
#define YOUNG		2.0	/* s; who dies so soon after being ready ... */
#define YOUNG_DEATHS	3	/* ... this often in a row makes us pause */
#define AT_ONCE		4	/* backends starting at a time */
#define FINISH		10.0	/* s to answer what is in flight at a restart */

struct census {
	unsigned	 starting, ready;
	unsigned	 to_move;	/* users of draining backends */
	unsigned	 users;		/* of all, waiting ones too */
};

static struct census
count(const struct pool *pool)
{
	struct census c = { .users = pool->nwaiting };
	const struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		c.starting += b->state == BACKEND_STARTING;
		c.ready += b->state == BACKEND_READY;
		if (b->state == BACKEND_DRAINING)
			c.to_move += b->nusers;
		c.users += b->nusers;
	}
	return c;
}

/* Slots kept for the users of the next moment, so that a login does not wait
 * for a start: when only the last one is left, the next backend starts. */
static unsigned
reserve(const struct pool *pool)
{
	unsigned max = pool->config.users_max;

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
should_start(const struct pool *pool)
{
	struct census c = count(pool);
	unsigned alive = c.starting + c.ready, max = pool->config.backends_max;
	/* After a failure one is tried alone. */
	unsigned at_once = pool->backoff.failures > 0 ? 1 : AT_ONCE;

	if (pool->stopping || ev_is_active(&pool->retry))
		return false;
	if ((max > 0 && alive >= max) || c.starting >= at_once)
		return false;
	return alive < pool->config.backends_min ||
	    assign_room(pool, true) < needed(pool, &c);
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

static void
insert(struct pool *pool, struct backend *new)
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
	if (ev_is_active(&pool->retry))
		return;
	ev_timer_set(&pool->retry, backoff_next(&pool->backoff), 0);
	ev_timer_start(pool->loop, &pool->retry);
}

static void
start_one(struct pool *pool)
{
	const struct pool_config *config = &pool->config;
	struct backend_start start = {
		.instance = config->instance, .command = config->command,
		.log_path = config->log_path, .id = free_id(pool),
		.config = &config->config, .owner = &pool_owner, .pool = pool,
		.limits = {
			config->start_timeout, config->ping_interval,
			config->stop_timeout, config->queue_max,
			config->memory_max_mb,
		},
	};
	struct backend *b;
	char why[200];

	b = backend_start(pool->loop, &start, why, sizeof(why));
	if (b != NULL) {
		insert(pool, b);
		return;
	}
	pause_starts(pool);
	log_error("%s: backend %u: %s; next try in %.1f s", config->instance,
	    start.id, why, avail_pause(pool));
	report_add(&pool->report, 0, start.id, 0, why, "");
}

void
avail_left(struct pool *pool, const struct backend *b)
{
	if (b->asked || pool->stopping)
		return;
	if (b->ready_at == 0) {
		pause_starts(pool);
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

/* Users leave a draining backend all together, as soon as there is a place for
 * each of them: the old one serves them until the new one is ready.  Nothing
 * in flight is cut off, unless there always is something. */
static bool
may_move(const struct pool *pool, const struct backend *b)
{
	if (b->nusers > 0 &&
	    b->nusers + pool->nwaiting > assign_room(pool, false))
		return false;
	return backend_is_idle(b) || clock_now() - b->drain_at > FINISH;
}

static void
move_users(struct pool *pool)
{
	struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->state != BACKEND_DRAINING || !may_move(pool, b))
			continue;
		backend_fail(b, BACKEND_MOVE, "replaced");
		pool_touch(pool);	/* everything may be different now */
		return;
	}
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
		if (b->state != BACKEND_READY || b->nusers > 0 ||
		    b->empty_since > long_ago)
			continue;
		if (assign_room(pool, false) - pool->config.users_max <
		    needed(pool, &c))
			return;
		backend_log(b, LOG_INFO, "retired, not needed for %g s",
		    pool->config.retire_after);
		backend_event(b, BACKEND_RETIRE);
		pool_touch(pool);
		return;
	}
}

void
avail_review(struct pool *pool)
{
	while (should_start(pool))
		start_one(pool);
	move_users(pool);
	if (!pool->stopping && !pool->destroyed)
		retire_one(pool);
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
