/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* The user's keys of encryption, in the account on the network. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/digest.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/keys.h"

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

/* What the user's own server answers: a node with one item, or none. */
static void
user_has(const char *payload)
{
	char *id = xstrdup(strstr(kit.sent[kit.seen - 1], " id='") + 5);

	*strchr(id, '\'') = '\0';
	if (payload != NULL)
		come("<iq from='" ANA "' type='result' id='%s'><pubsub xmlns='"
		    PUBSUB "'><items node='x'><item id='current'>%s</item>"
		    "</items></pubsub></iq>", id, payload);
	else
		come("<iq from='" ANA "' type='error' id='%s'>" NOT_FOUND
		    "</iq>", id);
	free(id);
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
	expect("<iq type='set' from='" GW "' to='" ANA "'",
	    "<subscribe node='" OLD ".bundles:11' jid='" GW "'/>");
	answer_publish(OLD ".bundles:11", BUNDLE, true, "result");
	/* The other device has no keys: it is not named. */
	expect("<items node='" OLD ".bundles:22'/>");
	user_has(NULL);
	answer_publish(KEYS_LIST_OLD, "<list xmlns='" OLD "'>"
	    "<device id='99'/><device id='11'/></list>", true, "result");
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
	expect("<subscribe");
	answer_publish(OLD ".bundles:11", BUNDLE, true, "error");
	answer_publish(OLD ".bundles:11", BUNDLE, false, "result");
	answer_publish(KEYS_LIST_OLD, list, true, "error");
	answer_publish(KEYS_LIST_OLD, list, false, "error");
	end();
	expect_kept("-");
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
event(const char *from, const char *node)
{
	come("<message from='%s' type='headline'><event xmlns='" PUBSUB
	    "#event'><items node='%s'/></event></message>", from, node);
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
	assert_non_null(ana()->keys);
}

int
main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(published), T(other_options), T(unreadable), T(logged_out),
		T(events), T(spent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
