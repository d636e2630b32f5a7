/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Programs are asked across the gateway, people are invited, the gateway is a
 * console: with a network that can do it, and with one that cannot. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"

#define GET(ns, to) \
	"<iq type='get' id='q' to='" to "'><query xmlns='" ns "'/></iq>"
#define PING(to) \
	"<iq type='get' id='q' to='" to "'><ping xmlns='" NS_PING "'/></iq>"
#define TIME(to) \
	"<iq type='get' id='q' to='" to "'><time xmlns='" NS_TIME "'/></iq>"

static void
irc(void)
{
	can("query");
	can("networks");
	can("no_jid_escaping");
	can("rooms");
	can("room_prefixes=#");
}

static void
version(void **state)
{
	union result r = { .query = { .text = "cat 9 / Hurd" } };

	(void)state;
	irc();
	log_in();
	come(GET(NS_VERSION, "bob%%irc.example@" GW));
	expect_did("query version bob@irc.example -");
	expect_nothing();
	answer("query version bob@irc.example -", NULL, &r);
	expect("type='result'", "<name>cat 9 / Hurd</name>");
	come(GET(NS_VERSION, "bob%%irc.example@" GW "/bot"));
	r.query = (struct msg_query_result){ .name = "cat", .version = "9",
		.os = "Hurd" };
	answer("query version bob@irc.example -", NULL, &r);
	expect("<name>cat</name><version>9</version><os>Hurd</os>");
	come(GET(NS_VERSION, "bob%%irc.example@" GW));
	answer("query version bob@irc.example -", ERR_TIMEOUT, NULL);
	expect("<remote-server-timeout ");
	/* Ourselves, and a server of the network. */
	did();
	come(GET(NS_VERSION, GW));
	expect("<name>Spectrum 2</name>");
	come(GET(NS_VERSION, "irc.example@" GW));
	expect("<name>Spectrum 2</name>");
	come(PING("irc.example@" GW));
	expect("type='result'");
	expect_did("");
}

/* Where names have a server in them and there are no networks to choose from. */
static void
names_with_servers(void **state)
{
	union result r = { .query = { .name = "cat" } };

	(void)state;
	can("query");
	log_in();
	come(GET(NS_VERSION, "bob%%net.example@" GW));
	expect_did("query version bob@net.example -");
	answer("query version bob@net.example -", NULL, &r);
	expect("<name>cat</name>");
	come(GET(NS_VERSION, "net.example@" GW));
	expect("<name>Spectrum 2</name>");
	expect_did("");
}

static void
pings_and_times(void **state)
{
	union result r = { .query = { .time = 1700000000000 } };

	(void)state;
	irc();
	log_in();
	come(PING("bob%%irc.example@" GW));
	expect_nothing();
	answer("query ping bob@irc.example -", NULL, NULL);
	expect("type='result'");
	come(TIME("bob%%irc.example@" GW));
	answer("query time bob@irc.example -", NULL, &r);
	expect("<utc>2023-11-14T22:13:20Z</utc>");
	come(TIME("bob%%irc.example@" GW));
	r.query = (struct msg_query_result){ .text = "about noon" };
	answer("query time bob@irc.example -", NULL, &r);
	expect("type='error'", "about noon");
	come(TIME("bob%%irc.example@" GW));
	r.query.time = INT64_MAX;
	answer("query time bob@irc.example -", NULL, &r);
	expect("type='error'");
}

/* What was before: we answer for everybody. */
static void
no_queries(void **state)
{
	(void)state;
	log_in();
	come(GET(NS_VERSION, "bob@" GW));
	expect("<name>Spectrum 2</name>");
	come(PING("bob@" GW));
	expect("type='result'");
	expect_did("");
}

static void
asked(void **state)
{
	union params p = { .query_up = { .user = ANA, .what = "version",
		.contact = "bob@irc.example" } };

	(void)state;
	irc();
	log_in();
	tell_as(1, REQUEST, METHOD_query_up, &p);
	expect("to='" PC "'", "from='bob%irc.example@" GW "/bot'", NS_VERSION);
	come("<iq type='result' id='%s-%lu' to='bob%%irc.example@" GW "/bot'>"
	    "<query xmlns='" NS_VERSION "'><name>Cat</name>"
	    "<version>9</version></query></iq>", kit.gw->iq_token, kit.gw->iq_serial);
	expect_did("answer 1 77 Cat 9");
	tell_as(1, REQUEST, METHOD_query_up, &p);
	iq_fail_all(kit.gw);
	expect_did("refuse 1 77 timeout");
	p.query_up.what = "shoesize";
	tell_as(1, REQUEST, METHOD_query_up, &p);
	expect_did("refuse 1 77 not_supported");
}

