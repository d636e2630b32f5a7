/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which handler takes a stanza?  One table: what it is, where it goes, who may
 * send it.  The columns are the checks, so a handler starts with valid input. */
#include "manager/gateway/router.h"

#include <string.h>

#include "manager/gateway/ask.h"
#include "manager/gateway/down.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "manager/gateway/trace.h"
#include "util/log.h"

enum kind { MESSAGE, PRESENCE, IQ };

/* Where a stanza goes. */
enum target {
	GATEWAY = 1,		/* our domain */
	CONTACT = 2,
	ROOM = 4,		/* bare */
	OCCUPANT = 8,		/* room/nick */
	SELF = 16,		/* server mode: the sender's own bare JID */
	ANY = 31,
};

enum sender {
	ANYONE,
	EXPECTED,		/* has a session, or will have one soon */
};

struct route {
	enum kind	 kind;
	const char	*type;		/* NULL: absent */
	unsigned	 targets;
	const char	*name, *ns;	/* of a child; NULL: any */
	enum sender	 sender;
	down_handler	*handle;
};

/* The first row that fits wins. */
static const struct route routes[] = {
/* kind     type            to              child             sender    handler */
{ MESSAGE,  "error",        ANY,            NULL, NULL,         ANYONE,   down_message_error },
{ MESSAGE,  "*",            GATEWAY,        "privilege", NS_PRIVILEGE2, ANYONE, down_privilege },
{ MESSAGE,  "*",            GATEWAY,        "privilege", NS_PRIVILEGE1, ANYONE, down_privilege },
{ MESSAGE,  "*",            GATEWAY,        "event", NS_PUBSUB_EVENT, ANYONE, down_keys_event },
{ MESSAGE,  "*",            GATEWAY | SELF, NULL, NULL,         ANYONE,   down_message_gateway },
{ MESSAGE,  "groupchat",    ROOM | CONTACT, NULL, NULL,         EXPECTED, down_room_message },
{ MESSAGE,  "*",            ROOM,           "x", NS_MUC_USER,   EXPECTED, down_room_mediated },
{ MESSAGE,  "*",            ROOM,           NULL, NULL,         EXPECTED, down_room_message },
{ MESSAGE,  "*",            OCCUPANT,       NULL, NULL,         EXPECTED, down_room_private },
{ MESSAGE,  "*",            CONTACT,        NULL, NULL,         EXPECTED, down_message_chat },

{ PRESENCE, NULL,           OCCUPANT,       NULL, NULL,         ANYONE,   down_room_presence },
{ PRESENCE, "unavailable",  OCCUPANT | ROOM, NULL, NULL,        ANYONE,   down_room_leave },
{ PRESENCE, "error",        OCCUPANT | ROOM, NULL, NULL,        ANYONE,   down_message_error },
{ PRESENCE, NULL,           ROOM,           NULL, NULL,         ANYONE,   down_room_presence },
{ PRESENCE, NULL,           GATEWAY | SELF, NULL, NULL,         ANYONE,   down_presence_available },
{ PRESENCE, "unavailable",  GATEWAY | SELF, NULL, NULL,         ANYONE,   down_presence_unavailable },
{ PRESENCE, "probe",        GATEWAY | SELF, NULL, NULL,         ANYONE,   down_presence_probe },
{ PRESENCE, "error",        GATEWAY | SELF, NULL, NULL,         ANYONE,   down_presence_error },
{ PRESENCE, "subscribe",    GATEWAY,        NULL, NULL,         ANYONE,   down_gateway_subscribe },
{ PRESENCE, "subscribed",   GATEWAY,        NULL, NULL,         ANYONE,   down_gateway_subscribed },
{ PRESENCE, "unsubscribe",  GATEWAY,        NULL, NULL,         ANYONE,   down_gateway_unsubscribe },
{ PRESENCE, "unsubscribed", GATEWAY,        NULL, NULL,         ANYONE,   down_gateway_unsubscribed },
{ PRESENCE, "subscribe",    CONTACT | ROOM, NULL, NULL,         ANYONE,   down_contact_subscribe },
{ PRESENCE, "subscribed",   CONTACT | ROOM, NULL, NULL,         ANYONE,   down_contact_subscribed },
{ PRESENCE, "unsubscribe",  CONTACT | ROOM, NULL, NULL,         ANYONE,   down_contact_unsubscribe },
{ PRESENCE, "unsubscribed", CONTACT | ROOM, NULL, NULL,         ANYONE,   down_contact_unsubscribed },
{ PRESENCE, "probe",        CONTACT,        NULL, NULL,         ANYONE,   down_contact_probe },
{ PRESENCE, "*",            CONTACT,        NULL, NULL,         ANYONE,   down_contact_presence },

{ IQ,       "get",          ANY,            NULL, NS_DISCO_INFO, ANYONE,  down_disco_info },
{ IQ,       "get",          ANY,            NULL, NS_DISCO_ITEMS, ANYONE, down_disco_items },
{ IQ,       "get",          GATEWAY,        NULL, NS_REGISTER,  ANYONE,   down_register_get },
{ IQ,       "set",          GATEWAY,        NULL, NS_REGISTER,  ANYONE,   down_register_set },
{ IQ,       "get",          GATEWAY,        NULL, NS_GATEWAY,   ANYONE,   down_gateway_get },
{ IQ,       "set",          GATEWAY,        NULL, NS_GATEWAY,   ANYONE,   down_gateway_set },
{ IQ,       "get",          OCCUPANT | ROOM, NULL, NS_PING,     ANYONE,   down_room_ping },
{ IQ,       "get",          ANY,            NULL, NS_PING,      ANYONE,   down_ping },
{ IQ,       "get",          ANY,            NULL, NS_VERSION,   ANYONE,   down_version },
{ IQ,       "get",          ANY,            NULL, NS_TIME,      ANYONE,   down_time },
{ IQ,       "get",          ANY,            NULL, NS_LAST,      ANYONE,   down_last },
{ IQ,       "get",          ANY,            "vCard", NS_VCARD,  ANYONE,   down_vcard_get },
{ IQ,       "get",          ANY,            "vcard", NS_VCARD4, ANYONE,   down_vcard4_get },
{ IQ,       "set",          GATEWAY | SELF, "vCard", NS_VCARD,  EXPECTED, down_vcard_set },
{ IQ,       "get",          CONTACT | SELF, "pubsub", NS_PUBSUB, EXPECTED, down_pubsub_get },
{ IQ,       "set",          SELF,           "pubsub", NS_PUBSUB, EXPECTED, down_pubsub_set },
{ IQ,       "get",          GATEWAY | SELF, NULL, NS_PRIVATE,   EXPECTED, down_private_get },
{ IQ,       "set",          GATEWAY | SELF, NULL, NS_PRIVATE,   EXPECTED, down_private_set },
{ IQ,       "get",          GATEWAY | SELF, NULL, NS_ROSTER,    EXPECTED, down_roster_get },
{ IQ,       "set",          GATEWAY | SELF, NULL, NS_ROSTER,    EXPECTED, down_roster_set },
{ IQ,       "get",          GATEWAY,        NULL, NS_SEARCH,    EXPECTED, down_search_get },
{ IQ,       "set",          GATEWAY,        NULL, NS_SEARCH,    EXPECTED, down_search_set },
{ IQ,       "set",          ANY,            "command", NS_COMMANDS, ANYONE, down_command },
{ IQ,       "set",          ROOM,           "query", NS_MAM,     ANYONE,   down_mam_query },
{ IQ,       "get",          ROOM,           "query", NS_MAM,     ANYONE,   down_mam_form },
{ IQ,       "get",          ROOM,           "metadata", NS_MAM,  ANYONE,   down_mam_metadata },
{ IQ,       "set",          ROOM,           "moderate", NS_MODERATE, EXPECTED, down_room_moderate },
{ IQ,       "get",          ROOM,           NULL, NS_MUC_ADMIN, EXPECTED, down_room_admin_get },
{ IQ,       "set",          ROOM,           NULL, NS_MUC_ADMIN, EXPECTED, down_room_admin_set },
{ IQ,       "get",          ROOM,           NULL, NS_MUC_OWNER, EXPECTED, down_room_owner_get },
{ IQ,       "set",          ROOM,           NULL, NS_MUC_OWNER, EXPECTED, down_room_owner_set },
{ IQ,       "get",          GATEWAY | SELF, "blocklist", NS_BLOCKING, EXPECTED, down_blocklist_get },
{ IQ,       "set",          GATEWAY | SELF, "block", NS_BLOCKING, EXPECTED, down_block },
{ IQ,       "set",          GATEWAY | SELF, "unblock", NS_BLOCKING, EXPECTED, down_unblock },
{ IQ,       "set",          GATEWAY | SELF, NULL, NS_CARBONS,   EXPECTED, down_carbons },
};

