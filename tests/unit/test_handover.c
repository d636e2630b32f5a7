/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* One gateway ends and another one takes over: nobody sees a difference. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/contact_client.h"
#include "manager/gateway/handover.h"
#include "manager/gateway/keys_inside.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/trace.h"

#define ROOM	"#sea@" GW

/* What is asked of the pool stays open over the change, as the real one's
 * requests do. */
static struct request {
	struct packer	 facts;
	bool		 kept;
} requests[KIT_MAX];

static void
pack_requests(void)
{
	for (size_t i = 0; i < kit.nopen; i++) {
		struct request *r = &requests[i];

		memset(r, 0, sizeof(*r));
		pack_map(&r->facts, NULL);
		r->kept = kit.open[i].reply != NULL &&
		    handover_pack_request(kit.gw, METHOD_send,
		    kit.open[i].reply, kit.open[i].ctx, &r->facts);
		pack_end(&r->facts);
	}
}

static void
unpack_requests(char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct request *r = &requests[i];
		struct unpacker *u;
		struct kit_open *o;
		rpc_reply *reply;
		void *ctx;

		u = unpack_open(buf_data(&r->facts.out),
		    buf_len(&r->facts.out));
		assert_non_null(u);
		if (r->kept && handover_unpack_request(kit.gw, METHOD_send,
		    unpack_root(u), &reply, &ctx) == 0) {
			o = kit_wait(texts[i], ctx);
			o->reply = reply;
		}
		unpack_close(u);
		pack_free(&r->facts);
	}
}

/* The gateway is replaced by one that knows only what was handed over. */
static void
upgrade(void **state)
{
	struct gateway_config config = kit.config;
	struct msg_initialize_result can = kit.can;
	const char *features[LENGTH(kit.features)];
	struct packer p = { 0 };
	struct unpacker *u;
	char *texts[KIT_MAX];
	size_t n = kit.nopen;

	memcpy(features, kit.features, sizeof(features));
	later_run();
	gateway_settle(kit.gw);
	pack_requests();
	for (size_t i = 0; i < n; i++)
		texts[i] = xstrdup(kit.open[i].text);
	pack_map(&p, NULL);
	gateway_handover(kit.gw, &p);
	pack_end(&p);
	tear_down(state);
	set_up(state);
	gateway_destroy(kit.gw);
	later_run();
	kit.config = config;
	kit.can = can;
	memcpy(kit.features, features, sizeof(features));
	kit.can.features.v = kit.features;
	kit.gw = gateway_create(kit.loop, &kit.config);
	u = unpack_open(buf_data(&p.out), buf_len(&p.out));
	assert_non_null(u);
	gateway_adopt(kit.gw, unpack_root(u));
	unpack_requests(texts, n);
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	unpack_close(u);
	pack_free(&p);
	gateway_start(kit.gw, &kit.link, NULL, NULL);
	later_run();
}

static void
says(const char *to, const char *type, const char *body)
{
	come("<message to='%s' type='%s' id='id-of-%s'><body>%s</body>"
	    "</message>", to, type, body, body);
}

static void
occupant(const char *nick, bool self)
{
	union params p = { .room_occupant = { .user = ANA, .room = "#sea",
	    .nick = nick, .role = "participant", .self = self } };

	tell(METHOD_room_occupant, &p);
}

static void
enter_room(void)
{
	union result r = { .room_join = { .nick = "ana1" } };

	come("<presence to='" ROOM "/ana1'><x xmlns="
	    "'http://jabber.org/protocol/muc'/></presence>");
	occupant("carl", false);
	occupant("ana1", true);
	answer("room_join", NULL, &r);
	forget();
}

static void
said(const char *nick, const char *body)
{
	union params p = { .message = { .user = ANA, .from = "#sea",
	    .kind = "groupchat", .nick = nick, .body = body } };

	tell(METHOD_message, &p);
}

/* ------------------------------------------------------------------- tests */

