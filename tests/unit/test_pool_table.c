/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* The state table of a backend: each cell, and thousands of random orders of
 * events.  No process is behind these backends; signals go nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <string.h>

#include "manager/pool/backend.h"
#include "protocol/errors.h"
#include "util/later.h"

static struct {
	unsigned	 leaving, gone, answered;
	bool		 destroy_in_leaving;
} seen;

static void
on_leaving(struct backend *b)
{
	seen.leaving++;
	assert_int_equal(b->state, BACKEND_STOPPING);
	assert_int_equal(rpc_count(b->rpc), 0);
	if (seen.destroy_in_leaving)
		backend_destroy(b);
}

static void
on_gone(struct backend *b)
{
	seen.gone++;
	assert_int_equal(b->state, BACKEND_GONE);
	assert_int_equal(rpc_count(b->rpc), 0);
	assert_false(ev_is_active(&b->timer));
	assert_false(ev_is_active(&b->child));
}

static const struct backend_owner owner = {
	.leaving = on_leaving,
	.gone = on_gone,
};

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

static void
on_reply(void *ctx, const struct msg_error *error, const union result *result)
{
	(void)ctx;
	assert_null(result);
	assert_true(strcmp(error->code, ERR_LOST) == 0 ||
	    strcmp(error->code, ERR_UNSENT) == 0);
	seen.answered++;
}

static struct backend *
create(enum backend_state state)
{
	static const struct backend_start start = {
		.instance = "irc.example", .id = 1, .owner = &owner,
		.limits = {
			.start_timeout = 1, .ping_interval = 1,
			.stop_timeout = 1, .queue_max = 1000
		},
	};
	struct backend *b = backend_create(ev_default_loop(0), &start);

	b->state = state;
	if (state != BACKEND_STARTING)
		b->ready_at = b->born;
	/* A request is in flight, unless the loss has answered it before. */
	if (state < BACKEND_STOPPING)
		rpc_add(b->rpc, METHOD_logout, INFINITY, on_reply, NULL);
	memset(&seen, 0, sizeof(seen));
	return b;
}

static void
destroy(struct backend *b)
{
	backend_destroy(b);
	later_run();
}

#define S BACKEND_STARTING
#define R BACKEND_READY
#define D BACKEND_DRAINING
#define H BACKEND_HUNG
#define P BACKEND_STOPPING
#define G BACKEND_GONE

