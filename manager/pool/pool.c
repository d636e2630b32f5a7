/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pool itself: its life, and the way of messages through it.  Who gets
 * which backend is in assign.c, how many there are in avail.c, what becomes of
 * one of them in backend.c. */
#include "manager/pool/pool.h"

#include <signal.h>
#include <stdlib.h>

#include "manager/pool/clock.h"
#include "manager/pool/inside.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/xalloc.h"

#define EXPIRY_STEP	0.25	/* s; how exact time-outs of requests are */
#define BURIAL_GRACE	3.0	/* s after the last SIGKILL of pool_stop() */
#define LAST_LINES	3	/* of standard error, in the log */

static void
turn(void *arg)
{
	struct pool *pool = arg;

	pool->turn_due = false;
	if (!pool->destroyed && !pool->stopping)
		assign_waiting(pool);
	if (!pool->destroyed && !pool->stopping)
		avail_review(pool);
}

void
pool_touch(struct pool *pool)
{
	if (pool->turn_due || pool->destroyed)
		return;
	pool->turn_due = true;
	later(turn, pool);
}

/* ------------------------------------------- what backends tell the pool */

static void
on_ready(struct backend *b, const struct msg_initialize_result *result)
{
	struct pool *pool = b->pool;

	avail_ready(pool);
	channel_hold(&b->channel, pool->held);
	pool_touch(pool);
	if (features_set(&pool->features, result) &&
	    pool->events->features != NULL)
		pool->events->features(pool->ctx,
		    features_get(&pool->features));
}

static void
on_leaving(struct backend *b)
{
	struct pool *pool = b->pool;
	struct buf words = { 0 };
	char *why;

	avail_left(pool, b);
	pool_touch(pool);
	if (pool->stopping)
		return;
	backend_words(b, &words);
	why = buf_steal(&words);
	assign_lost(b, why);
	later_free(why);
}

static void
report_end(struct pool *pool, const struct backend *b)
{
	struct buf how = { 0 }, said = { 0 };
	char *how_text, *said_text;
	const char *colon;

	backend_words(b, &how);
	tail_words(&b->tail, LAST_LINES, &said);
	colon = buf_len(&said) > 0 ? ": " : "";
	how_text = buf_steal(&how);
	said_text = buf_steal(&said);
	if (!b->asked)
		report_add(&pool->report, b->pid, b->id, b->users_lost,
		    how_text, said_text);
	if (b->asked)
		backend_log(b, b->status == 0 ? LOG_INFO : LOG_WARN,
		    "has exited%s%s", colon, said_text);
	else if (b->ready_at > 0)
		backend_log(b, LOG_WARN, "%s, %u user%s lost%s%s", how_text,
		    b->users_lost, b->users_lost == 1 ? "" : "s", colon,
		    said_text);
	else
		backend_log(b, LOG_ERROR, "did not start: %s%s%s; next try in "
		    "%.1f s", how_text, colon, said_text, avail_pause(pool));
	free(how_text);
	free(said_text);
}

static void
tell_stopped(void *arg)
{
	struct pool *pool = arg;
	void (*done)(void *) = pool->stopped;

	pool->stopped = NULL;
	if (done != NULL && !pool->destroyed)
		done(pool->stopped_ctx);
}

static void
check_stopped(struct pool *pool)
{
	if (!pool->stopping || !TAILQ_EMPTY(&pool->backends))
		return;
	ev_timer_stop(pool->loop, &pool->give_up);
	later(tell_stopped, pool);
}

static void
on_gone(struct backend *b)
{
	struct pool *pool = b->pool;

	report_end(pool, b);
	assign_forget(pool, &b->users);
	TAILQ_REMOVE(&pool->backends, b, link);
	backend_destroy(b);
	pool_touch(pool);
	check_stopped(pool);
}

static void
on_message(struct backend *b, const struct msg *msg)
{
	struct pool *pool = b->pool;

	if (pool->events->message != NULL)
		pool->events->message(pool->ctx, b->id, msg);
}

static void
on_drained(struct backend *b)
{
	struct pool *pool = b->pool;

	pool_touch(pool);	/* it can be given users again */
	if (pool->events->drained != NULL)
		pool->events->drained(pool->ctx, b->id);
}

static void
on_tick(struct backend *b)
{
	avail_tick(b->pool, b);
	pool_touch(b->pool);
}

const struct backend_owner pool_owner = {
	.ready = on_ready,
	.leaving = on_leaving,
	.gone = on_gone,
	.message = on_message,
	.drained = on_drained,
	.tick = on_tick,
};

/* --------------------------------------------------------- messages down */

/* The backend that can be told something for this user, or NULL. */
static struct backend *
serving(const struct pool *pool, const char *name)
{
	const struct pool_user *user = map_get(&pool->users, name);

	return user != NULL && user->backend != NULL &&
	    backend_serves(user->backend) ? user->backend : NULL;
}

unsigned
pool_backend(const struct pool *pool, const char *user)
{
	const struct backend *b = serving(pool, user);

	return b != NULL ? b->id : 0;
}