static void
invitations(void **state)
{
	(void)state;
	irc();
	log_in();
#define INVITE(jid, more) "<message to='bob%%irc.example@" GW "' id='i'>" \
	"<x xmlns='" NS_CONFERENCE "' jid='" jid "'/>" more "</message>"
	come(INVITE("#cats%%irc.example@" GW, "<body>come</body>"));
	expect_did("invite bob@irc.example to #cats@irc.example");
	answer("invite bob@irc.example to #cats@irc.example", ERR_FORBIDDEN,
	    NULL);
	expect("<forbidden ");
	come(INVITE("cats@elsewhere.example", ""));
	expect("<not-acceptable ");
	expect_did("");
	come(INVITE("cats@elsewhere.example", "<body>come here</body>"));
	expect_did("send chat bob@irc.example come here");
}

static void
console(void **state)
{
	union params p = { .message = { .user = ANA, .kind = "chat",
		.from = "", .body = "3 users", .headline = true } };

	(void)state;
	log_in();
	come("<message id='m'><body>lusers</body></message>");
	expect("<service-unavailable ");
	can("console");
	come("<message id='m2'><body>lusers</body></message>");
	expect_did("send chat  lusers");
	tell(METHOD_message, &p);
	expect("from='" GW "'", "<body>3 users</body>", "<no-store ");
}

/* What looks like an escape sequence is not undone on the way back. */
static void
odd_nicks(void **state)
{
	union params p = { .message = { .user = ANA, .kind = "chat",
		.from = "a\\20b@irc.example", .body = "hi" } };

	(void)state;
	irc();
	log_in();
	tell(METHOD_message, &p);
	expect("from='a\\5c20b\\40irc.example@" GW "/bot'");
	come("<message to='a\\5c20b\\40irc.example@" GW "' id='m'>"
	    "<body>yes</body></message>");
	expect_did("send chat a\\20b@irc.example yes");
	p.message.from = "a&b'c@irc.example";
	tell(METHOD_message, &p);
	expect("from='a\\26b\\27c\\40irc.example@" GW "/bot'");
	come("<message to='a\\26b\\27c\\40irc.example@" GW "' id='m3'>"
	    "<body>no</body></message>");
	expect_did("send chat a&b'c@irc.example no");
}

/* Feature "watch": the backend is told whose presence matters. */
static void
watching(void **state)
{
	union params p = { .contact_presence = { .user = ANA,
		.contact = "bob@irc.example", .show = "away" } };

	(void)state;
	irc();
	can("watch");
	log_in();
	come("<presence type='subscribe' to='bob%%irc.example@" GW "'/>");
	answer("contact_add bob@irc.example", NULL, NULL);
	expect("type='subscribed'");
	expect("type='subscribe'");
	expect_did("contact_add bob@irc.example; store contact "
	    "bob@irc.example both; watch +bob@irc.example");
	tell(METHOD_contact_presence, &p);
	expect("<show>away</show>");
	/* Another backend has to be told again. */
	session_lost(ana(), "crash");
	session_assigned(ana(), 2);
	answer("login ana1 secret", NULL, NULL);
	did();
	tell_as(2, NOTIFICATION, METHOD_connected,
	    &(union params){ .connected = { .user = ANA } });
	assert_non_null(strstr(did(), "watch +bob@irc.example"));
	come("<presence type='unsubscribe' to='bob%%irc.example@" GW "'/>");
	expect("type='unsubscribed'");
	expect("type='unsubscribe'");
	assert_non_null(strstr(did(), "watch -bob@irc.example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(version),
		gateway_test(names_with_servers),
		gateway_test(pings_and_times),
		gateway_test(no_queries),
		gateway_test(asked),
		gateway_test(invitations),
		gateway_test(console),
		gateway_test(odd_nicks),
		gateway_test(watching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
