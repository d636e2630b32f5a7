/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway protocol xmpp util */
/* Archives of rooms as clients ask for them (XEP-0313): every field, every
 * page, every refusal; and answers. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/mam.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/past.h"

#define FORM(fields)	"<x xmlns='jabber:x:data' type='submit'>" \
	"<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value>" \
	"</field>" fields "</x>"
#define FIELD(var, v)	"<field var='" var "'><value>" v "</value></field>"
#define SET(inside)	"<set xmlns='http://jabber.org/protocol/rsm'>" inside \
	"</set>"

static void
query(const char *from, const char *inside)
{
	send_to(down_mam_query, NS_MAM, "<iq type='set' id='q' from='%s' to='"
	    CATS "'><query xmlns='urn:xmpp:mam:2' queryid='f27'>%s</query>"
	    "</iq>", from, inside);
}

/* ---------------------------------------------------------------- questions */

#define T1	"2001-09-09T01:46:40Z"		/* 10^12 ms */
#define T1_MS	"1000000000000"

static const struct {
	const char	*name, *inside;
	/* "after before nick start end max last ids", or an error's name */
	const char	*is;
} asks[] = {
	{ "nothing", "", "- - - 0 0 100 0" },
	{ "an empty form", FORM(""), "- - - 0 0 100 0" },
	{ "max", SET("<max>7</max>"), "- - - 0 0 7 0" },
	{ "a large max", SET("<max>4000000000000</max>"), "- - - 0 0 100 0" },
	{ "no max", SET("<max>0</max>"), "- - - 0 0 0 0" },
	{ "a bad max", SET("<max>many</max>"), "bad-request" },
	{ "a negative max", SET("<max>-1</max>"), "bad-request" },
	{ "an empty max", SET("<max/>"), "bad-request" },
	{ "after", SET("<after>a1</after>"), "a1 - - 0 0 100 0" },
	{ "an empty after", SET("<after/>"), "- - - 0 0 100 0" },
	{ "before", SET("<before>a1</before>"), "- a1 - 0 0 100 1" },
	{ "the last page", SET("<max>5</max><before/>"), "- - - 0 0 5 1" },
	{ "an index", SET("<index>3</index>"), "feature-not-implemented" },
	{ "start", FORM(FIELD("start", T1)), "- - - " T1_MS " 0 100 0" },
	{ "start, with ms", FORM(FIELD("start", "2001-09-09T01:46:40.5Z")),
	    "- - - 1000000000500 0 100 0" },
	{ "start, elsewhere", FORM(FIELD("start",
	    "2001-09-09T03:46:40+02:00")), "- - - " T1_MS " 0 100 0" },
	{ "start and end", FORM(FIELD("start", T1)
	    FIELD("end", "2001-09-09T01:46:41Z")),
	    "- - - " T1_MS " 1000000001000 100 0" },
	{ "start of all time", FORM(FIELD("start", "1970-01-01T00:00:00Z")),
	    "- - - 0 0 100 0" },
	{ "no time", FORM(FIELD("start", "yesterday")), "bad-request" },
	{ "half a time", FORM(FIELD("end", "2001-09-09T01:46")),
	    "bad-request" },
	{ "a time and more", FORM(FIELD("end", T1 "junk")), "bad-request" },
	{ "with an occupant", FORM(FIELD("with", CATS "/bob")),
	    "- - bob 0 0 100 0" },
	{ "with the room", FORM(FIELD("with", CATS)), "- - - 0 0 100 0" },
	{ "with another", FORM(FIELD("with", "x@y")),
	    "- - - 0 0 100 0 nothing" },
	{ "with no JID", FORM(FIELD("with", "@@")), "bad-request" },
	{ "after-id", FORM(FIELD("after-id", "a3")), "a3 - - 0 0 100 0" },
	{ "before-id", FORM(FIELD("before-id", "a3")), "- a3 - 0 0 100 0" },
	{ "after-id, next page", FORM(FIELD("after-id", "a3"))
	    SET("<after>a5</after>"), "a5 - - 0 0 100 0" },
	{ "before-id, last page", FORM(FIELD("before-id", "a3"))
	    SET("<before/>"), "- a3 - 0 0 100 1" },
	{ "ids", FORM("<field var='ids'><value>a1</value><value>a2</value>"
	    "</field>"), "- - - 0 0 100 0 a1 a2" },
	{ "include-groupchat", FORM(FIELD("include-groupchat", "true")),
	    "- - - 0 0 100 0" },
	{ "full text", FORM(FIELD("{urn:xmpp:fulltext:0}fulltext", "x")),
	    "feature-not-implemented" },
	{ "an empty field", FORM(FIELD("start", "")), "- - - 0 0 100 0" },
	{ "a field without value", FORM("<field var='with'/>"),
	    "- - - 0 0 100 0" },
	{ "a flipped page", "<flip-page/>", "- - - 0 0 100 0 flip" },
	{ "rubbish", "<x/><set/><query/>", "- - - 0 0 100 0" },
};

