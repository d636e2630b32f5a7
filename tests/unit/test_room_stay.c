/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway protocol xmpp util */
/* Rooms in which a user stays without a client: over logins and restarts, when
 * kicked, when not let in again. */
#include "tests/unit/room_kit.h"

#include "manager/gateway/past.h"
#include "manager/gateway/persist.h"
#include "manager/gateway/room_data.h"

static void
stays_without_a_client(void **state)
{
	(void)state;
	kit.persistent = "1";
	enter_new();
	assert_string_equal(archive_kit.rooms, "+#cats/ana:- ");
	leave_from(PC);
	expect("unavailable");
	assert_int_equal(asked_at, nasked);
	assert_int_equal(cats()->state, ROOM_JOINED);
	assert_true(kit.presences > 0);
	for (int i = 0; i < 3; i++)
		said("bob", NULL, "missed");
	expect_nothing();
	/* Back: all at once, nothing asked of the network. */
	join_as(PC, "other", "");
	assert_int_equal(asked_at, nasked);
	expect("/bob'");
	expect("/ana'", "code='110'", "code='210'");
	for (int i = 0; i < 3; i++)
		expect("missed", "<delay");
	expect("<subject");
	expect_nothing();
	assert_string_equal(archive_kit.rooms, "+#cats/ana:- ");
}

/* All that was missed is told, also when it is more than is usual. */
static void
all_that_was_missed(void **state)
{
	(void)state;
	kit.persistent = "1";
	enter_new();
	leave_from(PC);
	for (int i = 0; i < 9; i++)
		said("bob", NULL, "missed");
	kit.seen = kit.nsent;
	join_as(PC, "ana", "");
	expect_nothing();
	archive_kit_answer();
	expect("/bob'");
	expect("/ana'");
	for (int i = 0; i < 9; i++)
		expect("missed");
	expect("<subject");
	expect_nothing();
}

static void
switched_off(void **state)
{
	(void)state;
	kit.persistent = "1";
	enter_new();
	/* With a client in: it stays in until that leaves. */
	kit.persistent = "0";
	rooms_settings_changed(kit.user);
	assert_int_equal(asked_at, nasked);
	assert_string_equal(archive_kit.rooms, "+#cats/ana:- -#cats ");
	kit.persistent = "1";
	rooms_settings_changed(kit.user);
	leave_from(PC);
	assert_int_equal(asked_at, nasked);
	kit.persistent = "0";
	rooms_settings_changed(kit.user);
	answer(expect_asked("leave #cats -"), NULL);
	assert_null(cats());
	assert_string_equal(archive_kit.rooms,
	    "+#cats/ana:- -#cats +#cats/ana:- -#cats ");
}

static void
nick_and_password_are_kept(void **state)
{
	struct asked *a;

	(void)state;
	kit.persistent = "1";
	join_as(PC, "ana", "<password>key</password>");
	a = expect_asked("join #cats ana key -1");
	occupant("ana", "participant", true);
	joined(a, "ana");
	renamed("ana", "anna");
	assert_string_equal(archive_kit.rooms,
	    "+#cats/ana:key +#cats/anna:key ");
}

/* The session ends: clients are told, and when it is back the room is, too. */
static void
over_the_end_of_a_session(void **state)
{
	struct asked *a;

	(void)state;
	kit.persistent = "1";
	enter_new();
	rooms_session_over(kit.user, "away for good?");
	expect("unavailable", "code='332'");
	expect_nothing();
	assert_non_null(cats());
	assert_int_equal(cats()->state, ROOM_WAITING);
	assert_false(rooms_have_clients(kit.user));
	rooms_session_up(kit.user);
	a = expect_asked("join #cats ana - -1");
	occupant("ana", "participant", true);
	joined(a, "ana");
	expect_nothing();
	assert_int_equal(cats()->state, ROOM_JOINED);
}

