/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway protocol xmpp util */
/* Rooms with a past: what is archived and what is not, history for those who
 * come, and nothing twice. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/past.h"
#include "manager/gateway/room_data.h"

static void
old(const char *nick, const char *id, const char *body, int64_t time)
{
	union params p = { .message = {
		.user = ANA, .from = "#cats", .kind = "groupchat",
		.nick = nick, .body = body, .id = id, .time = time,
	} };

	up(up_room_message, &p);
}

/* "id/nick id/nick" of what is in the archive. */
static const char *
archived(void)
{
	static char out[4096];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < archive_kit.n; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s/%s",
		    i ? " " : "", archive_kit.said[i].id,
		    archive_kit.said[i].nick ? archive_kit.said[i].nick : "-");
	return out;
}

/* ---------------------------------------------------------------- archiving */

static void
what_is_said_is_archived(void **state)
{
	struct asked *a;
	union result r = { .send = { .time = 0 } };

	(void)state;
	enter_new();
	said("bob", "m1", "one");
	said("bob", NULL, "two");
	say_as(PC, "c1", "mine");
	a = expect_asked("groupchat #cats c1 mine");
	answer(a, &r);
	expect("one");
	expect("two", "stanza-id");
	expect("mine", "stanza-id");
	assert_int_equal(archive_kit.n, 3);
	assert_string_equal(archive_kit.said[0].id, "m1");
	assert_string_equal(archive_kit.said[0].nick, "bob");
	/* Under the same stanza id as the client saw. */
	assert_non_null(strstr(kit.sent[kit.seen - 1],
	    archive_kit.said[2].id));
	assert_string_equal(archive_kit.said[2].nick, "ana");
}

static void
nothing_when_switched_off(void **state)
{
	(void)state;
	kit.record = "0";
	enter();
	assert_int_equal(archive_kit.nasks, 0);
	said("bob", "m1", "one");
	assert_int_equal(archive_kit.n, 0);
	kit.record = "1";
	rooms_settings_changed(kit.user);
	said("bob", "m2", "two");
	assert_string_equal(archived(), "m2/bob");
	kit.record = "0";
	rooms_settings_changed(kit.user);
	said("bob", "m3", "three");
	assert_string_equal(archived(), "m2/bob");
}

static void
no_archive_at_all(void **state)
{
	(void)state;
	kit.config.archive_max = 0;
	enter();
	said("bob", "m1", "one");
	assert_int_equal(archive_kit.n, 0);
	assert_int_equal(archive_kit.nasks, 0);
}

/* -------------------------------------------------------------- nothing twice */

static void
told_again_by_id(void **state)
{
	(void)state;
	enter_new();
	said("bob", "m1", "one");
	expect("one");
	old("bob", "m1", "one", 1000);
	expect_nothing();
	old("bob", "m0", "zero", 900);
	expect("zero", "<delay");
	old("bob", "m0", "zero", 900);
	expect_nothing();
	assert_string_equal(archived(), "m1/bob m0/bob");
}

/* A bouncer without ids: the same words of the same author at the same time. */
static void
told_again_by_words(void **state)
{
	int64_t now = (int64_t)(ev_now(kit.gw.loop) * 1000);

	(void)state;
	enter_new();
	said("bob", NULL, "yes");
	expect("yes");
	old("bob", NULL, "yes", now - 900);
	expect_nothing();
	/* The next one is another, though within the clocks' difference. */
	old("bob", NULL, "yes", now + 600);
	expect("yes", "<delay");
	/* All of it once more, after another loss. */
	old("bob", NULL, "yes", now - 900);
	old("bob", NULL, "yes", now + 600);
	expect_nothing();
	old("eve", NULL, "yes", now - 900);
	expect("yes", "/eve");
	old("bob", NULL, "yes", now - 5000);
	expect("yes");
	assert_int_equal(archive_kit.n, 4);
}

