/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Registering, leaving, settings, what is kept for a user, and the admin's
 * commands about users. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/admin.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/persist.h"

static void
registers(const char *id, const char *inside)
{
	come("<iq type='set' id='%s'><query xmlns='" NS_REGISTER "'>%s"
	    "</query></iq>", id, inside);
}

#define BOB "<username>bob</username><password>pw</password>"

static void
shown_form(void **state)
{
	static const char get[] = "<iq type='get' id='1'><query xmlns='"
	    NS_REGISTER "'/></iq>";

	(void)state;
	come(get);
	expect_nothing();
	answer_load(NULL, NULL);
	expect("id='1'", "<username/>", "<password/>", "Fill in.");
	expect_no("<registered");
	come(get);
	answer_load(&kit_record, NULL);
	expect("<registered/>", "<username>ana1</username>");
	expect_no("secret");
	come(get);
	answer_load(NULL, "disk full");
	expect("<internal-server-error ");
	expect_no("disk full");
	assert_int_equal(map_count(&kit.gw->users), 0);
}

static void
who_may(void **state)
{
	char *servers[] = { (char *)"example.org", NULL };

	(void)state;
	kit.config.public_registration = false;
	registers("1", BOB);
	expect("<not-allowed ");
	kit.config.allowed_servers = servers;
	registers("2", BOB);
	expect_did("load " ANA);
	come("<iq type='set' id='3' from='eve@evil.example'><query xmlns='"
	    NS_REGISTER "'>" BOB "</query></iq>");
	expect("<not-allowed ");
	come("<iq type='set' id='4' from='example.org'><query xmlns='"
	    NS_REGISTER "'>" BOB "</query></iq>");
	expect("<not-allowed ");
	kit.link.server = true;
	registers("5", BOB);
	expect("<not-allowed ");
}

static void
new_user(void **state)
{
	struct msg_field extra = { .var = "realm" };

	(void)state;
	kit.can.account_fields.v = &extra;
	kit.can.account_fields.n = 1;
	registers("1", "<x xmlns='jabber:x:data' type='submit'><field var="
	    "'username'><value>bob</value></field><field var='password'>"
	    "<value>pw</value></field><field var='realm'><value>north</value>"
	    "</field><field var='evil'><value>x</value></field></x>");
	answer_load(NULL, NULL);
	expect_nothing();
	expect_did("load " ANA "; register " ANA " bob");
	answer_store("register", NULL);
	expect("type='subscribe'", "from='" GW "'", "to='" ANA "'");
	expect("type='result'", "id='1'");
	expect_nothing();
	assert_string_equal(did(), "store realm=north");
	later_run();
	assert_null(ana());
	/* XEP-0100 4.1: the user lets us see its presence. */
	come("<presence type='subscribed'/>");
	expect("type='probe'");
}

static void
wrong_forms(void **state)
{
	(void)state;
	registers("1", "");
	expect("<not-acceptable ", "username");
	registers("2", "<username>bob</username>");
	expect("<not-acceptable ", "password");
	registers("3", "<username>" ANA "</username><password/>");
	expect("<not-acceptable ", "not your own");
	kit.config.allowed_usernames = "[a-z]{2}";
	registers("4", BOB);
	expect("id='4'", "<not-acceptable ", "not allowed");
	registers("5", "<x xmlns='jabber:x:data' type='cancel'/>");
	expect("type='result'", "id='5'");
	kit.config.allowed_usernames = "(";
	registers("6", BOB);
	expect("id='6'", "<not-acceptable ");
	expect_did("");
	kit.config.allowed_usernames = "";
	registers("7", BOB);
	answer_load(NULL, NULL);
	answer_store("register", "disk full");
	expect("id='7'", "<internal-server-error ");
	assert_int_equal(map_count(&kit.gw->users), 0);
}

static void
name_mask(void **state)
{
	(void)state;
	kit.config.username_mask = "$username@mail.example";
	registers("1", BOB);
	answer_load(NULL, NULL);
	expect_did("load " ANA "; register " ANA " bob@mail.example");
}

