/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Contacts with several clients: each is shown, and withdrawn, once. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/contact_client.h"
#include "manager/gateway/ns.h"
#include "protocol/passing.h"

#define BOB	"bob@" GW
#define CAPS	"<c xmlns='" NS_CAPS "' hash='sha-1' node='n' ver='v'/>"

static void
contact(const char *name)
{
	union params p = { .contact = {
		.user = ANA, .contact = name, .blocked = TRI_ABSENT,
	} };

	tell(METHOD_contact, &p);
	contact_find(ana(), name)->subscription = SUB_BOTH;
}

/* A session with a contact that the user may see. */
static void
jabber(void)
{
	can("raw");
	can("chat_states");
	log_in();
	contact("bob");
	forget();
}

static struct contact *
bob(void)
{
	return contact_find(ana(), "bob");
}

static void
is(const char *resource, const char *show, const char *extra)
{
	union params p = { .contact_presence = {
		.user = ANA, .contact = "bob", .show = show,
		.resource = resource, .extra = extra,
	} };

	tell(METHOD_contact_presence, &p);
}

#define is_there(resource) is(resource, "online", NULL)
#define is_gone(resource) is(resource, "offline", NULL)

static void
each_is_shown(void **state)
{
	union params p = { .contact_presence = {
		.user = ANA, .contact = "bob", .show = "dnd",
		.status = "busy", .resource = "home", .priority = 1000,
		.since = 1000, .extra = CAPS "<show>xa</show>"
		"<x xmlns='jabber:x:signed'>s</x><x xmlns='" NS_VCARD_UPDATE
		"'/>",
	} };

	(void)state;
	jabber();
	tell(METHOD_contact_presence, &p);
	expect("<presence from='" BOB "/home' to='" ANA "'>"
	    "<show>dnd</show><status>busy</status><priority>127</priority>"
	    "<idle xmlns='" NS_IDLE "' since='1970-01-01T00:00:01.000Z'/>"
	    "<x xmlns='" NS_VCARD_UPDATE "'><photo/></x>" CAPS
	    "<x xmlns='jabber:x:signed'>s</x></presence>");
	tell(METHOD_contact_presence, &p);
	expect_nothing();
	/* Without caps of its own it can what the gateway can. */
	is("Work", "online", "<x xmlns='y'/>");
	expect("from='" BOB "/Work'", "node='spectrum'", "<x xmlns='y'/>");
	is("Work", "online", "<x xmlns='y'/>");
	expect_nothing();
	is("Work", "online", "<c xmlns='" NS_CAPS2 "'/>");
	expect("from='" BOB "/Work'", NS_CAPS2);
	expect_no("spectrum");
	/* Garbage costs itself. */
	is("Work", "online", "</presence><presence>");
	expect("from='" BOB "/Work'", "spectrum", "<photo/></x></presence>");
	is_gone("home");
	expect("<presence from='" BOB "/home' to='" ANA
	    "' type='unavailable'/>");
	is_gone("home");
	is_gone("never");
	expect_nothing();
	is_gone(NULL);
	expect("from='" BOB "/Work'", "type='unavailable'");
	expect_nothing();
	assert_null(bob()->clients);
	assert_int_equal(ana()->client_bytes, 0);
}

/* What is no client is the contact as a whole, which goes on its own. */
static void
as_a_whole(void **state)
{
	static const char *const none[] = {
		"", "bot", "\x01", "\xe2\x80\xa8"
	};

	(void)state;
	jabber();
	is_there("home");
	expect("/home'");
	for (size_t i = 0; i < LENGTH(none); i++) {
		is_there(none[i]);
		expect("from='" BOB "/bot'", "<c ");
		is_gone(none[i]);
		expect("from='" BOB "/bot'", "type='unavailable'");
		expect_nothing();
	}
	is_there(NULL);
	forget();
	is_gone(NULL);
	expect("from='" BOB "/home'", "type='unavailable'");
	expect("from='" BOB "/bot'", "type='unavailable'");
	expect_nothing();
}

