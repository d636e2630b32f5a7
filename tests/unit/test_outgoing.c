/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Every way a message of a user can end: exactly one of accepted and error. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/ns.h"
#include "manager/gateway/outgoing.h"

static void
say(const char *id, const char *inside)
{
	come("<message to='bob@" GW "' type='chat' id='%s'><body>%s</body>%s"
	    "</message>", id, id, inside);
}

static unsigned
errors(size_t mark)
{
	return count_sent(mark, "<message type='error'");
}

static void
accepted(void **state)
{
	(void)state;
	log_in();
	say("one", "");
	assert_int_equal(ana()->inflight, 1);
	expect_did("send chat bob one");
	answer("send chat bob one", NULL, NULL);
	assert_int_equal(ana()->inflight, 0);
	expect_nothing();
}

/* What no network has a field for is not lost. */
static void
subjects(void **state)
{
	(void)state;
	log_in();
	say("one", "<subject>about</subject><attention xmlns='"
	    NS_ATTENTION "'/>");
	expect_did("send chat bob about\n\none; attention");
	come("<message to='bob@" GW "' id='x'><subject>alone</subject>"
	    "</message>");
	expect_did("send chat bob alone");
}

/* XEP-0184: a receipt says that it has arrived, not that it was taken. */
static void
receipts(void **state)
{
	static const char asks[] = "<request xmlns='urn:xmpp:receipts'/>";
	union result taken = { 0 };
	union result arrived = { .send = { .delivered = true } };

	(void)state;
	log_in();
	say("one", asks);
	answer("send chat bob one", NULL, &taken);
	expect_nothing();
	say("two", asks);
	answer("send chat bob two", NULL, &arrived);
	expect("from='bob@" GW "'", "to='" PC "'", "<received ", "id='two'");
	say("three", "");
	answer("send chat bob three", NULL, &arrived);
	expect_nothing();
}

static void
refused(void **state)
{
	static const struct {
		const char *code, *condition;
	} cases[] = {
		{ ERR_NOT_FOUND, "<item-not-found " },
		{ ERR_FORBIDDEN, "<forbidden " },
		{ ERR_TOO_LONG, "<policy-violation " },
		{ ERR_RATE_LIMITED, "<resource-constraint " },
		{ ERR_TIMEOUT, "<remote-server-timeout " },
		{ "unheard of", "<undefined-condition " },
	};

	(void)state;
	log_in();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		say("one", "");
		answer("send chat bob one", cases[i].code, NULL);
		expect("<message type='error'", "from='bob@" GW "'",
		    "to='" PC "'", "id='one'", cases[i].condition, "because");
	}
	expect_nothing();
	assert_int_equal(ana()->inflight, 0);
}

static void
lost_on_the_way(void **state)
{
	(void)state;
	log_in();
	say("one", "");
	answer("send chat bob one", ERR_LOST, NULL);
	expect("<message type='error'", "id='one'",
	    "may have been delivered");
	expect_nothing();
}

static void
not_logged_in(void **state)
{
	(void)state;
	say("one", "");
	expect("<message type='error'", "id='one'",
	    "<recipient-unavailable ");
	expect_nothing();
	expect_did("");
}

static void
queue_is_full(void **state)
{
	(void)state;
	log_in();
	kit.full = true;
	say("one", "");
	expect("id='one'", "<resource-constraint ");
	kit.full = false;
	/* inflight_max is 2 */
	say("two", "");
	say("three", "");
	expect_nothing();
	say("four", "");
	expect("id='four'", "<resource-constraint ");
	expect_nothing();
	expect_did("send chat bob two; send chat bob three");
}

static void
outbox_does_not_fit(void **state)
{
	size_t mark;

	(void)state;
	appear();
	say("one", "");
	say("two", "");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	mark = kit.nsent;
	kit.full = true;
	session_connected(ana());
	assert_int_equal(errors(mark), 2);
}

