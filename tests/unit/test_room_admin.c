/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Looking after rooms, inviting to them, finding them. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/ns.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_disco.h"
#include "manager/gateway/room_list.h"

static void
admin_set(const char *items)
{
	send_to(down_room_admin_set, NS_MUC_ADMIN, "<iq type='set' from='" PC
	    "' to='" CATS "' id='a1'><query xmlns='" NS_MUC_ADMIN "'>%s"
	    "</query></iq>", items);
}

static void
admin_get(const char *item)
{
	send_to(down_room_admin_get, NS_MUC_ADMIN, "<iq type='get' from='" PC
	    "' to='" CATS "' id='a1'><query xmlns='" NS_MUC_ADMIN "'>%s"
	    "</query></iq>", item);
}

static void
moderate(void **state)
{
	static const struct {
		const char *item, *asked;
	} cases[] = {
		{ "<item nick='bob' role='none'><reason>spam</reason></item>",
		  "moderate bob none - spam" },
		{ "<item nick='bob' role='visitor'/>",
		  "moderate bob visitor - -" },
		{ "<item nick='gone' affiliation='outcast'/>",
		  "moderate gone - outcast -" },
		{ "<item jid='" CATS "/bob' affiliation='outcast'/>",
		  "moderate bob - outcast -" },
		{ "<item jid='*!*@evil' affiliation='outcast'/>",
		  "moderate *!*@evil - outcast -" },
		{ "<item jid='dan@irc.example' affiliation='none'/>",
		  "moderate dan - none -" },
	};

	(void)state;
	enter();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		admin_set(cases[i].item);
		expect_nothing();
		answer(expect_asked(cases[i].asked), NULL);
		expect("<iq type='result' from='" CATS "' to='" PC
		    "' id='a1'");
		expect_nothing();
	}
	assert_int_equal(kit.user->inflight, 0);
}

static void
moderate_badly(void **state)
{
	static const struct {
		const char *items, *condition;
	} cases[] = {
		{ "", "<bad-request " },
		{ "<item nick='bob'/>", "<bad-request " },
		{ "<item nick='bob' role='king'/>", "<bad-request " },
		{ "<item nick='bob' affiliation='king'/>", "<bad-request " },
		{ "<item nick='bob' role='none' affiliation='none'/>",
		  "<bad-request " },
		{ "<item nick='nobody' role='none'/>", "<item-not-found " },
		{ "<item affiliation='outcast'/>", "<item-not-found " },
		{ "<item jid='' affiliation='outcast'/>", "<item-not-found " },
		/* All or none. */
		{ "<item nick='bob' role='none'/><item nick='x' role='none'/>",
		  "<item-not-found " },
	};

	(void)state;
	enter();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		admin_set(cases[i].items);
		expect("<iq type='error'", "id='a1'", cases[i].condition);
		assert_int_equal(asked_at, nasked);
	}
}

static void
moderate_many(void **state)
{
	struct asked *one, *two;

	(void)state;
	enter();
	occupant("cy", NULL, false);
	kit.seen = kit.nsent;
	admin_set("<item nick='bob' role='none'/><item nick='cy' "
	    "role='none'/>");
	one = expect_asked("moderate bob none - -");
	two = expect_asked("moderate cy none - -");
	answer_error(two, ERR_FORBIDDEN, "not an op");
	expect_nothing();
	answer(one, NULL);
	expect("type='error'", "id='a1'", "<forbidden ", "not an op");
	expect_nothing();
}

/* IRC knows of a ban only that it is followed by a kick. */
static void
ban_is_a_kick(void **state)
{
	static const struct {
		const char *error, *code;
	} cases[] = {
		{ NULL, "<status code='301'/>" },
		{ ERR_FORBIDDEN, "<status code='307'/>" },
	};
	struct asked *a;

	(void)state;
	enter();
	for (size_t i = 0; i < LENGTH(cases); i++) {
		admin_set("<item nick='bob' affiliation='outcast'/>");
		a = expect_asked("moderate bob - outcast -");
		if (cases[i].error != NULL)
			answer_error(a, cases[i].error, NULL);
		else
			answer(a, NULL);
		expect("<iq ");
		gone("bob", "kicked", "ana", "spam");
		expect("from='" CATS "/bob'", cases[i].code);
		occupant("bob", "moderator", false);
		kit.seen = kit.nsent;
	}
}

