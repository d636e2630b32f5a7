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
	assert_string_equal(user_setting_of(ana(), "nick",
	    "#x@IRC.example:6667", ""), "ana");
	assert_string_equal(user_setting_of(ana(), "nick",
	    "#x@irc.example:7000", "-"), "-");
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

/* ------------------------------------------------------------ where they are */

#define SERVER	"irc.test\\3a6667@" GW
#define SUBMITTED(fields) \
	"<x xmlns='jabber:x:data' type='submit'>" fields "</x>"
#define FIELD(var, value) \
	"<field var='" var "'><value>" value "</value></field>"

static const char *at_network[] = { "network" };
static const char *at_room[] = { "room" };
static struct msg_command_info infos[] = {
	{ .name = "plain", .label = "Of old" },
	{ .name = "here", .label = "Of a server", .on = { at_network, 1 } },
	{ .name = "there", .label = "Of a room", .on = { at_room, 1 } },
};

static void
offer(bool networks)
{
	kit.can.commands.v = infos;
	kit.can.commands.n = LENGTH(infos);
	can("rooms");
	can("room_prefixes=#");
	can("no_jid_escaping");
	if (networks)
		can("networks");
	log_in();
}

static void
items(const char *to)
{
	come("<iq type='get' id='i' to='%s'><query xmlns='" NS_DISCO_ITEMS
	    "' node='" NS_COMMANDS "'/></iq>", to);
}

static void
info(const char *to, const char *node)
{
	come("<iq type='get' id='i' to='%s'><query xmlns='" NS_DISCO_INFO
	    "'%s%s%s/></iq>", to, *node ? " node='" : "", node,
	    *node ? "'" : "");
}

static void
command(const char *to, const char *node, const char *attrs,
    const char *inside)
{
	come("<iq type='set' id='c' to='%s'><command xmlns='" NS_COMMANDS
	    "' node='%s' %s>%s</command></iq>", to, node, attrs, inside);
}

static const char *
cats(void)
{
	return "#cats%irc.test@" GW;
}

static void
offered_where_it_belongs(void **state)
{
	(void)state;
	offer(true);
	items(GW);
	expect("jid='" GW "' node='settings'", "node='plain'");
	expect_no("node='here'");
	expect_no("node='there'");
	items(SERVER);
	expect("from='" SERVER "'", "jid='" SERVER "' node='settings'",
	    "node='here'");
	expect_no("node='plain'");
	expect_no("node='there'");
	items(cats());
	expect("jid='#cats%irc.test@" GW "' node='configure'",
	    "node='there'");
	expect_no("node='settings'");
	expect_no("node='here'");
	/* A person offers none. */
	items("bob%irc.test@" GW);
	expect("type='result'");
	expect_no("<item");

	info(SERVER, "");
	expect("category='conference'", NS_COMMANDS);
	info(SERVER, NS_COMMANDS);
	expect("type='command-list'");
	info(SERVER, "here");
	expect("type='command-node'", "name='Of a server'", NS_DATA);
	info(cats(), "there");
	expect("type='command-node'", "name='Of a room'");
	info(cats(), "");
	expect("category='conference'", "<feature var='" NS_COMMANDS "'/>");
	command(SERVER, "plain", "", "");
	expect("<item-not-found ");
	command(cats(), "here", "", "");
	expect("<item-not-found ");
	command("#cats%irc.test@" GW "/bob", "there", "", "");
	expect("<item-not-found ");
	expect_nothing();
}

static void
one_network_is_the_gateway(void **state)
{
	(void)state;
	offer(false);
	items(GW);
	expect("node='settings'", "node='plain'", "node='here'");
	expect_no("node='there'");
	items("irc.test@" GW);
	expect("type='result'");
	expect_no("<item");
	command(GW, "here", "", "");
	expect_did("command here -");
	command("irc.test@" GW, "here", "", "");
	expect("<item-not-found ");
}

/* ------------------------------------------------------------------- steps */