static void
each_cell(void **state)
{
	static const struct {
		enum backend_state from;
		enum backend_event event;
		enum backend_state to;
		unsigned leaving, answered, gone;
		int killed;
		bool asked;
	} cells[] = {
		{ S, BACKEND_HELLO,   R, 0, 0, 0, 0,       false },
		{ S, BACKEND_RETIRE,  P, 1, 1, 0, 0,       true  },
		{ S, BACKEND_MOVE,    S, 0, 0, 0, 0,       false },
		{ S, BACKEND_STOP,    P, 1, 1, 0, 0,       true  },
		{ S, BACKEND_TIMEOUT, P, 1, 1, 0, SIGKILL, false },
		{ S, BACKEND_GARBAGE, P, 1, 1, 0, SIGKILL, false },
		{ S, BACKEND_LOST,    P, 1, 1, 0, 0,       false },
		{ S, BACKEND_EXITED,  G, 1, 1, 1, 0,       false },
		{ R, BACKEND_HELLO,   R, 0, 0, 0, 0,       false },
		{ R, BACKEND_RETIRE,  D, 0, 0, 0, 0,       true  },
		{ R, BACKEND_MOVE,    R, 0, 0, 0, 0,       false },
		{ R, BACKEND_STOP,    P, 0, 0, 0, 0,       true  },
		{ R, BACKEND_TIMEOUT, H, 0, 0, 0, SIGABRT, false },
		{ R, BACKEND_GARBAGE, P, 1, 1, 0, SIGKILL, false },
		{ R, BACKEND_LOST,    P, 1, 1, 0, 0,       false },
		{ R, BACKEND_EXITED,  G, 1, 1, 1, 0,       false },
		{ D, BACKEND_HELLO,   D, 0, 0, 0, 0,       false },
		{ D, BACKEND_RETIRE,  D, 0, 0, 0, 0,       false },
		{ D, BACKEND_MOVE,    P, 1, 1, 0, 0,       true  },
		{ D, BACKEND_STOP,    P, 0, 0, 0, 0,       true  },
		{ D, BACKEND_TIMEOUT, H, 0, 0, 0, SIGABRT, false },
		{ D, BACKEND_GARBAGE, P, 1, 1, 0, SIGKILL, false },
		{ D, BACKEND_LOST,    P, 1, 1, 0, 0,       false },
		{ D, BACKEND_EXITED,  G, 1, 1, 1, 0,       false },
		{ H, BACKEND_HELLO,   H, 0, 0, 0, 0,       false },
		{ H, BACKEND_RETIRE,  H, 0, 0, 0, 0,       false },
		{ H, BACKEND_MOVE,    H, 0, 0, 0, 0,       false },
		{ H, BACKEND_STOP,    H, 0, 0, 0, 0,       false },
		{ H, BACKEND_TIMEOUT, H, 0, 0, 0, SIGKILL, false },
		{ H, BACKEND_GARBAGE, H, 0, 0, 0, 0,       false },
		{ H, BACKEND_LOST,    H, 0, 0, 0, 0,       false },
		{ H, BACKEND_EXITED,  G, 1, 1, 1, 0,       false },
		{ P, BACKEND_HELLO,   P, 0, 0, 0, 0,       false },
		{ P, BACKEND_RETIRE,  P, 0, 0, 0, 0,       false },
		{ P, BACKEND_MOVE,    P, 0, 0, 0, 0,       false },
		{ P, BACKEND_STOP,    P, 0, 0, 0, 0,       false },
		{ P, BACKEND_TIMEOUT, P, 0, 0, 0, SIGKILL, false },
		{ P, BACKEND_GARBAGE, P, 0, 0, 0, 0,       false },
		{ P, BACKEND_LOST,    P, 0, 0, 0, 0,       false },
		{ P, BACKEND_EXITED,  G, 0, 0, 1, 0,       false },
		{ G, BACKEND_HELLO,   G, 0, 0, 0, 0,       false },
		{ G, BACKEND_RETIRE,  G, 0, 0, 0, 0,       false },
		{ G, BACKEND_MOVE,    G, 0, 0, 0, 0,       false },
		{ G, BACKEND_STOP,    G, 0, 0, 0, 0,       false },
		{ G, BACKEND_TIMEOUT, G, 0, 0, 0, 0,       false },
		{ G, BACKEND_GARBAGE, G, 0, 0, 0, 0,       false },
		{ G, BACKEND_LOST,    G, 0, 0, 0, 0,       false },
		{ G, BACKEND_EXITED,  G, 0, 0, 0, 0,       false },
	};

	(void)state;
	assert_int_equal(LENGTH(cells), BACKEND_STATES * BACKEND_EVENTS);
	for (size_t i = 0; i < LENGTH(cells); i++) {
		struct backend *b = create(cells[i].from);

		printf("%s, event %d\n", backend_state_name(cells[i].from),
		    cells[i].event);
		backend_event(b, cells[i].event);
		assert_int_equal(b->state, cells[i].to);
		assert_int_equal(seen.leaving, cells[i].leaving);
		assert_int_equal(seen.answered, cells[i].answered);
		assert_int_equal(seen.gone, cells[i].gone);
		assert_int_equal(b->killed, cells[i].killed);
		assert_int_equal(b->asked, cells[i].asked);
		if (b->killed == SIGABRT)	/* time to write the core */
			assert_true(ev_timer_remaining(b->loop,
			    &b->timer) > 1.5);
		destroy(b);
	}
}

/* The invariants: states only go forward, users are given back once at most
 * and never after the end, every request is answered once, the end comes once,
 * and whoever stops has a timer that will see to it. */
