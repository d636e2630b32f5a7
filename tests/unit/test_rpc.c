/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: protocol util */
/* Every request is answered once, whatever the answers do meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/errors.h"
#include "protocol/rpc.h"
#include "util/later.h"

static struct rpc *rpc;
static union result result;

struct answer {
	int	 times;
	char	 code[32];		/* "": a result */
	void	(*then)(void);
};

static void
reply(void *ctx, const struct msg_error *error, const union result *got)
{
	struct answer *a = ctx;

	assert_true((error == NULL) == (got == &result));
	a->times++;
	snprintf(a->code, sizeof(a->code), "%s", error ? error->code : "");
	if (a->then != NULL)
		a->then();
}

static int
setup(void **state)
{
	(void)state;
	rpc = rpc_create();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rpc_destroy(rpc);
	rpc = NULL;
	later_run();
	return 0;
}

static void
is(const struct answer *a, const char *code)
{
	assert_int_equal(a->times, 1);
	assert_string_equal(a->code, code);
}

static void
answers_are_matched(void **state)
{
	struct answer a[3] = { { 0 } };
	struct msg_error error = { .code = ERR_FULL };
	uint32_t id[3];

	(void)state;
	id[0] = rpc_add(rpc, METHOD_login, 1, reply, &a[0]);
	id[1] = rpc_add(rpc, METHOD_logout, 1, reply, &a[1]);
	id[2] = rpc_add(rpc, METHOD_send, 1, NULL, NULL);
	assert_int_equal(rpc_count(rpc), 3);
	assert_int_equal(rpc_method(rpc, id[1]), METHOD_logout);
	assert_int_equal(rpc_method(rpc, id[2]), METHOD_send);
	assert_int_equal(rpc_method(rpc, id[2] + 1), METHOD_NONE);
	rpc_finish(rpc, id[1], &error, NULL);
	rpc_finish(rpc, id[1], NULL, &result);
	rpc_finish(rpc, id[2] + 7, NULL, &result);
	is(&a[1], ERR_FULL);
	assert_int_equal(rpc_method(rpc, id[1]), METHOD_NONE);
	assert_int_equal(a[0].times, 0);
	rpc_finish(rpc, id[0], NULL, &result);
	is(&a[0], "");
	rpc_finish(rpc, id[2], NULL, &result);
	assert_int_equal(rpc_count(rpc), 0);
}

static void
late_ones_expire(void **state)
{
	struct answer a[3] = { { 0 } };
	uint32_t id;

	(void)state;
	rpc_expire(rpc, 1e9);
	rpc_add(rpc, METHOD_send, 30, reply, &a[0]);
	id = rpc_add(rpc, METHOD_send, 10, reply, &a[1]);
	rpc_add(rpc, METHOD_send, 20, reply, &a[2]);
	rpc_expire(rpc, 9.9);
	assert_int_equal(rpc_count(rpc), 3);
	rpc_expire(rpc, 10);
	is(&a[1], ERR_TIMEOUT);
	rpc_finish(rpc, id, NULL, &result);	/* too late */
	is(&a[1], ERR_TIMEOUT);
	assert_int_equal(rpc_count(rpc), 2);
	rpc_expire(rpc, 40);
	is(&a[0], ERR_TIMEOUT);
	is(&a[2], ERR_TIMEOUT);
}

static void
all_fail_together(void **state)
{
	struct answer a[2] = { { 0 } };

	(void)state;
	rpc_add(rpc, METHOD_send, 1, reply, &a[0]);
	rpc_add(rpc, METHOD_send, 2, reply, &a[1]);
	rpc_fail(rpc, ERR_NETWORK, "gone");
	is(&a[0], ERR_NETWORK);
	is(&a[1], ERR_NETWORK);
	assert_int_equal(rpc_count(rpc), 0);
}

static char order[8];

static void
note(void *ctx, const struct msg_error *error, const union result *got)
{
	assert_null(got);
	assert_string_equal(error->text, "gone");
	snprintf(order + strlen(order), 3, "%s%c", (const char *)ctx,
	    error->code[0]);
}