static void
steps(void **state)
{
	static const char *both[] = { "prev", "complete" };
	static const char *next[] = { "next" };
	struct msg_field field = { .var = "x" };
	union result first = { .command = { .session = "s1", .fields =
	    { &field, 1 }, .actions = { next, 1 } } };
	union result last = { .command = { .session = "s2", .fields =
	    { &field, 1 }, .actions = { both, 2 } } };
	union result wrong = { .command = { .session = "s2", .fields =
	    { &field, 1 }, .refused = true, .text = "x: want a number" } };
	union result done = { .command = { .text = "Done." } };

	(void)state;
	offer(true);
	command(SERVER, "here", "action='execute'", "");
	answer("command here -", NULL, &first);
	expect("from='" SERVER "'", "sessionid='backend:s1'",
	    "<actions execute='next'><next/></actions>");
	command(SERVER, "here", "sessionid='backend:s1' action='next'",
	    SUBMITTED(""));
	answer("command here s1", NULL, &last);
	expect("<actions execute='complete'><prev/><complete/></actions>");
	command(SERVER, "here", "sessionid='backend:s2' action='prev'", "");
	answer("command here s2", NULL, &first);
	expect("sessionid='backend:s1'");
	command(SERVER, "here", "sessionid='backend:s2'", SUBMITTED(""));
	answer("command here s2", NULL, &wrong);
	expect("status='executing'", "<note type='error'>x: want a number",
	    "<actions execute='complete'><complete/></actions>", "var='x'");
	command(SERVER, "here", "sessionid='backend:s2' action='complete'",
	    SUBMITTED(""));
	answer("command here s2", NULL, &done);
	expect("status='completed'", "<note type='info'>Done.");
	expect_no("<actions");

	did();
	command(SERVER, "here", "action='jump'", "");
	expect("<bad-request ");
	command(SERVER, "here", "sessionid='ours' action='prev'", "");
	expect("<bad-request ");
	command(SERVER, "here", "sessionid='backend:s1' action='cancel'", "");
	expect("status='canceled'", "sessionid='backend:s1'");
	answer("command here s1 cancel", ERR_NOT_FOUND, NULL);
	command(SERVER, "here", "sessionid='ours' action='cancel'", "");
	expect("status='canceled'");
	command(SERVER, "settings", "sessionid='backend:s1' action='cancel'",
	    "");
	expect("status='canceled'");
	expect_nothing();
	expect_did("command here s1 cancel");
}

/* ----------------------------------------------------- ours for many rooms */

static void
for_a_server(void **state)
{
	(void)state;
	kit.config.record_history = true;
	offer(true);
	command(SERVER, "settings", "", "");
	answer_load(&kit_record, NULL);
	expect("from='" SERVER "'", "var='record_history'",
	    "yes (usual here)", "empty: 5, usual here");
	expect_no("enable_transport");
	did();
	/* A part of what is wrong is not half saved. */
	command(SERVER, "settings", "sessionid='x'", SUBMITTED(
	    FIELD("record_history", "0") FIELD("max_history_length", "many")));
	answer_load(&kit_record, NULL);
	expect("status='executing'", "<note type='error'>Messages shown on "
	    "joining: want a number from 0 to 500", "<value>many</value>",
	    "sessionid='x'");
	expect_did("load " ANA);
	command(SERVER, "settings", "", SUBMITTED(FIELD("record_history", "0")
	    FIELD("max_history_length", "50") FIELD("persistent", "")
	    FIELD("enable_transport", "0")));
	answer_load(&kit_record, NULL);
	expect("Saved.");
	expect_did("load " ANA "; store record_history/irc.test:6667=0; "
	    "setting record_history/irc.test:6667=0; "
	    "store max_history_length/irc.test:6667=50; "
	    "setting max_history_length/irc.test:6667=50; "
	    "store persistent/irc.test:6667=-; "
	    "setting persistent/irc.test:6667=-");
	assert_true(ana()->enabled);
	/* For all servers, from the gateway's own form. */
	command(GW, "settings", "", SUBMITTED(FIELD("persistent", "true")));
	answer_load(&kit_record, NULL);
	expect("Saved.");
	command(SERVER, "settings", "", "");
	answer_load(&kit_record, NULL);
	expect("yes (as in your settings)", "<value>50</value>");
}