/* Other data for one who is online, logging in, or not there. */
static void
changed_data(void **state)
{
	struct store_user record = kit_record;

	(void)state;
	log_in();
	registers("1", BOB);
	answer_load(&kit_record, NULL);
	did();
	answer_store("register", NULL);
	expect_did("mark offline; logout");
	expect("type='unavailable'", "registration has changed");
	expect("type='result'", "id='1'");
	answer("logout", NULL, NULL);
	expect_did("release; load " ANA);
	record.uin = "bob";
	record.password = "pw";
	answer_load(&record, NULL);
	session_assigned(ana(), 1);
	/* Again, while this login is not even out. */
	expect_did("assign; login bob pw");
	session_disconnected(ana(), "network", "no", true);
	assert_int_equal(ana()->state, USER_WAITING);
	registers("2", BOB);
	answer_load(&record, NULL);
	did();
	answer_store("register", NULL);
	expect_did("release; mark offline; load " ANA);
	/* Its client is not forgotten. */
	assert_non_null(user_client(ana(), PC));
}

static void
leaves(void **state)
{
	struct store_contact contacts[] = {
		{ .name = "bob", .subscription = "both" },
		{ .name = "cy d", .subscription = "ask" },
	};
	struct store_user record = kit_record;

	(void)state;
	record.contacts = contacts;
	record.ncontacts = 2;
	log_in();
	registers("1", "<remove/>");
	answer_load(&record, NULL);
	expect("type='unavailable'", "not registered any more");
	/* Each before the store forgets their names. */
	expect("type='unsubscribe'", "from='bob@" GW "'");
	expect("type='unsubscribed'", "from='bob@" GW "'");
	expect("type='unsubscribe'", "from='cy\\20d@" GW "'");
	expect("type='unsubscribed'", "from='cy\\20d@" GW "'");
	expect("type='unsubscribe'", "from='" GW "'");
	expect("type='unsubscribed'", "from='" GW "'");
	expect_nothing();
	expect_did("load " ANA "; mark offline; logout");
	later_run();
	expect_did("unregister " ANA);
	answer_store("unregister", NULL);
	expect("type='result'", "id='1'");
	answer("logout", NULL, NULL);
	later_run();
	assert_null(ana());
	/* Once more, as after a crash in between. */
	registers("2", "<remove/>");
	answer_load(NULL, NULL);
	expect("type='result'", "id='2'");
}

static void
leaves_where_rosters_are_written(void **state)
{
	(void)state;
	come("<message from='example.org'><privilege xmlns='" NS_PRIVILEGE2
	    "'><perm access='roster' type='both'/></privilege></message>");
	registers("1", "<remove/>");
	answer_load(&kit_record, NULL);
	expect("<iq type='set'", "jid='" GW "'", "subscription='remove'");
	/* It refuses after all. */
	come("<iq type='error' from='" ANA "' id='%s-%lu'/>",
	    kit.gw->iq_token, kit.gw->iq_serial);
	expect("type='unsubscribe'", "from='" GW "'");
	expect("type='unsubscribed'", "from='" GW "'");
}

/* ----------------------------------------------------------------- settings */

#define COMMAND(inside) "<iq type='set' id='c'><command xmlns='" NS_COMMANDS \
	"' node='settings'>" inside "</command></iq>"
#define SUBMIT(var, value) COMMAND("<x xmlns='jabber:x:data' type='submit'>" \
	"<field var='" var "'><value>" value "</value></field></x>")

static void
settings(void **state)
{
	(void)state;
	log_in();
	come(COMMAND(""));
	answer_load(&kit_record, NULL);
	expect("status='executing'", "var='enable_transport'",
	    "var='stay_connected'");
	did();
	come(SUBMIT("stay_connected", "true"));
	answer_load(&kit_record, NULL);
	expect("status='completed'", "Saved.");
	expect_did("load " ANA "; store stay_connected=1; "
	    "setting stay_connected=1");
	come(SUBMIT("vip", "1"));
	answer_load(&kit_record, NULL);
	expect_did("load " ANA);
	expect("status='completed'");
	come("<presence type='unavailable'/>");
	assert_int_equal(ana()->state, USER_ONLINE);
}

