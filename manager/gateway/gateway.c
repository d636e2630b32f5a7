/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instance's object: made, wired, ticking once a second, taken down. */
#include "manager/gateway/gateway.h"

#include <stdlib.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/ask.h"
#include "manager/gateway/avatar.h"
#include "manager/gateway/client_caps.h"
#include "manager/gateway/contact_client.h"
#include "manager/gateway/handover.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/mam.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/pace.h"
#include "manager/gateway/persist.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/room_list.h"
#include "manager/gateway/session.h"
#include "manager/gateway/spool.h"
#include "manager/gateway/user.h"
#include "manager/gateway/watch.h"
#include "util/later.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

bool
gateway_can(const struct gateway *gw, const char *feature)
{
	return pool_can(gw->pool, feature);
}

static void
tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct gateway *gw = w->data;
	double now = ev_now(loop);
	struct user *user;
	size_t at = 0;

	(void)revents;
	iq_expire(gw, now);
	quarantine_tick(gw, now);
	watch_tick(gw);
	spool_tick(gw);
	archive_tick(gw);
	mam_tick(gw, now);
	if (gw->undelivered > 0)
		log_warn("%s: %lu messages of the network could not be "
		    "delivered: the XMPP side does not take them, or nobody "
		    "was there", gw->config->jid, gw->undelivered);
	gw->undelivered = 0;
	/* Users are destroyed after the turn, so walking is safe; one who is
	 * made meanwhile may be missed and is seen a second later. */
	while ((user = map_next(&gw->users, &at)) != NULL) {
		if (user->due > 0 && user->due <= now)
			session_due(user);
		if (user->outbox_count > 0 && user->state != USER_OFFLINE &&
		    user->state != USER_RECOVERING)	/* see crash_grace */
			outgoing_give_up(user, now);
		ask_tick(user, now);
		if (user->roster_due > 0 && user->roster_due <= now)
			roster_flush(user);
		if (user->roster_look > 0 && user->roster_look <= now) {
			user->roster_look = 0;
			roster_read(user);
		}
		if (user->presence_due > 0 && user->presence_due <= now)
			contact_clients_sweep(user);
	}
}

static void
roster_soon(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct gateway *gw = w->data;
	double now = ev_now(loop), next = 0;
	struct user *user;
	size_t at = 0;

	(void)revents;
	while ((user = map_next(&gw->users, &at)) != NULL) {
		if (user->roster_due > 0 && user->roster_due <= now)
			roster_flush(user);
		if (user->roster_due > now &&
		    (next == 0 || user->roster_due < next))
			next = user->roster_due;
	}
	if (next > 0) {
		ev_timer_set(w, next - now, 0);
		ev_timer_start(loop, w);
	}
}

struct gateway *
gateway_create(struct ev_loop *loop, const struct gateway_config *config)
{
	struct gateway *gw = xcalloc(1, sizeof(*gw));

	gw->loop = loop;
	gw->config = config;
	gw->started = ev_now(loop);
	gw->last_message = (int64_t)(gw->started * 1e6);
	rand_token(gw->iq_token, sizeof(gw->iq_token));
	ev_timer_init(&gw->tick, tick, 1, 1);
	gw->tick.data = gw;
	ev_timer_init(&gw->roster_soon, roster_soon, 0, 0);
	gw->roster_soon.data = gw;
	return gw;
}

/* What the one before us had asked of the store and of backends is asked
 * again; the rest is as it was. */
static void
resume(struct gateway *gw)
{
	struct user *user;
	size_t at = 0;

	while ((user = map_next(&gw->users, &at)) != NULL) {
		rooms_reload(user);
		session_resume(user);
		if (session_ready(user))
			rooms_resume(user);
	}
	watch_resume(gw);
}

void
gateway_start(struct gateway *gw, struct link *link, struct pool *pool,
    struct store *store)
{
	gw->link = link;
	gw->pool = pool;
	gw->store = store;
	ev_timer_start(gw->loop, &gw->tick);
	if (gw->adopted)
		resume(gw);
	else {
		spool_load(gw);
		persist_start(gw);
	}
}

void
gateway_reconfigured(struct gateway *gw)
{
	struct user *user;
	size_t at = 0;

	gw->caps_contacts[0] = gw->caps_self[0] = '\0';
	while ((user = map_next(&gw->users, &at)) != NULL)
		rooms_settings_changed(user);
}

void
gateway_stop(struct gateway *gw)
{
	struct user *user;
	size_t at = 0;

	gw->stopping = true;
	ev_timer_stop(gw->loop, &gw->tick);
	ev_timer_stop(gw->loop, &gw->roster_soon);
	while ((user = map_next(&gw->users, &at)) != NULL)
		session_shutdown(user);
}

void
gateway_save(struct gateway *gw)
{
	if (gw != NULL && gw->link != NULL)
		spool_save(gw);
}

void
gateway_destroy(struct gateway *gw)
{
	struct user *user;
	size_t at = 0;

	if (gw == NULL)
		return;
	ev_timer_stop(gw->loop, &gw->tick);
	ev_timer_stop(gw->loop, &gw->roster_soon);
	while ((user = map_next(&gw->users, &at)) != NULL)
		user_destroy(user);
	map_finish(&gw->users);
	iq_fail_all(gw);
	map_finish(&gw->iqs);
	mam_destroy(gw);
	room_lists_destroy(gw);
	rights_destroy(gw);
	pace_destroy(gw);
	watch_destroy(gw);
	quarantine_destroy(gw);
	avatars_destroy(gw);
	client_caps_destroy(gw);
	recent_finish(&gw->recent);
	recent_finish(&gw->recent_users);
	free(gw->spooled_up);
	/* What was put off until the end of this turn looks for its user in
	 * here, and finds none. */
	later_free(gw);
}
