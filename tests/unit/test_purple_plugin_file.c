/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple kit_glib kit net protocol util */
/* What a plug-in's file says of it: of made-up ones, and of all installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "backends/purple/plugin_file.h"

static void
reads_descriptions(void **state)
{
	static const struct {
		const char	*name;
		uint32_t	 words[8];
		size_t		 len;		/* bytes */
		enum plugin_kind kind;
	} cases[] = {
		{ "nothing", { 0 }, 0, PLUGIN_NONE },
		{ "cut short", { 5, 2, 14, 2 }, 15, PLUGIN_NONE },
		{ "protocol", { 5, 2, 14, 2 }, 16, PLUGIN_PROTOCOL },
		{ "standard", { 0, 0, 5, 2, 0, 0 }, 24, PLUGIN_STANDARD },
		{ "loader", { 5, 2, 14, 1 }, 16, PLUGIN_LOADER },
		{ "not aligned", { 0, 5, 2, 14, 2 }, 20, PLUGIN_NONE },
		{ "libpurple 3", { 5, 3, 0, 2 }, 16, PLUGIN_NONE },
		{ "another magic", { 4, 2, 0, 2 }, 16, PLUGIN_NONE },
		{ "a kind there is not", { 5, 2, 0, 3 }, 16, PLUGIN_NONE },
		{ "absurd", { 5, 2, 100, 2 }, 16, PLUGIN_NONE },
		{ "two", { 5, 2, 1, 0, 5, 2, 1, 2 }, 32, PLUGIN_PROTOCOL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (plugin_kind(cases[i].words, cases[i].len) != cases[i].kind)
			fail_msg("%s", cases[i].name);
	}
}

static void
finds_whole_strings(void **state)
{
	static const char data[] = "x\0prpl-irc\0prpl-jabbering";

	(void)state;
	assert_true(plugin_mentions(data, sizeof(data), "prpl-irc"));
	assert_false(plugin_mentions(data, sizeof(data), "prpl-jabber"));
	assert_false(plugin_mentions(data, 0, "prpl-irc"));
}

static void
refuses_odd_files(void **state)
{
	bool mentions = true;

	(void)state;
	assert_int_equal(plugin_file_kind("/nonexistent", "x", &mentions),
	    PLUGIN_NONE);
	assert_false(mentions);
	assert_int_equal(plugin_file_kind("/dev/zero", NULL, NULL),
	    PLUGIN_NONE);
	assert_int_equal(plugin_file_kind("/", NULL, NULL), PLUGIN_NONE);
}

/* Debian's protocols and no others; what is absent here is not missed. */
static void
knows_the_installed_ones(void **state)
{
	static const struct {
		const char	*name;
		enum plugin_kind kind;
	} known[] = {
		{ "libirc", PLUGIN_PROTOCOL }, { "libxmpp", PLUGIN_PROTOCOL },
		{ "libgg", PLUGIN_PROTOCOL }, { "libzephyr", PLUGIN_PROTOCOL },
		{ "libbonjour", PLUGIN_PROTOCOL },
		{ "libsimple", PLUGIN_PROTOCOL },
		{ "libnovell", PLUGIN_PROTOCOL },
		{ "libsametime", PLUGIN_PROTOCOL },
		{ "libdiscord", PLUGIN_PROTOCOL },
		{ "libjabber", PLUGIN_NONE },
		{ "perl", PLUGIN_LOADER }, { "tcl", PLUGIN_LOADER },
		{ "ssl", PLUGIN_STANDARD }, { "ssl-nss", PLUGIN_STANDARD },
		{ "lurch", PLUGIN_STANDARD }, { "idle", PLUGIN_STANDARD },
		{ "log_reader", PLUGIN_STANDARD },
		{ "dbus-example", PLUGIN_STANDARD },
	};
	char path[512];
	bool mentions;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s.so", PURPLE_PLUGINDIR,
		    known[i].name);
		if (access(path, R_OK) == 0 && plugin_file_kind(path, NULL,
		    NULL) != known[i].kind)
			fail_msg("%s", path);
	}
	snprintf(path, sizeof(path), "%s/libxmpp.so", PURPLE_PLUGINDIR);
	plugin_file_kind(path, "prpl-jabber", &mentions);
	assert_true(mentions);
	plugin_file_kind(path, "prpl-irc", &mentions);
	assert_false(mentions);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_descriptions),
		cmocka_unit_test(finds_whole_strings),
		cmocka_unit_test(refuses_odd_files),
		cmocka_unit_test(knows_the_installed_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