static const struct store_room kept[] = {
	{ "#cats", CATS, "ana", "key" },
	{ "#dogs", "#dogs@irc.example", "ana", NULL },
	{ "#bad", "", "ana", NULL },
};

static void
after_a_restart(void **state)
{
	(void)state;
	kit.persistent = "1";
	kit.ready = false;
	persist_load(kit.user, kept, LENGTH(kept));
	assert_int_equal(map_count(&kit.user->rooms), 2);
	assert_int_equal(asked_at, nasked);
	kit.ready = true;
	rooms_session_up(kit.user);
	assert_int_equal(nasked, 2);
	expect_nothing();
}

/* Somebody may join before the store has answered, or it was switched off. */
static void
after_a_restart_with_clients(void **state)
{
	(void)state;
	kit.persistent = "1";
	kit.ready = false;
	join_as(PC, "anna", "");
	persist_load(kit.user, kept, 1);
	assert_string_equal(cats()->nick, "anna");
	kit.persistent = "0";
	rooms_settings_changed(kit.user);
	assert_string_equal(archive_kit.rooms, "-#cats ");
	assert_non_null(cats());
	persist_load(kit.user, kept + 1, 1);
	assert_int_equal(map_count(&kit.user->rooms), 1);
	assert_string_equal(archive_kit.rooms, "-#cats -#dogs ");
}

/* Nobody waits for it, but the user should know. */
static void
refused_after_a_restart(void **state)
{
	struct asked *a;

	(void)state;
	kit.persistent = "1";
	persist_load(kit.user, kept, 1);
	rooms_session_up(kit.user);
	a = expect_asked("join #cats ana key -1");
	answer_error(a, ERR_BANNED, "You are banned.");
	expect("to='" ANA "'", "You stay in " CATS, "You are banned.");
	assert_null(cats());
	/* And it is tried again another time. */
	assert_string_equal(archive_kit.rooms, "");
}

/* The store tells which rooms there are; record NULL: not registered. */
static void
answer_load(const struct store_user *record)
{
	store_user_cb *cb = kit.loading;

	assert_non_null(cb);
	kit.loading = NULL;
	cb(kit.loading_ctx, record, NULL);
}

static const struct store_user record = { .jid = ANA, .rooms = kept,
    .nrooms = 1 };

/* He is kicked while nobody looks: out, told so once, in at the next login. */
static void
kicked_meanwhile(void **state)
{
	union params p = { .room_occupant_gone = { .user = ANA,
		.room = "#cats", .nick = "ana", .how = "kicked",
		.actor = "bob", .reason = "sleeping" } };
	struct asked *a;

	(void)state;
	kit.persistent = "1";
	enter_new();
	leave_from(PC);
	kit.seen = kit.nsent;
	up(up_room_occupant_gone, &p);
	expect("to='" ANA "'", "You are not in " CATS, "sleeping");
	expect_nothing();
	assert_null(cats());
	assert_null(kit.loading);
	rooms_session_over(kit.user, NULL);
	rooms_session_up(kit.user);
	answer_load(&record);
	a = expect_asked("join #cats ana key -1");
	/* Not let in: told once, and tried once for each login. */
	answer_error(a, ERR_BANNED, "You are banned.");
	expect("to='" ANA "'", "You stay in " CATS, "You are banned.");
	expect_nothing();
	rooms_session_up(kit.user);
	answer_load(&record);
	a = expect_asked("join #cats ana key -1");
	occupant("ana", "participant", true);
	joined(a, "ana");
	rooms_session_up(kit.user);
	assert_null(kit.loading);
	expect_nothing();
}

/* The same when the network loses him, and does not let him in again. */
static void
not_let_in_again(void **state)
{
	(void)state;
	kit.persistent = "1";
	enter_new();
	leave_from(PC);
	kit.seen = kit.nsent;
	rooms_session_lost(kit.user);
	rooms_session_up(kit.user);
	answer_error(expect_asked("join #cats ana - -1"), ERR_FULL,
	    "It is full.");
	expect("to='" ANA "'", "You stay in " CATS, "It is full.");
	expect_nothing();
	/* Who has unregistered is not joined to anything. */
	rooms_session_up(kit.user);
	answer_load(NULL);
	assert_null(cats());
	assert_int_equal(asked_at, nasked);
}

