/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rooms that the user keeps at the server: those to be entered at once are told
 * as invitations.  They are in PEP (XEP-0402); older servers and clients have
 * them in the private storage (XEP-0048). */
#include "backends/xmpp/bookmark.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

#define NS_PUBSUB	"http://jabber.org/protocol/pubsub"
#define NS_EVENT	NS_PUBSUB "#event"
#define NS_BOOKMARKS	"urn:xmpp:bookmarks:1"
#define NS_STORAGE	"storage:bookmarks"
#define NS_PRIVATE	"jabber:iq:private"
#define PASSWORD_MAX	1000

/* Is there anything to be told?  Counts it, too. */
static void
hear(struct session *s, xmpp_stanza_t *conference, const char *where,
    size_t *told)
{
	const char *autojoin = stanza_attr(conference, "autojoin");
	char *room, *password;
	struct msg_room_invited m = { .user = s->user };

	if (autojoin == NULL || *told >= ROOMS_MAX ||
	    (strcmp(autojoin, "true") != 0 && strcmp(autojoin, "1") != 0))
		return;
	room = where != NULL ? account_jid(where) : NULL;
	if (room != NULL && room_find(s, room) == NULL) {
		password = stanza_text(stanza_child(conference, "password",
		    NULL), PASSWORD_MAX);
		m.room = room;
		m.password = password;
		kit_notify(METHOD_room_invited, &m);
		(*told)++;
		free(password);
	}
	free(room);
}

/* ---------------------------------------------------------- private storage */

static void
on_private(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	xmpp_stanza_t *c = stanza_child(stanza_child(stanza_child(answer,
	    "query", NS_PRIVATE), "storage", NS_STORAGE), "conference", NULL);
	size_t told = 0;

	(void)ctx;
	for (; c != NULL; c = stanza_beside(c, "conference", NULL))
		hear(s, c, stanza_attr(c, "jid"), &told);
}

static void
ask_private(struct session *s)
{
	xmpp_stanza_t *iq = request_new(s, "get", NULL);

	build_child(build_child(iq, "query", NS_PRIVATE), "storage",
	    NS_STORAGE);
	request_send(s, iq, on_private, NULL);
}

/* ---------------------------------------------------------------------- PEP */

static size_t
hear_items(struct session *s, xmpp_stanza_t *items)
{
	xmpp_stanza_t *item = stanza_child(items, "item", NULL);
	size_t found = 0, told = 0;

	for (; item != NULL; item = stanza_beside(item, "item", NULL)) {
		hear(s, stanza_child(item, "conference", NS_BOOKMARKS),
		    stanza_attr(item, "id"), &told);
		found++;
	}
	return found;
}

static void
on_items(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	xmpp_stanza_t *items = stanza_child(stanza_child(answer, "pubsub",
	    NS_PUBSUB), "items", NULL);

	(void)ctx;
	if (answer != NULL && hear_items(s, items) == 0)
		ask_private(s);
}

void
bookmarks_online(struct session *s)
{
	xmpp_stanza_t *iq;

	/* After a break the rooms are those of before. */
	if (s->bookmarks_told)
		return;
	s->bookmarks_told = true;
	iq = request_new(s, "get", NULL);
	xmpp_stanza_set_attribute(build_child(build_child(iq, "pubsub",
	    NS_PUBSUB), "items", NULL), "node", NS_BOOKMARKS);
	request_send(s, iq, on_items, NULL);
}

/* Another client of the user has added one.  Only the account itself may say
 * so. */
bool
bookmarks_stanza(struct session *s, xmpp_stanza_t *st)
{
	xmpp_stanza_t *items = stanza_child(stanza_child(st, "event",
	    NS_EVENT), "items", NULL);
	const char *from = stanza_attr(st, "from");

	if (!stanza_is(st, "message", NULL) ||
	    !stanza_attr_is(items, "node", NS_BOOKMARKS))
		return false;
	if (from == NULL || strcmp(from, s->jid) == 0)
		hear_items(s, items);
	return true;
}
