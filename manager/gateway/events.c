/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the link and the pool tell the gateway: each callback finds its object
 * and calls a verb. */
#include "manager/gateway/admin.h"
#include "manager/gateway/dispatch.h"
#include "manager/gateway/handover.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/login.h"
#include "manager/gateway/router.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "manager/gateway/watch.h"
#include "util/log.h"

static void
link_up(void *ctx)
{
	struct gateway *gw = ctx;

	recent_add(&gw->recent, ev_now(gw->loop), "the XMPP side is up");
	/* Not at the start, when nobody is here. */
	if (!link_is_server(gw->link) && map_count(&gw->users) > 0)
		gw->lenient_until = ev_now(gw->loop) + LENIENCE;
	watch_link_up(gw);
}

static void
link_down(void *ctx, const char *why)
{
	struct gateway *gw = ctx;

	recent_add(&gw->recent, ev_now(gw->loop), "the XMPP side is down: %s",
	    why);
	iq_fail_all(gw);
	watch_link_down(gw);
}

static void
link_stanza(void *ctx, struct arena *a, const struct stanza *stanza,
    const struct jid *from, const struct jid *to)
{
	router_stanza(ctx, a, stanza, from, to);
}

static void
link_login(void *ctx, uint64_t client, const char *bare, const char *password)
{
	struct gateway *gw = ctx;

	if (gw->stopping)
		link_login_result(gw->link, client, "temporary-auth-failure",
		    "The service is being shut down.");
	else if (admin_is(gw, bare))
		/* An empty password never lets anybody in. */
		link_login_result(gw->link, client,
		    *gw->config->admin_password != '\0' &&
		    login_same_secret(gw->config->admin_password, password) ?
		    NULL : "not-authorized", NULL);
	else
		session_login(user_get(gw, bare), client, password);
}

static void
link_gone(void *ctx, const char *full)
{
	struct gateway *gw = ctx;

	/* Otherwise it is us who close the streams: what waits is for the one
	 * after us. */
	if (!gw->stopping)
		watch_client_gone(gw, full);
}

/* What the networks say waits in the backends' pipes until there is room. */
static void
link_congested(void *ctx, bool congested)
{
	struct gateway *gw = ctx;

	pool_hold(gw->pool, congested);
}

static void
link_dropped(void *ctx, unsigned long stanzas, const char *why)
{
	struct gateway *gw = ctx;

	gw->dropped += stanzas;
	recent_add(&gw->recent, ev_now(gw->loop),
	    "%lu messages to XMPP were given up: %s", stanzas, why);
}

const struct link_events gateway_link_events = {
	.up = link_up, .down = link_down, .stanza = link_stanza,
	.login = link_login, .gone = link_gone, .congested = link_congested,
	.dropped = link_dropped,
};

static void
pool_ready(void *ctx, const struct msg_initialize_result *can)
{
	struct gateway *gw = ctx;

	gateway_reconfigured(gw);
	log_debug("%s: the network is %s, %zu features", gw->config->jid,
	    can->name, can->features.n);
}

static void
pool_assigned(void *ctx, const char *jid, unsigned backend)
{
	struct user *user = user_find(ctx, jid);

	if (user != NULL)
		session_assigned(user, backend);
}

static void
pool_lost(void *ctx, const char *jid, const char *why)
{
	struct user *user = user_find(ctx, jid);

	if (user != NULL)
		session_lost(user, why);
}

static void
pool_move(void *ctx, const char *jid, const char *why)
{
	struct user *user = user_find(ctx, jid);

	(void)why;
	if (user != NULL)
		session_move(user);
}

static void
pool_changed(void *ctx, const char *text)
{
	struct gateway *gw = ctx;

	recent_add(&gw->recent, ev_now(gw->loop), "%s", text);
}

static void
pool_message(void *ctx, unsigned backend, const struct msg *msg)
{
	dispatch_message(ctx, backend, msg);
}

const struct pool_events gateway_pool_events = {
	.features = pool_ready, .assigned = pool_assigned, .lost = pool_lost,
	.message = pool_message, .move = pool_move, .changed = pool_changed,
	.pack_request = handover_pack_request,
	.unpack_request = handover_unpack_request,
};
