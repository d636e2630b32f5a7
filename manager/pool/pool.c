/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pool itself: its life, and the way of messages through it.  Who gets
 * which backend is in assign.c, how many there are in avail.c, what becomes of
 * one of them in backend.c. */
#include "manager/pool/pool.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "manager/pool/core.h"
#include "manager/pool/inside.h"
#include "manager/pool/replace.h"
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
	if (pool->frozen)
		return;
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

struct news {
	struct pool	*pool;
	char		*text;		/* owned */
};

static void
tell_news(void *arg)
{
	struct news *news = arg;
	struct pool *pool = news->pool;

	if (!pool->destroyed)
		pool->events->changed(pool->ctx, news->text);
	free(news->text);
	free(news);
}

void
pool_news(struct pool *pool, const char *fmt, ...)
{
	struct buf b = { 0 };
	struct news *news;
	va_list ap;

	if (pool->events->changed == NULL || pool->destroyed)
		return;
	news = xmalloc(sizeof(*news));
	news->pool = pool;
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	news->text = buf_steal(&b);
	later(tell_news, news);
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
on_changed(struct backend *b, const char *what)
{
	pool_news(b->pool, "backend %u (pid %d): %s", b->id, (int)b->pid,
	    what);
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
	if (!b->asked)
		pool_news(pool, "backend %u (pid %d): lost: %s", b->id,
		    (int)b->pid, why);
	assign_lost(b, why);
	later_free(why);
}

/* Both are freed by the caller. */
static void
last_words(const struct backend *b, char **how, char **said)
{
	struct buf how_it_was = { 0 }, words = { 0 }, core = { 0 };

	backend_end_words(b, &how_it_was);
	if (b->exited)
		core_words(b->pid, b->comm, b->status, &core);
	if (buf_len(&core) > 0) {
		buf_adds(&how_it_was, "; ");
		buf_add(&how_it_was, buf_data(&core), buf_len(&core));
	}
	buf_free(&core);
	/* Who goes as it was told has nothing to explain. */
	if (!b->asked || b->status != 0)
		tail_words(&b->tail, LAST_LINES, &words);
	*how = buf_steal(&how_it_was);
	*said = buf_steal(&words);
}

static void
report_end(struct pool *pool, struct backend *b)
{
	const char *path = pool->config.places.path;
	char *how, *said;
	const char *join;

	last_words(b, &how, &said);
	if (path != NULL && strstr(how, path) != NULL)
		path = NULL;		/* it has been said */
	join = said[0] != '\0' ? REPORT_SAID : "";
	report_death(&pool->report, b->id, how, said);
	if (!b->asked)
		report_add(&pool->report, b->pid, b->id, b->users_lost, how,
		    said);
	if (b->asked)
		backend_changed(b, b->status == 0 ? LOG_INFO : LOG_WARN,
		    "has exited: %s%s%s", how, join, said);
	else if (b->ready_at > 0)
		backend_changed(b, LOG_WARN, "%s, %u user%s lost%s%s", how,
		    b->users_lost, b->users_lost == 1 ? "" : "s", join, said);
	else
		backend_changed(b, LOG_ERROR, "did not start: %s%s%s%s%s; "
		    "next try in %.1f s", how, join, said,
		    path != NULL ? "; its settings are in " : "",
		    path != NULL ? path : "", avail_pause(pool));
	free(how);
	free(said);
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
	assign_gone(pool, b);
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
	const struct pool *pool = b->pool;

	b->all_users = (unsigned)map_count(&pool->users);
	avail_tick(b->pool, b);
	pool_touch(b->pool);
	replace_tick(b->pool, b);
}

const struct backend_owner pool_owner = {
	.ready = on_ready,
	.leaving = on_leaving,
	.gone = on_gone,
	.message = on_message,
	.drained = on_drained,
	.tick = on_tick,
	.changed = on_changed,
};

/* --------------------------------------------------------- messages down */

/* The backend that can be told something for this user, or NULL. */
static struct backend *
serving(const struct pool *pool, const char *name)
{
	const struct pool_user *user = map_get(&pool->users, name);

	return user != NULL && user->backend != NULL &&
	    backend_has_users(user->backend) ? user->backend : NULL;
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

	/* A goodbye must arrive, and there is one for each user at most. */
	if (b == NULL || (b->channel.full && method != METHOD_logout))
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
		if (b->state == BACKEND_READY && !b->alone &&
		    !b->channel.full &&
		    (best == NULL || b->nusers < best->nusers))
			best = b;
	}
	if (best == NULL)
		return -1;
	request(pool, best, method, params, timeout, reply, ctx);
	return 0;
}

struct backend *
pool_find(const struct pool *pool, unsigned id)
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
	struct backend *b = pool_find(pool, backend);

	if (b != NULL)
		backend_answer(b, id, method, result, NULL, NULL);
}

void
pool_refuse(struct pool *pool, unsigned backend, uint32_t id,
    const char *code, const char *text)
{
	struct backend *b = pool_find(pool, backend);

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
	TAILQ_INIT(&pool->loners);
	TAILQ_INIT(&pool->untold);
	TAILQ_INIT(&pool->backends);
	ev_timer_init(&pool->expiry, expiry_cb, EXPIRY_STEP, EXPIRY_STEP);
	ev_timer_init(&pool->give_up, give_up_cb, 0, 0);
	pool->expiry.data = pool->give_up.data = pool;
	avail_init(pool);
	replace_init(pool);
	settings_use(pool, config);
	pool_touch(pool);
	return pool;
}

void
pool_configure(struct pool *pool, const struct pool_config *config)
{
	struct backend *b;

	settings_use(pool, config);
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
	assign_forget(pool, &pool->loners);
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
	report_finish(&pool->report);
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
	assign_forget(pool, &pool->loners);
	TAILQ_FOREACH(b, &pool->backends, link)
		assign_forget(pool, &b->users);
	while ((b = TAILQ_FIRST(&pool->backends)) != NULL) {
		TAILQ_REMOVE(&pool->backends, b, link);
		backend_destroy(b);
	}
	later(free_pool, pool);
}
