/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* What the network is told of what the user's clients can do. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/client_caps.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"

#define F(var)	"<feature var='" var "'/>"
/* XEP-0115 5.2 */
#define EXODUS_VER "QgayPKawpkPSDYmwT/WM94uAlu0="
#define EXODUS_ID "<identity category='client' name='Exodus 0.9.1' type='pc'/>"
#define EXODUS	EXODUS_ID F("http://jabber.org/protocol/disco#info") \
	F("http://jabber.org/protocol/disco#items") \
	F("http://jabber.org/protocol/muc") F(NS_CAPS)
#define C(ver)	"<c xmlns='" NS_CAPS "' hash='sha-1' node='n' ver='" ver "'/>"
#define TOLD	": http://jabber.org/protocol/caps " \
	"http://jabber.org/protocol/disco#info " \
	"http://jabber.org/protocol/disco#items"

static void
jabber(void)
{
	can("raw");
	log_in();
	forget();
}

/* The last question is answered by that client. */
static void
answers(const char *client, const char *type, const char *inside)
{
	come("<iq type='%s' from='%s' id='%s-%lu'><query xmlns='"
	    NS_DISCO_INFO "'>%s</query></iq>", type, client,
	    kit.gw->iq_token, kit.gw->iq_serial, inside);
}

#define asked(full, node) expect("<iq type='get'", "to='" full "'", \
	"<query xmlns='" NS_DISCO_INFO "' node='" node "'/>")

static void
verification(void **state)
{
	static const struct {
		const char *inside, *ver;
		bool proved;
	} cases[] = {
		{ EXODUS, EXODUS_VER, true },
		{ EXODUS, "x", false },
		{ EXODUS F("x"), EXODUS_VER, false },
		{ EXODUS "<x xmlns='jabber:x:data'/>", EXODUS_VER, false },
		{ EXODUS F(NS_CAPS), EXODUS_VER, false },
		{ EXODUS_ID, EXODUS_VER, false },
		{ EXODUS "<other/>", EXODUS_VER, false },
		/* The same bytes to hash, in other roles. */
		{ F("client/pc//Exodus 0.9.1")
		    F("http://jabber.org/protocol/disco#info")
		    F("http://jabber.org/protocol/disco#items")
		    F("http://jabber.org/protocol/muc") F(NS_CAPS),
		    EXODUS_VER, false },
		{ EXODUS_ID F(NS_CAPS "&lt;http://jabber.org/protocol/disco#"
		    "info") F("http://jabber.org/protocol/disco#items")
		    F("http://jabber.org/protocol/muc"), EXODUS_VER, false },
		{ EXODUS_ID "<identity category='http:' type='' xml:lang="
		    "'jabber.org' name='protocol/caps'/>"
		    F("http://jabber.org/protocol/disco#info")
		    F("http://jabber.org/protocol/disco#items")
		    F("http://jabber.org/protocol/muc"), EXODUS_VER, false },
	};

	(void)state;
	can("raw");
	log_in();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char *presence = xasprintf("<presence><c xmlns='" NS_CAPS
		    "' hash='sha-1' node='%zu' ver='%s'/></presence>", i,
		    cases[i].ver);

		forget();
		come("%s", presence);
		assert_int_equal(count_sent(kit.seen, NS_DISCO_INFO), 1);
		answers(PC, "result", cases[i].inside);
		/* Another one of the same kind need not be asked. */
		forget();
		come("<presence from='" PHONE "'%s", presence + 9);
		if ((count_sent(kit.seen, NS_DISCO_INFO) == 0) !=
		    cases[i].proved)
			fail_msg("%zu", i);
		answers(PHONE, "error", "");
		free(presence);
	}
}

static void
told(void **state)
{
	(void)state;
	jabber();
	come("<presence>" C(EXODUS_VER) "</presence>");
	expect("from='" GW "'");
	kit.seen--;
	assert_int_equal(count_sent(kit.seen, "node='n#"), 1);
	expect_did("presence online");
	answers(PC, "result", EXODUS);
	expect_did("presence online" TOLD);
	forget();
	/* No question and no word when nothing is new. */
	come("<presence><show>away</show>" C(EXODUS_VER) "</presence>");
	assert_int_equal(count_sent(kit.seen, NS_DISCO_INFO), 0);
	expect_did("presence away");
	forget();
	/* Events are for all clients, the rest is of the best. */
	come("<presence from='" PHONE "'><priority>-1</priority>" C("p")
	    "</presence>");
	did();
	answers(PHONE, "result", F("urn:x") F("urn:omemo+notify")
	    F(NS_ROSTER "+notify") F(NS_CARBONS) F(""));
	expect_did("presence away" TOLD " urn:omemo+notify");
	/* What is not known yet does not change it. */
	come("<presence from='" PHONE "'><priority>5</priority>" C("q")
	    "</presence>");
	expect_did("presence online");
	answers(PHONE, "error", "");
	expect_did("presence online:");
	come("<presence from='" PHONE "'><priority>5</priority>" C("q")
	    "</presence>");
	expect_did("presence online");
	come("<presence from='" PHONE "'><priority>5</priority></presence>");
	expect_did("presence online");
	come("<presence from='" PHONE "' type='unavailable'/>");
	expect_did("presence away" TOLD);
}

