/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool_kit.h - what the tests of the pool share: a world around a pool that
 * writes down what happens, and backends that do as they are told. */
#ifndef TESTS_UNIT_POOL_KIT_H
#define TESTS_UNIT_POOL_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "manager/pool/pool.h"
#include "protocol/codec.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"
#include "tests/unit/pool_backend.h"

#define KIT_USERS 64

struct world {
	struct ev_loop	*loop;
	struct pool	*pool;
	struct pool_config config;
	char		 command[600];
	struct buf	 log;			/* all lines */
	unsigned	 features, assigned, lost, drained, messages, stopped;
	unsigned	 replies, failures;	/* of requests */
	unsigned	 unsent;		/* of these failures */
	char		 last_error[64], last_id[64], last_body[64];
	char		 last_lost[200];	/* why */
	uint32_t	 ask_id;
	unsigned	 ask_backend;
	bool		 reassign;		/* assign the lost again */
	bool		 lost_before_reply;
	void		(*on_lost)(struct world *, const char *user);
	unsigned	 moves;			/* users asked to move */
	char		 moving[256][16];	/* who */
	void		(*on_move)(struct world *, const char *user);
	struct buf	 news;			/* lines of events->changed */
	const struct pool_events *events;
	ev_prepare	 prepare;
};

static struct world *the_world;

static inline void
world_log(enum log_level level, const char *line)
{
	(void)level;
	buf_addf(&the_world->log, "%s\n", line);
	if (getenv("POOL_TEST_VERBOSE") != NULL)
		fprintf(stderr, "%s\n", line);
}

static inline bool
kit_has(struct buf *text, const char *words)
{
	buf_addc(text, '\0');
	text->end--;
	return strstr(buf_data(text), words) != NULL;
}

static inline bool
world_logged(struct world *w, const char *words)
{
	return kit_has(&w->log, words);
}

static inline bool
world_told(struct world *w, const char *words)
{
	return kit_has(&w->news, words);
}

static inline void
world_on_features(void *ctx, const struct msg_initialize_result *r)
{
	struct world *w = ctx;

	w->features++;
	snprintf(w->last_body, sizeof(w->last_body), "%s", r->name);
}

static inline void
world_on_assigned(void *ctx, const char *user, unsigned backend)
{
	struct world *w = ctx;

	assert_int_equal(pool_backend(w->pool, user), backend);
	w->assigned++;
}

static inline void
world_on_lost(void *ctx, const char *user, const char *why)
{
	struct world *w = ctx;

	assert_int_equal(pool_backend(w->pool, user), 0);
	w->lost++;
	snprintf(w->last_lost, sizeof(w->last_lost), "%s", why);
	if (w->on_lost != NULL)
		w->on_lost(w, user);
	else if (w->reassign)
		pool_assign(w->pool, user);
}

static inline void
world_on_message(void *ctx, unsigned backend, const struct msg *msg)
{
	struct world *w = ctx;

	w->messages++;
	if (msg->method == METHOD_message)
		snprintf(w->last_body, sizeof(w->last_body), "%s",
		    msg->params->message.body);
	if (msg->kind == REQUEST) {
		w->ask_id = msg->id;
		w->ask_backend = backend;
	}
}

static inline void
world_on_drained(void *ctx, unsigned backend)
{
	(void)backend;
	((struct world *)ctx)->drained++;
}

static inline void
world_on_stopped(void *ctx)
{
	((struct world *)ctx)->stopped++;
}

static inline void
world_on_reply(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct world *w = ctx;

	assert_true((error == NULL) != (result == NULL));
	w->replies++;
	if (error != NULL) {
		w->failures++;
		snprintf(w->last_error, sizeof(w->last_error), "%s",
		    error->code);
		if (strcmp(error->code, ERR_UNSENT) == 0)
			w->unsent++;
		else if (strcmp(error->code, ERR_LOST) == 0)
			assert_int_equal(w->unsent, 0);	/* in order */
		if (w->lost > 0)
			w->lost_before_reply = true;
	} else if (result->send.ids.n == 1) {
		snprintf(w->last_id, sizeof(w->last_id), "%s",
		    result->send.ids.v[0]);
	}
}

static inline void
world_on_move(void *ctx, const char *user, const char *why)
{
	struct world *w = ctx;

	assert_true(why[0] != '\0');
	assert_true(pool_backend(w->pool, user) != 0);
	snprintf(w->moving[w->moves++ % 256], sizeof(w->moving[0]), "%s",
	    user);
	if (w->on_move != NULL)
		w->on_move(w, user);
}

static inline void
world_on_changed(void *ctx, const char *text)
{
	struct world *w = ctx;

	buf_addf(&w->news, "%s\n", text);
}

static const struct pool_events world_events = {
	.features = world_on_features,
	.assigned = world_on_assigned,
	.lost = world_on_lost,
	.message = world_on_message,
	.drained = world_on_drained,
	.changed = world_on_changed,
};

