/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool_model.h - the owner of a pool in a random test: what it does when it is
 * told something, what it knows, and what must therefore be true. */
#ifndef TESTS_UNIT_POOL_MODEL_H
#define TESTS_UNIT_POOL_MODEL_H

#include "tests/unit/pool_fake.h"

#include <ev.h>

#define USERS		12
#define REQUESTS	600

struct request {
	bool		 sent;		/* it was accepted */
	bool		 read;		/* by a backend, as a whole */
	unsigned	 answers;
};

static struct {
	struct ev_loop	*loop;
	struct pool	*pool;
	struct pool_config config;
	unsigned	 seed, state;	/* of this run; of the generator */
	unsigned	 step;
	bool		 known[USERS];	/* the pool has been asked for him */
	bool		 asked[USERS];	/* by events->move, of this backend */
	struct request	 requests[REQUESTS];
	unsigned	 nrequests;
	unsigned	 ask_backend;
	uint32_t	 ask_id;
	bool		 stopping, stopped, frozen, moves;
	uint64_t	 written;	/* by all backends, when frozen */
} m;

#define must(condition) \
	do { \
		if (!(condition)) \
			fail_msg("POOL_SEED=%u, step %u: not %s", m.seed, \
			    m.step, #condition); \
	} while (0)

static unsigned
any(unsigned below)
{
	return (unsigned)rand_r(&m.state) % below;
}

static void
trace(const char *what, unsigned which)
{
	if (getenv("POOL_TRACE") != NULL)
		fprintf(stderr, "%u: %s %u\n", m.step, what, which);
}

static const char *
name_of(unsigned u)
{
	static char names[4][16];
	static unsigned next;
	char *name = names[next++ % 4];

	snprintf(name, sizeof(names[0]), "u%u@x", u);
	return name;
}

static unsigned
user_of(const char *name)
{
	return (unsigned)atoi(name + 1);
}

/* ---------------------------------------------------------------- the owner */

static void
assign_somehow(unsigned u)
{
	m.known[u] = true;
	switch (any(4)) {
	case 0:
		pool_assign_alone(m.pool, name_of(u));
		break;
	case 1:
		pool_assign_avoiding(m.pool, name_of(u), 1 + any(4));
		break;
	default:
		pool_assign(m.pool, name_of(u));
	}
}

static void
release(unsigned u)
{
	m.known[u] = m.asked[u] = false;
	pool_release(m.pool, name_of(u));
}

static void
on_assigned(void *ctx, const char *user, unsigned backend)
{
	const struct backend *b = pool_find(m.pool, backend);

	(void)ctx;
	must(!m.frozen && !m.stopping);
	must(m.known[user_of(user)]);
	must(pool_backend(m.pool, user) == backend);
	must(b != NULL && backend_has_users(b));
}

static void
on_lost(void *ctx, const char *user, const char *why)
{
	unsigned u = user_of(user);

	(void)ctx;
	must(!m.frozen && !m.stopping);
	must(m.known[u] && why[0] != '\0');
	must(pool_backend(m.pool, user) == 0);
	m.known[u] = m.asked[u] = false;
	if (any(3) > 0)
		assign_somehow(u);
	if (any(8) == 0)
		release(any(USERS));
}

static void
on_move(void *ctx, const char *user, const char *why)
{
	unsigned u = user_of(user);
	const struct backend *b = pool_find(m.pool, pool_backend(m.pool, user));

	(void)ctx;
	must(!m.frozen && !m.stopping && m.known[u] && why[0] != '\0');
	must(!m.asked[u]);			/* once is enough */
	must(b != NULL && b->state == BACKEND_DRAINING);
	m.asked[u] = true;
	if (any(2) == 0) {
		release(u);
		assign_somehow(u);
	}
}

static void
on_message(void *ctx, unsigned backend, const struct msg *msg)
{
	const char *number = msg->kind == REQUEST ? msg->params->ask.title :
	    msg->params->message.body;
	const struct backend *b = pool_find(m.pool, backend);
	struct fake *f;

	(void)ctx;
	must(!m.frozen && b != NULL && (f = fake_of(b->pid)) != NULL);
	/* None is missing, and none comes twice. */
	must(f->heard == 0 || (unsigned)atoi(number) == f->heard);
	f->heard = (unsigned)atoi(number) + 1;
	if (msg->kind == REQUEST) {
		m.ask_backend = backend;
		m.ask_id = msg->id;
	}
	if (any(20) == 0)
		release(any(USERS));
}

static void
on_reply(void *ctx, const struct msg_error *error, const union result *result)
{
	struct request *r = ctx;
	char tag[16];

	must(++r->answers == 1);
	snprintf(tag, sizeof(tag), "r%u", (unsigned)(r - m.requests));
	if (error == NULL)
		must(strcmp(result->send.ids.v[0], tag) == 0);
	else if (strcmp(error->code, ERR_UNSENT) == 0)
		must(!r->read);
	else if (strcmp(error->code, ERR_NETWORK) == 0)
		must(strcmp(error->text, tag) == 0);
	else
		must(strcmp(error->code, ERR_LOST) == 0 ||
		    strcmp(error->code, ERR_TIMEOUT) == 0);
}

static void
has_read(const char *tag)
{
	m.requests[atoi(tag + 1)].read = true;
}

static bool
pack_request(void *ctx, enum method method, rpc_reply *reply, void *reply_ctx,
    struct packer *p)
{
	unsigned n = (unsigned)((struct request *)reply_ctx - m.requests);

	(void)ctx;
	must(m.frozen && method == METHOD_send && reply == on_reply);
	pack_int(p, "number", n);
	return n % 8 != 7;
}

static int
unpack_request(void *ctx, enum method method, const struct packed *p,
    rpc_reply **reply, void **reply_ctx)
{
	(void)ctx;
	(void)method;
	*reply = on_reply;
	*reply_ctx = &m.requests[packed_int(p, "number", -1)];
	return 0;
}

static void
on_stopped(void *ctx)
{
	(void)ctx;
	must(!m.stopped && m.stopping);
	m.stopped = true;
}

static struct pool_events events;

/* --------------------------------------------------------------- invariants */

static unsigned
check_list(const struct pool_user_list *list, const struct backend *b)
{
	const struct pool_user *user;
	unsigned n = 0, asked = 0;

	TAILQ_FOREACH(user, list, link) {
		must(user->backend == b);
		must(map_get(&m.pool->users, user->name) == user);
		must(m.known[user_of(user->name)]);
		asked += user->asked > 0;
		n++;
	}
	must(b == NULL || asked == b->nasked);
	return n;
}

/* A place where the next user could go. */
static bool
has_place(const struct backend *b)
{
	return b->state == BACKEND_READY && !b->channel.full && !b->alone &&
	    !backend_is_silent(b) &&
	    b->nusers < pool_users_max(m.pool);
}

static void
check_waiting(void)
{
	const struct pool_user *user;
	const struct backend *b;
	bool coming = false;
	unsigned alone = 0;

	TAILQ_FOREACH(user, &m.pool->waiting, link) {
		TAILQ_FOREACH(b, &m.pool->backends, link)
			must(!has_place(b) || (b->id == user->avoid &&
			    avail_another_way(m.pool)));
	}
	TAILQ_FOREACH(b, &m.pool->backends, link) {
		alone += b->alone && b->state <= BACKEND_READY;
		coming = coming || (b->alone && b->state == BACKEND_STARTING);
	}
	TAILQ_FOREACH(b, &m.pool->backends, link)
		must(TAILQ_EMPTY(&m.pool->loners) || !b->alone ||
		    b->state != BACKEND_READY || b->channel.full ||
		    b->nusers >= pool_users_max(m.pool) ||
		    (b->used && (alone < ALONE_MAX || coming)));
}

static void
check_backend(const struct backend *b)
{
	must(check_list(&b->users, b) == b->nusers);
	must(b->state < BACKEND_GONE);
	must(b->state < BACKEND_STOPPING || b->nusers == 0);
	/* Nothing waits for ever: a timer sees to it. */
	must(ev_is_active(&b->timer));
	must(b->state < BACKEND_STOPPING || rpc_count(b->rpc) == 0);
}

static uint64_t
all_written(void)
{
	const struct backend *b;
	uint64_t n = 0;

	TAILQ_FOREACH(b, &m.pool->backends, link)
		n += b->channel.written;
	return n;
}

static void
check(void)
{
	const struct backend *b;
	unsigned users = m.pool->nwaiting + m.pool->nloners, alone = 0, id = 0;
	unsigned known = 0;

	if (m.frozen)
		must(all_written() == m.written);
	if (m.frozen || m.stopping)
		return;
	must(check_list(&m.pool->waiting, NULL) == m.pool->nwaiting);
	must(check_list(&m.pool->loners, NULL) == m.pool->nloners);
	TAILQ_FOREACH(b, &m.pool->backends, link) {
		check_backend(b);
		must(b->id > id);
		id = b->id;
		users += b->nusers;
		alone += b->alone;
	}
	must(alone <= ALONE_MAX);
	must(users == map_count(&m.pool->users));
	for (unsigned u = 0; u < USERS; u++)
		known += m.known[u];
	must(users == known);			/* each in one place */
	must(TAILQ_EMPTY(&m.pool->untold));
	check_waiting();
}

#endif