/* Whoever has switched the gateway off is nobody here, and can undo it. */
static void
off_and_on(void **state)
{
	struct store_setting off = { "enable_transport", "0", STORE_BOOLEAN };
	struct store_user record = kit_record;

	(void)state;
	log_in();
	come(SUBMIT("enable_transport", "0"));
	answer_load(&kit_record, NULL);
	expect("Saved.");
	expect("type='unavailable'", "switched this gateway off");
	answer("logout", NULL, NULL);
	record.settings = &off;
	record.nsettings = 1;
	appear();
	later_run();
	assert_null(ana());
	forget();
	come(COMMAND(""));
	answer_load(&record, NULL);
	expect("var='enable_transport'", "<value>0</value>");
	did();
	come(SUBMIT("enable_transport", "1"));
	answer_load(&record, NULL);
	expect("Saved.");
	expect("type='probe'");
	expect_did("load " ANA "; store enable_transport=1");
	come(COMMAND(""));
	answer_load(NULL, NULL);
	expect("<forbidden ");
}

/* A backend's own sessions, and those that we make. */
static void
commands(void **state)
{
	struct msg_field field = { .var = "x" };
	struct msg_command_info info = {
		.name = "do", .label = "Do it", .fields = { &field, 1 },
	};
	union result more = { .command = {
		.session = "s1", .fields = { &field, 1 },
	} };

	(void)state;
	kit.can.commands.v = &info;
	kit.can.commands.n = 1;
	log_in();
	come("<iq type='set' id='1'><command xmlns='" NS_COMMANDS
	    "' node='do'/></iq>");
	expect("status='executing'", "var='x'");
	come("<iq type='set' id='2'><command xmlns='" NS_COMMANDS
	    "' node='do' sessionid='made-by-us'><x xmlns='jabber:x:data' "
	    "type='submit'/></command></iq>");
	expect_did("command do -");
	answer("command do -", NULL, &more);
	expect("status='executing'", "sessionid='backend:s1'");
	come("<iq type='set' id='3'><command xmlns='" NS_COMMANDS
	    "' node='do' sessionid='backend:s1'><x xmlns='jabber:x:data' "
	    "type='submit'/></command></iq>");
	answer("command do s1", ERR_FORBIDDEN, NULL);
	expect("id='3'", "<forbidden ");
}

/* ------------------------------------------------------------- what is kept */

#define STORAGE(inside) "<iq type='set' id='1'><query xmlns='" NS_PRIVATE \
	"'><storage xmlns='storage:bookmarks'>" inside "</storage></query></iq>"

static void
bookmarks(void **state)
{
	static const char get[] = "<iq type='get' id='2'><query xmlns='"
	    NS_PRIVATE "'><storage xmlns='storage:bookmarks'/></query></iq>";
	/* What the database may have in it. */
	static const char *const rubbish[] = {
		"", "<storage", "<storage xmlns='storage:bookmarks'>",
		"</query></iq></stream:stream>", "text", "<other/>",
		"<storage/><storage/>", "</stream:stream>",
		"<!DOCTYPE x><storage/>", "\001",
	};

	(void)state;
	log_in();
	come(STORAGE("<conference jid='#a@" GW "' name='&lt;A&gt;'/>"));
	expect("type='result'");
	come(get);
	expect("<query xmlns='" NS_PRIVATE "'><storage xmlns="
	    "'storage:bookmarks'><conference jid='#a@" GW "'",
	    "name='&lt;A&gt;'");
	for (size_t i = 0; i < LENGTH(rubbish); i++) {
		user_put_setting(ana(), "storage", STORE_STRING, rubbish[i]);
		come(get);
		expect("<query xmlns='" NS_PRIVATE "'><storage xmlns="
		    "'storage:bookmarks'/></query></iq>");
	}
}