static void
session_goes_on(void **state)
{
	union params p = { .message = { .user = ANA, .from = "bob",
	    .kind = "chat", .body = "hi" } };

	log_in();
	upgrade(state);
	assert_non_null(ana());
	assert_int_equal(ana()->state, USER_ONLINE);
	expect_nothing();
	expect_did("");
	tell(METHOD_message, &p);
	expect("<body>hi</body>", "to='" ANA "'");
	says("bob@" GW, "chat", "one");
	expect_did("send chat bob one");
	answer("send chat bob one", NULL, NULL);
	come("<presence type='unavailable'/>");
	expect_did("mark offline; logout");
}

static void
in_flight_is_answered(void **state)
{
	log_in();
	says("bob@" GW, "chat", "one");
	says("bob@" GW, "chat", "two");
	forget();
	upgrade(state);
	assert_int_equal(ana()->inflight, 2);
	answer("send chat bob one", ERR_NOT_FOUND, NULL);
	expect("id='id-of-one'", "<item-not-found ");
	answer("send chat bob two", NULL, NULL);
	expect_nothing();
	assert_int_equal(ana()->inflight, 0);
	/* The same message again is known, too. */
	says("bob@" GW, "chat", "two");
	expect_did("");
}

static void
waiting_goes_on_waiting(void **state)
{
	appear();
	answer_load(&kit_record, NULL);
	says("bob@" GW, "chat", "one");
	says("bob@" GW, "chat", "two");
	forget();
	upgrade(state);
	assert_int_equal(ana()->state, USER_WAITING);
	session_assigned(ana(), 1);
	session_connected(ana());
	expect_did("assign; login ana1 secret; mark online; "
	    "send chat bob one; send chat bob two");
}

static void
loading_asks_again(void **state)
{
	appear();
	forget();
	upgrade(state);
	expect_did("load " ANA);
	answer_load(&kit_record, NULL);
	expect_did("assign");
}

static void
recovery_goes_on(void **state)
{
	log_in();
	session_lost(ana(), "it died");
	forget();
	upgrade(state);
	assert_int_equal(ana()->state, USER_RECOVERING);
	turn();
	expect_did("assign");
	session_assigned(ana(), 2);
	session_connected(ana());
	expect_did("login ana1 secret; presence online");
	expect_nothing();
}

static void
contacts_are_known(void **state)
{
	union params p = { .contact = { .user = ANA, .contact = "Bob Q",
	    .name = "Bobby" } };
	union params away = { .contact_presence = { .user = ANA,
	    .contact = "Bob Q", .show = "away", .status = "out" } };
	struct contact *c;

	log_in();
	tell(METHOD_contact, &p);
	tell(METHOD_contact_presence, &away);
	contact_find(ana(), "Bob Q")->subscription = SUB_BOTH;
	user_put_setting(ana(), "stay_connected", STORE_BOOLEAN, "1");
	upgrade(state);
	assert_non_null(c = contact_find(ana(), "Bob Q"));
	assert_ptr_equal(contact_find_jid(ana(), c->jid), c);
	assert_string_equal(c->nickname, "Bobby");
	assert_string_equal(c->status, "out");
	assert_int_equal(c->show, SHOW_AWAY);
	assert_int_equal(c->subscription, SUB_BOTH);
	assert_true(ana()->stay_connected);
}

/* Their clients, too: nobody is shown twice. */
static void
contacts_clients_are_known(void **state)
{
	union params p = { .contact = { .user = ANA, .contact = "bob" } };
	union params home = { .contact_presence = { .user = ANA,
	    .contact = "bob", .show = "away", .status = "out",
	    .resource = "home", .priority = 5, .extra = "<a xmlns='b'/>" } };
	struct contact_client *c;

	can("raw");
	log_in();
	tell(METHOD_contact, &p);
	contact_find(ana(), "bob")->subscription = SUB_BOTH;
	tell(METHOD_contact_presence, &home);
	contact_find(ana(), "bob")->clients->stale = true;
	ana()->presence_due = 1e12;
	upgrade(state);
	c = contact_find(ana(), "bob")->clients;
	assert_non_null(c);
	assert_string_equal(c->resource, "home");
	assert_string_equal(c->extra, "<a xmlns='b'/>");
	assert_true(c->stale && c->shown);
	assert_true(ana()->presence_due > 0);
	forget();
	tell(METHOD_contact_presence, &home);
	expect_nothing();
	assert_false(c->stale);
	home.contact_presence.show = "offline";
	tell(METHOD_contact_presence, &home);
	expect("/home'", "type='unavailable'", "<status>out</status>");
	assert_int_equal(ana()->client_bytes, 0);
}

