/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: manager util */
/* Does spectrum2.cfg(5) say the same as settings.def?  Run with --print, this
 * prints what the page should have.  And do the examples load? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manager/config.h"
#include "util/ini.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PAGE		"man/spectrum2.cfg.5.scd"
#define EXAMPLES	"etc/transports"

static void
put_text(struct buf *b, const char *value)
{
	size_t len = strlen(SPECTRUM_LOCALSTATEDIR);

	if (*value == '\0')
		buf_adds(b, "empty");
	else if (strncmp(value, SPECTRUM_LOCALSTATEDIR, len) == 0)
		buf_addf(b, "_/var%s_", value + len);
	else
		buf_addf(b, "\"%s\"", value);
}

static void
put_values(struct buf *b, const struct setting *row)
{
	switch (row->type) {
	case SETTING_TYPE_STRING:
		put_text(b, row->value);
		return;
	case SETTING_TYPE_ENUM:
		buf_addf(b, "one of %s; ", row->values);
		put_text(b, row->value);
		return;
	case SETTING_TYPE_BOOL:
		buf_addf(b, "0 or 1; %ld", row->number);
		return;
	case SETTING_TYPE_INT:
		buf_addf(b, "%ld to %ld; %ld", row->min, row->max,
		    row->number);
		return;
	case SETTING_TYPE_LIST:
		buf_adds(b, "may be repeated");
		return;
	}
}

static char told[4096];

static void
collect(enum log_level level, const char *line)
{
	size_t len = strlen(told);

	(void)level;
	snprintf(told + len, sizeof(told) - len, "%s\n", line);
}

static char *
describe(const struct setting *row)
{
	struct buf b = { 0 };

	buf_addf(&b, "*%s* (", row->key);
	put_values(&b, row);
	buf_addf(&b, "%s)\n\t",
	    (row->flags & SETTING_RELOAD) != 0 ? "; reload" : "");
	if ((row->flags & SETTING_IGNORED) != 0)
		buf_addf(&b, "Does nothing: %s.\n\n", row->help);
	else
		buf_addf(&b, "%c%s.\n\n", toupper(row->help[0]),
		    row->help + 1);
	return buf_steal(&b);
}

static void
print(void)
{
	const char *section = "";
	char *text;

	for (size_t i = 0; i < config_nsettings; i++) {
		if (strcmp(section, config_settings[i].section) != 0) {
			section = config_settings[i].section;
			printf("## [%s]\n\n", section);
		}
		text = describe(&config_settings[i]);
		fputs(text, stdout);
		free(text);
	}
}

static void
page_has_every_setting(void **state)
{
	char *page = ini_read(PAGE), *text, *at;

	(void)state;
	assert_non_null(page);
	at = page;
	for (size_t i = 0; i < config_nsettings; i++) {
		text = describe(&config_settings[i]);
		if ((at = strstr(at, text)) == NULL)
			fail_msg("%s lacks, or has not in this place:\n%s",
			    PAGE, text);
		free(text);
	}
	free(page);
}

/* Backends get tables as they are: no two rows of one name. */
static void
rows_are_different(void **state)
{
	const struct setting *a, *b;

	(void)state;
	for (size_t i = 0; i < config_nsettings; i++) {
		for (size_t j = 0; j < i; j++) {
			a = &config_settings[i];
			b = &config_settings[j];
			if (strcmp(a->key, b->key) == 0)
				assert_string_not_equal(a->section,
				    b->section);
		}
	}
}

static void
examples_load(void **state)
{
	DIR *dir = opendir(EXAMPLES);
	struct dirent *entry;
	struct config *c;
	unsigned n = 0;
	char *path, *why = NULL;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strstr(entry->d_name, ".cfg") == NULL)
			continue;
		path = xasprintf("%s/%s", EXAMPLES, entry->d_name);
		if ((c = config_load(path, NULL, NULL, 0, &why)) == NULL)
			fail_msg("%s", why);
		config_destroy(c);
		free(path);
		n++;
	}
	closedir(dir);
	assert_true(n >= 2);
}

/* What packages of the C++ program installed. */
static void
old_examples_load(void **state)
{
	static const char *const files[] = {
		"[service]\n"
		"user=spectrum\n"
		"group=spectrum\n"
		"\n"
		"# JID of Spectrum instance.\n"
		"jid = localhost\n"
		"password = secret\n"
		"server = 127.0.0.1\n"
		"port = 5347\n"
		"server_mode = 0\n"
		"backend_host = localhost\n"
		"#backend_port=10001\n"
		"admin_jid=admin@example.com\n"
		"#cert= #patch to PKCS#12 certificate\n"
		"users_per_backend=10\n"
		"backend=/usr/bin/spectrum2_libpurple_backend\n"
		"protocol=prpl-jabber\n"
		"#protocol=any\n"
		"portfile=/var/run/spectrum2/$jid.port\n"
		"pidfile=/var/run/spectrum2/$jid.pid\n"
		"[identity]\n"
		"name=Spectrum Jabber Transport\n"
		"type=xmpp\n"
		"category=gateway\n"
		"[logging]\n"
		"config = /etc/spectrum2/logging.cfg\n"
		"backend_config = /etc/spectrum2/backend-logging.cfg\n"
		"[database]\n"
		"type = none # or \"none\" without database backend\n"
		"#database = /var/lib/spectrum2/$jid/database.sql\n"
		"[registration]\n"
		"auto_register=1\n"
		"enable_public_registration=1\n"
		"#username_label=Jabber JID (e.g. user@server.tld):\n",

		"[service]\n"
		"jid = localhost\n"
		"server_mode = 1\n"
		"server = 0.0.0.0\n"
		"port = 5222\n"
		"backend_host = localhost\n"
		"backend_port=10001\n"
		"users_per_backend=10\n"
		"backend=/usr/bin/spectrum2_libcommuni_backend\n"
		"protocol=irc\n"
		"irc_server=irc.freenode.org\n"
		"more_resources=1\n"
		"admin_jid=admin@localhost\n"
		"admin_password=test\n"
		"cert_password=test\n"
		"[database]\n"
		"type=none\n",

		"[service]\n"
		"jid = xmpp.localhost\n"
		"server = 127.0.0.1\n"
		"port = 5347\n"
		"password = secret\n"
		"backend=/usr/bin/spectrum2_swiften_backend\n"
		"protocol=any\n"
		"[features]\n"
		"rawxml=1\n"
		"muc=1\n"
		"[database]\n"
		"type = sqlite3\n",
	};
	struct config *c;
	char *why = NULL;

	(void)state;
	for (size_t i = 0; i < LENGTH(files); i++) {
		c = config_parse(files[i], "old.cfg", NULL, NULL, 0, &why);
		if (c == NULL)
			fail_msg("%s", why);
		config_destroy(c);
	}
	assert_non_null(strstr(told, "old.cfg:9: [features] rawxml: does "
	    "nothing: the backend says which stanzas pass as they are"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_has_every_setting),
		cmocka_unit_test(rows_are_different),
		cmocka_unit_test(examples_load),
		cmocka_unit_test(old_examples_load),
	};

	if (argc == 2 && strcmp(argv[1], "--print") == 0) {
		print();
		return 0;
	}
	log_capture(collect);	/* what does nothing is told there */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
