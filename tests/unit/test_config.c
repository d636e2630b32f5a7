/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: manager util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "manager/config.h"
#include "util/log.h"
#include "util/xalloc.h"

#define MINIMAL \
	"[service]\n" \
	"jid = irc.example\n" \
	"port = 5347\n" \
	"backend = /bin/true\n"

static struct config *
good(const char *text)
{
	char *why = NULL;
	struct config *c = config_parse(text, "t.cfg", NULL, NULL, 0, &why);

	if (c == NULL)
		fail_msg("refused: %s", why);
	return c;
}

static const char *
told(const struct config *c, const char *section, const char *key)
{
	for (size_t i = 0; i < c->all.n; i++) {
		if (strcmp(c->all.v[i].name, section) != 0)
			continue;
		for (size_t j = 0; j < c->all.v[i].pairs.n; j++) {
			if (strcmp(c->all.v[i].pairs.v[j].key, key) == 0)
				return c->all.v[i].pairs.v[j].value;
		}
	}
	return NULL;
}

/* The settings after the minimal ones begin in line 5. */
static const struct {
	const char *text, *why;
} wrong[] = {
	{ "", "t.cfg: [service] jid: is not set" },
	{ "\xff", "t.cfg:1: not valid UTF-8" },
	{ "[service\n", "t.cfg:1: a section line is" },
	{ "[service]\nnonsense\n", "t.cfg:2: neither [section] nor" },
	{ "key = 1\n", "t.cfg:1: a key before the first" },
	{ "[service]\n = 1\n", "t.cfg:2: there is no key" },
	{ "[service]\njid = a b\n", "t.cfg:2: [service] jid: \"a b\" is not" },
	{ "[service]\njid = ../x\n", "t.cfg:2: [service] jid: \"../x\"" },
	{ "[service]\njid = me@x\n", "t.cfg:2: [service] jid: \"me@x\"" },
	{ "[service]\njid = $jid\n", "t.cfg:2: [service] jid: \"$jid\"" },
	{ "[service]\njid = x\n", "t.cfg: [service] port: is not set" },
	{ "[service]\njid = x\nserver_mode = 1\n",
	    "t.cfg: [service] port: is not set" },
	{ "[service]\njid = x\nport = 1\n", "t.cfg: [service] backend: is" },
	{ MINIMAL "port = 1\n",
	    "t.cfg:5: [service] port: is there already in line 3" },
	{ "service.jid=x\nservice.port=\n",
	    "t.cfg:2: [service] port: \"\" is not possible; it must be a "
	    "number from 0 to 65535" },
	{ "service.port=65536\n", "t.cfg:1: [service] port: \"65536\"" },
	{ "service.port=-1\n", "t.cfg:1: [service] port: \"-1\"" },
	{ "service.port=5347x\n", "t.cfg:1: [service] port: \"5347x\"" },
	{ "service.port=99999999999999999999\n", "t.cfg:1: [service] port" },
	{ MINIMAL "server_mode = maybe\n", "it must be 0 or 1" },
	{ MINIMAL "[database]\ntype = oracle\n",
	    "t.cfg:6: [database] type: \"oracle\" is not possible; it must "
	    "be one of: none sqlite3" },
	{ MINIMAL "[database]\ntype = sqlite\n", "[database] type" },
	{ MINIMAL "[database]\ntype =\n", "[database] type" },
	{ MINIMAL "[database]\ntype = mysql\n", "mysql is not supported" },
	{ MINIMAL "[database]\nprefix = x;drop\n", "[database] prefix" },
	{ MINIMAL "[logging]\nlevel = loud\n", "error warn info debug" },
	{ MINIMAL "frontend = slack\n", "\"slack\" does not exist" },
	{ MINIMAL "key = k.pem\n", "[service] key: needs its certificate" },
	{ MINIMAL "tls_port = 5223\n", "needs a certificate" },
	{ MINIMAL "backends_min = 4\nbackends_max = 2\n",
	    "t.cfg:6: [service] backends_max: 2 is less" },
	{ MINIMAL "[registration]\nallowed_usernames = [a-\n",
	    "t.cfg:6: [registration] allowed_usernames" },
	{ MINIMAL "[registration]\nallowed_usernames = \\d+\n", "[0-9]" },
	{ MINIMAL "[registration]\nrequire_local_account = 1\n",
	    "t.cfg:6: [registration] require_local_account: is not supp" },
	{ MINIMAL "control = /0123456789/0123456789/0123456789/0123456789"
	    "/0123456789/0123456789/0123456789/0123456789/0123456789"
	    "/0123456789\n", "too long for a socket" },
};

