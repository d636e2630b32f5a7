/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Anything in any order: whatever users, backends, the store and the link do,
 * each message of a user ends exactly once, accepted or by an error, each login
 * of server mode is answered exactly once, and in the end nobody is left over.
 * The order comes from a fixed seed. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/outgoing.h"

#include "manager/gateway/admin.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/session.h"
#include "util/log.h"

#define STEPS		3000
#define SEEDS		40
#define ASKED		8

#define PUBSUB		"http://jabber.org/protocol/pubsub"
#define OMEMO		"eu.siacs.conversations.axolotl"

static uint32_t seed, first_seed;
static unsigned nmessages, nlogins;
static unsigned char ends[STEPS];	/* of each message */
static unsigned char answers[STEPS];	/* of each login */
static char asked[ASKED][80];		/* ids of questions to the user */
static unsigned nasked;
static bool raw;

static unsigned
dice(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % n;
}

/* Errors that users got. */
static void
collect(void)
{
	for (size_t i = 0; i < kit.nsent; i++) {
		const char *id = strstr(kit.sent[i], " id='m");

		if (strncmp(kit.sent[i], "<message type='error'", 21) == 0 &&
		    id != NULL)
			ends[strtoul(id + 6, NULL, 10)]++;
		id = strstr(kit.sent[i], " id='");
		if (strncmp(kit.sent[i], "<iq type='get'", 14) == 0 &&
		    id != NULL && strstr(kit.sent[i], " to='" ANA) != NULL)
			snprintf(asked[nasked++ % ASKED], sizeof(asked[0]),
			    "%.*s", (int)strcspn(id + 5, "'"), id + 5);
		free(kit.sent[i]);
	}
	for (size_t i = 0; i < kit.ndid; i++) {
		if (strncmp(kit.did[i], "sasl ", 5) == 0)
			answers[strtoul(kit.did[i] + 5, NULL, 10)]++;
		if (strncmp(kit.did[i], "guest ", 6) == 0)
			answers[strtoul(kit.did[i] + 6, NULL, 10)]++;
		free(kit.did[i]);
	}
	kit.nsent = kit.seen = kit.ndid = kit.known = 0;
}

/* What accounts and clients may have, there and here. */
static const char *
any_payload(void)
{
	static const char *const any[] = {
		"<item id='current'><list xmlns='" OMEMO "'><device id='11'/>"
		    "<device id='22'/></list></item>",
		"<item id='current'><list xmlns='" OMEMO "'><device id='99'/>"
		    "</list></item>",
		"<item id='current'><devices xmlns='urn:xmpp:omemo:2'>"
		    "<device id='11'/></devices></item>",
		"<item id='current'><bundle xmlns='" OMEMO "'/></item>",
		"<item id='11'><bundle xmlns='urn:xmpp:omemo:2'/></item>",
		"<item id='x'/>", "",
	};

	return any[dice(LENGTH(any))];
}

static const char *
any_answer(void)
{
	static char xml[400];

	if (dice(4) == 0)
		return "<error type='cancel'><item-not-found xmlns='"
		    "urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
	snprintf(xml, sizeof(xml), "<pubsub xmlns='" PUBSUB "'><items node='x'>"
	    "%s</items></pubsub>", any_payload());
	return xml;
}

static void
answer_open(size_t i, unsigned how)
{
	static const char *const codes[] = {
		NULL, NULL, NULL, ERR_NOT_FOUND, ERR_LOST, ERR_TIMEOUT,
	};
	struct kit_open o = kit.open[i];
	struct msg_error error = { .code = codes[how % LENGTH(codes)],
	    .text = "because" };

	memmove(&kit.open[i], &kit.open[i + 1],
	    (kit.nopen - i - 1) * sizeof(o));
	kit.nopen--;
	if (strncmp(o.text, "send chat bob m", 15) == 0 && error.code == NULL)
		ends[strtoul(o.text + 15, NULL, 10)]++;
	if (o.reply != NULL && strncmp(o.text, "stanza ", 7) == 0 && dice(9))
		o.reply(o.ctx, NULL, &(union result){ .stanza = {
		    .type = dice(4) ? "result" : "error",
		    .xml = any_answer() } });
	else if (o.reply != NULL)
		o.reply(o.ctx, error.code ? &error : NULL, NULL);
	else if (o.loaded != NULL)
		o.loaded(o.ctx, how % 4 ? &kit_record : NULL,
		    how % 7 == 0 ? "slow disk" : NULL);
	else if (o.done != NULL)
		o.done(o.ctx, how % 5 == 0 ? "slow disk" : NULL);
	else if (o.listed != NULL)
		o.listed(o.ctx, NULL, 0, NULL);
	free(o.text);
}