bool
pool_is_full(const struct pool *pool, const char *user)
{
	const struct backend *b = serving(pool, user);

	return b != NULL && b->channel.full;
}

static void
request(struct pool *pool, struct backend *b, enum method method,
    const void *params, double timeout, rpc_reply *reply, void *ctx)
{
	if (timeout <= 0)
		timeout = pool->config.request_timeout;
	backend_request(b, method, params, clock_now() + timeout, reply, ctx);
	if (!ev_is_active(&pool->expiry))
		ev_timer_start(pool->loop, &pool->expiry);
}

int
pool_request(struct pool *pool, const char *user, enum method method,
    const void *params, double timeout, rpc_reply *reply, void *ctx)
{
	struct backend *b = serving(pool, user);

	if (b == NULL || b->channel.full)
		return -1;
	request(pool, b, method, params, timeout, reply, ctx);
	return 0;
}

int
pool_notify(struct pool *pool, const char *user, enum method method,
    const void *params)
{
	struct backend *b = serving(pool, user);

	if (b == NULL || b->channel.full)
		return -1;
	return backend_notify(b, method, params);
}

int
pool_request_any(struct pool *pool, enum method method, const void *params,
    double timeout, rpc_reply *reply, void *ctx)
{
	struct backend *b, *best = NULL;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->state == BACKEND_READY && !b->channel.full &&
		    (best == NULL || b->nusers < best->nusers))
			best = b;
	}
	if (best == NULL)
		return -1;
	request(pool, best, method, params, timeout, reply, ctx);
	return 0;
}

static struct backend *
find(const struct pool *pool, unsigned id)
{
	struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->id == id)
			return b;
	}
	return NULL;
}

void
pool_answer(struct pool *pool, unsigned backend, uint32_t id,
    enum method method, const void *result)
{
	struct backend *b = find(pool, backend);

	if (b != NULL)
		backend_answer(b, id, method, result, NULL, NULL);
}

void
pool_refuse(struct pool *pool, unsigned backend, uint32_t id,
    const char *code, const char *text)
{
	struct backend *b = find(pool, backend);

	if (b != NULL)
		backend_answer(b, id, METHOD_NONE, NULL, code, text);
}

static void
expiry_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pool *pool = w->data;
	double now = clock_now();
	size_t pending = 0;
	struct backend *b;

	(void)revents;
	TAILQ_FOREACH(b, &pool->backends, link) {
		rpc_expire(b->rpc, now);
		if (pool->destroyed)
			return;
		pending += rpc_count(b->rpc);
	}
	if (pending == 0)
		ev_timer_stop(loop, w);
}

/* --------------------------------------------------------- for the admin */

const struct msg_initialize_result *
pool_features(const struct pool *pool)
{
	return features_get(&pool->features);
}

bool
pool_can(const struct pool *pool, const char *feature)
{
	return features_have(&pool->features, feature);
}

size_t
pool_backends(const struct pool *pool, struct backend_info *info, size_t max)
{
	const struct backend *b;
	size_t n = 0;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (n++ >= max)
			continue;
		info[n - 1] = (struct backend_info){
			.id = b->id,
			.pid = b->pid,
			.state = backend_state_name(b->state),
			.users = b->nusers,
			.age = clock_now() - b->born,
			.rss_kb = backend_rss_kb(b),
			.sent = b->channel.sent,
			.received = b->channel.received,
			.queued = channel_queued(&b->channel),
		};
	}
	return n;
}

unsigned
pool_ready_count(const struct pool *pool)
{
	const struct backend *b;
	unsigned n = 0;

	TAILQ_FOREACH(b, &pool->backends, link)
		n += b->state == BACKEND_READY;
	return n;
}

unsigned long
pool_crashes(const struct pool *pool)
{
	return pool->report.crashes;
}

void
pool_crash_report(const struct pool *pool, struct buf *out)
{
	report_print(&pool->report, out);
}

void
pool_crashed_pids(const struct pool *pool, struct buf *out)
{
	report_print_pids(&pool->report, out);
}

int
pool_restart(struct pool *pool, unsigned backend)
{
	struct backend *b = find(pool, backend);

	if (b == NULL || b->state >= BACKEND_STOPPING)
		return -1;
	backend_log(b, LOG_INFO, "is to be replaced");
	backend_event(b, BACKEND_RETIRE);
	pool_touch(pool);
	return 0;
}

void
pool_hold(struct pool *pool, bool hold)
{
	struct backend *b;

	pool->held = hold;
	TAILQ_FOREACH(b, &pool->backends, link) {
		/* One that starts or stops must not wait for us. */
		if (backend_serves(b))
			channel_hold(&b->channel, hold);
	}
}

/* --------------------------------------------------------- start and end */

static char *
keep(struct arena *arena, const char *s)
{
	return s != NULL ? arena_strdup(arena, s) : NULL;
}

