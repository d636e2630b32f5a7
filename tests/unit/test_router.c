/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Which stanza gets which answer, and which gets none. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"

/* What comes, and what has to be in the one answer; NULL: silence. */
static const struct {
	const char *stanza, *answer;
} cases[] = {
	/* RFC 6120 8.2.3: every get and set is answered, nothing else is. */
	{ "<iq type='get' id='1'><query xmlns='no:such'/></iq>",
	    "<service-unavailable " },
	{ "<iq type='set' id='1'><query xmlns='no:such'/></iq>",
	    "<service-unavailable " },
	{ "<iq type='get' id='1'/>", "<service-unavailable " },
	{ "<iq id='1'/>", "<service-unavailable " },
	{ "<iq type='get' id='1' to='bob@" GW "'><query xmlns='no:such'/>"
	    "</iq>", "<service-unavailable " },
	{ "<iq type='get' id='1' to='#cats@" GW "'><query xmlns='no:such'/>"
	    "</iq>", "<service-unavailable " },
	{ "<iq type='result' id='1'/>", NULL },
	{ "<iq type='error' id='1'/>", NULL },
	{ "<iq type='result' id='1' to='bob@" GW "'/>", NULL },
	{ "<message type='error' to='bob@" GW "'><body>x</body></message>",
	    NULL },
	{ "<message type='error' to='#cats@" GW "/al'/>", NULL },
	{ "<presence type='error' to='bob@" GW "'/>", NULL },
	{ "<presence type='error' to='#cats@" GW "/al'/>", NULL },
	{ "<presence type='error'/>", NULL },
	{ "<presence type='bogus'/>", NULL },
	/* To whom. */
	{ "<iq type='get' id='1'><query xmlns='" NS_DISCO_INFO "'/></iq>",
	    "category='gateway'" },
	{ "<iq type='get' id='1' to='bob@" GW "'><query xmlns='"
	    NS_DISCO_INFO "'/></iq>", "category='client'" },
	{ "<iq type='get' id='1'><query xmlns='" NS_DISCO_INFO
	    "' node='no:such'/></iq>", "<item-not-found " },
	{ "<iq type='get' id='1'><query xmlns='" NS_VERSION "'/></iq>",
	    "Spectrum 2" },
	{ "<iq type='get' id='1'><ping xmlns='" NS_PING "'/></iq>",
	    "type='result'" },
	{ "<iq type='get' id='1'><time xmlns='" NS_TIME "'/></iq>",
	    "<utc>" },
	{ "<iq type='get' id='1'><query xmlns='" NS_LAST "'/></iq>",
	    "seconds='" },
	{ "<iq type='get' id='1' to='bob@" GW "'><query xmlns='" NS_LAST
	    "'/></iq>", "<service-unavailable " },
	{ "<iq type='get' id='1'><query xmlns='" NS_GATEWAY "'/></iq>",
	    "<prompt>" },
	{ "<iq type='set' id='1'><query xmlns='" NS_GATEWAY "'><prompt>"
	    "Bob Smith</prompt></query></iq>", "<jid>bob\\20smith@" GW },
	{ "<iq type='set' id='1'><query xmlns='" NS_GATEWAY "'/></iq>",
	    "<bad-request " },
	/* Who may: these need a session. */
	{ "<iq type='get' id='1'><query xmlns='" NS_ROSTER "'/></iq>",
	    "<recipient-unavailable " },
	{ "<message to='bob@" GW "' id='1'><body>x</body></message>",
	    "<recipient-unavailable " },
	{ "<message to='#cats@" GW "' type='groupchat' id='1'><body>x</body>"
	    "</message>", "<recipient-unavailable " },
	{ "<iq type='set' id='1'><command xmlns='" NS_COMMANDS
	    "' node='no'/></iq>", "<item-not-found " },
	{ "<message id='1'><body>hello</body></message>",
	    "<service-unavailable " },
	{ "<message id='1'><composing xmlns='" NS_CHATSTATES "'/></message>",
	    NULL },
	{ "<presence type='unavailable'/>", "type='unavailable'" },
	{ "<presence type='subscribe'/>", "type='subscribed'" },
	{ "<presence type='subscribe' to='bob@" GW "'/>",
	    "<recipient-unavailable " },
	{ "<presence type='unsubscribe' to='bob@" GW "'/>",
	    "type='unsubscribed'" },
	{ "<presence type='probe' to='bob@" GW "'/>", "type='unavailable'" },
	/* A server of another gateway must not be probed in turn. */
	{ "<presence type='probe' from='gw.other'/>", "type='unavailable'" },
	/* Nobody who could be a user. */
	{ "<presence from='server.example'/>", NULL },
	{ "<presence from='server.example/x'/>", NULL },
	{ "<presence from='bare@example.org'/>", NULL },
};

