/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is there a session, and what goes to its backend. */
#include "manager/gateway/session.h"

#include <stdlib.h>

#include "manager/gateway/client_caps.h"
#include "manager/gateway/room.h"
#include "manager/gateway/trace.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/xalloc.h"

int
session_ask(struct user *user, enum method method, const void *params,
    double timeout, rpc_reply *reply, void *ctx)
{
	if (trace_runs(user->gw))
		trace_down(user, method, params);
	return pool_request(user->gw->pool, user->jid, method, params, timeout,
	    reply, ctx);
}

static void
tell(struct user *user, enum method method, const void *params)
{
	if (trace_runs(user->gw))
		trace_down(user, method, params);
	pool_notify(user->gw->pool, user->jid, method, params);
}

bool
session_ready(const struct user *user)
{
	return user->state == USER_ONLINE;
}

bool
session_expected(const struct user *user)
{
	switch (user->state) {
	case USER_LOADING:
	case USER_WAITING:
	case USER_LOGGING_IN:
	case USER_ONLINE:
	case USER_MOVING:
		return true;
	case USER_RECOVERING:
		return user->shown;	/* past the grace time: no promise */
	case USER_LEAVING:
		return user->wanted;
	case USER_OFFLINE:
		break;
	}
	return false;
}

static bool
is_alone(const struct user *user)
{
	return TAILQ_EMPTY(&user->clients) && user->logins == NULL &&
	    !rooms_have_clients(user) &&
	    !(link_is_server(user->gw->link) &&
	    link_clients(user->gw->link, user->jid) > 0);
}

/* Clients that are only in rooms do not tell how available they are. */
void
session_presence_of(struct user *user, struct msg_presence *msg)
{
	const struct client *best = user_best_client(user);

	*msg = (struct msg_presence){ .user = user->jid };
	user->told_away = is_alone(user);
	if (best == NULL) {
		msg->show = user->told_away ? "away" : "online";
		return;
	}
	msg->show = show_name(best->show);
	msg->status = best->status;
	msg->priority = best->priority;
}

void
session_presence(struct user *user)
{
	struct msg_presence msg;
	struct arena a = { 0 };

	if (!session_ready(user))
		return;
	/* Those who are about to be back are not said to have gone. */
	if (is_alone(user) && gateway_is_lenient(user->gw))
		return;
	session_presence_of(user, &msg);
	client_caps_fill(user, &a, &msg);
	tell(user, METHOD_presence, &msg);
	arena_free(&a);
}

void
session_notify(struct user *user, enum method method, const void *params)
{
	if (session_ready(user))
		tell(user, method, params);
}

/* A refusal that must not come before session_request() has returned. */
struct refusal {
	rpc_reply	*reply;
	void		*ctx;
	bool		 full;
};

static void
refuse(void *arg)
{
	static const struct msg_error offline = {
		.code = ERR_NOT_CONNECTED, .text = "You are not logged in.",
	};
	static const struct msg_error full = {
		.code = ERR_QUEUE_FULL, .text = "The network is slow; try "
		    "again.",
	};
	struct refusal *r = arg;

	r->reply(r->ctx, r->full ? &full : &offline, NULL);
	free(r);
}

void
session_request(struct user *user, enum method method, const void *params,
    rpc_reply *reply, void *ctx)
{
	struct refusal *r;
	bool ready = session_ready(user);

	if (ready && session_ask(user, method, params, 0, reply, ctx) == 0)
		return;
	if (reply == NULL)
		return;
	r = xmalloc(sizeof(*r));
	*r = (struct refusal){ reply, ctx, ready };
	later(refuse, r);
}