/* --------------------------------------------------------------- of a room */

static void
owner(const char *type, const char *inside)
{
	come("<iq type='%s' id='o' to='%s'><query xmlns='" NS_MUC_OWNER
	    "'>%s</query></iq>", type, cats(), inside);
}

static struct msg_field theirs[2] = {
	{ .var = "mode", .label = "Mode", .type = "bool", .value = "1" },
	{ .var = "key", .label = "Key", .type = "secret", .value = "no-no" },
};

static void
of_a_room(void **state)
{
	union result r = { .room_config = { .fields = { theirs, 2 } } };

	(void)state;
	offer(true);
	/* She is not in it. */
	owner("get", "");
	expect_did("room_config");
	answer("room_config", NULL, &r);
	expect("from='#cats%irc.test@" GW "'", NS_MUC_OWNER,
	    "muc#roomconfig", "var='mode'", "var='key'",
	    "var='record_history'", "var='persistent'");
	expect_no("no-no");
	/* First the network, then ours. */
	owner("set", SUBMITTED(FIELD("FORM_TYPE", "f") FIELD("mode", "0")
	    FIELD("persistent", "1") FIELD("record_history", "")));
	expect_did("room_config_set");
	answer("room_config_set", NULL, NULL);
	expect("type='result'", "id='o'");
	expect_did("store persistent/#cats%irc.test=1; "
	    "setting persistent/#cats%irc.test=1");
	assert_string_equal(user_setting_of(ana(), "persistent",
	    "#Cats@irc.test", "0"), "1");
	/* Where the network refuses, nothing is kept. */
	owner("set", SUBMITTED(FIELD("mode", "1") FIELD("persistent", "0")));
	answer("room_config_set", ERR_FORBIDDEN, NULL);
	expect("<forbidden ");
	owner("set", SUBMITTED(FIELD("mode", "1") FIELD("persistent", "no")));
	expect("<not-acceptable ", "Stay there while you are offline: want");
	expect_did("room_config_set");
	owner("set", SUBMITTED(FIELD("persistent", "0")));
	expect("type='result'");
	expect_did("store persistent/#cats%irc.test=0; "
	    "setting persistent/#cats%irc.test=0");
	owner("set", SUBMITTED(""));
	expect("type='result'", "id='o'");
	owner("set", "<x xmlns='jabber:x:data' type='cancel'/>");
	expect("type='result'", "id='o'");
	owner("set", "<destroy jid='dogs%irc.test@" GW "'><reason>enough"
	    "</reason></destroy>");
	expect_did("room_destroy");
	answer("room_destroy", NULL, NULL);
	expect("type='result'", "id='o'");
	owner("set", "<destroy/>");
	expect_did("room_destroy");
	answer("room_destroy", ERR_NOT_SUPPORTED, NULL);
	expect("<not-allowed ");
	owner("set", "");
	expect("<bad-request ");
	expect_did("");
	assert_int_equal(ana()->inflight, 0);
}

/* A network that knows nothing of such forms, or is not to be reached. */
static void
ours_alone(void **state)
{
	(void)state;
	offer(true);
	owner("get", "");
	answer("room_config", ERR_NOT_SUPPORTED, NULL);
	expect("muc#roomconfig", "var='persistent'");
	session_lost(ana(), "x");
	forget();
	owner("get", "");
	expect("muc#roomconfig", "var='persistent'");
	owner("set", SUBMITTED(FIELD("persistent", "1")));
	expect("type='result'", "id='o'");
	expect_did("store persistent/#cats%irc.test=1");
	owner("set", SUBMITTED(FIELD("mode", "1")));
	expect("<recipient-unavailable ");
	come("<iq type='get' id='o' from='eve@example.org/x' to='%s'><query "
	    "xmlns='" NS_MUC_OWNER "'/></iq>", cats());
	expect("<recipient-unavailable ");
}

