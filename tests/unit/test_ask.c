/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Questions to a user: what is an answer, how long it may take, and who may
 * give it before the network has let the user in. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/ask_inside.h"
#include "manager/gateway/contact.h"

static struct msg_option options[] = {
	{ .value = "a", .label = "First" }, { .value = "2", .label = NULL },
};

static const struct {
	const char	*type, *given;
	bool		 numbers;
	const char	*value;
} values[] = {
	{ NULL,		"any text",	true,	"any text" },
	{ "secret",	" kept ",	true,	" kept " },
	{ "bool",	"YES",		true,	"1" },
	{ "bool",	"n",		true,	"0" },
	{ "boolean",	"true",		false,	"1" },
	{ "bool",	"perhaps",	true,	NULL },
	{ "choice",	"a",		true,	"a" },
	{ "choice",	"1",		true,	"a" },
	{ "choice",	"first",	true,	"a" },
	{ "choice",	"2",		true,	"2" },
	{ "choice",	"1",		false,	NULL },
	{ "choice",	"0",		true,	NULL },
	{ "choice",	"3",		true,	NULL },
	{ "choice",	"-1",		true,	NULL },
	{ "choice",	"99999999999999999999", true, NULL },
	{ "list-single", "2x",		true,	NULL },
	{ "choices",	"1, 2",		true,	"a\n2" },
	{ "choices",	"2\na\r",	false,	"2\na" },
	{ "choices",	"1,9",		true,	NULL },
	{ "choices",	"a,2",		false,	NULL },
	{ "choices",	"1,1,1",	true,	NULL },
};

static void
what_is_an_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(values); i++) {
		const struct msg_field f = {
			.var = "v", .type = values[i].type,
			.options = { options, LENGTH(options) },
		};
		char *value = ask_value(&f, values[i].given,
		    values[i].numbers);

		if (values[i].value == NULL ? value != NULL : value == NULL ||
		    strcmp(value, values[i].value) != 0)
			fail_msg("%s \"%s\": %s", values[i].type,
			    values[i].given, value);
		free(value);
	}
}

static void
put_question(struct msg_ask ask)
{
	union params p = { .ask = ask };

	p.ask.user = ANA;
	if (p.ask.title == NULL)
		p.ask.title = "PIN?";
	tell_as(1, REQUEST, METHOD_ask, &p);
}

static void
not_for_ever(void **state)
{
	(void)state;
	log_in();
	forget();
	put_question((struct msg_ask){ .title = "One" });
	put_question((struct msg_ask){ .title = "Two" });
	expect("One");
	ask_tick(ana(), ev_now(kit.loop) + 290);
	expect_nothing();
	ask_tick(ana(), ev_now(kit.loop) + 310);
	expect("One", "not answered in time");
	expect("Two");
	expect_did("refuse 1 77 timeout");
	/* The time of the second begins when it is put. */
	ask_tick(ana(), ev_now(kit.loop) + 290);
	assert_true(ask_is_open(ana()));
	come("<message to='" GW "' type='chat'><body>yes</body></message>");
	assert_false(ask_is_open(ana()));
	expect_did("answer 1 77");
}

/* A backend that asks too much is the only one who has harm. */
static void
bounds(void **state)
{
	static char huge[70000];
	struct msg_field fields[ASK_FIELDS_MAX + 1];

	(void)state;
	log_in();
	forget();
	memset(huge, 'x', sizeof(huge) - 1);
	put_question((struct msg_ask){ .instructions = huge });
	expect_did("refuse 1 77 too_long");
	for (size_t i = 0; i < LENGTH(fields); i++)
		fields[i] = (struct msg_field){ .var = "v", .type = "hidden" };
	put_question((struct msg_ask){
		.fields = { fields, LENGTH(fields) } });
	expect_did("refuse 1 77 too_long");
	expect_nothing();
	put_question((struct msg_ask){ .fields = { fields, ASK_FIELDS_MAX } });
	expect("Answer yes or no.");
	for (int i = 1; i < ASKS_MAX; i++)
		put_question((struct msg_ask){ .title = "more" });
	expect_did("");
	put_question((struct msg_ask){ .title = "more" });
	expect_did("refuse 1 77 rate_limited");
	session_end(ana(), NULL);
	assert_false(ask_is_open(ana()));
}

/* The login is not late while the user looks for the code. */
static void
the_login_waits(void **state)
{
	double patience;

	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	patience = ana()->due;
	put_question((struct msg_ask){ 0 });
	assert_true(ana()->due >= patience + 290);
	come("<message to='" GW "' type='chat'><body>yes</body></message>");
	assert_true(ana()->due <= patience + 10);
	/* Nor is that of a session that has to be brought back. */
	session_connected(ana());
	session_lost(ana(), "it died");
	session_assigned(ana(), 2);
	ana()->backend = 1;
	patience = ana()->retry_at;
	put_question((struct msg_ask){ 0 });
	assert_true(ana()->retry_at >= patience + 290);
}

/* ------------------------------------------------------------------ guests */

static void
guest(void **state)
{
	union params p = { .connected = { .user = ANA } };

	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "pw");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	forget();
	put_question((struct msg_ask){ 0 });
	expect_did("guest 5");
	assert_true(ana()->guest);
	/* The question waits for a client that can be told. */
	expect_nothing();
	come("<presence/>");
	expect("from='" PC "' to='" PC "'");
	expect("Connecting");
	expect("to='" PC "'", "PIN?");
	gateway_link_events.login(kit.gw, 6, ANA, "guess");
	gateway_link_events.login(kit.gw, 7, ANA, "pw");
	expect_did("sasl 6 temporary-auth-failure; guest 7");
	come("<message to='bob@" GW "' type='chat'><body>x</body></message>");
	expect("not-authorized");
	come("<message to='" GW "' type='chat'><body>yes</body></message>");
	expect_did("answer 1 77");
	come("<message to='" GW "' type='chat'><body>status</body></message>");
	expect("not-authorized");
	tell(METHOD_connected, &p);
	assert_false(ana()->guest);
	assert_non_null(strstr(did(), "trust " ANA));
}

