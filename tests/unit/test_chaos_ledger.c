/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accounts of the chaos test: what they must not excuse, and what they
 * must.  links: util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/chaos/ledger.c"

struct options options = { .users = 10, .peers = 5 };
double now;

/* Forget all. */
static int
begin(void **state)
{
	(void)state;
	for (int i = 0; quits != NULL && i < options.users; i++)
		free(quits[i].at);
	free(quits);
	quits = NULL;
	for (int i = 0; i < NSTROKES; i++) {
		free(from[i].at);
		free(to[i].at);
		from[i] = to[i] = (struct times){ 0 };
	}
	for (int way = 0; way < 2; way++) {
		free(newest[way]);
		newest[way] = NULL;
		counts[way] = reordered[way] = 0;
	}
	free(messages);
	messages = NULL;
	used = room = 0;
	now = 10;
	return 0;
}

/* What the report says of that way under that word. */
static unsigned long
count(enum way way, const char *word)
{
	char *text, *line, *at, name[32];
	size_t len;
	FILE *file = open_memstream(&text, &len);
	unsigned long n;

	ledger_report(file);
	fclose(file);
	snprintf(name, sizeof(name), "way %d ", way);
	assert_non_null(line = strstr(text, name));
	*strchr(line, '\n') = '\0';
	snprintf(name, sizeof(name), " %s ", word);
	assert_non_null(at = strstr(line, name));
	n = strtoul(at + strlen(name), NULL, 10);
	free(text);
	return n;
}

static uint32_t
sent(enum way way, unsigned user, double at)
{
	now = at;
	return ledger_sent(way, user);
}

static void
broke(unsigned user, double at)
{
	now = at;
	ledger_broken(user);
}

static void
test_nothing_excuses(void **state)
{
	(void)state;
	sent(TO_IRC, 0, 10);
	sent(TO_XMPP, 1, 10);
	broke(1, 10.1);			/* by itself */
	assert_int_equal(count(TO_IRC, "missing"), 1);
	assert_int_equal(count(TO_XMPP, "missing"), 1);
}

static void
test_server_killed(void **state)
{
	(void)state;
	sent(TO_IRC, 0, 9.8);
	sent(TO_IRC, 0, 9.95);
	sent(TO_IRC, 0, 10.05);
	sent(TO_XMPP, 0, 9.95);
	ledger_stroke(STROKE_IRC, 10, 10);
	assert_int_equal(count(TO_IRC, "missing"), 2);
	assert_int_equal(count(TO_IRC, "server"), 1);
	assert_int_equal(count(TO_XMPP, "server"), 1);
}

static void
test_backend_killed(void **state)
{
	(void)state;
	sent(TO_XMPP, 0, 9.8);		/* too early */
	sent(TO_XMPP, 0, 9.95);
	sent(TO_XMPP, 0, 10.1);
	broke(0, 10.2);
	sent(TO_XMPP, 0, 10.3);		/* after IRC had said it */
	sent(TO_XMPP, 1, 10.0);		/* on another backend */
	sent(TO_IRC, 0, 10.0);		/* the gateway can tell */
	ledger_stroke(STROKE_BACKEND, 10, 10);
	assert_int_equal(count(TO_XMPP, "quit"), 2);
	assert_int_equal(count(TO_XMPP, "missing"), 3);
	assert_int_equal(count(TO_IRC, "missing"), 1);
}

static void
test_backend_hung(void **state)
{
	(void)state;
	sent(TO_XMPP, 0, 9);
	sent(TO_XMPP, 0, 11);
	sent(TO_XMPP, 1, 11);
	broke(1, 15);			/* not when the hung one ended */
	sent(TO_XMPP, 0, 19);
	broke(0, 20.1);
	ledger_stroke(STROKE_HUNG, 10, 20);
	assert_int_equal(count(TO_XMPP, "hung"), 2);
	assert_int_equal(count(TO_XMPP, "missing"), 2);
}