static void
bounds(void **state)
{
	char name[32], *big = xmalloc(1 << 20);

	(void)state;
	jabber();
	for (unsigned i = 0; i < CONTACT_CLIENTS_MAX + 5; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		is_there(name);
	}
	assert_int_equal(count_sent(kit.seen, "<presence "),
	    CONTACT_CLIENTS_MAX);
	forget();
	is_gone("r24");
	expect_nothing();
	is_gone("r0");
	expect("/r0'");
	is_there("r24");
	expect("/r24'");
	/* Too much in a presence is left out of it. */
	memset(big, 'x', 1 << 20);
	memcpy(big, "<a xmlns='b'>", 13);
	strcpy(big + PASSING_PRESENCE_MAX, "</a>");
	is("r24", "away", big);
	expect("/r24'", "<show>away</show>");
	expect_no("<a ");
	/* What is too much for all: words first, then the client. */
	ana()->client_bytes += CONTACT_CLIENTS_BYTES_MAX;
	is("r24", "dnd", "<a xmlns='b'/>");
	expect("/r24'", "<show>dnd</show>");
	expect_no("<a ");
	is_gone("r24");
	forget();
	is_there("r25");
	expect_nothing();
	is_gone(NULL);
	assert_int_equal(ana()->client_bytes, CONTACT_CLIENTS_BYTES_MAX);
	ana()->client_bytes = 0;
	free(big);
}

static void
shown_to_whom(void **state)
{
	(void)state;
	jabber();
	bob()->subscription = SUB_ASK;
	is_there("home");
	is("work", "away", NULL);
	expect_nothing();
	come("<presence type='subscribed' to='" BOB "'/>");
	expect("from='" BOB "/home'", "to='" ANA "'");
	expect("from='" BOB "/work'", "to='" ANA "'");
	expect_nothing();
	come("<presence type='probe' to='" BOB "'/>");
	expect("from='" BOB "/home'", "to='" PC "'");
	expect("from='" BOB "/work'", "to='" PC "'");
	expect_nothing();
	come("<presence from='" PHONE "'/>");
	expect("from='" GW "'");
	expect("from='" BOB "/home'", "to='" PHONE "'");
	expect("from='" BOB "/work'", "to='" PHONE "'");
	expect_nothing();
	come("<presence from='" PHONE "' type='unavailable'/>");
	expect("from='" BOB "/home'", "to='" PHONE "'", "'unavailable'");
	expect("from='" BOB "/work'", "to='" PHONE "'", "'unavailable'");
	forget();
	/* Its picture is that of each. */
	free(bob()->avatar_hash);
	bob()->avatar_hash = NULL;
	tell(METHOD_contact, &(union params){ .contact = { .user = ANA,
	    .contact = "bob", .blocked = TRI_ABSENT, .avatar_hash =
	    "0123456789012345678901234567890123456789" } });
	expect("from='" BOB "/home'", "<photo>0123");
	expect("from='" BOB "/work'", "<photo>0123");
	forget();
	/* RFC 6121 3.3.3 */
	come("<presence type='unsubscribe' to='" BOB "'/>");
	assert_int_equal(count_sent(kit.seen, "'unavailable'"), 2);
	forget();
	is("home", "dnd", NULL);
	is_gone("work");
	expect_nothing();
}

/* The whole of it goes once, whatever ends it. */
static void
ends(void **state)
{
	union params p = { .contact_removed = { .user = ANA,
	    .contact = "bob" } };

	(void)state;
	jabber();
	is_there("home");
	is_there("work");
	forget();
	tell(METHOD_contact_removed, &p);
	assert_int_equal(count_sent(kit.seen, "type='unavailable'"), 2);
	assert_int_equal(ana()->client_bytes, 0);
	contact("bob");
	is_there("home");
	is_there("work");
	forget();
	session_end(ana(), "bye");
	assert_int_equal(count_sent(kit.seen, BOB "/home'"), 1);
	assert_int_equal(count_sent(kit.seen, BOB "/work'"), 1);
	assert_null(bob()->clients);
	assert_int_equal(ana()->client_bytes, 0);
}