static void
guest_with_bob(void)
{
	static struct store_contact bob = { .name = "bob",
	    .subscription = "both" };
	struct store_user record = kit_record;

	kit.link.server = true;
	record.contacts = &bob;
	record.ncontacts = 1;
	gateway_link_events.login(kit.gw, 5, ANA, "pw");
	answer_load(&record, NULL);
	session_assigned(ana(), 1);
	put_question((struct msg_ask){ 0 });
	come("<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>");
	assert_null(strstr(kit.sent[kit.nsent - 1], "<item"));
}

/* The list, which a guest was not shown, comes before how they are. */
static void
list_of_a_guest(void **state)
{
	union params up = { .connected = { .user = ANA } };
	union params p = { .contact_presence = { .user = ANA,
	    .contact = "bob", .show = "away" } };

	(void)state;
	guest_with_bob();
	appear();
	tell(METHOD_contact_presence, &p);
	forget();
	tell(METHOD_connected, &up);
	expect("<iq type='set'", "to='" PC "'", "jid='bob@" GW "'");
	expect("<presence from='" GW "'");
	expect("<presence from='bob@" GW "/", "away");
	expect_nothing();
}

/* ... or when there is somebody to whom it can be told. */
static void
list_of_a_slow_guest(void **state)
{
	union params up = { .connected = { .user = ANA } };

	(void)state;
	guest_with_bob();
	tell(METHOD_connected, &up);
	appear();
	forget();
	roster_flush(ana());
	expect("<iq type='set'", "to='" PC "'", "jid='bob@" GW "'");
}

/* In the end the network has not let the guest in: the stream goes, be it that
 * trying again might help. */
static void
guest_refused(void **state)
{
	(void)state;
	kit.link.server = true;
	for (int retry = 0; retry < 2; retry++) {
		gateway_link_events.login(kit.gw, 5, ANA, "pw");
		answer_load(&kit_record, NULL);
		session_assigned(ana(), 1);
		put_question((struct msg_ask){ 0 });
		forget();
		session_disconnected(ana(), "auth", "no", retry);
		expect_did("refuse 1 77 not_connected; release; "
		    "mark offline; close " ANA);
		assert_false(ana()->guest);
		later_run();
	}
}

/* Whoever waits for the old session to end may be anybody: not for him. */
static void
not_while_leaving(void **state)
{
	(void)state;
	kit.link.server = true;
	log_in();
	session_end(ana(), NULL);
	gateway_link_events.login(kit.gw, 5, ANA, "guess");
	forget();
	put_question((struct msg_ask){ 0 });
	expect_did("refuse 1 77 not_connected");
	assert_false(ana()->guest);
}

static void
set(const char *value)
{
	union params p = { .setting_up = {
		.user = ANA, .name = "certificate/h", .value = value } };

	tell(METHOD_setting_up, &p);
}

static const char *
is_set(void)
{
	return user_setting(ana(), "certificate/h", "-");
}

/* What a guess has led to is nothing that the user has said. */
static void
nothing_is_left_of_a_guess(void **state)
{
	union params p = { .connected = { .user = ANA } };

	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "guess");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	put_question((struct msg_ask){ 0 });
	forget();
	set("accepted");
	assert_string_equal(is_set(), "-");
	expect_did("");
	/* It goes; the one who comes while it does finds nothing of it. */
	session_end(ana(), NULL);
	set("late");
	gateway_link_events.login(kit.gw, 6, ANA, "pw");
	session_disconnected(ana(), "other", NULL, false);
	assert_string_equal(is_set(), "-");
	session_assigned(ana(), 1);
	put_question((struct msg_ask){ 0 });
	set("yes");
	forget();
	tell(METHOD_connected, &p);
	assert_string_equal(is_set(), "yes");
	assert_non_null(strstr(did(), "certificate/h"));
	set("again");
	assert_string_equal(is_set(), "again");
}

/* A guest sees nothing of the user's, and takes nothing from him. */
static void
nothing_is_a_guests(void **state)
{
	union params c = { .contact = { .user = ANA, .contact = "bob" } };
	union params m = { .message = { .user = ANA, .from = "bob",
	    .kind = "chat", .body = "mine", .carbon = true } };
	union params gone = { .contact_removed = { .user = ANA,
	    .contact = "bob" } };
	size_t mark;

	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "guess");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	put_question((struct msg_ask){ 0 });
	appear();
	forget();
	tell(METHOD_contact, &c);
	roster_flush(ana());
	tell(METHOD_contact_removed, &gone);
	expect_nothing();
	tell(METHOD_message, &m);
	expect("to='" ANA "'", "mine");
	mark = kit.nsent;
	session_disconnected(ana(), "auth", "Wrong.", false);
	assert_int_equal(count_sent(mark, "<message"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_an_answer),
		gateway_test(not_for_ever),
		gateway_test(bounds),
		gateway_test(the_login_waits),
		gateway_test(guest),
		gateway_test(list_of_a_guest),
		gateway_test(list_of_a_slow_guest),
		gateway_test(guest_refused),
		gateway_test(not_while_leaving),
		gateway_test(nothing_is_left_of_a_guess),
		gateway_test(nothing_is_a_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