static void
told_anew(void **state)
{
	can("raw");
	come("<presence>" C(EXODUS_VER) "</presence>");
	answers(PC, "result", EXODUS);
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	answer("login ana1 secret", NULL, NULL);
	did();
	session_connected(ana());
	assert_non_null(strstr(did(), "presence online" TOLD));
	session_lost(ana(), "it died");
	turn();
	session_assigned(ana(), 1);
	did();
	session_connected(ana());
	expect_did("presence online" TOLD);
	(void)state;
}

/* No answer at all, and the answer of who is not meant. */
static void
trouble(void **state)
{
	char *big;
	struct buf b = { 0 };

	(void)state;
	jabber();
	come("<presence>" C("a") "</presence>");
	come("<presence>" C("a") "</presence>");
	assert_int_equal(count_sent(kit.seen, "node='n#a"), 1);
	iq_fail_all(kit.gw);
	forget();
	come("<presence>" C("a") "</presence>");
	assert_int_equal(count_sent(kit.seen, "node='n#a"), 1);
	come("<presence>" C("b") "</presence>");
	did();
	kit.gw->iq_serial--;
	answers(PC, "result", F("urn:of-a"));
	expect_did("");
	kit.gw->iq_serial++;
	for (unsigned i = 0; i < 300; i++)
		buf_addf(&b, "<feature var='urn:%u'/>", i);
	buf_addf(&b, "<feature var='%0300d'/>", 0);
	buf_addc(&b, '\0');
	answers(PC, "result", buf_data(&b));
	assert_int_equal(strlen(did()), strlen("presence online:") +
	    10 * 6 + 90 * 7 + 28 * 8);
	buf_free(&b);
	forget();
	/* What is no use is not asked about. */
	big = xasprintf("<presence><c xmlns='" NS_CAPS "' hash='sha-1' "
	    "node='%0400d' ver='v'/></presence>", 0);
	come("%s", big);
	free(big);
	come("<presence><c xmlns='" NS_CAPS "' node='n' ver='v'/></presence>");
	come("<presence><c xmlns='" NS_CAPS "' hash='sha-1' node='n' "
	    "ver='a#b'/></presence>");
	assert_int_equal(count_sent(kit.seen, NS_DISCO_INFO), 0);
	/* Gone before it has answered. */
	come("<presence>" C("c") "</presence>");
	come("<presence type='unavailable'/>");
	answers(PC, "result", EXODUS);
}

static void
without(void **state)
{
	(void)state;
	log_in();
	forget();
	come("<presence>" C(EXODUS_VER) "</presence>");
	expect("from='" GW "'");
	expect_nothing();
	expect_did("presence online");
}

/* The table is bounded; who is of a kind that was forgotten keeps it. */
static void
many_kinds(void **state)
{
	(void)state;
	jabber();
	come("<presence>" C(EXODUS_VER) "</presence>");
	answers(PC, "result", EXODUS);
	for (unsigned i = 0; i < CLIENT_KINDS_MAX; i++) {
		forget();
		for (size_t j = 0; j < kit.nsent; j++)
			free(kit.sent[j]);
		kit.nsent = kit.seen = 0;
		for (size_t j = 0; j < kit.ndid; j++)
			free(kit.did[j]);
		kit.ndid = kit.known = 0;
		come("<presence from='" PHONE "'><c xmlns='" NS_CAPS
		    "' hash='sha-1' node='%u' ver='" EXODUS_VER
		    "'/></presence>", i);
		answers(PHONE, "result", EXODUS);
	}
	come("<presence from='" PHONE "' type='unavailable'/>");
	forget();
	come("<presence><show>dnd</show>" C(EXODUS_VER) "</presence>");
	come("<presence from='" PHONE "'>" C(EXODUS_VER) "</presence>");
	assert_int_equal(count_sent(kit.seen, NS_DISCO_INFO), 1);
}

/* One that is another program with each presence is not asked each time; the
 * last one is, when there is an answer. */
static void
many_questions(void **state)
{
	(void)state;
	jabber();
	for (unsigned i = 0; i < 150; i++)
		come("<presence><c xmlns='" NS_CAPS "' hash='sha-1' node='n' "
		    "ver='%u'/></presence>", i);
	assert_int_equal(count_sent(kit.seen, NS_DISCO_INFO), 64);
	forget();
	answers(PC, "result", F("urn:of-63"));
	asked(PC, "n#149");
	expect_did("");
	answers(PC, "result", F("urn:of-149"));
	expect_did("presence online: urn:of-149");
	expect_nothing();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(verification),
		gateway_test(told),
		gateway_test(told_anew),
		gateway_test(trouble),
		gateway_test(without),
		gateway_test(many_kinds),
		gateway_test(many_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
