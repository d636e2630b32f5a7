/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Whom may a backend speak of, and when? */
#include "tests/unit/gateway_kit.h"

static const union params message = { .message = {
	.user = ANA, .from = "bob", .kind = "chat", .body = "hello",
} };
static const union params question = { .ask = {
	.user = ANA, .title = "PIN?",
} };
static const union params receipt = { .receipt = {
	.user = ANA, .peer = "bob", .id = "1", .state = "delivered",
} };

static void
holds(void **state)
{
	(void)state;
	log_in();
	tell(METHOD_message, &message);
	expect("from='bob@" GW "/bot'", "to='" ANA "'", "<body>hello</body>");
	tell_as(2, NOTIFICATION, METHOD_message, &message);
	tell_as(0, NOTIFICATION, METHOD_message, &message);
	expect_nothing();
	tell_as(2, REQUEST, METHOD_ask, &question);
	expect_nothing();
	expect_did("refuse 2 77 not_connected");
}

/* An error for a message that had been accepted; in words when no client is
 * there that could show it. */
static void
came_back(void **state)
{
	union params back = { .undelivered = {
		.user = ANA, .peer = "bob", .id = "m1",
		.code = "not_found", .text = "nobody there",
	} };

	(void)state;
	log_in();
	tell(METHOD_undelivered, &back);
	expect("<message", "type='error'", "from='bob@" GW "'", "to='" PC "'",
	    "id='m1'", "item-not-found", "nobody there");
	expect_nothing();
	user_forget_clients(ana());
	tell(METHOD_undelivered, &back);
	expect("to='" ANA "'", "A message to bob was not delivered: "
	    "nobody there");
}

static void
nobody(void **state)
{
	union params p = { .disconnected = {
		.user = "eve@example.org", .reason = "auth",
	} };

	(void)state;
	tell(METHOD_message, &message);
	tell(METHOD_disconnected, &p);
	tell_as(1, REQUEST, METHOD_ask, &question);
	expect_nothing();
	expect_did("refuse 1 77 not_connected");
	assert_int_equal(map_count(&kit.gw->users), 0);
}

/* Before the login is out a backend that the user had last time is nothing. */
static void
too_early(void **state)
{
	union params p = { .connected = { .user = ANA } };

	(void)state;
	log_in();
	come("<presence type='unavailable'/>");
	answer("logout", NULL, NULL);
	appear();
	forget();
	tell(METHOD_connected, &p);
	tell(METHOD_message, &message);
	assert_int_not_equal(ana()->state, USER_ONLINE);
	expect_nothing();
}

static void
in_login(void **state)
{
	(void)state;
	appear();
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	forget();
	tell(METHOD_message, &message);
	expect("hello");
	tell(METHOD_receipt, &receipt);
	expect_nothing();
	tell_as(1, REQUEST, METHOD_ask, &question);
	expect("PIN?");
}

/* A recovering user's old backend, and its new one. */
static void
recovering(void **state)
{
	(void)state;
	log_in();
	session_lost(ana(), "it died");
	tell(METHOD_message, &message);
	expect_nothing();
	session_assigned(ana(), 2);
	tell(METHOD_message, &message);
	expect_nothing();
	tell_as(2, NOTIFICATION, METHOD_message, &message);
	expect("hello");
}

/* What a main process says to backends comes back from a mad one. */
static void
wrong_way(void **state)
{
	union params p = { .login = { .user = ANA, .account = "x" } };
	struct msg none = { .kind = REQUEST, .id = 9 };

	(void)state;
	log_in();
	tell_as(1, REQUEST, METHOD_login, &p);
	tell_as(1, NOTIFICATION, METHOD_login, &p);
	dispatch_message(kit.gw, 1, &none);
	expect_nothing();
	expect_did("refuse 1 77 not_supported; refuse 1 9 not_supported");
}

/* ------------------------------------------------------ what cannot be said */

static void
hostile(void **state)
{
	union params p = message;

	(void)state;
	log_in();
	/* A name that is no address: the gateway says it. */
	p.message.from = "";
	tell(METHOD_message, &p);
	expect("from='" GW "'", "hello");
	p.message.from = "bob";
	p.message.body = "a\001b\xff" "c<&]]>";
	tell(METHOD_message, &p);
	expect("<body>a\xef\xbf\xbd" "b\xef\xbf\xbd" "c&lt;&amp;");
	expect_no("\001");
	/* The state would become the name of an element. */
	p = (union params){ .chat_state_up = {
		.user = ANA, .peer = "bob", .state = "x><evil/",
	} };
	tell(METHOD_chat_state_up, &p);
	expect_nothing();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(holds),
		gateway_test(came_back),
		gateway_test(nobody),
		gateway_test(too_early),
		gateway_test(in_login),
		gateway_test(recovering),
		gateway_test(wrong_way),
		gateway_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
