/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* The user's keys of encryption, in the account on the network. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/digest.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/keys_inside.h"

#define OLD	"eu.siacs.conversations.axolotl"
#define PUBSUB	"http://jabber.org/protocol/pubsub"
#define BUNDLE	"<bundle xmlns='" OLD "'><k>1</k></bundle>"
#define OPTIONS	"<publish-options><x xmlns='jabber:x:data' type='submit'>" \
	"<field var='FORM_TYPE' type='hidden'><value>" PUBSUB \
	"#publish-options</value></field><field var='pubsub#persist_items'>" \
	"<value>true</value></field><field var='pubsub#access_model'><value>" \
	"open</value></field></x></publish-options>"
#define NOT_FOUND "<error type='cancel'><item-not-found xmlns='" \
	"urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

/* Of what the user's own server was asked last. */
static const char *
asked_id(void)
{
	static char id[80];
	const char *at = strstr(kit.sent[kit.seen - 1], " id='") + 5;

	snprintf(id, sizeof(id), "%.*s", (int)strcspn(at, "'"), at);
	return id;
}

/* It answers: a node with one item, or none. */
static void
user_has(const char *payload)
{
	const char *id = asked_id();

	if (payload != NULL)
		come("<iq from='" ANA "' type='result' id='%s'><pubsub xmlns='"
		    PUBSUB "'><items node='x'><item id='current'>%s</item>"
		    "</items></pubsub></iq>", id, payload);
	else
		come("<iq from='" ANA "' type='error' id='%s'>" NOT_FOUND
		    "</iq>", id);
}

/* It was to be published on the network, which says so, or "error". */
static void
answer_publish(const char *node, const char *payload, bool open,
    const char *type)
{
	union result r = { .stanza = { .type = type } };
	char *text = xasprintf("stanza iq set -| -|<pubsub xmlns='" PUBSUB
	    "'><publish node='%s'><item id='current'>%s</item></publish>%s"
	    "</pubsub>", node, payload, open ? OPTIONS : "");

	answer(text, NULL, &r);
	free(text);
}

/* It was asked for its list. */
static void
answer_list(const char *code, const char *type, const char *xml)
{
	union result r = { .stanza = { .type = type, .xml = xml } };

	answer("stanza iq get -| -|<pubsub xmlns='" PUBSUB "'><items node='"
	    KEYS_LIST_OLD "'/></pubsub>", code, code ? NULL : &r);
}

static void
network_has(const char *devices)
{
	char *xml = xasprintf("<pubsub xmlns='" PUBSUB "'><items node='x'>"
	    "<item id='current'><list xmlns='" OLD "'>%s</list></item></items>"
	    "</pubsub>", devices);

	answer_list(NULL, "result", xml);
	free(xml);
}

static void
compare(void)
{
	keys_compare(ana());
	expect("<iq type='get' from='" GW "' to='" ANA "'", "<items node='"
	    KEYS_LIST_OLD "'/>");
}

static void
begin(void)
{
	can("raw");
	log_in();
	compare();
}

/* Of the other scheme there is nothing. */
static void
end(void)
{
	expect("<items node='" KEYS_LIST "'/>");
	user_has(NULL);
	expect_nothing();
	assert_int_equal(kit.nopen, 0);
}

static void
expect_kept(const char *record)
{
	assert_string_equal(user_setting(ana(), "omemo_axolotl", "-"), record);
}