/* What is said now is never taken for a repetition. */
static void
live_is_never_old(void **state)
{
	(void)state;
	enter_new();
	for (int i = 0; i < 3; i++) {
		said("bob", "same", "same");
		expect("same");
	}
	assert_int_equal(archive_kit.n, 3);
}

/* A restart: the network tells its history, of which the archive has some. */
static void
known_from_the_archive(void **state)
{
	struct asked *a;

	(void)state;
	enter_new();
	said("bob", "m1", "one");
	said("bob", "m2", "two");
	leave_from(PC);
	answer(expect_asked("leave #cats bye"), NULL);
	kit.seen = kit.nsent;
	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	archive_kit_answer();
	occupant("ana", "participant", true);
	old("bob", "m1", "one", 1000);
	old("bob", "m3", "three", 3000);
	joined(a, "ana");
	expect("/ana'");
	expect("one", "<delay", "id='m1'");
	expect("two", "id='m2'");
	expect("three", "id='m3'");
	expect_nothing();
	assert_string_equal(archived(), "m1/bob m2/bob m3/bob");
}

/* Who reads archives joins without history: the network's goes there. */
static void
filled_in_quietly(void **state)
{
	static struct msg_past_message past[] = {
		{ .id = "h1", .nick = "bob", .body = "one", .time = 1000 },
		{ .id = "", .nick = "bob", .body = "no id", .time = 1001 },
		{ .id = "m1", .nick = "bob", .body = "live", .time = 1002 },
		{ .id = "h1", .nick = "bob", .body = "one", .time = 1000 },
	};
	union result r = { .room_history = { .messages = { past, 4 } } };
	struct asked *a;

	(void)state;
	kit.features = "history";
	join_as(PC, "ana", "<history maxstanzas='0'/>");
	a = expect_asked("join #cats ana - 0");
	archive_kit_answer();
	occupant("ana", "participant", true);
	joined(a, "ana");
	a = &asked[asked_at++];
	assert_int_equal(a->method, METHOD_room_history);
	said("bob", "m1", "live");
	kit.seen = kit.nsent;
	answer(a, &r);
	expect_nothing();
	assert_string_equal(archived(), "m1/bob h1/bob");
}

/* ------------------------------------------------------------------- history */

static void
fill(int n)
{
	struct past p = { .resource = "bob", .body = "old", .id = "x" };
	struct packer k;
	char id[16];

	for (int i = 0; i < n; i++) {
		k = (struct packer){ 0 };
		pack_map(&k, NULL);
		past_pack(&p, &k);
		pack_end(&k);
		snprintf(id, sizeof(id), "a%d", i);
		archive_kit_put("#cats", &(struct store_said){ id, "bob",
		    1000 + i, buf_data(&k.out), buf_len(&k.out) });
		pack_free(&k);
	}
}

/* All that came to the client since, as "a1 a2 ..." of stanza ids. */
static const char *
history(void)
{
	static char out[8192];
	size_t n = 0;
	const char *id;

	out[0] = '\0';
	for (; kit.seen < kit.nsent; kit.seen++) {
		id = strstr(kit.sent[kit.seen], "<stanza-id");
		if (id == NULL || (id = strstr(id, " id='")) == NULL)
			continue;
		id += 5;
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s",
		    n ? " " : "", (int)strcspn(id, "'"), id);
	}
	return out;
}

/* It waits for the archive, if that is slower than the network. */
static void
the_archive_is_slow(void **state)
{
	(void)state;
	fill(3);
	enter();
	said("bob", "m1", "new");
	assert_string_equal(history(), "");
	archive_kit_answer();
	assert_string_equal(history(), "a0 a1 a2 m1");
	said("bob", "m2", "newer");
	expect("newer");
}

static void
the_archive_fails(void **state)
{
	(void)state;
	enter();
	said("bob", "m1", "new");
	archive_kit_fail();
	/* Maybe it was locked for a moment. */
	archive_kit_fail();
	assert_string_equal(history(), "m1");
}

