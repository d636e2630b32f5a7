/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Clients that come, change, say goodbye, and vanish with their server. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/iq.h"
#include "manager/gateway/watch.h"

static void
many_clients(void **state)
{
	(void)state;
	log_in();
	come("<presence from='" PHONE "'><show>away</show><priority>5"
	    "</priority></presence>");
	expect("to='" PHONE "'", "<show>away</show>");
	expect_did("presence away");
	come("<presence><show>dnd</show><priority>7</priority></presence>");
	expect_did("presence dnd");
	come("<presence><priority>9999</priority><show>bogus</show>"
	    "</presence>");
	expect_did("presence online");
	come("<presence type='unavailable'/>");
	expect_did("presence away");
	assert_int_equal(ana()->state, USER_ONLINE);
	come("<presence from='" PHONE "' type='unavailable'/>");
	expect_did("mark offline; logout");
}

static void
too_many_clients(void **state)
{
	(void)state;
	log_in();
	for (int i = 0; i < 63; i++)
		come("<presence from='" ANA "/%d'/>", i);
	forget();
	come("<presence from='" ANA "/more'/>");
	expect("type='error'", "<resource-constraint ");
	expect_nothing();
}

static void
stays_connected(void **state)
{
	(void)state;
	kit.config.stay_connected = true;
	log_in();
	come("<presence type='unavailable'/>");
	assert_int_equal(ana()->state, USER_ONLINE);
	session_due(ana());
	assert_int_equal(ana()->state, USER_ONLINE);
}

static void
answers(unsigned long serial, const char *from, const char *type,
    const char *inside)
{
	come("<iq type='%s' from='%s' id='%s-%lu'>%s</iq>", type, from,
	    kit.gw->iq_token, serial, inside);
}

#define ERROR(condition) "<error type='cancel'><" condition \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

/* The link breaks and comes back: is everybody still there? */
static void
link_breaks(void **state)
{
	unsigned long first;

	(void)state;
	log_in();
	come("<presence from='" PHONE "'/>");
	forget();
	gateway_link_events.down(kit.gw, "gone");
	gateway_link_events.up(kit.gw);
	expect("type='probe'", "to='" ANA "'");
	expect("<iq type='get'", "to='" PC "'", "urn:xmpp:ping");
	expect("<iq type='get'", "to='" PHONE "'", "urn:xmpp:ping");
	first = kit.gw->iq_serial - 1;
	/* It knows no ping, but is there; its server says that it is not. */
	answers(first, PC, "error", ERROR("feature-not-implemented"));
	answers(first + 1, PHONE, "error", ERROR("service-unavailable"));
	assert_non_null(user_client(ana(), PC));
	assert_null(user_client(ana(), PHONE));
	assert_int_equal(ana()->state, USER_ONLINE);
	/* Nobody answers. */
	gateway_link_events.down(kit.gw, "gone");
	gateway_link_events.up(kit.gw);
	ev_now_update(kit.loop);
	iq_expire(kit.gw, ev_now(kit.loop) + 100);
	assert_non_null(user_client(ana(), PC));	/* only 0 s ago */
}

/* Too many to be asked all at once: not asked is not gone. */
static void
not_even_asked(void **state)
{
	(void)state;
	log_in();
	gateway_link_events.down(kit.gw, "gone");
	kit.deaf = true;
	gateway_link_events.up(kit.gw);
	for (int i = 0; i < 5; i++)
		iq_expire(kit.gw, ev_now(kit.loop));
	assert_non_null(user_client(ana(), PC));
	assert_int_equal(map_count(&kit.gw->iqs), 1);
	kit.deaf = false;
	iq_expire(kit.gw, ev_now(kit.loop));
	expect("<iq type='get'", "to='" PC "'");
	answers(kit.gw->iq_serial, PC, "error",
	    ERROR("service-unavailable"));
	assert_null(user_client(ana(), PC));
	/* It may have to connect to its server again, too. */
	session_due(ana());
	assert_int_equal(ana()->state, USER_ONLINE);
	kit.gw->lenient_until = 0;
	session_due(ana());
	assert_int_equal(ana()->state, USER_LEAVING);
}

/* While it is away again nothing is decided. */
static void
breaks_again(void **state)
{
	(void)state;
	log_in();
	gateway_link_events.down(kit.gw, "gone");
	gateway_link_events.up(kit.gw);
	kit.up = false;
	gateway_link_events.down(kit.gw, "gone");
	assert_int_equal(map_count(&kit.gw->iqs), 0);
	assert_non_null(user_client(ana(), PC));
	assert_int_equal(ana()->state, USER_ONLINE);
}

/* Those who came while we were away are asked to come again. */
static void
restart(void **state)
{
	struct store_user users[] = {
		{ .jid = "bob@example.org", .online = true }, { .jid = ANA },
		{ .jid = "cy@example.org" },
	};
	struct kit_open o;

	(void)state;
	log_in();
	gateway_link_events.up(kit.gw);
	forget();
	o = kit_take("list");
	o.listed(o.ctx, users, LENGTH(users), NULL);
	expect("type='probe'", "to='bob@example.org'");
	expect("type='probe'", "to='cy@example.org'");
	expect_nothing();
}

static void
congestion(void **state)
{
	(void)state;
	gateway_link_events.congested(kit.gw, true);
	gateway_link_events.congested(kit.gw, false);
	expect_did("hold 1; hold 0");
}

/* Server mode: a client that is still bound keeps the session. */
static void
bound_client(void **state)
{
	(void)state;
	kit.link.server = true;
	kit.clients = 1;
	log_in();
	come("<presence type='unavailable'/>");
	assert_int_equal(ana()->state, USER_ONLINE);
	kit.clients = 0;
	gateway_link_events.gone(kit.gw, PC);
	assert_int_equal(ana()->state, USER_LEAVING);
	gateway_link_events.gone(kit.gw, "eve@example.org/x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(many_clients),
		gateway_test(too_many_clients),
		gateway_test(stays_connected),
		gateway_test(link_breaks),
		gateway_test(not_even_asked),
		gateway_test(breaks_again),
		gateway_test(restart),
		gateway_test(congestion),
		gateway_test(bound_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