static void
published(void **state)
{
	char digest[DIGEST_SIZE], *record;

	(void)state;
	begin();
	user_has("<list xmlns='" OLD "'><device id='11'/><device id='x'/>"
	    "<device id='22'/></list>");
	network_has("<device id='99'/>");
	expect("<items node='" OLD ".bundles:11'/>");
	user_has(BUNDLE);
	answer_publish(OLD ".bundles:11", BUNDLE, true, "result");
	expect("<iq type='set' from='" GW "' to='" ANA "'",
	    "<subscribe node='" OLD ".bundles:11' jid='" GW "'/>");
	/* The other device has no keys: it is not named. */
	expect("<items node='" OLD ".bundles:22'/>");
	user_has(NULL);
	/* Another one has come meanwhile. */
	network_has("<device id='99'/><device id='77'/>");
	answer_publish(KEYS_LIST_OLD, "<list xmlns='" OLD "'>"
	    "<device id='99'/><device id='77'/><device id='11'/></list>", true,
	    "result");
	end();
	digest_hex(BUNDLE, sizeof(BUNDLE) - 1, digest);
	record = xasprintf("11=%s", digest);
	expect_kept(record);

	/* Nothing is published that is there already. */
	compare();
	user_has("<list xmlns='" OLD "'><device id='11'/></list>");
	network_has("<device id='99'/><device id='11'/>");
	expect("<items node='" OLD ".bundles:11'/>");
	user_has(BUNDLE);
	end();
	expect_kept(record);
	free(record);

	/* It is taken back, and it alone. */
	compare();
	user_has(NULL);
	network_has("<device id='11'/><device id='99'/>");
	network_has("<device id='11'/><device id='99'/>");
	answer_publish(KEYS_LIST_OLD, "<list xmlns='" OLD "'>"
	    "<device id='99'/></list>", true, "result");
	end();
	expect_kept("");
}

/* A node that exists may be of another kind: it is taken as it is. */
static void
other_options(void **state)
{
	static const char list[] = "<list xmlns='" OLD "'><device id='11'/>"
	    "</list>";

	(void)state;
	begin();
	user_has(list);
	answer_list(NULL, "error", NOT_FOUND);
	expect("bundles:11");
	user_has(BUNDLE);
	answer_publish(OLD ".bundles:11", BUNDLE, true, "error");
	answer_publish(OLD ".bundles:11", BUNDLE, false, "result");
	expect("<subscribe");
	answer_list(NULL, "error", NOT_FOUND);
	answer_publish(KEYS_LIST_OLD, list, true, "error");
	answer_publish(KEYS_LIST_OLD, list, false, "error");
	end();
	/* The keys are there: to be taken back, and not subscribed to again,
	 * which some servers answer with an event. */
	assert_memory_equal(user_setting(ana(), "omemo_axolotl", "-"), "11=",
	    3);
}

static bool
soon(double seconds)
{
	return ev_timer_remaining(kit.loop, &ana()->keys->timer) < seconds;
}

/* Nothing is asked for that would have us begin again, and again. */
static void
refused(void **state)
{
	(void)state;
	begin();
	user_has("<list xmlns='" OLD "'><device id='11'/><device id='22'/>"
	    "</list>");
	network_has("<device id='22'/>");
	expect("bundles:11");
	user_has(BUNDLE);
	answer_publish(OLD ".bundles:11", BUNDLE, true, "error");
	answer_publish(OLD ".bundles:11", BUNDLE, false, "error");
	expect("bundles:22");
	user_has(BUNDLE);
	answer_publish(OLD ".bundles:22", BUNDLE, true, "error");
	answer_publish(OLD ".bundles:22", BUNDLE, false, "error");
	/* The list names neither more nor less. */
	end();
	expect_kept("-");
	assert_false(keys_due(ana()));
}

/* The user's server has no answer: what is there stays, and it is tried again,
 * some times. */
static void
silent(void **state)
{
	(void)state;
	can("raw");
	log_in();
	for (int i = 0; i < 4; i++) {
		/* Ours, or another's of that number. */
		if (i == 2)
			(void)user_keep_setting(ana(), "omemo_axolotl",
			    STORE_STRING, "11=abc");
		compare();
		user_has("<list xmlns='" OLD "'><device id='11'/></list>");
		network_has("<device id='11'/><device id='99'/>");
		expect("bundles:11");
		iq_fail_all(kit.gw);
		end();
		assert_int_equal(keys_due(ana()), i < 3);
	}
	expect_kept("11=abc");
	/* A session that begins may have better luck. */
	keys_session_up(ana());
	assert_int_equal(ana()->keys->failures, 0);
	assert_true(keys_due(ana()));
}

/* A session that is lost and comes back has the same account. */
static void
interrupted(void **state)
{
	(void)state;
	begin();
	session_lost(ana(), "it died");
	user_has("<list xmlns='" OLD "'><device id='11'/></list>");
	assert_null(ana()->keys->run);
	session_assigned(ana(), 1);
	session_connected(ana());
	assert_true(soon(3) && ev_is_active(&ana()->keys->timer));
	ev_timer_stop(kit.loop, &ana()->keys->timer);
	/* ... as is one whose time comes just then. */
	session_lost(ana(), "it died");
	keys_compare(ana());
	session_assigned(ana(), 1);
	session_connected(ana());
	assert_true(soon(3) && ev_is_active(&ana()->keys->timer));
}

