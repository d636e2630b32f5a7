/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does the next main process go on with the same backends?  Everything
 * stands still first (pool_freeze()), is written down, and is set going there.
 * What of one backend is written is in heir.c. */
#include "util/clock.h"
#include "manager/pool/heir.h"
#include "manager/pool/inside.h"
#include "manager/pool/talk.h"
#include "util/later.h"
#include "util/xalloc.h"

/* ------------------------------------------------------------- to be still */

static void
count_pending(void *arg, const struct rpc_call *call)
{
	size_t *n = arg;

	/* The pool itself sees to the first two. */
	if (call->reply != NULL && call->method != METHOD_ping &&
	    call->method != METHOD_initialize)
		++*n;
}

static void
count_pending_but_messages(void *arg, const struct rpc_call *call)
{
	if (call->method != METHOD_send)
		count_pending(arg, call);
}

size_t
pool_pending(const struct pool *pool)
{
	bool packs = pool->events->pack_request != NULL;
	const struct backend *b;
	size_t n = 0;

	TAILQ_FOREACH(b, &pool->backends, link)
		rpc_each(b->rpc, packs ? count_pending_but_messages :
		    count_pending, &n);
	return n;
}

static void
freeze_timer(struct pool *pool, ev_timer *timer, double *left, bool freeze)
{
	if (freeze) {
		*left = ev_is_active(timer) ?
		    ev_timer_remaining(pool->loop, timer) : -1;
		ev_timer_stop(pool->loop, timer);
	} else if (*left >= 0) {
		ev_timer_stop(pool->loop, timer);	/* begun meanwhile */
		ev_timer_set(timer, *left, timer->repeat);
		ev_timer_start(pool->loop, timer);
	}
}

void
pool_freeze(struct pool *pool, bool freeze)
{
	struct backend *b;

	if (pool->frozen == freeze || pool->destroyed)
		return;
	pool->frozen = freeze;
	freeze_timer(pool, &pool->retry, &pool->retry_left, freeze);
	freeze_timer(pool, &pool->expiry, &pool->expiry_left, freeze);
	freeze_timer(pool, &pool->give_up, &pool->give_up_left, freeze);
	TAILQ_FOREACH(b, &pool->backends, link)
		backend_freeze(b, freeze);
	if (!freeze)
		pool_touch(pool);
}

/* ----------------------------------------------------------------- to pack */

static void
pack_users(const struct pool_user_list *list, const char *key,
    struct packer *p)
{
	const struct pool_user *user;

	pack_list(p, key);
	TAILQ_FOREACH(user, list, link) {
		pack_map(p, NULL);
		pack_str(p, "name", user->name);
		pack_int(p, "avoid", user->avoid);
		pack_bool(p, "alone", user->alone);
		pack_bool(p, "untold", user->untold);
		if (user->asked > 0)
			pack_num(p, "asked", clock_now() - user->asked);
		pack_end(p);
	}
	pack_end(p);
}

static void
pack_backends(struct pool *pool, struct packer *p)
{
	struct backend *b;

	pack_list(p, "backends");
	TAILQ_FOREACH(b, &pool->backends, link) {
		pack_map(p, NULL);
		heir_pack(pool, b, p);
		pack_users(&b->users, "users", p);
		pack_end(p);
	}
	pack_end(p);
}

void
pool_handover(struct pool *pool, struct packer *p)
{
	struct backend *b;

	/* Whoever is refused may do anything, which has to be packed as well:
	 * so that comes first. */
	TAILQ_FOREACH(b, &pool->backends, link)
		heir_refuse(pool, b);
	pack_int(p, "token", talk_last_token());
	pack_int(p, "failures", pool->backoff.failures);
	pack_num(p, "retry", pool->retry_left);
	pack_int(p, "young_deaths", pool->young_deaths);
	pack_bin(p, "features", buf_data(&pool->features.said),
	    buf_len(&pool->features.said));
	report_pack(&pool->report, p);
	pack_backends(pool, p);
	pack_users(&pool->waiting, "waiting", p);
	pack_users(&pool->loners, "loners", p);
}

/* ---------------------------------------------------------------- to adopt */

int
pool_can_adopt(const struct packed *p, const char **why)
{
	const struct packed *list = packed_get(p, "backends");

	if (list == NULL) {
		*why = "there are no backends in it";
		return -1;
	}
	for (size_t i = 0; i < packed_count(list); i++) {
		if (!heir_is_readable(packed_at(list, i), why))
			return -1;
	}
	return 0;
}

static void
adopt_users(struct pool *pool, struct backend *b, const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *p = packed_at(list, i);
		double asked = packed_num(p, "asked", -1);
		const struct pool_user like = {
			.backend = b,
			.avoid = (unsigned)packed_int(p, "avoid", 0),
			.alone = packed_bool(p, "alone", false),
			.untold = packed_bool(p, "untold", false),
			.asked = asked >= 0 ? clock_now() - asked : 0,
		};

		if (packed_str(p, "name") != NULL)
			assign_restore(pool, packed_str(p, "name"), &like);
	}
}

static void
adopt_backends(struct pool *pool, const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *p = packed_at(list, i);
		struct backend *b = heir_adopt(pool, p);

		avail_insert(pool, b);
		adopt_users(pool, b, packed_get(p, "users"));
		if (rpc_count(b->rpc) > 0 && !ev_is_active(&pool->expiry))
			ev_timer_start(pool->loop, &pool->expiry);
	}
}

static void
adopt(struct pool *pool, const struct packed *p)
{
	double retry = packed_num(p, "retry", -1);
	const void *said;
	size_t n;

	talk_use_tokens_after((uint32_t)packed_int(p, "token", 0));
	pool->backoff.failures = (unsigned)packed_int(p, "failures", 0);
	pool->young_deaths = (unsigned)packed_int(p, "young_deaths", 0);
	if (retry >= 0) {
		ev_timer_set(&pool->retry, retry, 0);
		ev_timer_start(pool->loop, &pool->retry);
	}
	said = packed_bin(p, "features", &n);
	if (n > 0 && !features_restore(&pool->features, said, n))
		log_warn("%s: what the network can do is not known any more",
		    pool->config.instance);
	report_adopt(&pool->report, packed_get(p, "report"));
	adopt_backends(pool, packed_get(p, "backends"));
	adopt_users(pool, NULL, packed_get(p, "waiting"));
	adopt_users(pool, NULL, packed_get(p, "loners"));
}

struct pool *
pool_adopt(struct ev_loop *loop, const struct pool_config *config,
    const struct pool_events *events, void *ctx, const struct packed *p,
    char **why)
{
	const char *bad;
	struct pool *pool;

	if (pool_can_adopt(p, &bad) < 0) {
		*why = xstrdup(bad);
		return NULL;
	}
	pool = pool_create(loop, config, events, ctx);
	adopt(pool, p);
	return pool;
}

void
pool_abandon(struct pool *pool)
{
	struct backend *b;

	pool_freeze(pool, true);
	while ((b = TAILQ_FIRST(&pool->backends)) != NULL) {
		assign_forget(pool, &b->users);
		TAILQ_REMOVE(&pool->backends, b, link);
		backend_abandon(b);
	}
	pool_destroy(pool);
}