static void
lists(void **state)
{
	struct msg_affiliation rows[] = {
		{ .target = "*!*@evil", .reason = "evil" },
		{ .target = "dan" },
	};
	union result r = { .room_affiliations = {
		.rows = { rows, LENGTH(rows) },
	} };

	(void)state;
	enter();
	admin_get("<item affiliation='outcast'/>");
	answer(expect_asked("affiliations outcast"), &r);
	expect("type='result'", "<item affiliation='outcast' jid='*!*%evil@"
	    "irc.example'><reason>evil</reason></item>", "jid='dan@");
	admin_get("<item role='moderator'/>");
	expect("type='result'", "nick='bob'", "role='moderator'");
	expect_no("nick='ana'");
	admin_get("<item affiliation='member'/>");
	answer_error(expect_asked("affiliations member"), ERR_NOT_SUPPORTED,
	    NULL);
	expect("type='error'", "<feature-not-implemented ");
	admin_get("<item/>");
	expect("<bad-request ");
	admin_get("");
	expect("<bad-request ");
}

static void
not_reachable(void **state)
{
	(void)state;
	enter();
	kit.ready = false;
	admin_get("<item affiliation='outcast'/>");
	expect("type='error'", "<recipient-unavailable ");
	kit.ready = true;
	kit.user->inflight = 4;
	admin_get("<item affiliation='outcast'/>");
	expect("type='error'", "<resource-constraint ");
	kit.user->inflight = 0;
	assert_int_equal(asked_at, nasked);
}

/* ------------------------------------------------------------ invitations */

static void
invite(const char *from, const char *inside)
{
	send_to(down_room_mediated, NS_MUC_USER, "<message from='%s' to='"
	    CATS "' id='i1'><x xmlns='" NS_MUC_USER "'>%s</x></message>", from,
	    inside);
}

static void
invitations_down(void **state)
{
	(void)state;
	enter();
	invite(PC, "<invite to='dan@irc.example'><reason>r</reason></invite>");
	answer_error(expect_asked("invite #cats dan"), ERR_NOT_FOUND,
	    "no such nick");
	expect("<message type='error'", "id='i1'", "<item-not-found ",
	    "no such nick");
	invite(PC, "<invite to='dan@irc.example'/>");
	answer(expect_asked("invite #cats dan"), NULL);
	expect_nothing();
	invite(PC, "<invite to='eve@example.org'><reason>r</reason></invite>");
	expect("<message from='" CATS "' to='eve@example.org'",
	    "<invite from='" ANA "'><reason>r</reason></invite>",
	    "jid='" CATS "'");
	invite(PC, "<invite to='@'/>");
	expect("type='error'", "<jid-malformed ");
	invite(PC, "<invite to='irc.example'/>");
	expect("type='error'", "<item-not-found ");
	invite(PHONE, "<invite to='dan@irc.example'/>");
	expect("type='error'", "<not-acceptable ");
	assert_int_equal(asked_at, nasked);
}

/* Who declines is not in the room. */
static void
declines_down(void **state)
{
	(void)state;
	invite(PC, "<decline to='dan@irc.example'/>");
	expect_nothing();
	kit.features = " rooms ";
	invite(PC, "<decline to='dan@irc.example'><reason>no</reason>"
	    "</decline>");
	answer(expect_asked("decline #cats dan no"), NULL);
	/* What the gateway itself has told, in nobody's name. */
	invite(PC, "<decline to='irc.example'/>");
	answer_error(expect_asked("decline #cats - -"), ERR_NOT_SUPPORTED,
	    NULL);
	invite(PC, "<decline/>");
	answer(expect_asked("decline #cats - -"), NULL);
	invite(PC, "<decline to='eve@example.org'/>");
	expect_nothing();
	invite(PC, "<decline to='dan@irc.example'/>");
	answer_error(expect_asked("decline #cats dan -"), ERR_NOT_FOUND,
	    NULL);
	expect("<message type='error'", "id='i1'", "<item-not-found ");
	invite(PC, "<decline to='@'/>");
	expect("type='error'", "<jid-malformed ");
	kit.ready = false;
	invite(PC, "<decline to='dan@irc.example'/>");
	expect("type='error'", "<recipient-unavailable ");
	kit.ready = true;
	assert_int_equal(asked_at, nasked);
}

static void
invitations_up(void **state)
{
	union params p = { .room_invited = {
		.user = ANA, .room = "#dogs", .peer = "rex",
		.reason = "<walk>", .password = "bone",
	} };

	(void)state;
	up(up_room_invited, &p);
	expect("from='#dogs@irc.example'", "to='" ANA "'",
	    "<invite from='rex@irc.example'><reason>&lt;walk&gt;</reason>",
	    "<password>bone</password>", "<x xmlns='jabber:x:conference'");
}

/* -------------------------------------------------------------- discovery */