/* The same of somebody who can move users. */
static const struct pool_events moving_events UNUSED = {
	.features = world_on_features,
	.assigned = world_on_assigned,
	.lost = world_on_lost,
	.message = world_on_message,
	.drained = world_on_drained,
	.move = world_on_move,
	.changed = world_on_changed,
};

static inline void
world_prepare_cb(struct ev_loop *loop, ev_prepare *p, int revents)
{
	(void)loop;
	(void)p;
	(void)revents;
	later_run();
}

/* How this program starts itself as a backend of that kind. */
static inline void
world_command(struct world *w, const char *mode)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	snprintf(w->command, sizeof(w->command), "'%s' --backend %s", self,
	    mode);
	w->config.command = w->command;
}

static inline struct world *
world_create(const char *mode)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->loop = ev_default_loop(0);
	w->events = &world_events;
	w->config = (struct pool_config){
		.instance = "irc.example", .users_max = 2, .backends_max = 3,
		.backends_min = 1, .start_timeout = 10, .ping_interval = 5,
		.stop_timeout = 5, .retire_after = 1000, .request_timeout = 20,
		.queue_max = 65536,
	};
	world_command(w, mode);
	ev_prepare_init(&w->prepare, world_prepare_cb);
	ev_prepare_start(w->loop, &w->prepare);
	the_world = w;
	log_set_level(LOG_DEBUG);
	log_capture(world_log);
	return w;
}

static inline void
world_start(struct world *w)
{
	w->pool = pool_create(w->loop, &w->config, w->events, w);
}

static inline void
world_destroy(struct world *w)
{
	pool_destroy(w->pool);
	later_run();
	ev_prepare_stop(w->loop, &w->prepare);
	log_capture(NULL);
	buf_free(&w->log);
	buf_free(&w->news);
	free(w);
}

static inline void
world_wake_cb(struct ev_loop *loop, ev_timer *t, int revents)
{
	(void)loop;
	(void)t;
	(void)revents;
}

static inline double
world_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Run the loop until the condition holds; red after so many seconds. */
#define until_within(w, seconds, condition) \
	do { \
		double end_ = world_now() + (seconds); \
		ev_timer wake_; \
		ev_timer_init(&wake_, world_wake_cb, 0.02, 0.02); \
		ev_timer_start((w)->loop, &wake_); \
		while (!(condition) && world_now() < end_) \
			ev_run((w)->loop, EVRUN_ONCE); \
		ev_timer_stop((w)->loop, &wake_); \
		if (!(condition)) \
			fail_msg("in vain: %s", #condition); \
	} while (0)
#define until(w, condition) until_within(w, 30, condition)

static inline void
world_run(struct world *w, double seconds)
{
	double end = world_now() + seconds;

	until(w, world_now() >= end);
}

static inline void
world_assign(struct world *w, int from, int to)
{
	char name[32];

	for (int i = from; i < to; i++) {
		snprintf(name, sizeof(name), "u%d@x", i);
		pool_assign(w->pool, name);
	}
}

/* Tell a backend something by way of one of its users. */
static inline int
world_send(struct world *w, const char *user, const char *order)
{
	struct msg_send m = {
		.user = user, .to = "peer", .kind = "chat", .body = order
	};

	return pool_request(w->pool, user, METHOD_send, &m, 0, world_on_reply,
	    w);
}

static inline struct backend_info
world_info(struct world *w, size_t i)
{
	struct backend_info info[16] = { { 0 } };

	assert_true(pool_backends(w->pool, info, 16) > i);
	return info[i];
}

static inline size_t
world_count(struct world *w)
{
	return pool_backends(w->pool, NULL, 0);
}

/* Start it; so many users have a backend then. */
static inline void
world_serve(struct world *w, int users)
{
	world_start(w);
	world_assign(w, 0, users);
	until(w, (int)w->assigned == users);
}

static inline struct world *
world_with_users(const char *mode, int users)
{
	struct world *w = world_create(mode);

	w->config.users_max = 10;
	world_serve(w, users);
	return w;
}

static inline char *
crash_report(struct world *w)
{
	struct buf out = { 0 };

	pool_crash_report(w->pool, &out);
	return buf_steal(&out);
}

static inline void
assert_reported(struct world *w, const char *words)
{
	char *report = crash_report(w);

	if (strstr(report, words) == NULL)
		fail_msg("no \"%s\" in: %s", words, report);
	free(report);
}

/* As ps(1) shows it; X: there is none. */
static inline char
process_state(pid_t pid)
{
	char path[32], state = 'X';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 'X';
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 'X';
	fclose(f);
	return state;
}

/* Not even waiting to be reaped. */
static inline bool
alive(pid_t pid)
{
	char state = process_state(pid);

	return state != 'Z' && state != 'X';
}

#endif