/* Within the grace time nothing is to be seen; who is not told again goes. */
static void
over_a_crash(void **state)
{
	(void)state;
	jabber();
	is("home", "away", CAPS);
	is_there("work");
	is_there(NULL);
	forget();
	session_lost(ana(), "it died");
	turn();
	session_assigned(ana(), 1);
	is("home", "away", CAPS);	/* and before it says so, too */
	session_connected(ana());
	expect_nothing();
	assert_true(ana()->presence_due > ev_now(kit.loop));
	is_there("new");
	expect("/new'");
	contact_clients_sweep(ana());
	expect("from='" BOB "/bot'", "type='unavailable'");
	expect("from='" BOB "/work'", "type='unavailable'");
	expect_nothing();
	assert_int_equal(ana()->presence_due, 0);
	/* Lost again meanwhile, and with it what was waited for. */
	session_lost(ana(), "it died");
	turn();
	session_assigned(ana(), 1);
	contact_clients_sweep(ana());
	session_connected(ana());
	is("home", "away", CAPS);
	is_there("new");
	contact_clients_sweep(ana());
	expect_nothing();
	/* Past the grace time all are gone, and come anew. */
	session_lost(ana(), "it died");
	turn();
	ana()->lost_at -= 100;
	session_due(ana());
	assert_int_equal(count_sent(kit.seen, "from='" BOB "/"), 2);
	forget();
	session_assigned(ana(), 1);
	session_connected(ana());
	forget();
	is("home", "away", CAPS);
	expect("/home'", "<show>away</show>");
	expect_nothing();
}

/* Who comes meanwhile sees what there is to see, as the others do. */
static void
come_in_a_crash(void **state)
{
	(void)state;
	jabber();
	is("home", "away", NULL);
	session_lost(ana(), "it died");
	turn();
	forget();
	come("<presence from='" PHONE "'/>");
	expect("from='" GW "' to='" PHONE "'");
	expect("from='" BOB "/home' to='" PHONE "'", "away");
	session_assigned(ana(), 1);
	session_connected(ana());
	is("home", "away", NULL);
	expect_nothing();
}

/* A backend that has no word for clients says itself who has gone. */
static void
over_a_crash_without(void **state)
{
	(void)state;
	log_in();
	contact("bob");
	is(NULL, "online", CAPS);
	forget();
	session_lost(ana(), "it died");
	turn();
	session_assigned(ana(), 1);
	session_connected(ana());
	assert_int_equal(ana()->presence_due, 0);
	contact_clients_sweep(ana());
	expect_nothing();
}

/* ------------------------------------------------------------------ messages */

static void
messages(void **state)
{
	union params m = { .message = { .user = ANA, .from = "bob",
		.kind = "chat", .body = "hm", .resource = "home" } };
	union params s = { .chat_state_up = { .user = ANA, .peer = "bob",
		.state = "composing", .resource = "home" } };

	(void)state;
	jabber();
	tell(METHOD_message, &m);
	expect("<message from='" BOB "/home'", "<body>hm</body>");
	tell(METHOD_chat_state_up, &s);
	expect("<message from='" BOB "/home'", "<composing ");
	m.message.resource = s.chat_state_up.resource = "\x02";
	tell(METHOD_message, &m);
	expect("<message from='" BOB "/bot'");
	tell(METHOD_chat_state_up, &s);
	expect("<message from='" BOB "/bot'");
	m.message.carbon = true;
	m.message.resource = "home";
	kit.link.server = true;
	tell(METHOD_message, &m);
	expect("to='" PC "'", "<forwarded ", "to='" BOB "/home'");
	kit.link.server = false;
	come("<message type='chat' id='1' to='" BOB "/home'><body>a</body>"
	    "</message>");
	expect_did("send chat bob/home a");
	come("<message type='chat' id='2' to='" BOB "/bot'><body>b</body>"
	    "</message>");
	expect_did("send chat bob b");
	answer("send chat bob/home a", NULL, NULL);
	/* Kept with it. */
	session_lost(ana(), "it died");
	come("<message type='chat' id='3' to='" BOB "/home'><body>c</body>"
	    "</message>");
	turn();
	session_assigned(ana(), 1);
	did();
	session_connected(ana());
	expect_did("presence online; send chat bob/home c");
	come("<message to='" BOB "/home'><composing xmlns='" NS_CHATSTATES
	    "'/></message>");
	expect_did("chat_state home");
	come("<message to='" BOB "'><composing xmlns='" NS_CHATSTATES
	    "'/></message>");
	expect_did("chat_state");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(each_is_shown),
		gateway_test(as_a_whole),
		gateway_test(bounds),
		gateway_test(shown_to_whom),
		gateway_test(ends),
		gateway_test(over_a_crash),
		gateway_test(come_in_a_crash),
		gateway_test(over_a_crash_without),
		gateway_test(messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