static void
list(const char *to, const char *set)
{
	send_to(room_list_answer, NS_DISCO_ITEMS, "<iq type='get' from='" PC
	    "' to='%s' id='d1'><query xmlns='" NS_DISCO_ITEMS "'>%s"
	    "</query></iq>", to, set);
}

#define RSM(s) "<set xmlns='http://jabber.org/protocol/rsm'>" s "</set>"

static struct msg_room_info rooms[] = {
	{ .room = "#a", .name = "A & A" }, { .room = "#b" }, { .room = "#c" },
	{ .room = "#d" }, { .room = "#e" }, { .room = "#beyond" },
};

static void
listed_in_pages(void **state)
{
	static const struct {
		const char *set, *first, *last, *not;
	} cases[] = {
		{ RSM("<max>2</max>"), "#a@", "#b@", "#c@" },
		{ RSM("<max>2</max><after>#b@irc.example</after>"), "#c@",
		  "#d@", "#e@" },
		{ RSM("<max>9</max><after>#d@irc.example</after>"), "#e@",
		  "#e@", "#d@irc.example'" },
		{ RSM("<max>2</max><before/>"), "#d@", "#e@", "#c@" },
		{ RSM("<max>9</max><before>#c@irc.example</before>"), "#a@",
		  "#b@", "#c@" },
		{ RSM("<max>1</max><index>3</index>"), "#d@", "#d@", "#e@" },
	};
	union result r = { .room_list = { .rooms = { rooms, 6 } } };

	(void)state;
	kit.features = "room_list";
	list("irc.example", RSM("<max>1</max>"));
	list("irc.example", "");
	answer(expect_asked("list " ANA " -"), &r);
	expect("type='result'", "id='d1'",
	    "<item jid='#a@irc.example' name='A &amp; A'/>",
	    "<first index='0'>#a@irc.example</first>", "<count>5</count>");
	expect_no("#b@");
	expect("type='result'", "#e@irc.example");
	expect_no("<set");
	expect_no("#beyond");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		list("irc.example", cases[i].set);
		expect("type='result'", cases[i].first, cases[i].last,
		    "<count>5</count>");
		expect_no(cases[i].not);
	}
	list("irc.example", RSM("<max>0</max>"));
	expect("<count>5</count>");
	expect_no("<item");
	list("irc.example", RSM("<after>#nowhere@irc.example</after>"));
	expect("type='error'", "<item-not-found ");
	list("irc.example", RSM("<index>6</index>"));
	expect("type='error'", "<item-not-found ");
	assert_int_equal(asked_at, nasked);
	/* Another server of the network has another list. */
	list("chat@irc.example", "");
	answer_error(expect_asked("list " ANA " chat"), ERR_NETWORK, "down");
	expect("type='error'", "<remote-server-not-found ");
	list("chat@irc.example", "");
	answer_error(expect_asked("list " ANA " chat"), ERR_NOT_SUPPORTED,
	    NULL);
	expect("type='result'", "disco#items'/>");
	room_lists_destroy(&kit.gw);
}

static void
listed_for_all(void **state)
{
	(void)state;
	list("irc.example", "");
	expect("type='result'");
	kit.features = "room_list";
	kit.ready = false;
	list("irc.example", "");
	expect_asked("list - -");
	/* The gateway ends before the network answers. */
	room_lists_destroy(&kit.gw);
	expect_nothing();
}

static void
described(void **state)
{
	static const char info[] = "<iq type='get' from='" PC "' to='" CATS
	    "' id='d1'><query xmlns='" NS_DISCO_INFO "'/></iq>";

	(void)state;
	send_to(room_disco_info, NS_DISCO_INFO, info);
	expect("category='conference'", "type='text'", "name='#cats'",
	    "var='http://jabber.org/protocol/muc'", "urn:xmpp:occupant-id:0",
	    "muc#self-ping-optimization");
	expect_no("roominfo");
	enter();
	subject("mice");
	expect("mice");
	send_to(room_disco_info, NS_DISCO_INFO, info);
	expect("muc#roominfo_subject", "mice", "<value>2</value>");
	send_to(room_disco_items, NS_DISCO_ITEMS, "<iq type='get' from='" PC
	    "' to='" CATS "' id='d1'><query xmlns='" NS_DISCO_ITEMS
	    "'/></iq>");
	expect("jid='" CATS "/bob'", "jid='" CATS "/ana'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(moderate),
		room_test(moderate_badly),
		room_test(moderate_many),
		room_test(ban_is_a_kick),
		room_test(lists),
		room_test(not_reachable),
		room_test(invitations_down),
		room_test(declines_down),
		room_test(invitations_up),
		room_test(listed_in_pages),
		room_test(listed_for_all),
		room_test(described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