static void
random_events(void **state)
{
	unsigned seed = 20240229;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct backend *b = create(BACKEND_STARTING);
		enum backend_state before = b->state;

		for (int step = 0; step < 12; step++) {
			enum backend_event e;

			e = (enum backend_event)(rand_r(&seed) /
			    (RAND_MAX / BACKEND_EVENTS + 1));
			if (e == BACKEND_EXITED)
				b->exited = true;
			backend_fail(b, e, "event %d", e);
			assert_true(b->state >= before);
			before = b->state;
			assert_true(seen.leaving <= 1);
			assert_int_equal(seen.gone, b->state == BACKEND_GONE);
			assert_true(seen.answered <= 1);
			if (seen.leaving > 0 || seen.gone > 0)
				assert_int_equal(seen.answered, 1);
			if (b->state == BACKEND_STOPPING ||
			    b->killed == SIGABRT)
				assert_true(b->state == BACKEND_GONE ||
				    ev_is_active(&b->timer));
			if (b->state < BACKEND_STOPPING)
				assert_int_equal(seen.leaving, 0);
			/* It has left, or the pool stops, or it is dead. */
			if (b->state == BACKEND_STOPPING && !b->asked)
				assert_int_equal(seen.leaving, 1);
		}
		destroy(b);
		assert_int_equal(seen.answered, 1);
	}
}

/* It does not die of SIGKILL at once: its users cannot wait for that. */
static void
hung_for_good(void **state)
{
	struct backend *b = create(BACKEND_READY);

	(void)state;
	backend_fail(b, BACKEND_TIMEOUT, "hung");
	assert_int_equal(b->state, BACKEND_HUNG);
	backend_event(b, BACKEND_TIMEOUT);
	assert_int_equal(b->killed, SIGKILL);
	assert_int_equal(seen.leaving, 0);
	assert_true(ev_timer_remaining(b->loop, &b->timer) < 1);
	backend_event(b, BACKEND_TIMEOUT);
	assert_int_equal(b->state, BACKEND_STOPPING);
	assert_int_equal(seen.leaving, 1);
	assert_int_equal(seen.answered, 1);
	destroy(b);
}

/* The owner may destroy it while it is being lost, by any event. */
static void
destroyed_while_leaving(void **state)
{
	(void)state;
	for (int from = BACKEND_STARTING; from < BACKEND_STOPPING; from++) {
		for (int event = 0; event < BACKEND_EVENTS; event++) {
			struct backend *b = create((enum backend_state)from);

			seen.destroy_in_leaving = true;
			backend_event(b, (enum backend_event)event);
			if (seen.leaving == 0)
				backend_destroy(b);
			else
				assert_int_equal(seen.gone, 0);
			later_run();
			assert_int_equal(seen.answered, 1);
		}
	}
}

static void
on_tick(struct backend *b)
{
	(void)b;
}

static const struct backend_owner ticking = {
	.leaving = on_leaving,
	.gone = on_gone,
	.tick = on_tick,
};

/* A ping that is not answered counts once it has left, and while we read. */
static void
patience(void **state)
{
	struct backend *b = create(BACKEND_READY);

	(void)state;
	b->owner = &ticking;
	b->pinging = true;
	b->ping_end = 1000;
	for (b->channel.written = 0; b->channel.written < 1000;
	    b->channel.written++) {		/* slow, but it reads */
		b->channel.out.end = 1;
		backend_tick(b);
	}
	b->channel.out.end = 0;
	assert_int_equal(b->state, BACKEND_READY);
	b->channel.held = true;
	for (int i = 0; i < 100; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_READY);
	b->channel.held = false;
	for (int i = 0; i < 7; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_READY);
	backend_tick(b);
	assert_int_equal(b->state, BACKEND_HUNG);
	assert_string_equal(b->why, "hung: no answer to ping for 2 s");
	destroy(b);
}

/* Not a byte moves although the queue is not empty. */
static void
stuck_pipe(void **state)
{
	struct backend *b = create(BACKEND_READY);

	(void)state;
	b->owner = &ticking;
	b->pinging = true;
	b->ping_end = 1000;
	b->channel.out.end = 100;
	for (int i = 0; i < 7; i++)
		backend_tick(b);
	assert_int_equal(b->state, BACKEND_READY);
	backend_tick(b);
	assert_int_equal(b->state, BACKEND_HUNG);
	assert_string_equal(b->why, "hung: has read nothing for 2 s");
	b->channel.out.end = 0;
	destroy(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell),
		cmocka_unit_test(random_events),
		cmocka_unit_test(hung_for_good),
		cmocka_unit_test(destroyed_while_leaving),
		cmocka_unit_test(patience),
		cmocka_unit_test(stuck_pipe),
	};

	log_capture(no_log);
	log_set_level(LOG_DEBUG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