static void
strangers(void **state)
{
	(void)state;
	can("room_prefixes=#");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		size_t mark = kit.nsent;

		come("%s", cases[i].stanza);
		if (cases[i].answer != NULL && kit.nsent == mark + 1 &&
		    strstr(kit.sent[mark], cases[i].answer) != NULL)
			continue;
		if (cases[i].answer == NULL && kit.nsent == mark)
			continue;
		print_error("%s\nanswered by\n%s\nnot by %s\n",
		    cases[i].stanza, kit.nsent > mark ? kit.sent[mark] :
		    "silence", cases[i].answer ? cases[i].answer :
		    "silence");
		fail();
	}
	/* And none of them is remembered. */
	assert_int_equal(map_count(&kit.gw->users), 0);
	expect_did("");
}

/* A privilege is what a server says of itself (XEP-0356). */
static void
privileges(void **state)
{
	static const char grant[] = "<message from='%s'><privilege xmlns='"
	    NS_PRIVILEGE2 "'><perm access='roster' type='both'/></privilege>"
	    "</message>";

	(void)state;
	come(grant, PC);
	come(grant, ANA);
	come(grant, "example.org/x");
	assert_int_equal(map_count(&kit.gw->rights), 0);
	come(grant, "example.org");
	assert_int_equal(map_count(&kit.gw->rights), 1);
	expect_nothing();
}

static unsigned answers;

static void
count(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	(void)gw, (void)ctx, (void)a;
	answers += answer != NULL ? 1 : 100;
}

static void
ask(const char *to)
{
	struct xml *x = iq_begin(kit.gw, "get", NULL, to);

	iq_send(kit.gw, x, to, 5, count, NULL);
	answers = 0;
}

static void
answer_as(const char *from, const char *id)
{
	come("<iq type='result' from='%s' id='%s-%lu'/>", from, id,
	    kit.gw->iq_serial);
}

/* Only who was asked may answer, once. */
static void
own_requests(void **state)
{
	const char *token = kit.gw->iq_token;

	(void)state;
	ask(PC);
	answer_as(PHONE, token);
	answer_as("example.org", token);
	answer_as(ANA, token);
	answer_as(PC, "guess");
	assert_int_equal(answers, 0);
	answer_as(PC, token);
	answer_as(PC, token);
	assert_int_equal(answers, 1);
	/* For a bare JID its server answers. */
	ask(ANA);
	answer_as("evil.example", token);
	assert_int_equal(answers, 0);
	answer_as("example.org", token);
	assert_int_equal(answers, 1);
	/* Nobody answers. */
	ask(PC);
	iq_expire(kit.gw, ev_now(kit.loop) + 4);
	assert_int_equal(answers, 0);
	iq_expire(kit.gw, ev_now(kit.loop) + 6);
	assert_int_equal(answers, 100);
	/* It is not even sent. */
	kit.deaf = true;
	ask(PC);
	assert_int_equal(answers, 0);
	iq_expire(kit.gw, ev_now(kit.loop));
	assert_int_equal(answers, 100);
}

static void
again(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct xml *x;

	(void)ctx, (void)a, (void)answer;
	answers++;
	x = iq_begin(gw, "get", NULL, PC);
	iq_send(gw, x, PC, 5, answers < 10 ? again : count, NULL);
}

/* A callback that asks again while nothing can be sent gets its turn later. */
static void
requests_without_end(void **state)
{
	(void)state;
	kit.deaf = true;
	answers = 0;
	again(kit.gw, NULL, NULL, NULL);
	iq_expire(kit.gw, ev_now(kit.loop));
	assert_int_equal(answers, 2);
	iq_fail_all(kit.gw);
	assert_int_equal(answers, 3);
	answers = 10;
	iq_fail_all(kit.gw);
	iq_fail_all(kit.gw);
	assert_int_equal(map_count(&kit.gw->iqs), 0);
}

/* Server mode: addresses of others are nobody's contacts. */
static void
other_domains(void **state)
{
	(void)state;
	kit.link.server = true;
	kit.config.auto_register = true;
	log_in();
	come("<message to='bob@elsewhere.example' id='1'><body>x</body>"
	    "</message>");
	expect("<remote-server-not-found ");
	come("<iq type='get' to='elsewhere.example' id='1'><ping xmlns='"
	    NS_PING "'/></iq>");
	expect("<remote-server-not-found ");
	come("<presence type='subscribe' to='bob@elsewhere.example'/>");
	expect("<remote-server-not-found ");
	come("<presence to='room@elsewhere.example/ana'/>");
	come("<iq type='result' to='elsewhere.example' id='1'/>");
	come("<message type='error' to='b@elsewhere.example' id='1'/>");
	expect_nothing();
	expect_did("");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(strangers),
		gateway_test(privileges),
		gateway_test(own_requests),
		gateway_test(requests_without_end),
		gateway_test(other_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