/* What they can do was proved once. */
static void
kinds_of_clients_are_known(void **state)
{
	static const char c[] = "<c xmlns='http://jabber.org/protocol/caps' "
	    "hash='sha-1' node='n' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>";

	can("raw");
	log_in();
	come("<presence>%s</presence>", c);
	come("<iq type='result' from='" PC "' id='%s-%lu'><query xmlns='http:"
	    "//jabber.org/protocol/disco#info'><identity category='client' "
	    "name='Exodus 0.9.1' type='pc'/>"
	    "<feature var='http://jabber.org/protocol/caps'/>"
	    "<feature var='http://jabber.org/protocol/disco#info'/>"
	    "<feature var='http://jabber.org/protocol/disco#items'/>"
	    "<feature var='http://jabber.org/protocol/muc'/></query></iq>",
	    kit.gw->iq_token, kit.gw->iq_serial);
	forget();
	upgrade(state);
	assert_non_null(user_client(ana(), PC)->kind);
	come("<presence>%s</presence>", c);
	come("<presence from='" PHONE "'>%s</presence>", c);
	assert_int_equal(count_sent(kit.seen, "disco#info"), 0);
	expect_did("presence online; presence online");
	/* What could not be proved is asked again; until then it holds. */
	come("<presence from='" PHONE "'><priority>5</priority><c xmlns='http:"
	    "//jabber.org/protocol/caps' hash='sha-1' node='n' ver='x'/>"
	    "</presence>");
	come("<iq type='result' from='" PHONE "' id='%s-%lu'><query xmlns='"
	    "http://jabber.org/protocol/disco#info'><feature var='urn:x'/>"
	    "</query></iq>", kit.gw->iq_token, kit.gw->iq_serial);
	expect_did("presence online; presence online: urn:x");
	upgrade(state);
	did();
	come("<presence>%s</presence>", c);
	expect_did("presence online");
	come("<presence from='" PHONE "'><priority>5</priority><c xmlns='http:"
	    "//jabber.org/protocol/caps' hash='sha-1' node='n' ver='x'/>"
	    "</presence>");
	come("<iq type='error' from='" PHONE "' id='%s-%lu'/>",
	    kit.gw->iq_token, kit.gw->iq_serial);
	expect_did("presence online; presence online:");
}

static void
room_goes_on(void **state)
{
	log_in();
	enter_room();
	said("carl", "before");
	says(ROOM, "groupchat", "mine");
	forget();
	upgrade(state);
	expect_nothing();
	expect_did("");
	/* The one on its way is shown when the network has it. */
	answer("send groupchat #sea mine", NULL, NULL);
	expect("from='" ROOM "/ana1'", "<body>mine</body>");
	said("carl", "after");
	expect("from='" ROOM "/carl'", "to='" PC "'", "after");
	occupant("dora", false);
	expect("<presence ", "/dora'");
	/* Another client finds all as it was. */
	come("<presence from='" PHONE "' to='" ROOM "/ana1'><x xmlns="
	    "'http://jabber.org/protocol/muc'/></presence>");
	assert_int_equal(count_sent(kit.seen, "/carl'"), 3);
	assert_int_equal(count_sent(kit.seen, "before"), 1);
	assert_int_equal(count_sent(kit.seen, "code='110'"), 1);
}

/* Who was just joining is joined by asking again. */
static void
join_is_asked_again(void **state)
{
	union result r = { .room_join = { .nick = "ana1" } };

	log_in();
	come("<presence to='" ROOM "/ana1'><x xmlns="
	    "'http://jabber.org/protocol/muc'/></presence>");
	occupant("carl", false);
	forget();
	upgrade(state);
	expect_did("room_join");
	occupant("carl", false);
	occupant("ana1", true);
	answer("room_join", NULL, &r);
	assert_int_equal(count_sent(0, "code='110'"), 1);
	assert_int_equal(count_sent(0, "/carl'"), 1);
}