static void
wrong_ones_are_explained(void **state)
{
	struct config *c;
	char *why;

	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		why = NULL;
		c = config_parse(wrong[i].text, "t.cfg", NULL, NULL, 0, &why);
		if (c != NULL)
			fail_msg("accepted: %s", wrong[i].text);
		if (why == NULL || strstr(why, wrong[i].why) == NULL)
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i,
			    why, wrong[i].why);
		free(why);
	}
}

static void
defaults(void **state)
{
	struct config *c = good(MINIMAL);

	(void)state;
	assert_string_equal(c->service_server, "127.0.0.1");
	assert_string_equal(c->service_pidfile,
	    "/var/run/spectrum2/irc.example.pid");
	assert_string_equal(config_control_path(c),
	    "/var/run/spectrum2/irc.example.sock");
	assert_string_equal(c->service_working_dir,
	    "/var/lib/spectrum2/irc.example");
	assert_string_equal(c->database_key_file,
	    "/var/lib/spectrum2/irc.example/password.key");
	assert_int_equal(c->service_users_per_backend, 100);
	assert_string_equal(c->database_type, "none");
	assert_true(c->service_jid_escaping);
	assert_string_equal(c->service_password, "");
	config_destroy(c);
	config_destroy(NULL);
}

static void
values_and_comments(void **state)
{
	struct config *c = good("service.jid=x.example # a comment\n"
	    "[service]\nport=0\nserver_mode=Yes\n"
	    "backend = /x --opt # BACKEND_ID\r\n"
	    "[registration]\nnotify_jid = a@b\nnotify_jid=\nnotify_jid=c@$jid\n"
	    "instructions = Hej = hå\n"
	    "[vhosts]\nvhost=v1\nvhost=v2\n");

	(void)state;
	assert_string_equal(c->service_backend, "/x --opt");
	assert_true(c->service_server_mode);
	assert_int_equal(c->service_port, 0);
	assert_int_equal(c->registration_notify_jid.n, 2);
	assert_string_equal(c->registration_notify_jid.v[1], "c@x.example");
	assert_string_equal(c->registration_instructions, "Hej = hå");
	assert_int_equal(c->vhosts_vhost.n, 2);
	config_destroy(c);
}

static void
jid_is_expanded_in_ours_only(void **state)
{
	struct config *c = good("[service]\n"
	    "pidfile = /r/$jid/$jid.pid\n"
	    "irc_identify = NickServ $jid\n"
	    "jid = late.example\nport = 1\nbackend = b $jid\n");

	(void)state;
	assert_string_equal(c->service_pidfile,
	    "/r/late.example/late.example.pid");
	assert_string_equal(config_control_path(c),
	    "/r/late.example/late.example.sock");
	assert_string_equal(c->service_backend, "b late.example");
	assert_string_equal(told(c, "service", "irc_identify"),
	    "NickServ $jid");
	config_destroy(c);
}

static void
command_line_wins(void **state)
{
	static const struct config_override options[] = {
		{ "service.port", "1" }, { "service.admin_jid", "x@y" },
		{ "service.admin_jid", "z@y" }, { "purple.mood", "good" },
	};
	struct config *c;
	char *why = NULL;

	(void)state;
	c = config_parse(MINIMAL "admin_jid = a@b\n[purple]\nmood = bad\n",
	    "t.cfg", "v.example", options, LENGTH(options), &why);
	assert_non_null(c);
	assert_string_equal(c->service_jid, "v.example");
	assert_string_equal(c->service_working_dir,
	    "/var/lib/spectrum2/v.example");
	assert_int_equal(c->service_port, 1);
	assert_int_equal(c->service_admin_jid.n, 2);
	assert_string_equal(c->service_admin_jid.v[0], "x@y");
	assert_string_equal(told(c, "purple", "mood"), "good");
	assert_string_equal(told(c, "service", "jid"), "v.example");
	config_destroy(c);
}

