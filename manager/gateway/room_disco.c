/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What service discovery says of a room (XEP-0045 6.4, 6.5), by its name alone
 * where the user is not in it. */
#include "manager/gateway/room_disco.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/archive.h"
#include "manager/gateway/asked.h"
#include "manager/gateway/form.h"
#include "manager/gateway/gesture.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_list.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define ROOMINFO	"http://jabber.org/protocol/muc#roominfo"
#define PROTECTED	"muc_passwordprotected"
#define ITEMS_MAX	500	/* occupants told */

static void
write_info_form(struct xml *x, const struct room *room)
{
	unsigned n = (unsigned)map_count(&room->occupants);
	struct arena scratch = { 0 };

	form_begin(x, "result", NULL, NULL, ROOMINFO);
	form_field(x, "muc#roominfo_description", "text-single", NULL,
	    room->name ? room->name : room->id, false);
	if (room->subject != NULL)
		form_field(x, "muc#roominfo_subject", "text-single", NULL,
		    room->subject, false);
	form_field(x, "muc#roominfo_occupants", "text-single", NULL,
	    arena_printf(&scratch, "%u", n), false);
	form_end(x);
	arena_free(&scratch);
}

static void
put_feature(struct xml *x, const char *var)
{
	xml_open(x, "feature");
	xml_attr(x, "var", var);
	xml_close(x);
}

/* XEP-0045 15.3: one of each pair, the first where nobody says more. */
static const struct {
	const char	*usual, *other;
} kinds[] = {
	{ "muc_open", "muc_membersonly" },
	{ "muc_public", "muc_hidden" },
	{ "muc_persistent", "muc_temporary" },
	{ "muc_nonanonymous", "muc_semianonymous" },
	{ "muc_unmoderated", "muc_moderated" },
	{ "muc_unsecured", PROTECTED },
};

/* Bits: which of kinds are the other one, as far as we know by ourselves. */
static unsigned
kind_of(const struct room *room)
{
	return room != NULL && room->password ? 1u << (LENGTH(kinds) - 1) : 0;
}

static void
put_features(struct xml *x, const struct gateway *gw, const struct room *room,
    unsigned others)
{
	static const char *const features[] = {
		NS_COMMANDS, NS_DISCO_INFO, NS_DISCO_ITEMS, NS_MUC,
		NS_SELF_PING, NS_OCCUPANT_ID, NS_SID, NS_PING,
	};
	static const struct {
		const char	*ns, *needs;
	} gestures[] = {
		{ NS_CHATSTATES, FEATURE_CHAT_STATES },
		{ NS_REPLY, FEATURE_REPLIES },
		{ NS_REACTIONS, FEATURE_REACTIONS },
		{ NS_RETRACT, FEATURE_RETRACTION },
		{ NS_MODERATE, FEATURE_RETRACTION },
	};
	static const char *const archived[] = { NS_MAM, NS_MAM_EXTENDED };

	for (size_t i = 0; i < LENGTH(features); i++)
		put_feature(x, features[i]);
	for (size_t i = 0; i < LENGTH(gestures); i++)
		if (gesture_can(gw, room, gestures[i].needs))
			put_feature(x, gestures[i].ns);
	for (size_t i = 0; archive_is_kept(gw) && i < LENGTH(archived); i++)
		put_feature(x, archived[i]);
	for (size_t i = 0; i < LENGTH(kinds); i++)
		put_feature(x, others & 1u << i ? kinds[i].other :
		    kinds[i].usual);
}

/* id: of one that the user is not in. */
static const char *
name_of(struct gateway *gw, const char *user, const struct room *room,
    const char *jid, const char *id)
{
	const char *listed;

	if (room != NULL && room->name != NULL)
		return room->name;
	listed = room_list_name(gw, user, jid);
	if (listed != NULL)
		return listed;
	return room != NULL ? room->id : id;
}

static void
put_identity(struct xml *x, const char *name)
{
	xml_open(x, "identity");
	xml_attr(x, "category", "conference");
	xml_attr(x, "type", "text");
	xml_attr(x, "name", name);
	xml_close(x);
}

/* ---------------------------------------------- what the network says of it */

struct question {
	struct asked	*asked;
	char		 user[];	/* bare */
};