static void
ignore_text(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

static void
client_acts(void)
{
	static const char *const acts[] = {
		"<presence from='%s'/>", "<presence from='%s'/>",
		"<presence from='%s' type='unavailable'/>",
		"<presence from='%s' type='error'/>",
		"<presence from='%s' to='bob@" GW "' type='subscribe'/>",
		"<presence from='%s' to='bob@" GW "' type='unsubscribed'/>",
		"<iq from='%s' type='set' id='r'><query xmlns='" NS_REGISTER
		    "'><username>x</username><password>y</password></query>"
		    "</iq>",
		"<iq from='%s' type='set' id='r'><query xmlns='" NS_REGISTER
		    "'><remove/></query></iq>",
		"<iq from='%s' type='set' id='c'><command xmlns='" NS_COMMANDS
		    "' node='settings'><x xmlns='jabber:x:data' "
		    "type='submit'><field var='enable_transport'><value>0"
		    "</value></field></x></command></iq>",
		"<message from='%s'><body>yes</body></message>",
	};

	come(acts[dice(LENGTH(acts))], dice(2) ? PC : PHONE);
}

static void
login_comes(void)
{
	gateway_link_events.login(kit.gw, nlogins++, ANA,
	    dice(3) ? "secret" : "guess");
}

static void
message_comes(void)
{
	come("<message from='%s' to='bob@" GW "' type='chat' id='m%u'>"
	    "<body>m%u</body></message>", dice(2) ? PC : PHONE, nmessages,
	    nmessages);
	nmessages++;
}

static void
backend_acts(unsigned backend)
{
	union params p = { .connected = { .user = ANA } };
	union params gone = { .disconnected = { .user = ANA,
	    .reason = "network", .text = "gone", .retry = dice(3) > 0 } };
	union params ask = { .ask = { .user = ANA, .title = "PIN?" } };
	union params contact = { .contact = { .user = ANA, .contact = "cy",
	    .name = "Cy", .blocked = TRI_ABSENT } };
	union params no_cy = { .contact_removed = { .user = ANA,
	    .contact = "cy" } };

	switch (dice(7)) {
	case 0:
		tell_as(backend, NOTIFICATION, METHOD_disconnected, &gone);
		return;
	case 1:
		tell_as(backend, REQUEST, METHOD_ask, &ask);
		return;
	case 2:
		tell_as(backend, NOTIFICATION, METHOD_contact, &contact);
		return;
	case 3:
		tell_as(backend, NOTIFICATION, METHOD_contact_removed,
		    &no_cy);
		return;
	default:
		tell_as(backend, NOTIFICATION, METHOD_connected, &p);
		return;
	}
}

static void
pool_acts(struct user *user)
{
	if (dice(4) > 0) {
		gateway_pool_events.assigned(kit.gw, ANA, 1 + dice(3));
		return;
	}
	/* A backend dies: first what was in flight, then its users. */
	for (size_t i = kit.nopen; i-- > 0;) {
		if (kit.open[i].reply != NULL)
			answer_open(i, 4);
	}
	if (user->backend != 0)
		gateway_pool_events.lost(kit.gw, ANA, "it died");
}

static void
server_answers(void)
{
	unsigned which = dice(4) ? nasked - 1 : dice(ASKED);

	if (nasked > 0)
		come("<iq from='" ANA "' id='%s' type='%s'>%s</iq>",
		    asked[which % ASKED], dice(9) ? "result" : "error",
		    any_answer());
}

/* With answers from both sides for a while. */
static void
compare_keys(void)
{
	union params p = { .connected = { .user = ANA } };

	if (!session_ready(ana())) {
		gateway_pool_events.assigned(kit.gw, ANA, 1);
		tell_as(1, NOTIFICATION, METHOD_connected, &p);
	}
	if (ana() != NULL)
		keys_compare(ana());
	for (unsigned i = dice(40); i > 0; i--) {
		collect();
		server_answers();
		if (kit.nopen > 0)
			answer_open(kit.nopen - 1, dice(100));
		later_run();
	}
}

/* What there is with the feature raw alone. */
static void
raw_acts(struct user *user)
{
	static const char *const clients[] = { NULL, "", "home", "work" };
	union params said = { .message = { .user = ANA, .from = "bob",
	    .kind = "chat", .body = "x", .extra = "<encrypted xmlns='" OMEMO
	    "'><header><key prekey='true'/></header></encrypted>" } };
	union params there = { .contact_presence = { .user = ANA,
	    .contact = "cy", .show = dice(3) ? "online" : "offline",
	    .resource = clients[dice(LENGTH(clients))],
	    .extra = dice(2) ? "<x xmlns='y'/>" : "<" } };
	unsigned backend = user != NULL ? user->backend : 1;

	switch (dice(6)) {
	case 0:
		tell_as(backend, NOTIFICATION, METHOD_message, &said);
		break;
	case 1:
		tell_as(backend, NOTIFICATION, METHOD_contact_presence, &there);
		break;
	case 2:
		if (user != NULL)
			compare_keys();
		break;
	case 3:
		come("<message from='" ANA "'><event xmlns='" PUBSUB "#event'>"
		    "<items node='" KEYS_LIST "'/></event></message>");
		break;
	default:
		server_answers();
		break;
	}
}

static void
step(void)
{
	struct user *user = ana();

	kit.full = dice(10) == 0;
	if (raw && dice(3) == 0) {
		raw_acts(user);
		later_run();
		collect();
		return;
	}
	switch (dice(10)) {
	case 0: case 1:
		if (kit.link.server && dice(2))
			login_comes();
		else
			client_acts();
		break;
	case 2: case 3:
		message_comes();
		break;
	case 4: case 5:
		if (kit.nopen > 0)
			answer_open(dice((unsigned)kit.nopen), dice(100));
		break;
	case 6:
		if (user != NULL)
			pool_acts(user);
		break;
	case 7:
		backend_acts(user != NULL ? user->backend : 1);
		break;
	case 8:
		if (user != NULL && dice(2))
			session_due(user);
		if (user != NULL && user->roster_due > 0)
			roster_flush(user);
		break;
	default:
		if (dice(3) > 0)
			break;
		kit.up = !kit.up;
		if (kit.up)
			gateway_link_events.up(kit.gw);
		else
			gateway_link_events.down(kit.gw, "away");
		if (dice(5) == 0)
			admin_command(kit.gw, "disconnect_user " ANA,
			    ignore_text, NULL);
		iq_expire(kit.gw, ev_now(kit.loop) + dice(60));
	}
	later_run();
	collect();
}

static void
settle(void)
{
	kit.full = false;
	kit.up = true;
	for (int i = 0; i < 50 && (ana() != NULL || kit.nopen > 0); i++) {
		come("<presence from='" PC "' type='unavailable'/>");
		come("<presence from='" PHONE "' type='unavailable'/>");
		if (ana() != NULL)
			session_end(ana(), "end");
		/* The answer to its logout was lost, and nobody died. */
		if (ana() != NULL && ana()->state == USER_LEAVING &&
		    kit.nopen == 0)
			session_due(ana());
		/* What waits for the user to come back does so for a while. */
		if (ana() != NULL && ana()->state == USER_OFFLINE)
			outgoing_expire(ana(), ev_now(kit.loop) + 2000);
		if (ana() != NULL)
			user_tidy(ana());
		while (kit.nopen > 0)
			answer_open(0, 1);
		later_run();
		collect();
	}
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level, (void)line;
}

static void
check_ends(const char *what, const unsigned char *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (v[i] != 1)
			print_error("seed %u: %s %u ended %u times\n",
			    first_seed, what, i, v[i]);
		assert_int_equal(v[i], 1);
	}
}

static void
random_order(void **state)
{
	log_capture(no_log);
	for (uint32_t s = 1; s <= SEEDS; s++) {
		tear_down(state);
		set_up(state);
		seed = first_seed = s;
		kit.link.server = s % 2;
		raw = s % 4 >= 2;
		if (raw)
			can("raw");
		nmessages = nlogins = 0;
		memset(ends, 0, sizeof(ends));
		memset(answers, 0, sizeof(answers));
		memset(asked, 0, sizeof(asked));
		for (int i = 0; i < STEPS; i++)
			step();
		settle();
		check_ends("message", ends, nmessages);
		check_ends("login", answers, nlogins);
		assert_null(ana());
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(random_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