static void
what_is_asked(void **state)
{
	struct archive_kit_ask a;
	char is[512];
	size_t n;

	(void)state;
	for (size_t i = 0; i < LENGTH(asks); i++) {
		kit.seen = kit.nsent;
		query(PC, asks[i].inside);
		if (strchr(asks[i].is, ' ') == NULL) {
			expect("type='error'", asks[i].is);
			assert_int_equal(archive_kit.nasks, 0);
			continue;
		}
		if (strstr(asks[i].is, "nothing") != NULL) {
			expect("<fin", "complete='true'");
			continue;
		}
		a = archive_kit_take();
		assert_string_equal(a.ask.jid, ANA);
		assert_string_equal(a.ask.room, "#cats");
		assert_true(a.ask.bytes > 0);
		n = (size_t)snprintf(is, sizeof(is), "%s %s %s %lld %lld %u %d",
		    a.ask.after ? a.ask.after : "-",
		    a.ask.before ? a.ask.before : "-",
		    a.ask.nick ? a.ask.nick : "-", (long long)a.ask.start,
		    (long long)a.ask.end, a.ask.max, a.ask.last);
		for (size_t j = 0; j < a.ask.nids; j++)
			n += (size_t)snprintf(is + n, sizeof(is) - n, " %s",
			    a.ask.ids[j]);
		if (strstr(asks[i].is, "flip") != NULL)
			strcat(is, " flip");
		if (strcmp(is, asks[i].is) != 0)
			fail_msg("%s: \"%s\" is not \"%s\"", asks[i].name, is,
			    asks[i].is);
		a.cb(a.ctx, &(struct store_found){ .complete = true }, NULL);
		expect("<fin", "complete='true'");
	}
}

static void
too_many_ids(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "<x xmlns='jabber:x:data'><field var='ids'>");
	for (int i = 0; i < MAM_IDS_MAX + 1; i++)
		buf_addf(&b, "<value>%d</value>", i);
	buf_adds(&b, "</field></x>");
	buf_addc(&b, '\0');
	query(PC, buf_data(&b));
	expect("type='error'", "not-acceptable");
	buf_free(&b);
}

/* ------------------------------------------------------------------ answers */

static void
fill(int n)
{
	struct past p = { .resource = "bob", .body = "hello <&>", .id = "s1",
	    .replaces = "r1", .reply_id = "p1", .occupant = 255 };
	struct packer k;
	char id[16];

	for (int i = 1; i <= n; i++) {
		k = (struct packer){ 0 };
		pack_map(&k, NULL);
		past_pack(&p, &k);
		pack_end(&k);
		snprintf(id, sizeof(id), "a%d", i);
		archive_kit_put("#cats", &(struct store_said){ id, "bob",
		    1000000000000 + i, buf_data(&k.out), buf_len(&k.out) });
		pack_free(&k);
	}
}