static void
read_kind(void *ctx, struct arena *a, const struct stanza *query)
{
	unsigned *others = ctx;

	(void)a;
	for (const struct stanza *s = stanza_first(query); s != NULL;
	    s = stanza_next(s)) {
		const char *var = stanza_attr(s, "var");

		for (size_t i = 0; var != NULL && i < LENGTH(kinds); i++) {
			if (strcmp(var, kinds[i].other) == 0)
				*others |= 1u << i;
		}
	}
}

static void
answer(struct asked *a, const struct user *user, const struct room *room,
    unsigned others)
{
	struct xml *x = asked_begin(a);

	xml_open_ns(x, "query", NS_DISCO_INFO);
	put_identity(x, name_of(a->gw, user->jid, room, a->to, NULL));
	put_features(x, a->gw, room, others);
	write_info_form(x, room);
	asked_end(a, x);
}

static void
told(void *ctx, const struct msg_error *error, const union result *result)
{
	struct question *q = ctx;
	struct user *user = user_find(q->asked->gw, q->user);
	const struct room *room = user ? room_find(user, q->asked->to) : NULL;
	unsigned others = kind_of(room);

	/* Of an error there is nothing to read. */
	if (room != NULL && error == NULL && result != NULL &&
	    result->stanza.xml != NULL && *result->stanza.xml != '\0')
		(void)raw_read(result->stanza.xml, q->user, read_kind,
		    &others);
	if (room != NULL)
		answer(q->asked, user, room, others);
	else
		asked_refuse(q->asked, E_ITEM_NOT_FOUND, NULL);
	if (user != NULL)
		session_answered(user);
	free(q);
}

/* What a room is beyond what the gateway makes of it decides what clients do in
 * it: whether they encrypt (XEP-0384 6.2), and what they warn of. */
static bool
ask(struct down *d)
{
	struct msg_stanza m = {
		.user = d->user ? d->user->jid : NULL,
		.client = d->from->resource, .kind = "iq", .type = "get",
		.xml = "<query xmlns='" NS_DISCO_INFO "'/>",
	};
	size_t size = strlen(d->from->bare) + 1;
	struct question *q;

	if (!gateway_can(d->gw, FEATURE_RAW) || d->room == NULL ||
	    !room_has_client(d->room, d->from->full) ||
	    !session_ready(d->user) ||
	    d->user->inflight >= d->gw->config->inflight_max)
		return false;
	m.peer = d->room->id;
	q = xmalloc(sizeof(*q) + size);
	q->asked = asked_by(d);
	memcpy(q->user, d->from->bare, size);
	d->user->inflight++;
	session_request(d->user, METHOD_stanza, &m, told, q);
	return true;
}

void
room_disco_info(struct down *d)
{
	const char *node = stanza_attr(d->payload, "node");
	const struct room *room = d->room;
	struct xml *x;

	if (node == NULL && ask(d))
		return;
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_DISCO_INFO);
	xml_attr(x, "node", node);
	/* XEP-0045 6.6: asked about a reserved nick, and there is none. */
	if (node != NULL) {
		say_end(d->gw, x, d->from->full, 0);
		return;
	}
	put_identity(x, name_of(d->gw, d->from->bare, room, d->to->bare,
	    d->name));
	put_features(x, d->gw, room, kind_of(room));
	if (room != NULL && room_has_client(room, d->from->full))
		write_info_form(x, room);
	say_end(d->gw, x, d->from->full, 0);
}

void
room_disco_items(struct down *d)
{
	struct xml *x = say_result_begin(d);
	const struct occupant *o;
	char jid[ROOM_JID_MAX];
	size_t at = 0;

	xml_open_ns(x, "query", NS_DISCO_ITEMS);
	xml_attr(x, "node", stanza_attr(d->payload, "node"));
	/* XEP-0045 6.5: those who are not in need not know. */
	if (d->room != NULL && room_has_client(d->room, d->from->full) &&
	    map_count(&d->room->occupants) <= ITEMS_MAX)
		while ((o = map_next(&d->room->occupants, &at)) != NULL) {
			xml_open(x, "item");
			xml_attr(x, "jid", room_address(d->room, o->resource,
			    jid));
			xml_attr(x, "name", o->nick);
			xml_close(x);
		}
	say_end(d->gw, x, d->from->full, 0);
}
