/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: util */
/* Whose line is it?  With many instances in one journal each must say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/log.h"

static char last[4096];

static void
take(enum log_level level, const char *line)
{
	(void)level;
	snprintf(last, sizeof(last), "%s", line);
}

static void
subject_once(void **state)
{
	char name[3000];

	(void)state;
	log_capture(take);
	log_info("stopped");
	assert_string_equal(last, "stopped");
	log_set_subject("irc.example");
	log_info("stopped");
	assert_string_equal(last, "irc.example: stopped");
	log_info("%s", "");
	assert_string_equal(last, "irc.example: ");
	log_info("irc.example: connected");
	assert_string_equal(last, "irc.example: connected");
	/* As in the file and as addresses are compared. */
	log_info("IRC.example: connected");
	assert_string_equal(last, "IRC.example: connected");
	log_info("irc.example.org: connected");
	assert_string_equal(last, "irc.example: irc.example.org: connected");
	log_info("irc.example:");
	assert_string_equal(last, "irc.example: irc.example:");
	log_info("two\nlines");
	assert_string_equal(last, "irc.example: two?lines");
	/* Nothing is longer than a line may be. */
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	log_info("%s", name);
	assert_memory_equal(last, "irc.example: xxx", 16);
	assert_true(strlen(last) > 1900 && strlen(last) < 2048);
	log_set_subject(name);
	log_info("stopped");
	assert_string_equal(last, "stopped");
	log_set_subject(NULL);
	log_info("stopped");
	assert_string_equal(last, "stopped");
	log_capture(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subject_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