static int
kind_of(const struct stanza *stanza, enum kind *kind)
{
	static const char *const names[] = { "message", "presence", "iq" };

	for (size_t i = 0; i < LENGTH(names); i++) {
		if (strcmp(stanza->name, names[i]) == 0) {
			*kind = (enum kind)i;
			return 0;
		}
	}
	return -1;
}

/* XEP-0045 7.8: those go to a room, and by way of it to somebody else. */
static bool
is_mediated(const struct down *d)
{
	const struct stanza *x = stanza_child(d->stanza, "x", NS_MUC_USER);

	return stanza_child(x, "invite", NULL) != NULL ||
	    stanza_child(x, "decline", NULL) != NULL;
}

/* Is this a room?  The user is in it, it looks like one, or what is sent makes
 * sense for rooms only. */
static bool
for_room(const struct down *d, enum kind kind)
{
	if (d->room != NULL || name_is_room(d->gw, d->name))
		return true;
	if (kind == MESSAGE && d->to->resource == NULL)
		return is_mediated(d);
	return kind == PRESENCE && d->to->resource != NULL &&
	    stanza_child(d->stanza, "x", NS_MUC) != NULL;
}

static unsigned
target_of(struct down *d, enum kind kind)
{
	if (d->to->node == NULL)
		return GATEWAY;
	if (link_is_server(d->gw->link) &&
	    strcmp(d->to->bare, d->from->bare) == 0)
		return SELF;
	d->name = name_from_node(d->arena, d->to->node);
	if (d->user != NULL)
		d->room = room_find(d->user, d->to->bare);
	if (!for_room(d, kind))
		return CONTACT;
	return d->to->resource ? OCCUPANT : ROOM;
}