/* Whoever begins behind what was read can be sent again. */
static void
lost_or_unsent(void **state)
{
	static char names[][2] = { "1", "2", "3" };
	static const uint64_t begins[] = { 0, 99, 100 };

	(void)state;
	order[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		rpc_begins(rpc, rpc_add(rpc, METHOD_send, 9 - (double)i, note,
		    names[i]), begins[i]);
	rpc_begins(rpc, 1000, 5);
	rpc_lost(rpc, 100, "gone");
	assert_string_equal(order, "1l2l3u");
	assert_int_equal(rpc_count(rpc), 0);
}

static void
hand_over(void *arg, const struct rpc_call *call)
{
	assert_int_equal(rpc_restore(arg, call), 0);
	assert_int_equal(rpc_restore(arg, call), -1);
}

/* Another one goes on: with the same ids, and behind them. */
static void
has_a_successor(void **state)
{
	struct answer a[3] = { { 0 } };
	struct rpc *next = rpc_create();
	uint32_t id[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		id[i] = rpc_add(rpc, METHOD_send, 5 + i, reply, &a[i]);
	rpc_begins(rpc, id[2], 100);
	rpc_finish(rpc, id[0], NULL, &result);
	rpc_resume(next, rpc_last_id(rpc));
	rpc_each(rpc, hand_over, next);
	rpc_abandon(rpc);
	assert_int_equal(rpc_count(rpc), 0);
	assert_int_equal(rpc_method(rpc, id[1]), METHOD_NONE);
	assert_int_equal(rpc_count(next), 2);
	assert_int_equal(a[1].times + a[2].times, 0);
	assert_int_equal(rpc_add(next, METHOD_send, 9, NULL, NULL), id[2] + 1);
	rpc_expire(next, 6);
	is(&a[1], ERR_TIMEOUT);
	rpc_lost(next, 50, NULL);
	is(&a[2], ERR_UNSENT);
	rpc_destroy(next);
}

static struct answer more;

static void
ask_again(void)
{
	rpc_add(rpc, METHOD_send, 5, reply, &more);
}

static void
answers_may_ask(void **state)
{
	struct answer a = { .then = ask_again };

	(void)state;
	memset(&more, 0, sizeof(more));
	rpc_add(rpc, METHOD_send, 1, reply, &a);
	rpc_expire(rpc, 10);
	is(&a, ERR_TIMEOUT);
	assert_int_equal(more.times, 0);	/* asked after that */
	rpc_expire(rpc, 10);
	is(&more, ERR_TIMEOUT);

	memset(&more, 0, sizeof(more));
	a.times = 0;
	rpc_add(rpc, METHOD_send, 1, reply, &a);
	rpc_destroy(rpc);
	is(&a, ERR_LOST);
	is(&more, ERR_LOST);
	rpc = rpc_create();
}

static void
destroy(void)
{
	rpc_destroy(rpc);
	rpc = rpc_create();
}

static void
answers_may_destroy(void **state)
{
	struct answer a[3] = { { .then = destroy } };

	(void)state;
	for (int i = 0; i < 3; i++)
		rpc_add(rpc, METHOD_send, 1, reply, &a[i]);
	rpc_expire(rpc, 1);
	is(&a[0], ERR_TIMEOUT);
	is(&a[1], ERR_LOST);
	is(&a[2], ERR_LOST);
}

static void
finish_others(void)
{
	for (uint32_t id = 0; id < 1000; id++)
		rpc_finish(rpc, id, NULL, &result);
}

static void
answers_may_answer(void **state)
{
	struct answer a[3] = { { .then = finish_others } };

	(void)state;
	for (int i = 0; i < 3; i++)
		rpc_add(rpc, METHOD_send, 1, reply, &a[i]);
	rpc_fail(rpc, ERR_LOST, NULL);
	is(&a[0], ERR_LOST);
	is(&a[1], "");
	is(&a[2], "");
}

/* Old and new requests share the table for long; ids are never reused. */
static void
many(void **state)
{
	enum { N = 5000, ROUNDS = 20 };
	static struct answer a[N];
	static uint32_t ids[N];
	uint32_t highest = 0;

	(void)state;
	memset(a, 0, sizeof(a));
	srand(1);
	for (int i = 0; i < N; i++)
		ids[i] = rpc_add(rpc, METHOD_send, 1, reply, &a[i]);
	for (int i = 0; i < N * ROUNDS; i++) {
		int k = rand() % N;

		assert_int_equal(rpc_method(rpc, ids[k]), METHOD_send);
		rpc_finish(rpc, ids[k], NULL, &result);
		is(&a[k], "");
		a[k].times = 0;
		ids[k] = rpc_add(rpc, METHOD_send, 1, reply, &a[k]);
		assert_true(ids[k] > highest);
		highest = ids[k];
	}
	assert_int_equal(rpc_count(rpc), N);
	rpc_expire(rpc, 2);
	for (int i = 0; i < N; i++)
		is(&a[i], ERR_TIMEOUT);
}

int
main(void)
{
#define ALONE(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		ALONE(answers_are_matched),
		ALONE(late_ones_expire),
		ALONE(all_fail_together),
		ALONE(lost_or_unsent),
		ALONE(has_a_successor),
		ALONE(answers_may_ask),
		ALONE(answers_may_destroy),
		ALONE(answers_may_answer),
		ALONE(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
