/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rooms that the user keeps at the server: those to be entered at once are told
 * as invitations, but a little later, as many clients know them, too, and enter
 * them by themselves.  They are in PEP (XEP-0402); older servers and clients have
 * them in one piece there, or in the private storage (XEP-0048). */
#include "backends/xmpp/bookmark.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "backends/xmpp/told.h"
#include "util/xalloc.h"

#define NS_PUBSUB	"http://jabber.org/protocol/pubsub"
#define NS_EVENT	NS_PUBSUB "#event"
#define NS_BOOKMARKS	"urn:xmpp:bookmarks:1"
#define NS_STORAGE	"storage:bookmarks"
#define NS_PRIVATE	"jabber:iq:private"
#define PASSWORD_MAX	1000

#define WAIT		2.5		/* seconds for the user's client */

/* One to be told, if it has not been entered by then. */
struct waiting {
	TAILQ_ENTRY(waiting) entry;
	char		*password;	/* or NULL */
	char		 room[];
};

struct bookmarks {
	struct session	*session;
	struct told	 rooms;		/* that were told, or will be, and are
					 * kept still */
	TAILQ_HEAD(, waiting) waiting;	/* the timer runs if there are any */
	size_t		 nwaiting;	/* at most ROOMS_MAX */
	ev_timer	 timer;
};

static bool
is_wanted(xmpp_stanza_t *conference)
{
	const char *autojoin = stanza_attr(conference, "autojoin");

	return autojoin != NULL && (strcmp(autojoin, "true") == 0 ||
	    strcmp(autojoin, "1") == 0);
}

static void
waiting_remove(struct bookmarks *b, struct waiting *w)
{
	TAILQ_REMOVE(&b->waiting, w, entry);
	b->nwaiting--;
	free(w->password);
	free(w);
}

static void
on_time(EV_P_ ev_timer *t, int revents)
{
	struct bookmarks *b = CONTAINER(t, struct bookmarks, timer);
	struct waiting *w;

	(void)loop, (void)revents;
	while ((w = TAILQ_FIRST(&b->waiting)) != NULL) {
		const struct msg_room_invited m = { .user = b->session->user,
		    .room = w->room, .password = w->password };

		if (room_find(b->session, w->room) == NULL)
			kit_notify(METHOD_room_invited, &m);
		waiting_remove(b, w);
	}
}

static void
tell(struct session *s, xmpp_stanza_t *conference, const char *room)
{
	struct bookmarks *b = s->bookmarks;
	struct waiting *w;

	told_add(&b->rooms, room, TOLD_LIVE);
	told_trim(&b->rooms, ROOMS_MAX);
	if (b->nwaiting == ROOMS_MAX)
		waiting_remove(b, TAILQ_FIRST(&b->waiting));
	w = xcalloc(1, sizeof(*w) + strlen(room) + 1);
	strcpy(w->room, room);
	w->password = stanza_text(stanza_child(conference, "password", NULL),
	    PASSWORD_MAX);
	TAILQ_INSERT_TAIL(&b->waiting, w, entry);
	b->nwaiting++;
	if (!ev_is_active(&b->timer)) {
		ev_timer_set(&b->timer, WAIT, 0.);
		ev_timer_start(EV_DEFAULT_ &b->timer);
	}
}

/* It is not wanted any more. */
static void
forget(struct bookmarks *b, const char *room)
{
	struct waiting *w;

	told_unmark(&b->rooms, room, TOLD_LIVE);
	TAILQ_FOREACH(w, &b->waiting, entry) {
		if (strcmp(w->room, room) == 0) {
			waiting_remove(b, w);
			return;
		}
	}
}

/* One, as it is now; told counts.  NULL: it is kept no more. */
static void
hear(struct session *s, xmpp_stanza_t *conference, const char *where,
    size_t *told)
{
	char *room = where != NULL ? account_jid(where) : NULL;

	if (room == NULL || s->bookmarks == NULL)
		;
	else if (!is_wanted(conference))
		forget(s->bookmarks, room);
	else if (!told_has(&s->bookmarks->rooms, room, TOLD_LIVE) &&
	    (*told)++ < ROOMS_MAX)
		tell(s, conference, room);
	free(room);
}

