/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway as facts, and made of them again.  Requests in flight stay open:
 * their answers come to the successor, so each message that is on its way takes
 * along what is needed to take its answer. */
#include "manager/gateway/handover.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/client_caps.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/mam.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/repeats.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/room_send.h"
#include "manager/gateway/watch.h"
#include "util/xalloc.h"

void
gateway_settle(struct gateway *gw)
{
	iq_fail_all(gw);
	mam_settle(gw);
}

void
gateway_handover(struct gateway *gw, struct packer *p)
{
	struct user *user;
	size_t at = 0;

	pack_num(p, "started", gw->started);
	pack_num(p, "next_login", gw->next_login);
	pack_num(p, "lenient_until", link_is_server(gw->link) ?
	    ev_now(gw->loop) + LENIENCE : gw->lenient_until);
	pack_int(p, "last_message", gw->last_message);
	pack_int(p, "messages_down", (int64_t)gw->messages_down);
	pack_int(p, "messages_up", (int64_t)gw->messages_up);
	repeats_pack_key(p);
	pack_list(p, "strikes");
	quarantine_pack(gw, p);
	pack_end(p);
	pack_list(p, "rights");
	rights_pack(gw, p);
	pack_end(p);
	pack_list(p, "clients");
	client_caps_pack(gw, p);
	pack_end(p);
	pack_list(p, "probes");
	watch_pack(gw, p);
	pack_end(p);
	pack_list(p, "events");
	recent_add(&gw->recent, ev_now(gw->loop), "the program is upgraded");
	recent_pack(&gw->recent, p);
	pack_end(p);
	pack_list(p, "user_events");
	recent_pack(&gw->recent_users, p);
	pack_end(p);
	pack_list(p, "users");
	while ((user = map_next(&gw->users, &at)) != NULL)
		user_pack(user, p);
	pack_end(p);
}

void
gateway_adopt(struct gateway *gw, const struct packed *facts)
{
	const struct packed *list = packed_get(facts, "users");

	gw->adopted = true;
	gw->lenient_until = packed_num(facts, "lenient_until", 0);
	gw->started = packed_num(facts, "started", gw->started);
	gw->next_login = packed_num(facts, "next_login", 0);
	gw->last_message = packed_int(facts, "last_message",
	    gw->last_message);
	gw->messages_down = (unsigned long)packed_int(facts,
	    "messages_down", 0);
	gw->messages_up = (unsigned long)packed_int(facts, "messages_up", 0);
	repeats_unpack_key(facts);
	quarantine_unpack(gw, packed_get(facts, "strikes"));
	rights_unpack(gw, packed_get(facts, "rights"));
	client_caps_unpack(gw, packed_get(facts, "clients"));
	watch_unpack(gw, packed_get(facts, "probes"));
	recent_unpack(&gw->recent, packed_get(facts, "events"));
	recent_unpack(&gw->recent_users, packed_get(facts, "user_events"));
	for (size_t i = 0; i < packed_count(list); i++)
		user_unpack(gw, packed_at(list, i));
}

/* ------------------------------------------------------- requests in flight */

bool
handover_pack_request(void *ctx, enum method method, rpc_reply *reply,
    void *rctx, struct packer *p)
{
	(void)ctx;
	if (method != METHOD_send)
		return false;
	if (reply == room_send_answered)
		return room_send_pack_request(rctx, p);
	if (reply != outgoing_answered)
		return false;
	pack_list(p, "message");
	outgoing_pack(rctx, p);
	pack_end(p);
	return true;
}

static int
unpack_message(struct gateway *gw, const struct packed *facts,
    rpc_reply **reply, void **rctx)
{
	struct outgoing *o = outgoing_unpack(gw, facts);
	struct user *user = o ? user_find(gw, o->user) : NULL;

	if (o == NULL)
		return -1;
	if (user != NULL)
		user->inflight++;
	*reply = outgoing_answered;
	*rctx = o;
	return 0;
}

int
handover_unpack_request(void *ctx, enum method method,
    const struct packed *facts, rpc_reply **reply, void **rctx)
{
	struct gateway *gw = ctx;
	const struct packed *message = packed_get(facts, "message");
	struct user *user;

	if (method != METHOD_send)
		return -1;
	if (message != NULL)
		return unpack_message(gw, packed_at(message, 0), reply, rctx);
	user = packed_str(facts, "user") ?
	    user_find(gw, packed_str(facts, "user")) : NULL;
	*rctx = user ? room_send_of_request(user, facts) : NULL;
	if (*rctx == NULL)
		return -1;
	user->inflight++;
	*reply = room_send_answered;
	return 0;
}