static void
wrong_command_lines(void **state)
{
	static const struct {
		struct config_override o[2];
		const char *why;
	} cases[] = {
		{ { { "port", "1" }, { "a.b", "c" } }, "--port: not a" },
		{ { { ".port", "1" }, { "a.b", "c" } }, "--.port: not" },
		{ { { "service.", "1" }, { "a.b", "c" } }, "--service.: not" },
		{ { { "service.port", "x" }, { "a.b", "c" } },
		    "command line: [service] port: \"x\"" },
		{ { { "service.port", "1" }, { "service.port", "2" } },
		    "command line: [service] port: is there twice" },
		{ { { "service.port", "\x80" }, { "a.b", "c" } }, "UTF-8" },
	};
	char *why;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		why = NULL;
		assert_null(config_parse(MINIMAL, "t.cfg", NULL, cases[i].o, 2,
		    &why));
		if (strstr(why, cases[i].why) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why,
			    cases[i].why);
		free(why);
	}
}

static void
backends_get_no_secrets(void **state)
{
	struct config *c = good(MINIMAL "password = s3cret1\n"
	    "admin_password = s3cret2\ncert = c.pem\ncert_password = s3cret3\n"
	    "irc_server = one\nirc_server = two\n"
	    "verify_certs = true\nserver_mode = yes\nadmin_jid = a@b\n"
	    "admin_jid = c@d\nempty =\n"
	    "[database]\npassword = s3cret4\nencryption_key = s3cret5\n"
	    "connectionstring = s3cret6\ntype = sqlite3\n"
	    "[proxy]\npassword = for the backend\n");

	(void)state;
	for (size_t i = 0; i < c->all.n; i++) {
		assert_string_not_equal(c->all.v[i].name, "database");
		for (size_t j = 0; j < c->all.v[i].pairs.n; j++)
			assert_null(strstr(c->all.v[i].pairs.v[j].value,
			    "s3cret"));
	}
	assert_string_equal(told(c, "service", "irc_server"), "one\ntwo");
	assert_string_equal(told(c, "service", "verify_certs"), "1");
	assert_string_equal(told(c, "service", "server_mode"), "1");
	assert_string_equal(told(c, "service", "admin_jid"), "a@b\nc@d");
	assert_string_equal(told(c, "proxy", "password"), "for the backend");
	assert_null(told(c, "service", "empty"));
	assert_null(told(c, "service", "password"));
	config_destroy(c);
}

/* For what turns out to be wrong later on. */
static void
lines_are_kept(void **state)
{
	const struct config_override over = { "twitter.over", "y" };
	static const char *const expected[][3] = {
		{ "service", "port", "t.cfg:3: [service] port: no" },
		{ "service", "irc_server", "t.cfg:5: [service] irc_server: no" },
		{ "xmpp", "host", "t.cfg:9: [xmpp] host: no" },
		{ "database", "password", "t.cfg:11: [database] password: no" },
		{ "service", "user", "t.cfg: [service] user: no" },
		{ "xmpp", "none", "t.cfg: [xmpp] none: no" },
		{ "twitter", "over", "command line: [twitter] over: no" },
	};
	char *why = NULL;
	struct config *newer, *c = config_parse(MINIMAL
	    "irc_server = one\nirc_server = two\n\n"
	    "[xmpp]\nhost = h\n[database]\npassword = p\n"
	    "[twitter]\nover = x\n", "t.cfg", NULL, &over, 1, &why);
	struct buf report = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(expected); i++) {
		why = config_wrong(c, expected[i][0], expected[i][1], "%s",
		    "no");
		assert_string_equal(why, expected[i][2]);
		free(why);
	}
	newer = good("\n\n" MINIMAL);
	config_reload(c, newer, &report);
	config_destroy(newer);
	buf_free(&report);
	why = config_wrong(c, "service", "port", "no");
	assert_string_equal(why, "t.cfg:5: [service] port: no");
	free(why);
	config_destroy(c);
}

static char warned[4096];

static void
collect(enum log_level level, const char *line)
{
	if (level == LOG_WARN)
		snprintf(warned + strlen(warned),
		    sizeof(warned) - strlen(warned), "%s\n", line);
}

static void
slips_are_told(void **state)
{
	struct config *c;

	(void)state;
	warned[0] = '\0';
	log_capture(collect);
	c = good(MINIMAL "user_per_backend = 5\nirc_server = x\n"
	    "verify_certs = 1\neventloop = libev\nirc_away_timeout = 1\n"
	    "[databse]\ntype = sqlite3\n[proxy]\nhots = h\n"
	    "[purple]\nport = 1\n[twitter]\nconsumer_key = x\n");
	log_capture(NULL);
	config_destroy(c);
	assert_string_equal(warned,
	    "t.cfg:5: [service] user_per_backend: not a setting of spectrum2, "
	    "left to the backend; did you mean [service] users_per_backend?\n"
	    "t.cfg:11: [databse] type: not a setting of spectrum2, left to "
	    "the backend; did you mean [database] type?\n");
}