static void
test_order(void **state)
{
	uint32_t first = sent(TO_XMPP, 3, 10), second = sent(TO_XMPP, 3, 10);
	uint32_t other = sent(TO_XMPP, 4, 10);

	(void)state;
	ledger_got(TO_XMPP, other, "c", false);
	ledger_got(TO_XMPP, second, "b", false);
	assert_int_equal(count(TO_XMPP, "reordered"), 0);
	ledger_got(TO_XMPP, first, "a", false);
	assert_int_equal(count(TO_XMPP, "reordered"), 1);
}

static void
test_lies(void **state)
{
	uint32_t lie = sent(TO_IRC, 3, 10), unsure = sent(TO_IRC, 3, 10);
	uint32_t truth = sent(TO_IRC, 3, 10);

	(void)state;
	ledger_failed(lie, END_ERROR);
	ledger_failed(unsure, END_UNSURE);
	ledger_failed(truth, END_ERROR);
	ledger_got(TO_IRC, lie, NULL, false);
	ledger_got(TO_IRC, unsure, NULL, false);
	assert_int_equal(count(TO_IRC, "both"), 2);
	assert_int_equal(count(TO_IRC, "lied"), 1);
	assert_int_equal(count(TO_IRC, "error"), 1);
	assert_int_equal(count(TO_IRC, "missing"), 0);
}

static void
test_doubled(void **state)
{
	uint32_t plain = sent(TO_XMPP, 3, 10), other = sent(TO_XMPP, 3, 10);

	(void)state;
	ledger_got(TO_XMPP, plain, "a", false);
	ledger_got(TO_XMPP, plain, "a", false);
	ledger_got(TO_XMPP, other, "b", false);
	ledger_got(TO_XMPP, other, "another id", true);
	assert_int_equal(count(TO_XMPP, "doubled"), 2);
}

/* With a delay and the old id: twice for each stroke at Prosody. */
static void
test_repeated(void **state)
{
	uint32_t number = sent(TO_XMPP, 3, 10), early;

	(void)state;
	ledger_got(TO_XMPP, number, "a", false);
	now = 12;
	ledger_got(TO_XMPP, number, "a", true);
	assert_int_equal(count(TO_XMPP, "doubled"), 1);
	ledger_stroke(STROKE_PROSODY, 11, 11.5);
	assert_int_equal(count(TO_XMPP, "doubled"), 0);
	assert_int_equal(count(TO_XMPP, "marked"), 1);
	for (int i = 0; i < 3; i++)
		ledger_got(TO_XMPP, number, "a", true);
	assert_int_equal(count(TO_XMPP, "marked"), 2);
	assert_int_equal(count(TO_XMPP, "doubled"), 2);
	/* Long before it. */
	early = sent(TO_XMPP, 4, 20);
	ledger_got(TO_XMPP, early, "b", false);
	now = 61;
	ledger_got(TO_XMPP, early, "b", true);
	ledger_stroke(STROKE_PROSODY, 60, 60.5);
	assert_int_equal(count(TO_XMPP, "doubled"), 3);
	/* Said long before it, but Prosody had no CPU to deliver it. */
	early = sent(TO_XMPP, 4, 70);
	now = 90;
	ledger_got(TO_XMPP, early, "c", false);
	now = 101;
	ledger_got(TO_XMPP, early, "c", true);
	assert_int_equal(count(TO_XMPP, "doubled"), 4);
	ledger_stroke(STROKE_PROSODY, 100, 100.5);
	assert_int_equal(count(TO_XMPP, "doubled"), 3);
	begin(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_excuses, begin),
		cmocka_unit_test_setup(test_server_killed, begin),
		cmocka_unit_test_setup(test_backend_killed, begin),
		cmocka_unit_test_setup(test_backend_hung, begin),
		cmocka_unit_test_setup(test_order, begin),
		cmocka_unit_test_setup(test_lies, begin),
		cmocka_unit_test_setup(test_doubled, begin),
		cmocka_unit_test_setup_teardown(test_repeated, begin, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
