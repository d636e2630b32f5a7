/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What service discovery says of a room (XEP-0045 6.4, 6.5), by its name alone
 * where the user is not in it. */
#include "manager/gateway/room_disco.h"

#include "manager/gateway/archive.h"
#include "manager/gateway/form.h"
#include "manager/gateway/gesture.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_list.h"
#include "manager/gateway/say.h"
#include "protocol/features.h"

#define ROOMINFO	"http://jabber.org/protocol/muc#roominfo"
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

static void
put_features(struct xml *x, const struct gateway *gw, const struct room *room)
{
	static const char *const features[] = {
		NS_COMMANDS, NS_DISCO_INFO, NS_DISCO_ITEMS, NS_MUC,
		NS_SELF_PING, NS_OCCUPANT_ID, NS_SID, NS_PING, "muc_open", "muc_public",
		"muc_persistent", "muc_nonanonymous", "muc_unmoderated",
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
	put_feature(x, room && room->password ? "muc_passwordprotected" :
	    "muc_unsecured");
}

static const char *
name_of(const struct down *d)
{
	const char *listed;

	if (d->room != NULL && d->room->name != NULL)
		return d->room->name;
	listed = room_list_name(d->gw, d->from->bare, d->to->bare);
	if (listed != NULL)
		return listed;
	return d->room != NULL ? d->room->id : d->name;
}

void
room_disco_info(struct down *d)
{
	const char *node = stanza_attr(d->payload, "node");
	const struct room *room = d->room;
	struct xml *x = say_result_begin(d);

	xml_open_ns(x, "query", NS_DISCO_INFO);
	xml_attr(x, "node", node);
	/* XEP-0045 6.6: asked about a reserved nick, and there is none. */
	if (node != NULL) {
		say_end(d->gw, x, d->from->full, 0);
		return;
	}
	xml_open(x, "identity");
	xml_attr(x, "category", "conference");
	xml_attr(x, "type", "text");
	xml_attr(x, "name", name_of(d));
	xml_close(x);
	put_features(x, d->gw, room);
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