/* All of XEP-0048; whether there are any. */
static bool
hear_storage(struct session *s, xmpp_stanza_t *parent)
{
	xmpp_stanza_t *storage = stanza_child(parent, "storage", NS_STORAGE);
	xmpp_stanza_t *c = stanza_child(storage, "conference", NULL);
	size_t told = 0;
	bool any = c != NULL;

	for (; c != NULL; c = stanza_beside(c, "conference", NULL))
		hear(s, c, stanza_attr(c, "jid"), &told);
	return any;
}

/* ---------------------------------------------------------- private storage */

static void
on_private(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	(void)ctx;
	hear_storage(s, stanza_child(answer, "query", NS_PRIVATE));
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

/* Whether there are any. */
static bool
hear_items(struct session *s, xmpp_stanza_t *items)
{
	xmpp_stanza_t *item = stanza_child(items, "item", NULL);
	xmpp_stanza_t *gone = stanza_child(items, "retract", NULL);
	size_t told = 0;
	bool any = item != NULL;

	for (; item != NULL; item = stanza_beside(item, "item", NULL))
		hear(s, stanza_child(item, "conference", NS_BOOKMARKS),
		    stanza_attr(item, "id"), &told);
	for (; gone != NULL; gone = stanza_beside(gone, "retract", NULL))
		hear(s, NULL, stanza_attr(gone, "id"), &told);
	return any;
}

static xmpp_stanza_t *
items_of(xmpp_stanza_t *answer)
{
	return stanza_child(stanza_child(answer, "pubsub", NS_PUBSUB),
	    "items", NULL);
}

static void
ask_items(struct session *s, const char *node, request_answered *done)
{
	xmpp_stanza_t *iq = request_new(s, "get", NULL);

	xmpp_stanza_set_attribute(build_child(build_child(iq, "pubsub",
	    NS_PUBSUB), "items", NULL), "node", node);
	request_send(s, iq, done, NULL);
}

static void
on_stored(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	(void)ctx;
	if (answer != NULL && !hear_storage(s, stanza_child(items_of(answer),
	    "item", NULL)))
		ask_private(s);
}

static void
on_items(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	(void)ctx;
	if (answer != NULL && !hear_items(s, items_of(answer)))
		ask_items(s, NS_STORAGE, on_stored);
}

void
bookmarks_online(struct session *s)
{
	if (s->bookmarks == NULL) {
		s->bookmarks = xcalloc(1, sizeof(*s->bookmarks));
		s->bookmarks->session = s;
		told_init(&s->bookmarks->rooms);
		TAILQ_INIT(&s->bookmarks->waiting);
		ev_timer_init(&s->bookmarks->timer, on_time, WAIT, 0.);
	}
	/* After a break, too: they may have changed meanwhile, and what has
	 * been told is not told again. */
	ask_items(s, NS_BOOKMARKS, on_items);
}

/* Another client of the user has changed them.  Only the account itself may say
 * so. */
bool
bookmarks_stanza(struct session *s, xmpp_stanza_t *st)
{
	xmpp_stanza_t *items = stanza_child(stanza_child(st, "event",
	    NS_EVENT), "items", NULL);
	bool stored = stanza_attr_is(items, "node", NS_STORAGE);

	if (!stanza_is(st, "message", NULL) ||
	    (!stored && !stanza_attr_is(items, "node", NS_BOOKMARKS)))
		return false;
	if (!session_is_own(s, stanza_attr(st, "from")))
		;
	else if (stored)
		hear_storage(s, stanza_child(items, "item", NULL));
	else
		hear_items(s, items);
	return true;
}

void
bookmarks_end(struct session *s)
{
	struct bookmarks *b = s->bookmarks;

	if (b == NULL)
		return;
	ev_timer_stop(EV_DEFAULT_ &b->timer);
	while (b->nwaiting > 0)
		waiting_remove(b, TAILQ_FIRST(&b->waiting));
	told_finish(&b->rooms);
	free(b);
	s->bookmarks = NULL;
}