/* More waits than may be in flight at once: the rest is refused, not sent. */
static void
outbox_is_more_than_inflight(void **state)
{
	size_t mark;

	(void)state;
	appear();
	say("one", "");
	say("two", "");
	say("three", "");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	mark = kit.nsent;
	session_connected(ana());
	assert_int_equal(errors(mark) + ana()->inflight, 3);
}

/* In flight and in the outbox when the backend dies, and the user leaves: what
 * waits does so until the user is back, as nobody would hear of an error. */
static void
crash_then_leave(void **state)
{
	size_t mark;

	(void)state;
	log_in();
	say("one", "");
	mark = kit.nsent;
	answer("send chat bob one", ERR_LOST, NULL);
	session_lost(ana(), "it died");
	say("two", "");
	come("<presence type='unavailable'/>");
	assert_int_equal(errors(mark), 1);
	assert_int_equal(count_sent(mark, "id='two'"), 0);
	answer("logout", NULL, NULL);
	later_run();
	assert_int_equal(ana()->outbox_count, 1);
	outgoing_expire(ana(), ev_now(kit.loop) + 2000);
	assert_int_equal(count_sent(mark, "id='two'"), 1);
	user_tidy(ana());
	later_run();
	assert_null(ana());
}

/* The answer comes when the session is long over: the object has waited. */
static void
answer_after_the_session(void **state)
{
	size_t mark;

	(void)state;
	log_in();
	say("one", "");
	come("<presence type='unavailable'/>");
	answer("logout", NULL, NULL);
	later_run();
	assert_non_null(ana());
	mark = kit.nsent;
	answer("send chat bob one", ERR_NOT_CONNECTED, NULL);
	assert_int_equal(errors(mark), 1);
	later_run();
	assert_null(ana());
}

static void
service_stops(void **state)
{
	size_t mark;

	(void)state;
	appear();
	say("one", "");
	mark = kit.nsent;
	gateway_stop(kit.gw);
	assert_int_equal(errors(mark), 1);
}

/* No body, no error lost either: reactions and retractions. */
static void
other_kinds(void **state)
{
	static const char react[] = "<message to='bob@" GW "' type='chat' "
	    "id='r'><reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction>"
	    "+</reaction></reactions></message>";

	(void)state;
	log_in();
	come(react);
	expect("id='r'", "<feature-not-implemented ");
	can("reactions");
	come(react);
	expect_nothing();
	answer("reaction", ERR_NOT_FOUND, NULL);
	expect("<message type='error'", "id='r'", "<item-not-found ");
	come(react);
	answer("reaction", NULL, NULL);
	expect_nothing();
	session_lost(ana(), "it died");
	come(react);
	expect("<message type='error'", "id='r'", "<recipient-unavailable ");
}

/* Server mode: the other clients see what one has sent (XEP-0280 7). */
static void
copies(void **state)
{
	(void)state;
	kit.link.server = true;
	log_in();
	come("<presence from='" PHONE "'/>");
	forget();
	say("one", "");
	expect("from='" ANA "' to='" PHONE "'", "<sent xmlns='urn:xmpp:carbons"
	    ":2'>", "to='bob@" GW "'", "<body>one</body>");
	expect_nothing();
	say("two", "<private xmlns='urn:xmpp:carbons:2'/>");
	expect_nothing();
	expect_did("send chat bob one; send chat bob two");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(accepted),
		gateway_test(subjects),
		gateway_test(receipts),
		gateway_test(refused),
		gateway_test(lost_on_the_way),
		gateway_test(not_logged_in),
		gateway_test(queue_is_full),
		gateway_test(outbox_does_not_fit),
		gateway_test(outbox_is_more_than_inflight),
		gateway_test(crash_then_leave),
		gateway_test(answer_after_the_session),
		gateway_test(service_stops),
		gateway_test(other_kinds),
		gateway_test(copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