static struct pairs
copy_pairs(struct arena *arena, const struct pairs *from)
{
	struct pairs to = { .n = from->n };

	to.v = arena_alloc(arena, (to.n + 1) * sizeof(*to.v));
	for (size_t i = 0; i < to.n; i++) {
		to.v[i].key = keep(arena, from->v[i].key);
		to.v[i].value = keep(arena, from->v[i].value);
	}
	return to;
}

static struct sections
copy_sections(struct arena *arena, const struct sections *from)
{
	struct sections to = { .n = from->n };

	to.v = arena_alloc(arena, (to.n + 1) * sizeof(*to.v));
	for (size_t i = 0; i < to.n; i++) {
		to.v[i].name = keep(arena, from->v[i].name);
		to.v[i].pairs = copy_pairs(arena, &from->v[i].pairs);
	}
	return to;
}

static void
default_to(double *seconds, double otherwise)
{
	if (!(*seconds > 0))
		*seconds = otherwise;
}

static void
use_config(struct pool *pool, const struct pool_config *config)
{
	struct arena old = pool->memory;
	struct pool_config *mine = &pool->config;

	pool->memory = (struct arena){ 0 };
	*mine = *config;
	mine->instance = keep(&pool->memory, config->instance);
	mine->command = keep(&pool->memory, config->command);
	mine->log_path = keep(&pool->memory, config->log_path);
	if (mine->log_path != NULL && mine->log_path[0] == '\0')
		mine->log_path = NULL;
	mine->config = copy_sections(&pool->memory, &config->config);
	arena_free(&old);
	if (mine->users_max == 0)
		mine->users_max = 1;
	if (mine->users_max > 1000000)
		mine->users_max = 1000000;	/* sums of it stay in range */
	if (mine->queue_max == 0)
		mine->queue_max = PROTOCOL_MESSAGE_MAX;
	default_to(&mine->start_timeout, 30);
	default_to(&mine->ping_interval, 20);
	default_to(&mine->stop_timeout, 10);
	default_to(&mine->request_timeout, 60);
}

static void
give_up_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pool *pool = w->data;
	struct backend *b;

	(void)loop;
	(void)revents;
	while ((b = TAILQ_FIRST(&pool->backends)) != NULL) {
		backend_log(b, LOG_ERROR, "left behind: it does not die");
		assign_forget(pool, &b->users);
		TAILQ_REMOVE(&pool->backends, b, link);
		backend_destroy(b);
	}
	check_stopped(pool);
}

struct pool *
pool_create(struct ev_loop *loop, const struct pool_config *config,
    const struct pool_events *events, void *ctx)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));

	/* A backend that dies must not take us along when we write to it. */
	signal(SIGPIPE, SIG_IGN);
	pool->loop = loop;
	pool->events = events;
	pool->ctx = ctx;
	TAILQ_INIT(&pool->waiting);
	TAILQ_INIT(&pool->untold);
	TAILQ_INIT(&pool->backends);
	ev_timer_init(&pool->expiry, expiry_cb, EXPIRY_STEP, EXPIRY_STEP);
	ev_timer_init(&pool->give_up, give_up_cb, 0, 0);
	pool->expiry.data = pool->give_up.data = pool;
	avail_init(pool);
	use_config(pool, config);
	pool_touch(pool);
	return pool;
}

void
pool_configure(struct pool *pool, const struct pool_config *config)
{
	struct backend *b;

	use_config(pool, config);
	TAILQ_FOREACH(b, &pool->backends, link)
		tail_reopen(&b->tail);
	/* What failed may be mended by this. */
	backoff_reset(&pool->backoff);
	ev_timer_stop(pool->loop, &pool->retry);
	pool_touch(pool);
}

void
pool_stop(struct pool *pool, void (*done)(void *ctx), void *ctx)
{
	struct backend *b;

	pool->stopping = true;
	pool->stopped = done;
	pool->stopped_ctx = ctx;
	assign_forget(pool, &pool->waiting);
	ev_timer_stop(pool->loop, &pool->retry);
	ev_timer_set(&pool->give_up,
	    pool->config.stop_timeout + BURIAL_GRACE, 0);
	ev_timer_start(pool->loop, &pool->give_up);
	TAILQ_FOREACH(b, &pool->backends, link)
		backend_event(b, BACKEND_STOP);
	check_stopped(pool);
}

static void
free_pool(void *arg)
{
	struct pool *pool = arg;

	features_finish(&pool->features);
	map_finish(&pool->users);
	arena_free(&pool->memory);
	free(pool);
}

void
pool_destroy(struct pool *pool)
{
	struct backend *b;

	if (pool == NULL || pool->destroyed)
		return;
	pool->destroyed = pool->stopping = true;
	ev_timer_stop(pool->loop, &pool->retry);
	ev_timer_stop(pool->loop, &pool->expiry);
	ev_timer_stop(pool->loop, &pool->give_up);
	assign_forget(pool, &pool->waiting);
	TAILQ_FOREACH(b, &pool->backends, link)
		assign_forget(pool, &b->users);
	while ((b = TAILQ_FIRST(&pool->backends)) != NULL) {
		TAILQ_REMOVE(&pool->backends, b, link);
		backend_destroy(b);
	}
	later(free_pool, pool);
}
