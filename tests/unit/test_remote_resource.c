/* links: remote util */
/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which client of a contact stands for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backends/xmpp/resource.h"
#include "util/macros.h"

/* name, show, priority; a NULL show: it has gone. */
struct step {
	const char	*name, *show;
	int		 priority;
	const char	*best;		/* then; NULL: nobody */
};

static const struct step steps[] = {
	{ "a", NULL, 0, NULL },
	{ "a", "away", 0, "a" },
	{ "b", "online", 0, "b" },
	{ "c", "xa", 5, "c" },
	{ "d", "chat", -1, "c" },
	{ "c", "xa", 0, "b" },
	{ "a", "online", 0, "a" },	/* the last one of equals */
	{ "b", "online", 0, "b" },
	{ "b", NULL, 0, "a" },
	{ "a", NULL, 0, "c" },
	{ "c", NULL, 0, "d" },
	{ "x", NULL, 0, "d" },
	{ "d", NULL, 0, NULL },
};

static void
best(void **state)
{
	struct resources all;
	struct resource r = { 0 };
	const struct step *s;

	(void)state;
	TAILQ_INIT(&all);
	for (s = steps; s < steps + LENGTH(steps); s++) {
		print_message("%s %s\n", s->name, s->show ? s->show : "gone");
		r.name = (char *)(uintptr_t)s->name;
		r.show = resource_show(s->show);
		r.priority = s->priority;
		if (s->show != NULL)
			assert_null(resources_put(&all, &r));
		else
			resources_remove(&all, s->name);
		if (s->best == NULL)
			assert_true(TAILQ_EMPTY(&all));
		else
			assert_string_equal(TAILQ_FIRST(&all)->name, s->best);
	}
}

static void
many(void **state)
{
	struct resources all;
	struct resource *r, one = { .show = "online" };
	char name[16], *forgotten;
	size_t n = 0;

	(void)state;
	TAILQ_INIT(&all);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		one.name = name;
		one.priority = i % 100;
		forgotten = resources_put(&all, &one);
		/* The new one, too, where it is the worst. */
		assert_int_equal(forgotten != NULL, i >= RESOURCES_MAX);
		if (forgotten != NULL)
			assert_null(resources_find(&all, forgotten));
		free(forgotten);
	}
	TAILQ_FOREACH(r, &all, entry)
		n++;
	assert_int_equal(n, RESOURCES_MAX);
	assert_int_equal(TAILQ_FIRST(&all)->priority, 99);
	resources_clear(&all);
	assert_true(TAILQ_EMPTY(&all));
}

static void
words(void **state)
{
	(void)state;
	assert_string_equal(resource_show(NULL), "online");
	assert_string_equal(resource_show("dnd"), "dnd");
	assert_string_equal(resource_show("DND"), "online");
	assert_int_equal(resource_priority(NULL), 0);
	assert_int_equal(resource_priority(" 7\n"), 7);
	assert_int_equal(resource_priority("-128"), -128);
	assert_int_equal(resource_priority("128"), 0);
	assert_int_equal(resource_priority("99999999999999999999"), 0);
	assert_int_equal(resource_priority("high"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(best),
		cmocka_unit_test(many),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