/* Server mode: who could not be taken along finds session and room again. */
static void
lost_clients_are_waited_for(void **state)
{
	log_in();
	enter_room();
	kit.link.server = true;
	upgrade(state);
	kit.link.server = true;
	gateway_link_events.gone(kit.gw, PC);
	later_run();
	assert_non_null(ana());
	assert_int_equal(rooms_count(ana()), 1);
	session_due(ana());
	expect_did("");
	/* Nobody has come. */
	kit.gw->lenient_until = 0;
	session_due(ana());
	expect_did("room_leave; mark offline; close " ANA "; logout");
}

static void
rights_and_strikes(void **state)
{
	come("<message from='example.org'><privilege xmlns="
	    "'urn:xmpp:privilege:2'><perm access='roster' type='both'/>"
	    "</privilege></message>");
	log_in();
	for (int i = 0; i < 2; i++) {
		ana()->suspect = true;
		session_lost(ana(), "signal 11");
	}
	upgrade(state);
	assert_int_equal(map_count(&kit.gw->rights), 1);
	assert_true(quarantine_holds(kit.gw, ANA));
	assert_true(quarantine_until(kit.gw, ANA) > ev_now(kit.loop) + 3);
}

/* What another version, or a fault, might hand over. */
static void
nonsense_is_passed_over(void **state)
{
	static const struct {
		const char *key, *text;
	} odd[] = {
		{ "jid", ANA }, { "state", "99" }, { "clients", "none" },
		{ "rooms", "x" }, { "outbox", "y" }, { "repeats", "z" },
	};
	struct packer p = { 0 };
	struct unpacker *u;

	(void)state;
	pack_map(&p, NULL);
	pack_list(&p, "users");
	pack_map(&p, NULL);
	pack_end(&p);
	pack_str(&p, NULL, "no map");
	pack_map(&p, NULL);
	for (size_t i = 0; i < LENGTH(odd); i++)
		pack_str(&p, odd[i].key, odd[i].text);
	pack_end(&p);
	pack_map(&p, NULL);
	pack_str(&p, "jid", "eve@example.org");
	pack_int(&p, "state", 99);
	pack_list(&p, "rooms");
	pack_map(&p, NULL);
	pack_str(&p, "jid", ROOM);
	pack_end(&p);
	pack_end(&p);
	pack_end(&p);
	pack_end(&p);
	pack_end(&p);
	u = unpack_open(buf_data(&p.out), buf_len(&p.out));
	assert_non_null(u);
	gateway_adopt(kit.gw, unpack_root(u));
	assert_int_equal(ana()->state, USER_OFFLINE);
	unpack_close(u);
	pack_free(&p);
}

/* Keys that have changed are looked at by whoever comes after us. */
static void
keys_are_due(void **state)
{
	can("raw");
	log_in();
	assert_true(keys_due(ana()));
	upgrade(state);
	assert_true(keys_due(ana()));
	keys_compare(ana());
	assert_non_null(ana()->keys->run);
	upgrade(state);
	assert_true(keys_due(ana()));
}

static void
spool_is_counted(void **state)
{
	kit.persistent = true;
	appear();
	answer_load(&kit_record, NULL);
	says("bob@" GW, "chat", "one");
	assert_true(kit.gw->spooled > 0);
	upgrade(state);
	kit.persistent = true;
	assert_true(kit.gw->spooled > 0);
	session_assigned(ana(), 1);
	session_connected(ana());
	assert_int_equal(kit.gw->spooled, 0);
}

static void
move_while_a_room_is_left(void **state)
{
	(void)state;
	log_in();
	enter_room();
	says(ROOM, "groupchat", "mine");
	come("<presence to='" ROOM "/ana1' type='unavailable'/>");
	assert_int_equal(ana()->inflight, 1);
	session_move(ana());
	session_due(ana());
	assert_int_equal(ana()->state, USER_MOVING);
	assert_int_equal(count_sent(0, "type='error'"), 1);
}