static const struct {
	const char	*name, *wish, *setting, *got;
	bool		 asks;
} wishes[] = {
	{ "default", "", NULL, "a15 a16 a17 a18 a19", false },
	{ "none", "<history maxstanzas='0'/>", NULL, "", false },
	{ "no bytes", "<history maxchars='0'/>", NULL, "", false },
	{ "few", "<history maxstanzas='2'/>", NULL, "a18 a19", false },
	{ "many", "<history maxstanzas='7'/>", NULL,
	    "a13 a14 a15 a16 a17 a18 a19", true },
	{ "many, few bytes", "<history maxstanzas='7' maxchars='1000'/>",
	    NULL, "a18 a19", true },
	{ "a time", "<history since='1970-01-01T00:00:01.011Z'/>", NULL,
	    "a11 a12 a13 a14 a15 a16 a17 a18 a19", true },
	{ "a late time", "<history since='1970-01-01T00:00:01.017Z'/>", NULL,
	    "a17 a18 a19", false },
	{ "a time and few", "<history since='1970-01-01T00:00:01.011Z' "
	    "maxstanzas='1'/>", NULL, "a19", false },
	{ "set to none", "", "0", "", false },
	{ "set to few", "", "1", "a19", false },
	{ "set to many", "", "8", "a12 a13 a14 a15 a16 a17 a18 a19", true },
	{ "set to nonsense", "", "-5", "", false },
};

static void
as_much_as_is_wished(void **state)
{
	struct asked *a;

	(void)state;
	fill(20);
	for (size_t i = 0; i < LENGTH(wishes); i++) {
		kit.length = wishes[i].setting;
		join_as(PC, "ana", wishes[i].wish);
		a = &asked[asked_at++];
		archive_kit_answer();
		occupant("ana", "participant", true);
		joined(a, "ana");
		subject("");
		if (archive_kit.nasks != wishes[i].asks)
			fail_msg("%s: %zu questions", wishes[i].name,
			    archive_kit.nasks);
		if (wishes[i].asks)
			archive_kit_answer();
		if (strcmp(history(), wishes[i].got) != 0) {
			kit.seen = 0;
			fail_msg("%s: %s", wishes[i].name, history());
		}
		leave_from(PC);
		answer(expect_asked("leave #cats bye"), NULL);
		later_run();
		for (size_t j = 0; j < kit.nsent; j++)
			free(kit.sent[j]);
		kit.seen = kit.nsent = 0;
	}
}

/* While the archive is asked something is said: behind it, and once. */
static void
said_while_asked(void **state)
{
	(void)state;
	fill(20);
	enter();
	archive_kit_answer();
	kit.seen = kit.nsent;
	join_as(PHONE, "ana", "<history maxstanzas='7'/>");
	said("bob", "m1", "new");
	expect("to='" PC "'", "new");
	expect_nothing();
	archive_kit_answer();
	assert_string_equal(history(), "a13 a14 a15 a16 a17 a18 a19 m1");
}

/* It has gone, or the room has, before the answer. */
static void
gone_while_asked(void **state)
{
	(void)state;
	fill(20);
	enter();
	archive_kit_answer();
	join_as(PHONE, "ana", "<history maxstanzas='7'/>");
	kit.seen = kit.nsent;
	leave_from(PHONE);
	expect("unavailable");
	archive_kit_answer();
	expect_nothing();
	join_as(PHONE, "ana", "<history maxstanzas='7'/>");
	closed("over", false);
	later_run();
	kit.seen = kit.nsent;
	archive_kit_answer();
	expect_nothing();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		archive_test(what_is_said_is_archived),
		archive_test(nothing_when_switched_off),
		archive_test(no_archive_at_all),
		archive_test(told_again_by_id),
		archive_test(told_again_by_words),
		archive_test(live_is_never_old),
		archive_test(known_from_the_archive),
		archive_test(filled_in_quietly),
		archive_test(the_archive_is_slow),
		archive_test(the_archive_fails),
		archive_test(as_much_as_is_wished),
		archive_test(said_while_asked),
		archive_test(gone_while_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