/* Of no use is what was read in another account. */
static void
other_account(void **state)
{
	(void)state;
	begin();
	user_has("<list xmlns='" OLD "'><device id='11'/></list>");
	keys_session_up(ana());
	network_has("<device id='99'/>");
	expect_nothing();
	assert_null(ana()->keys->run);
	assert_true(keys_due(ana()));
}

static union result none = { .stanza = { .type = "error", .xml = NOT_FOUND } };
static union result done = { .stanza = { .type = "result" } };
static union result taken = { .stanza = { .type = "error", .xml =
    "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-"
    "stanzas'/></error>" } };

#define open_text() kit.open[0].text

/* All keys of the other scheme are in one node, which is to hold them all; it
 * is there, and may be one that does not: it is to be changed. */
static void
change_node(void)
{
	begin();
	user_has(NULL);
	expect("<items node='" KEYS_LIST "'/>");
	user_has("<devices xmlns='urn:xmpp:omemo:2'><device id='5'/>"
	    "</devices>");
	answer("stanza iq get -| -|<pubsub xmlns='" PUBSUB "'><items node='"
	    KEYS_LIST "'/></pubsub>", NULL, &none);
	expect("<items node='urn:xmpp:omemo:2:bundles'><item id='5'/>");
	come("<iq from='" ANA "' type='result' id='%s'><pubsub xmlns='" PUBSUB
	    "'><items node='x'><item id='4'><a xmlns='n'/></item><item id='5'>"
	    "<b xmlns='n'/></item></items></pubsub></iq>", asked_id());
	assert_non_null(strstr(open_text(), "<item id='5'><b xmlns='n'/>"));
	assert_non_null(strstr(open_text(), "<field var='pubsub#max_items'>"
	    "<value>max</value>"));
	/* A server that does not take it like this may do so at first. */
	answer(open_text(), NULL, &taken);
	assert_non_null(strstr(open_text(), "<create node='urn:xmpp:omemo:"
	    "2:bundles'/><configure>"));
	assert_non_null(strstr(open_text(), "<field var='pubsub#max_items'>"
	    "<value>max</value>"));
	answer(open_text(), NULL, &taken);
	assert_non_null(strstr(open_text(), PUBSUB "#owner'><configure "
	    "node='urn:xmpp:omemo:2:bundles'>"));
	assert_non_null(strstr(open_text(), "<field var='pubsub#max_items'>"
	    "<value>max</value>"));
	assert_null(strstr(open_text(), "access_model"));
}

static void
one_node(void **state)
{
	(void)state;
	change_node();
	answer(open_text(), NULL, &done);
	assert_null(strstr(open_text(), "options"));
	answer(open_text(), NULL, &done);
	expect("<subscribe node='urn:xmpp:omemo:2:bundles'");
	answer(open_text(), NULL, &none);
	assert_null(strstr(open_text(), "max_items"));
	answer(open_text(), NULL, &done);
	expect_nothing();
}

/* One that cannot be made to hold more stays as it is: what is in there is not
 * to make room for ours. */
static void
small_node(void **state)
{
	(void)state;
	change_node();
	answer(open_text(), NULL, &taken);
	expect_nothing();
	assert_int_equal(kit.nopen, 0);
	assert_false(keys_due(ana()));
}

