/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple kit protocol util */
/* Who waits when many connections are ready at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include <purple.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/kit/kit_glib.h"
#include "backends/purple/loop.h"

#define CONNECTIONS	10

static unsigned turns, room;		/* room: calls until a turn is full */
static unsigned calls[CONNECTIONS], called;
static int pipes[CONNECTIONS][2];
static guint inputs[CONNECTIONS];

unsigned
kit_glib_turn(bool *full)
{
	*full = called >= room;
	return turns;
}

static void
on_ready(gpointer data, gint fd, PurpleInputCondition condition)
{
	(void)fd;
	assert_int_equal(condition, PURPLE_INPUT_READ);
	calls[GPOINTER_TO_UINT(data)]++;
	called++;
}

static void
turn(void)
{
	turns++;
	called = 0;
	g_main_context_iteration(NULL, FALSE);
}

static int
start(void **state)
{
	(void)state;
	loop_init();
	for (guint i = 0; i < CONNECTIONS; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		inputs[i] = purple_input_add(pipes[i][0], PURPLE_INPUT_READ,
		    on_ready, GUINT_TO_POINTER(i));
	}
	return 0;
}

static int
end(void **state)
{
	(void)state;
	for (guint i = 0; i < CONNECTIONS; i++) {
		purple_input_remove(inputs[i]);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	return 0;
}

/* All are always ready: nobody is called more often than another. */
static void
all_in_turns(void **state)
{
	(void)state;
	for (room = 0; room <= CONNECTIONS; room++) {
		memset(calls, 0, sizeof(calls));
		for (int n = 0; n < 100; n++) {
			turn();
			assert_in_range(called, 1, MAX(room, 1));
		}
		for (guint i = 1; i < CONNECTIONS; i++)
			assert_in_range(calls[i] + 1, calls[0], calls[0] + 2);
	}
}

/* Who was left has gone: the others are called all the same. */
static void
the_next_one_goes(void **state)
{
	(void)state;
	room = 3;
	turn();
	purple_input_remove(inputs[3]);
	memset(calls, 0, sizeof(calls));
	for (int n = 0; n < 6; n++)
		turn();
	for (guint i = 0; i < CONNECTIONS; i++)
		assert_true(i == 3 ? calls[i] == 0 : calls[i] > 0);
}

/* The turn was full before any of them. */
static void
one_is_always_called(void **state)
{
	(void)state;
	room = 0;
	for (int n = 0; n < 20; n++) {
		turn();
		assert_int_equal(called, 1);
	}
}

int
main(void)
{
#define CASE(f)	cmocka_unit_test_setup_teardown(f, start, end)
	const struct CMUnitTest tests[] = {
		CASE(all_in_turns),
		CASE(the_next_one_goes),
		CASE(one_is_always_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