static void
a_page(void **state)
{
	(void)state;
	fill(3);
	query(PC, SET("<max>2</max><before/>"));
	expect_nothing();
	archive_kit_answer();
	/* As it was sent, and outside of it when. */
	expect("<message from='" CATS "' to='" PC "'><result "
	    "xmlns='urn:xmpp:mam:2' queryid='f27' id='a2'><forwarded "
	    "xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
	    "stamp='2001-09-09T01:46:40.002Z'/><message "
	    "xmlns='jabber:client' from='" CATS "/bob' type='groupchat' "
	    "id='s1'><body>hello &lt;&amp;&gt;</body><stanza-id "
	    "xmlns='urn:xmpp:sid:0' id='a2' by='" CATS "'/><occupant-id "
	    "xmlns='urn:xmpp:occupant-id:0' id='00000000000000ff'/><replace "
	    "xmlns='urn:xmpp:message-correct:0' id='r1'/><reply "
	    "xmlns='urn:xmpp:reply:0' id='p1'/></message></forwarded>"
	    "</result></message>");
	expect("id='a3'");
	expect("<iq type='result' from='" CATS "' to='" PC "' id='q'><fin "
	    "xmlns='urn:xmpp:mam:2'><set "
	    "xmlns='http://jabber.org/protocol/rsm'><first>a2</first>"
	    "<last>a3</last></set></fin></iq>");
	expect_nothing();
	query(PC, "<flip-page/>" SET("<max>3</max>"));
	archive_kit_answer();
	expect("id='a3'");
	expect("id='a2'");
	expect("id='a1'");
	expect("complete='true'", "<first>a1</first><last>a3</last>");
}

static void
other_answers(void **state)
{
	struct archive_kit_ask a;

	(void)state;
	query(PC, SET("<max>0</max>"));
	a = archive_kit_take();
	a.cb(a.ctx, &(struct store_found){ .count = 77, .complete = true },
	    NULL);
	expect("<fin", "complete='true'", "<count>77</count>");
	query(PC, SET("<after>gone</after>"));
	a = archive_kit_take();
	a.cb(a.ctx, &(struct store_found){ .unknown = true }, NULL);
	expect("type='error'", "item-not-found");
	query(PC, "");
	archive_kit_fail();
	expect("type='error'", "internal-server-error");
	/* A message of a later version, or damaged. */
	archive_kit_put("#cats", &(struct store_said){ "x", NULL, 1,
	    "\xc1\xc1", 2 });
	query(PC, "");
	archive_kit_answer();
	expect("<fin", "<last>x</last>");
	expect_nothing();
}

static void
metadata(void **state)
{
	static const char ask[] = "<iq type='get' id='q' from='" PC "' to='"
	    CATS "'><metadata xmlns='urn:xmpp:mam:2'/></iq>";
	struct archive_kit_ask a;

	(void)state;
	send_to(down_mam_metadata, NS_MAM, "%s", ask);
	archive_kit_answer();
	archive_kit_answer();
	expect("<metadata xmlns='urn:xmpp:mam:2'/>");
	fill(3);
	send_to(down_mam_metadata, NS_MAM, "%s", ask);
	a = archive_kit_take();
	assert_false(a.ask.last);
	a.cb(a.ctx, &(struct store_found){ archive_kit.said, 1, 1, false,
	    false }, NULL);
	a = archive_kit_take();
	assert_true(a.ask.last);
	a.cb(a.ctx, &(struct store_found){ archive_kit.said + 2, 1, 1, false,
	    false }, NULL);
	expect("<start id='a1' timestamp='2001-09-09T01:46:40.001Z'/>"
	    "<end id='a3' timestamp='2001-09-09T01:46:40.003Z'/>");
	send_to(down_mam_metadata, NS_MAM, "%s", ask);
	archive_kit_fail();
	expect("internal-server-error");
}

static void
the_form(void **state)
{
	(void)state;
	send_to(down_mam_form, NS_MAM, "<iq type='get' id='q' from='" PC
	    "' to='" CATS "'><query xmlns='urn:xmpp:mam:2'/></iq>");
	expect("urn:xmpp:mam:2", "var='with'", "var='before-id'",
	    "var='ids'");
}

/* Some questions at a time, and no more before the first is answered. */
static void
too_many_questions(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		query(PC, "");
	query(PHONE, "");
	expect("resource-constraint");
	query("bob@example.org/x", "");
	assert_int_equal(archive_kit.nasks, 5);
	archive_kit_answer();
	expect("<fin");
	query(PHONE, "");
	assert_int_equal(archive_kit.nasks, 5);
}

static void
ask_after(const char *id)
{
	char inside[128];

	snprintf(inside, sizeof(inside), SET("<after>%s</after>"), id);
	query(PC, inside);
	/* The stanza is gone when the question is asked. */
	memset(inside, 0, sizeof(inside));
	arena_reset(&kit.arena);
}