/* What cannot be read is not overwritten. */
static void
unreadable(void **state)
{
	static const char list[] = "<list xmlns='" OLD "'><device id='11'/>"
	    "</list>";

	(void)state;
	begin();
	user_has(list);
	answer_list(ERR_TIMEOUT, NULL, NULL);
	end();
	compare();
	user_has(list);
	answer_list(NULL, "error", "<error type='auth'><forbidden xmlns='"
	    "urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	end();
	compare();
	user_has(list);
	answer_list(NULL, "result", "no XML");
	end();
	compare();
	user_has(list);
	answer_list(NULL, "result", "<list xmlns='" OLD "'/>");
	end();
	compare();
	user_has(list);
	answer_list(NULL, "result", "<pubsub xmlns='" PUBSUB "'><items "
	    "node='x'><item id='current'><other xmlns='" OLD "'/></item>"
	    "</items></pubsub>");
	end();
	compare();
	user_has("<other xmlns='" OLD "'><device id='11'/></other>");
	end();
}

/* ... even if it could be read before; what was published is ours still. */
static void
unreadable_now(void **state)
{
	(void)state;
	begin();
	user_has("<list xmlns='" OLD "'><device id='11'/></list>");
	network_has("<device id='99'/>");
	expect("bundles:11");
	user_has(BUNDLE);
	answer_publish(OLD ".bundles:11", BUNDLE, true, "result");
	expect("<subscribe");
	answer_list(NULL, "result", "no XML");
	end();
	assert_memory_equal(user_setting(ana(), "omemo_axolotl", "-"), "11=",
	    3);
}

/* All of it is kept, however long. */
static void
many_others(void **state)
{
	struct buf others = { 0 };
	char *list;

	(void)state;
	for (int i = 100; i < 300; i++)
		buf_addf(&others, "<device id='%d'/>", i);
	buf_addc(&others, '\0');
	begin();
	user_has("<list xmlns='" OLD "'><device id='11'/></list>");
	network_has(buf_data(&others));
	expect("bundles:11");
	user_has(BUNDLE);
	answer_publish(OLD ".bundles:11", BUNDLE, true, "result");
	expect("<subscribe");
	network_has(buf_data(&others));
	list = xasprintf("<list xmlns='" OLD "'>%s<device id='11'/></list>",
	    buf_data(&others));
	answer_publish(KEYS_LIST_OLD, list, true, "result");
	end();
	free(list);
	buf_free(&others);
}

/* The user is gone before the answer is there. */
static void
logged_out(void **state)
{
	(void)state;
	begin();
	come("<presence type='unavailable'/>");
	user_has("<list xmlns='" OLD "'><device id='11'/></list>");
	forget();
	iq_fail_all(kit.gw);
	expect_nothing();
}

static void
event_of(const char *from, const char *what, const char *node)
{
	come("<message from='%s' type='headline'><event xmlns='" PUBSUB
	    "#event'><%s node='%s'/></event></message>", from, what, node);
}

static void
event(const char *from, const char *node)
{
	event_of(from, "items", node);
}

static void
events(void **state)
{
	(void)state;
	log_in();			/* without raw */
	event(ANA, KEYS_LIST);
	keys_compare(ana());
	assert_null(ana()->keys);
	can("raw");
	event(ANA, "other");
	event(PC, KEYS_LIST);
	assert_null(ana()->keys);
	event(ANA, KEYS_LIST);
	assert_non_null(ana()->keys);
	keys_destroy(ana());
	event_of(ANA, "delete", KEYS_LIST);
	assert_non_null(ana()->keys);
	expect_nothing();
}

/* A message of the network that spends a key, or does not. */
static void
spent(void **state)
{
	union params p = { .message = { .user = ANA, .from = "bob",
	    .kind = "chat", .body = "x", .extra = "<encrypted xmlns='" OLD
	    "'><header sid='7'><key rid='11'>a</key></header></encrypted>" } };

	(void)state;
	can("raw");
	log_in();
	keys_destroy(ana());
	tell(METHOD_message, &p);
	assert_null(ana()->keys);
	p.message.extra = "<encrypted xmlns='" OLD "'><header sid='7'><key "
	    "rid='11' prekey='true'>a</key></header></encrypted>";
	p.message.carbon = true;
	tell(METHOD_message, &p);
	assert_null(ana()->keys);
	p.message.carbon = false;
	tell(METHOD_message, &p);
	assert_true(keys_due(ana()));
	assert_true(soon(11));
	forget();

	/* Many of them make no more of it; our own events do not wait. */
	compare();
	tell(METHOD_message, &p);
	user_has(NULL);
	expect("<message");
	end();
	assert_true(keys_due(ana()) && !soon(50));
	tell(METHOD_message, &p);
	assert_false(soon(50));
	event(ANA, KEYS_LIST);
	assert_true(soon(3));
}

int
main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(published), T(other_options), T(refused), T(silent),
		T(interrupted),
		T(other_account), T(one_node), T(small_node),
		T(unreadable), T(unreadable_now), T(many_others),
		T(logged_out), T(events), T(spent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