static void
photos(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
		{ "AAAA", 3 }, { "AAA=", 2 }, { "AA==", 1 }, { "A===", 0 },
		{ "====", 0 }, { "========", 0 }, { "AAAA====", 0 },
		{ "AAAAA", 0 }, { "!!!!", 0 }, { "", 0 }, { " A A\nAA ", 3 },
	};
	char text[64];

	(void)state;
	log_in();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		come("<iq type='set' id='1'><vCard xmlns='" NS_VCARD
		    "'><PHOTO><BINVAL>%s</BINVAL></PHOTO></vCard></iq>",
		    cases[i].text);
		/* No picture is one that goes; rubbish is refused. */
		if (cases[i].size == 0 && *cases[i].text != '\0') {
			expect("<not-acceptable ");
			continue;
		}
		snprintf(text, sizeof(text), "profile_set %zu",
		    cases[i].size);
		expect_did(text);
		answer(text, NULL, NULL);
		expect("type='result'", "id='1'");
	}
}

/* -------------------------------------------------------------------- admin */

static char *said;

static void
admin_says(void *ctx, const char *text)
{
	(void)ctx;
	free(said);
	said = xstrdup(text);
}

static const char *
admin(const char *line)
{
	free(said);
	said = NULL;
	admin_command(kit.gw, line, admin_says, NULL);
	later_run();
	return said ? said : "";
}

static void
admin_users(void **state)
{
	(void)state;
	log_in();
	assert_string_equal(admin("has_online_user Ana@EXAMPLE.org"), "1");
	assert_string_equal(admin("has_online_user eve@example.org"), "0");
	assert_string_equal(admin("has_online_user @@"),
	    "Error: '@@' is not a JID");
	assert_string_equal(admin("get online_users_count"), "1");
	assert_string_equal(admin("set online_users_count"),
	    "Error: This variable cannot be set.");
	assert_string_equal(admin("disconnect_user"),
	    "Error: Argument is missing.");
	assert_string_equal(admin(""), "Error: Unknown variable or command");
	did();
	assert_string_equal(admin("disconnect_user ANA@example.org/x"),
	    "User 'ANA@example.org/x' disconnected.");
	expect_did("mark offline; logout");
	answer("logout", NULL, NULL);
	later_run();
	assert_null(ana());
	assert_string_equal(admin("disconnect_user " ANA),
	    "Error: User '" ANA "' is not online");
	did();
	admin("unregister ANA@Example.org");
	expect_did("load " ANA);
	answer_load(NULL, NULL);
	assert_string_equal(said,
	    "Error: User 'ANA@Example.org' is not registered");
	free(said);
	said = NULL;
}

static void
admin_by_message(void **state)
{
	char *admins[] = { (char *)ANA, NULL };

	(void)state;
	kit.config.admin_jids = admins;
	come("<message from='eve@example.org/x'><body>status</body>"
	    "</message>");
	expect("<service-unavailable ");
	come("<message><body>status</body></message>");
	expect("to='" PC "'", "Running (0 users");
	/* Server mode: a note to oneself is no command. */
	kit.link.server = true;
	come("<message to='" ANA "'><body>status</body></message>");
	expect("type='error'");
	expect_no("Running");
}

/* A room of somebody who is not registered any more brings nobody back. */
static void
nobody_stays_unregistered(void **state)
{
	const struct store_user user = { .jid = ANA };

	(void)state;
	kit.config.auto_register = true;
	persist_start(kit.gw);
	archive_kit.standing(archive_kit.standing_ctx, &user, 1, NULL);
	later_run();
	answer_load(NULL, NULL);
	expect_did("load " ANA "; release; mark offline");
	expect_nothing();
	later_run();
	assert_null(ana());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(shown_form),
		gateway_test(who_may),
		gateway_test(new_user),
		gateway_test(wrong_forms),
		gateway_test(name_mask),
		gateway_test(changed_data),
		gateway_test(leaves),
		gateway_test(leaves_where_rosters_are_written),
		gateway_test(settings),
		gateway_test(off_and_on),
		gateway_test(commands),
		gateway_test(bookmarks),
		gateway_test(photos),
		gateway_test(admin_users),
		gateway_test(admin_by_message),
		gateway_test(nobody_stays_unregistered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