/* Who joins and asks at once gets what the network remembers, too. */
static void
waits_for_the_network(void **state)
{
	static struct msg_past_message past[] = {
		{ .id = "h1", .nick = "bob", .body = "one", .time = 1000 },
	};
	union result r = { .room_history = { .messages = { past, 1 } } };
	struct archive_kit_ask a;
	struct asked *fill, *join;

	(void)state;
	kit.features = "history";
	join_as(PC, "ana", "<history maxstanzas='0'/>");
	join = expect_asked("join #cats ana - 0");
	archive_kit_answer();
	ask_after("a1");
	assert_int_equal(archive_kit.nasks, 0);
	occupant("ana", "participant", true);
	joined(join, "ana");
	fill = &asked[asked_at++];
	assert_int_equal(fill->method, METHOD_room_history);
	query(PC, FORM(FIELD("with", CATS "/bob")
	    "<field var='ids'><value>a1</value></field>"));
	mam_tick(&kit.gw, ev_now(kit.gw.loop) + 4);
	assert_int_equal(archive_kit.nasks, 0);
	answer(fill, &r);
	assert_int_equal(archive_kit.n, 1);
	assert_int_equal(archive_kit.nasks, 2);
	a = archive_kit_take();
	assert_string_equal(a.ask.nick, "bob");
	assert_string_equal(a.ask.ids[0], "a1");
	a.cb(a.ctx, &(struct store_found){ .complete = true }, NULL);
	a = archive_kit_take();
	assert_string_equal(a.ask.after, "a1");
	a.cb(a.ctx, &(struct store_found){ .complete = true }, NULL);
	/* Once that is done nobody waits. */
	query(PC, "");
	assert_int_equal(archive_kit.nasks, 1);
}

static void
waits_in_vain(void **state)
{
	struct asked *join;

	(void)state;
	kit.features = "history";
	join_as(PC, "ana", "<history maxstanzas='0'/>");
	join = expect_asked("join #cats ana - 0");
	archive_kit_answer();
	query(PC, "");
	mam_tick(&kit.gw, ev_now(kit.gw.loop) + 4);
	assert_int_equal(archive_kit.nasks, 0);
	mam_tick(&kit.gw, ev_now(kit.gw.loop) + 6);
	assert_int_equal(archive_kit.nasks, 1);
	archive_kit_answer();
	query(PC, "");
	answer_error(join, ERR_BANNED, "no");
	assert_int_equal(archive_kit.nasks, 0);
	mam_tick(&kit.gw, ev_now(kit.gw.loop));
	assert_int_equal(archive_kit.nasks, 1);
	archive_kit_answer();
	/* The end comes first. */
	join_as(PC, "ana", "<history maxstanzas='0'/>");
	archive_kit_answer();
	kit.seen = kit.nsent;
	query(PC, "");
	mam_destroy(&kit.gw);
	expect("type='error'", "type='wait'");
}

/* An upgrade: who asks is told to ask again, once. */
static void
settled(void **state)
{
	(void)state;
	query(PC, "");
	send_to(down_mam_metadata, NS_MAM, "<iq type='get' id='q' from='" PC
	    "' to='" CATS "'><metadata xmlns='urn:xmpp:mam:2'/></iq>");
	mam_settle(&kit.gw);
	expect("type='error'", "type='wait'");
	expect("type='error'", "type='wait'");
	archive_kit_answer();
	archive_kit_answer();
	expect_nothing();
	assert_true(LIST_EMPTY(&kit.gw.mam_queries));
	query(PC, "");
	mam_destroy(&kit.gw);
	archive_kit.nasks = 0;
	expect("type='error'");
}

static void
no_archive(void **state)
{
	(void)state;
	kit.config.archive_max = 0;
	query(PC, "");
	expect("type='error'", "service-unavailable");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		archive_test(what_is_asked),
		archive_test(too_many_ids),
		archive_test(a_page),
		archive_test(other_answers),
		archive_test(metadata),
		archive_test(the_form),
		archive_test(too_many_questions),
		archive_test(waits_for_the_network),
		archive_test(waits_in_vain),
		archive_test(settled),
		archive_test(no_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