static void
client_comes_while_moving(void **state)
{
	(void)state;
	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "secret");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	session_connected(ana());
	session_move(ana());
	assert_int_equal(ana()->state, USER_MOVING);
	forget();
	gateway_link_events.login(kit.gw, 6, ANA, "secret");
	answer("logout", NULL, NULL);
	later_run();
	session_assigned(ana(), 2);
	session_connected(ana());
	assert_int_equal(ana()->state, USER_ONLINE);
	assert_null(ana()->logins);
}

static void
unsent_at_the_end_is_told(void **state)
{
	(void)state;
	log_in();
	says("bob@" GW, "chat", "one");
	forget();
	gateway_stop(kit.gw);
	forget();
	answer("send chat bob one", ERR_UNSENT, NULL);
	assert_int_equal(count_sent(kit.seen, "type='error'"), 1);
}

static void
failed_may_come_again(void **state)
{
	log_in();
	says("bob@" GW, "chat", "one");
	forget();
	upgrade(state);
	answer("send chat bob one", ERR_NOT_FOUND, NULL);
	expect("id='id-of-one'", "<item-not-found ");
	says("bob@" GW, "chat", "one");
	expect_did("send chat bob one");
}

static void
logout_cut_off_is_no_logout(void **state)
{
	(void)state;
	log_in();
	session_move(ana());
	forget();
	answer("logout", ERR_LOST, NULL);	/* what heir_refuse() says */
	assert_int_equal(ana()->state, USER_MOVING);
}

static void
doubts_go_on(void **state)
{
	log_in();
	gateway_link_events.down(kit.gw, "x");
	later_run();
	gateway_link_events.up(kit.gw);
	later_run();
	assert_true(map_count(&kit.gw->iqs) > 0);
	upgrade(state);
	assert_true(user_client(ana(), PC)->doubtful);
	later_run();
	assert_true(map_count(&kit.gw->iqs) > 0);
}

static void
rooms_wait_together(void **state)
{
	unsigned n = 0;
	struct room *room;
	size_t at = 0;

	(void)state;
	kit.config.outbox_max = 2;
	appear();
	answer_load(&kit_record, NULL);
	for (int i = 0; i < 10; i++)
		come("<presence to='#r%d@" GW "/ana1'><x xmlns="
		    "'http://jabber.org/protocol/muc'/></presence>", i);
	session_assigned(ana(), 1);
	session_connected(ana());
	for (int i = 0; i < 10; i++) {
		char room_id[8];
		union params p;
		union result r = { .room_join = { .nick = "ana1" } };
		snprintf(room_id, sizeof(room_id), "#r%d", i);
		p = (union params){ .room_occupant = { .user = ANA, .room = room_id,
		    .nick = "ana1", .role = "participant", .self = true } };
		tell(METHOD_room_occupant, &p);
		answer("room_join", NULL, &r);
	}
	session_lost(ana(), "x");
	for (int i = 0; i < 10; i++) {
		come("<message to='#r%d@" GW "' type='groupchat'><body>a</body></message>", i);
		come("<message to='#r%d@" GW "' type='groupchat'><body>b</body></message>", i);
	}
	while ((room = map_next(&ana()->rooms, &at)) != NULL)
		n += room->nunsent;
	assert_int_equal(n, 2);
}

static void
check_line(void *ctx, const char *text)
{
	(void)ctx;
	print_message("%s\n", text);
	assert_null(strstr(text, "hunter2"));
}

static void
trace_hides_passwords(void **state)
{
	const char *why = NULL;
	struct trace *t = trace_start(kit.gw, ANA, true, check_line, NULL, &why);

	(void)state;
	come("<iq type='set' id='r' to='" GW "'><query xmlns='jabber:iq:register'>"
	    "<x xmlns='jabber:x:data' type='submit'><field var='username'><value>ana1</value></field>"
	    "<field var='password'><value>hunter2</value></field></x></query></iq>");
	trace_stop(t);
}