static void
by_a_command(void **state)
{
	union result r = { .room_config = { .fields = { theirs, 2 } } };

	(void)state;
	offer(true);
	command(cats(), "configure", "", "");
	answer("room_config", NULL, &r);
	expect("<command ", "status='executing'", "node='configure'",
	    "muc#roomconfig", "var='mode'", "var='max_history_length'");
	/* What the network finds wrong is shown with what was typed. */
	command(cats(), "configure", "sessionid='s'", SUBMITTED(
	    FIELD("mode", "0") FIELD("key", "geheim")
	    FIELD("max_history_length", "7")));
	answer("room_config_set", ERR_NOT_ACCEPTABLE, NULL);
	answer("room_config", NULL, &r);
	expect("sessionid='s'", "status='executing'",
	    "<note type='error'>because", "<value>0</value>",
	    "<value>7</value>");
	expect_no("geheim");
	command(cats(), "configure", "sessionid='s'", SUBMITTED(
	    FIELD("mode", "0") FIELD("max_history_length", "7")));
	answer("room_config_set", NULL, NULL);
	expect("status='completed'", "Saved.");
	assert_string_equal(user_setting(ana(),
	    "max_history_length/#cats%irc.test", ""), "7");
}

/* A setting that is a secret is in no form, and is not lost by sending back
 * the form as it was. */
static void
secret_in_no_form(void **state)
{
	struct msg_field field = {
		.var = "pin", .label = "PIN", .type = "secret", .value = "1234",
	};
	struct store_setting kept = { "pin", "hunter2", STORE_SECRET };
	struct store_user record = kit_record;

	(void)state;
	kit.can.settings.v = &field;
	kit.can.settings.n = 1;
	log_in();
	record.settings = &kept;
	record.nsettings = 1;
	user_put_setting(ana(), "pin", STORE_SECRET, "hunter2");
	command(GW, "settings", "", "");
	answer_load(&record, NULL);
	expect("var='pin'");
	expect_no("hunter2");
	expect_no("1234");
	did();
	command(GW, "settings", "", SUBMITTED(FIELD("pin", "")));
	answer_load(&record, NULL);
	expect("Saved.");
	expect_did("load " ANA);
	command(GW, "settings", "", SUBMITTED(FIELD("pin", "new")));
	answer_load(&record, NULL);
	expect("Saved.");
	expect_did("load " ANA "; store pin=new; setting pin=new");
	assert_true(user_setting_is_secret(ana(), "pin"));
}

/* Whoever is not here could otherwise fill the store, and with it a login that
 * no backend takes. */
static void
bounds_of_the_absent(void **state)
{
	static struct store_setting many[USER_SETTINGS_MAX + 50];
	static char names[LENGTH(many)][16];
	struct store_user record = kit_record;

	(void)state;
	offer(true);
	user_destroy(ana());
	for (size_t i = 0; i < LENGTH(many); i++) {
		snprintf(names[i], sizeof(names[i]), "x/irc%zu.test", i);
		many[i] = (struct store_setting){ names[i], "1", STORE_STRING };
	}
	record.settings = many;
	record.nsettings = USER_SETTINGS_MAX - 1;
	did();
	command(SERVER, "settings", "", SUBMITTED(FIELD("persistent", "1")));
	answer_load(&record, NULL);
	expect("Saved.");
	expect_did("load " ANA "; store persistent/irc.test:6667=1");
	record.nsettings++;
	forget();
	command(SERVER, "settings", "", SUBMITTED(FIELD("persistent", "1")));
	answer_load(&record, NULL);
	expect("You have too many settings.");
	expect_did("load " ANA);
	record.nsettings = LENGTH(many);
	appear();
	answer_load(&record, NULL);
	assert_int_equal(map_count(&ana()->settings), USER_SETTINGS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(kept_for_a_backend),
		gateway_test(kept_before_saved),
		gateway_test(bounds),
		gateway_test(not_in_traces),
		gateway_test(offered_where_it_belongs),
		gateway_test(one_network_is_the_gateway),
		gateway_test(steps),
		gateway_test(for_a_server),
		gateway_test(of_a_room),
		gateway_test(ours_alone),
		gateway_test(by_a_command),
		gateway_test(secret_in_no_form),
		gateway_test(bounds_of_the_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