static bool
type_fits(const struct route *r, const char *type)
{
	if (r->type == NULL)
		return type == NULL;
	if (r->type[0] == '*')
		return true;
	return type != NULL && strcmp(type, r->type) == 0;
}

static bool
fits(const struct route *r, enum kind kind, unsigned target, struct down *d)
{
	if (r->kind != kind || !(r->targets & target) ||
	    !type_fits(r, d->type))
		return false;
	if (r->ns == NULL)
		return true;
	d->payload = r->name ? stanza_child(d->stanza, r->name, r->ns) :
	    stanza_child_ns(d->stanza, r->ns);
	return d->payload != NULL;
}

/* What one may do of whom it is not known whether it is the user (login.h), with
 * the gateway and its own account. */
static bool
for_guests(const struct route *r, unsigned target)
{
	static down_handler *const handlers[] = {
		down_message_error, down_message_gateway,
		down_presence_available, down_presence_unavailable,
		down_presence_probe, down_presence_error,
		down_disco_info, down_disco_items, down_ping, down_version,
		down_time, down_roster_get, down_carbons, down_command,
	};

	for (size_t i = 0; i < LENGTH(handlers); i++) {
		if (handlers[i] == r->handle)
			return target == GATEWAY || target == SELF;
	}
	return false;
}

static void
run(const struct route *r, unsigned target, struct down *d)
{
	if (d->user != NULL && d->user->guest && !for_guests(r, target)) {
		say_error(d, E_NOT_AUTHORIZED, "The network has not let you "
		    "in yet: it waits for the answer to its question.");
		return;
	}
	if (r->sender == EXPECTED &&
	    (d->user == NULL || !session_expected(d->user))) {
		if (d->type == NULL || strcmp(d->type, "error") != 0)
			say_error(d, E_RECIPIENT_UNAVAILABLE,
			    "You are not logged in to this gateway.");
		return;
	}
	if (r->kind == IQ && target != GATEWAY && target != SELF &&
	    raw_pass_first(d, r->handle))
		return;
	if (r->kind == MESSAGE && target != GATEWAY && target != SELF &&
	    !raw_extra(d))
		return;
	r->handle(d);
}

static bool
is_request(const struct down *d)
{
	return d->type != NULL && (strcmp(d->type, "get") == 0 ||
	    strcmp(d->type, "set") == 0);
}

void
router_stanza(struct gateway *gw, struct arena *a, const struct stanza *stanza,
    const struct jid *from, const struct jid *to)
{
	struct down d = {
		.gw = gw, .arena = a, .stanza = stanza, .from = from, .to = to,
		.id = stanza_attr(stanza, "id"),
		.type = stanza_attr(stanza, "type"),
		.user = user_find(gw, from->bare),
	};
	unsigned target;
	enum kind kind;

	if (trace_runs(gw))
		trace_stanza_in(gw, from->bare, stanza, d.user != NULL &&
		    to->node == NULL && ask_is_secret(d.user));
	if (kind_of(stanza, &kind) < 0)
		return;
	/* What we say to an address of ours comes back from the server.  To
	 * answer ourselves would never end. */
	if (!link_is_server(gw->link) &&
	    strcmp(from->domain, gw->config->jid) == 0)
		return;
	if (kind == IQ && d.type != NULL && (strcmp(d.type, "result") == 0 ||
	    strcmp(d.type, "error") == 0)) {
		iq_received(gw, a, stanza, from);
		return;
	}
	/* Server mode: nobody else is to be reached from here (RFC 6120
	 * 10.4). */
	if (strcmp(to->domain, gw->config->jid) != 0) {
		if (kind != PRESENCE || (d.type != NULL &&
		    strcmp(d.type, "subscribe") == 0))
			say_error(&d, E_REMOTE_SERVER_NOT_FOUND, NULL);
		return;
	}
	/* The user's own message from elsewhere, which the server has sent
	 * for us (XEP-0356): the network has it. */
	if (kind == MESSAGE && from->resource == NULL && from->node != NULL &&
	    to->node != NULL && !link_is_server(gw->link) &&
	    rights_of(gw, from->bare)->message)
		return;
	target = target_of(&d, kind);
	if (kind == IQ && target == SELF && is_request(&d) &&
	    raw_pass_account(&d))
		return;
	for (size_t i = 0; i < LENGTH(routes); i++) {
		if (fits(&routes[i], kind, target, &d)) {
			run(&routes[i], target, &d);
			return;
		}
	}
	if (kind == IQ && is_request(&d) && raw_pass(&d))
		return;
	if (kind == IQ)
		say_error(&d, E_SERVICE_UNAVAILABLE, NULL);
	else
		log_debug("%s: no use for a %s of type %s from %s",
		    gw->config->jid, stanza->name, d.type ? d.type : "-",
		    from->full);
}
