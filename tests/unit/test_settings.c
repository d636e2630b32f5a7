/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Settings that backends keep, and that users make for the gateway, a server or
 * a room. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/handover.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/trace.h"
#include "protocol/scope.h"

static void
backend_keeps(const char *name, const char *value, bool secret)
{
	union params p = { .setting_up = {
		.user = ANA, .name = name, .value = value, .secret = secret,
	} };

	tell(METHOD_setting_up, &p);
}

static void
kept_for_a_backend(void **state)
{
	(void)state;
	log_in();
	backend_keeps("nick/irc.example", "ana", false);
	backend_keeps("pass/irc.example", "geheim", true);
	/* It knows what it has said. */
	expect_did("store nick/irc.example=ana; store pass/irc.example=geheim");
	assert_string_equal(user_setting(ana(), "nick/irc.example", ""), "ana");
	assert_string_equal(user_setting_of(ana(), "nick", "#x@IRC.example",
	    ""), "ana");
	assert_true(user_setting_is_secret(ana(), "pass/irc.example"));
	assert_false(user_setting_is_secret(ana(), "nick/irc.example"));
	backend_keeps("nick/irc.example", NULL, false);
	expect_did("store nick/irc.example=-");
	assert_null(user_setting(ana(), "nick/irc.example", NULL));
	backend_keeps("", "x", false);
	expect_did("");
}

/* Anybody can try any name: nothing of him is stored before he is let in. */
static void
kept_before_saved(void **state)
{
	union params p = { .connected = { .user = ANA } };

	(void)state;
	can("no_registration");
	appear();
	answer_load(NULL, NULL);
	session_assigned(ana(), 1);
	answer("login ana -", NULL, NULL);
	forget();
	backend_keeps("pass", "geheim", true);
	expect_did("");
	assert_string_equal(user_setting(ana(), "pass", ""), "geheim");
	tell(METHOD_connected, &p);
	assert_non_null(strstr(did(), "register " ANA " ana; "
	    "store pass=geheim"));
}

static void
bounds(void **state)
{
	char name[64], *big = xmalloc(USER_SETTING_BYTES_MAX + 2);
	unsigned n;

	(void)state;
	log_in();
	memset(big, 'x', USER_SETTING_BYTES_MAX + 1);
	big[USER_SETTING_BYTES_MAX + 1] = '\0';
	assert_false(user_keep_setting(ana(), "big", STORE_STRING, big));
	assert_true(user_keep_setting(ana(), "big", STORE_STRING, big + 1));
	/* Less may always be. */
	assert_true(user_keep_setting(ana(), "big", STORE_STRING, "x"));
	for (n = 0; n < 100; n++) {
		snprintf(name, sizeof(name), "big%u", n);
		if (!user_keep_setting(ana(), name, STORE_STRING, big + 1))
			break;
	}
	assert_in_range(n, 1, 8);
	assert_in_range(ana()->settings_bytes, 0, USER_SETTINGS_BYTES_MAX);
	while (n-- > 0) {
		snprintf(name, sizeof(name), "big%u", n);
		assert_true(user_keep_setting(ana(), name, STORE_STRING,
		    NULL));
	}
	assert_int_equal(ana()->settings_bytes, 4);
	did();
	for (n = 1; n < 400; n++) {
		snprintf(name, sizeof(name), "n%u", n);
		user_put_setting(ana(), name, STORE_STRING, "");
	}
	assert_int_equal(map_count(&ana()->settings), 400);
	for (; n < 2000; n++) {
		snprintf(name, sizeof(name), "n%u", n);
		user_put_setting(ana(), name, STORE_STRING, "");
	}
	assert_false(user_set_setting(ana(), "one more", STORE_STRING, "1"));
	expect_did("");
	assert_true(user_set_setting(ana(), "n7", STORE_STRING, "1"));
	free(big);
}

static char seen[8192];

static void
see(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s\n",
	    text);
}

static void
not_in_traces(void **state)
{
	const char *why = NULL;
	struct trace *t = trace_start(kit.gw, ANA, true, see, NULL, &why);

	(void)state;
	log_in();
	seen[0] = '\0';
	backend_keeps("pass", "hunter2", true);
	user_set_setting(ana(), "pass", STORE_SECRET, "hunter2");
	assert_non_null(strstr(seen, "setting name='pass'"));
	come("<iq type='set' id='c'><command xmlns='" NS_COMMANDS "' "
	    "node='configure'><x xmlns='jabber:x:data' type='submit'>"
	    "<field var='server_password'><value>hunter2</value></field>"
	    "<field var='after_connect'><value>PASS hunter2</value></field>"
	    "</x></command></iq>");
	assert_non_null(strstr(seen, "server_password"));
	assert_null(strstr(seen, "hunter2"));
	/* Other texts are shown. */
	come("<message to='bob@" GW "' type='chat'><body>hunter2</body>"
	    "</message>");
	assert_non_null(strstr(seen, "hunter2"));
	trace_stop(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(kept_for_a_backend),
		gateway_test(kept_before_saved),
		gateway_test(bounds),
		gateway_test(not_in_traces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
