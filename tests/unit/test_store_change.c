/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: store util */
/* What was said in a room and is taken back: changed where it stands, and
 * gone from the file. */
#include "manager/store/archive.h"
#include "tests/unit/store_kit.h"

#define JID	"a@b"
#define ROOM	"#cats"

static char said[4096];

static void
saw_found(void *ctx, const struct store_found *f, const char *error)
{
	size_t at = 0;

	(void)ctx;
	got.calls++;
	assert_null(error);
	said[0] = '\0';
	for (size_t i = 0; i < f->n; i++)
		at += (size_t)snprintf(said + at, sizeof(said) - at,
		    "%s:%s:%lld:%.*s ", f->said[i].id, f->said[i].nick ?
		    f->said[i].nick : "-", (long long)f->said[i].time,
		    f->said[i].len < 100 ? (int)f->said[i].len : 0,
		    (const char *)f->said[i].data);
}

static const char *
all(struct store *s, const char *room)
{
	const struct store_ask ask = { .jid = JID, .room = room, .max = 9 };

	memset(&got, 0, sizeof(got));
	store_archive_ask(s, &ask, saw_found, NULL);
	wait_calls(1);
	return said;
}

static void
say(struct store *s, struct store_tail **tail, const char *room,
    const char *id, const char *body)
{
	store_archive_add(s, tail, JID, room, &(struct store_said){ .id = id,
	    .nick = "bob", .time = 1000, .data = body,
	    .len = strlen(body) });
}

static void
change(struct store *s, const char *room, const char *id, const char *data)
{
	store_archive_change(s, JID, room, id, data, strlen(data));
}

static void
changed_in(const char *type)
{
	struct store *s = must_open(type);
	struct store_tail *cats = NULL, *dogs = NULL;

	say(s, &cats, ROOM, "m1", "one");
	say(s, &cats, ROOM, "m2", SECRET);
	all(s, ROOM);			/* a row of its own */
	say(s, &cats, ROOM, "m3", "three");
	say(s, &dogs, "#dogs", "m2", "wuff");
	/* What is not written yet, too, and what is not there at all. */
	change(s, ROOM, "m3", "");
	change(s, ROOM, "m2", "much longer than before");
	change(s, ROOM, "m9", "nothing");
	change(s, "#birds", "m1", "nothing");
	assert_string_equal(all(s, ROOM), "m1:bob:1000:one "
	    "m2:bob:1000:much longer than before m3:bob:1000: ");
	assert_string_equal(all(s, "#dogs"), "m2:bob:1000:wuff ");
	change(s, ROOM, "m2", "x");
	say(s, &cats, ROOM, "m4", "four");
	assert_string_equal(all(s, ROOM), "m1:bob:1000:one m2:bob:1000:x "
	    "m3:bob:1000: m4:bob:1000:four ");
	store_tail_close(cats);
	store_tail_close(dogs);
	if (strcmp(type, "none") == 0) {
		finish(s);
		return;
	}
	close_and_settle(s);
	s = must_open(type);
	assert_string_equal(all(s, ROOM), "m1:bob:1000:one m2:bob:1000:x "
	    "m3:bob:1000: m4:bob:1000:four ");
	assert_string_equal(logged, "");
	finish(s);
}

static void
changed_in_memory(void **state)
{
	(void)state;
	changed_in("none");
}

static void
changed_on_disk(void **state)
{
	(void)state;
	changed_in("sqlite3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changed_in_memory),
		TEST(changed_on_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