/* Who sees it needs no message. */
static void
kicked_before_ones_eyes(void **state)
{
	union params p = { .room_occupant_gone = { .user = ANA,
		.room = "#cats", .nick = "ana", .how = "kicked" } };

	(void)state;
	kit.persistent = "1";
	enter_new();
	up(up_room_occupant_gone, &p);
	expect("unavailable", "code='307'");
	expect_nothing();
}

/* Who unregisters leaves nothing, also not of what is said after. */
static void
unregistered(void **state)
{
	(void)state;
	kit.persistent = "1";
	enter_new();
	rooms_forget(kit.user);
	said("bob", "m1", "one");
	assert_int_equal(archive_kit.n, 0);
	rooms_session_over(kit.user, "unregistered");
	assert_null(cats());
	persist_load(kit.user, kept, 1);
	rooms_forget(kit.user);
	assert_null(cats());
}

/* Every event that ends something, in every state, of a room with nobody in
 * it: what it is then, or "gone". */
static const struct {
	enum room_state	 state;
	const char	*after[ROOM_NEVENTS];
} cells[] = {
#define W	"waiting"
#define J	"joining"
#define I	"joined"
#define L	"lost"
#define R	"rejoining"
#define V	"leaving"
#define G	"gone"
/*	WANTED EMPTY UP LOST OVER DONE REFUSED LOST SELF CLOSED RETRY LEFT */
	{ ROOM_WAITING, { J, G, J, W, W, W, W, W, W, W, W, W } },
	{ ROOM_JOINING, { J, V, J, W, W, I, G, W, J, G, J, J } },
	{ ROOM_JOINED, { I, V, R, L, W, I, I, I, I, G, L, I } },
	{ ROOM_LOST, { L, V, R, L, W, L, L, L, I, G, L, L } },
	{ ROOM_REJOINING, { R, V, R, L, W, I, G, L, R, G, L, R } },
	{ ROOM_LEAVING, { J, V, G, G, G, V, V, V, V, V, V, G } },
};

static void
every_cell_without_clients(void **state)
{
	static const char *const names[] = { W, J, I, L, R, V };
	const char *is;
	struct room *room;

	(void)state;
	kit.persistent = "1";
	for (size_t i = 0; i < LENGTH(cells); i++) {
		for (int event = 0; event < ROOM_NEVENTS; event++) {
			room = room_create(kit.user, CATS, "#cats");
			xreplace(&room->nick, "ana");
			archive_kit_answer();
			room_restore_state(room, cells[i].state);
			room_event(room, (enum room_event)event, NULL);
			is = cats() == NULL ? G : names[cats()->state];
			if (strcmp(is, cells[i].after[event]) != 0)
				fail_msg("%s, event %d: %s",
				    names[cells[i].state], event, is);
			if (cats() != NULL)
				room_destroy(cats());
			later_run();
			while (archive_kit.nasks > 0)
				archive_kit_answer();
			for (size_t j = 0; j < kit.nsent; j++)
				free(kit.sent[j]);
			kit.nsent = kit.seen = 0;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		archive_test(stays_without_a_client),
		archive_test(all_that_was_missed),
		archive_test(switched_off),
		archive_test(nick_and_password_are_kept),
		archive_test(over_the_end_of_a_session),
		archive_test(after_a_restart),
		archive_test(after_a_restart_with_clients),
		archive_test(refused_after_a_restart),
		archive_test(kicked_meanwhile),
		archive_test(not_let_in_again),
		archive_test(kicked_before_ones_eyes),
		archive_test(unregistered),
		archive_test(every_cell_without_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