static void
reload(void **state)
{
	struct config *c = good(MINIMAL "vip_only = 0\nadmin_jid = a@b\n"
	    "[purple]\nx = 1\n");
	struct config *newer = good("[service]\njid=irc.example\nport=5348\n"
	    "backend=/bin/true\nvip_only=1\nadmin_jid=c@d\n[purple]\nx=2\n");
	struct buf report = { 0 };
	char *text;

	(void)state;
	config_reload(c, newer, &report);
	text = buf_steal(&report);
	assert_string_equal(text, "[service] port: changes after a restart\n"
	    "[service] vip_only: changed\n[service] admin_jid: changed\n");
	assert_int_equal(c->service_port, 5347);
	assert_true(c->service_vip_only);
	assert_string_equal(c->service_admin_jid.v[0], "c@d");
	assert_string_equal(told(c, "purple", "x"), "2");
	free(text);
	config_destroy(newer);
	config_destroy(c);
}

static struct config *
load_bytes(const void *data, size_t n, char **why)
{
	char path[] = "/tmp/test_config.XXXXXX";
	int fd = mkstemp(path);
	struct config *c;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	close(fd);
	c = config_load(path, NULL, NULL, 0, why);
	unlink(path);
	return c;
}

static void
files(void **state)
{
	char *why = NULL, *big;
	struct config *c;

	(void)state;
	c = load_bytes(MINIMAL, strlen(MINIMAL), &why);
	assert_non_null(c);
	config_destroy(c);
	assert_null(load_bytes(MINIMAL "\0\nx", strlen(MINIMAL) + 3, &why));
	assert_non_null(strstr(why, "NUL"));
	free(why);
	assert_null(config_load("/nonexistent/x", NULL, NULL, 0, &why));
	assert_string_equal(why, "/nonexistent/x: cannot be read: No such "
	    "file or directory");
	free(why);
	big = xmalloc(2000000);
	memset(big, '\n', 2000000);
	assert_null(load_bytes(big, 2000000, &why));
	assert_non_null(strstr(why, "too large"));
	free(why);
	free(big);
}

/* What the command line said counts again, and the file is found from another
 * directory. */
static void
loaded_again(void **state)
{
	static const struct config_override options[] = {
		{ "service.port", "99" }, { "purple.x", "y" },
	};
	char dir[] = "/tmp/test_config.XXXXXX", *why = NULL;
	struct config *c, *newer;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	f = fopen("x.cfg", "w");
	fputs(MINIMAL, f);
	fclose(f);
	c = config_load("x.cfg", "j.example", options, 2, &why);
	assert_non_null(c);
	assert_int_equal(chdir("/"), 0);
	newer = config_load_again(c, &why);
	config_destroy(c);
	if (newer == NULL)
		fail_msg("%s", why);
	assert_string_equal(newer->service_jid, "j.example");
	assert_int_equal(newer->service_port, 99);
	assert_string_equal(told(newer, "purple", "x"), "y");
	unlink(newer->path);
	assert_null(config_load_again(newer, &why));
	free(why);
	config_destroy(newer);
	rmdir(dir);
}

static void
relative_pidfile_stays_where_it_was(void **state)
{
	struct config *c = good(MINIMAL "pidfile = run/x.pid\n");
	char here[1024];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_memory_equal(c->service_pidfile, here, strlen(here));
	assert_string_equal(c->service_pidfile + strlen(here), "/run/x.pid");
	assert_string_equal(config_control_path(c) + strlen(here),
	    "/run/irc.example.sock");
	config_destroy(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_ones_are_explained),
		cmocka_unit_test(defaults),
		cmocka_unit_test(values_and_comments),
		cmocka_unit_test(jid_is_expanded_in_ours_only),
		cmocka_unit_test(command_line_wins),
		cmocka_unit_test(wrong_command_lines),
		cmocka_unit_test(backends_get_no_secrets),
		cmocka_unit_test(lines_are_kept),
		cmocka_unit_test(slips_are_told),
		cmocka_unit_test(reload),
		cmocka_unit_test(files),
		cmocka_unit_test(loaded_again),
		cmocka_unit_test(relative_pidfile_stays_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