/* What the network calls the user's messages: reactions name it later. */
static void
ids_are_known(void **state)
{
	const char *names[] = { "n1", "n2" };
	char origin[16];

	log_in();
	ids_note(ana(), "first", &(struct strs){ names, 2 });
	for (unsigned i = 0; i < IDS_MAX - 2; i++) {
		snprintf(origin, sizeof(origin), "o%u", i);
		ids_note(ana(), origin, &(struct strs){ names + 1, 1 });
	}
	upgrade(state);
	assert_string_equal(ids_network(ana(), "first"), "n1");
	assert_string_equal(ids_origin(ana(), "n1"), "first");
	ids_note(ana(), "newest", &(struct strs){ names + 1, 1 });
	/* The ring goes on where it was. */
	assert_string_equal(ids_origin(ana(), "n2"), "newest");
	assert_string_equal(ids_network(ana(), "first"), "n1");
}

/* A code that the user is looking for is still wanted; and the command that the
 * backend offers is there. */
static void
questions_stay_open(void **state)
{
	static struct msg_option options[] = {
		{ .value = "sms", .label = "By text" }, { .value = "app" },
	};
	struct msg_field fields[] = {
		{ .var = "code", .type = "secret" },
		{ .var = "how", .type = "choice", .options = { options, 2 } },
	};
	struct msg_command_info info = { .name = "mail", .label = "Mail" };
	union params p = { .ask = { .user = ANA, .title = "Code?",
	    .fields = { fields, 2 } } };

	log_in();
	tell_as(1, REQUEST, METHOD_ask, &p);
	p.ask.title = "Sure?";
	p.ask.fields.n = 0;
	tell_as(1, REQUEST, METHOD_ask, &p);
	p = (union params){ .commands = { .user = ANA,
	    .commands = { &info, 1 } } };
	tell(METHOD_commands, &p);
	come("<message><body>4711</body></message>");
	upgrade(state);
	forget();
	come("<message><body>1</body></message>");
	expect_did("answer 1 77; code=4711; how=sms");
	expect("Sure?");
	come("<message><body>yes</body></message>");
	expect_did("answer 1 77");
	come("<iq type='get' id='1'><query xmlns='" NS_DISCO_ITEMS "' node='"
	    NS_COMMANDS "'/></iq>");
	expect("node='mail'", "name='Mail'");
}

/* Whether it is the user is as open as it was. */
static void
trials_go_on(void **state)
{
	union params p = { .setting_up = { .user = ANA, .name = "token",
	    .value = "t", .secret = true } };

	kit.link.server = true;
	gateway_link_events.login(kit.gw, 5, ANA, "pw");
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	tell(METHOD_setting_up, &p);
	upgrade(state);
	assert_null(user_setting(ana(), "token", NULL));
	p = (union params){ .connected = { .user = ANA } };
	tell(METHOD_connected, &p);
	assert_string_equal(user_setting(ana(), "token", "-"), "t");
	assert_true(user_setting_is_secret(ana(), "token"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(trace_hides_passwords),
		gateway_test(rooms_wait_together),
		gateway_test(failed_may_come_again),
		gateway_test(logout_cut_off_is_no_logout),
		gateway_test(doubts_go_on),
		gateway_test(keys_are_due),
		gateway_test(spool_is_counted),
		gateway_test(client_comes_while_moving),
		gateway_test(unsent_at_the_end_is_told),
		gateway_test(move_while_a_room_is_left),
		gateway_test(session_goes_on),
		gateway_test(questions_stay_open),
		gateway_test(trials_go_on),
		gateway_test(in_flight_is_answered),
		gateway_test(waiting_goes_on_waiting),
		gateway_test(loading_asks_again),
		gateway_test(recovery_goes_on),
		gateway_test(contacts_are_known),
		gateway_test(contacts_clients_are_known),
		gateway_test(kinds_of_clients_are_known),
		gateway_test(room_goes_on),
		gateway_test(join_is_asked_again),
		gateway_test(lost_clients_are_waited_for),
		gateway_test(rights_and_strikes),
		gateway_test(nonsense_is_passed_over),
		gateway_test(ids_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
