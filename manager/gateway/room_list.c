/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of rooms by user and server: asked for, kept, cut into pages. */
#include "manager/gateway/room_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "util/xalloc.h"

#define KEEP		30.	/* seconds */
#define LISTS_MAX	64
#define WAITERS_MAX	100	/* of one list */

struct listed {
	char	*jid, *name;
};

/* A page that was asked for (XEP-0059). */
struct page {
	bool	 paged;			/* asked for at all */
	long	 max, index;		/* -1: not said */
	char	*after, *before;	/* before "": the last page */
};

struct waiter {
	STAILQ_ENTRY(waiter) entry;
	char		*from, *to, *id;
	struct page	 page;
};

struct room_list {
	TAILQ_ENTRY(room_list) entry;
	struct gateway	*gw;
	char		*user;		/* bare JID, or "" for everybody */
	char		*network;	/* or "" */
	double		 until;		/* ev_now(); 0: still being asked for */
	struct fetch	*fetch;		/* while it is */
	struct listed	*rooms;
	size_t		 n;
	STAILQ_HEAD(, waiter) waiters;
};

/* The question's own memory: it may outlive the list. */
struct fetch {
	struct room_list *list;		/* NULL: nobody wants it any more */
};

struct room_lists {
	TAILQ_HEAD(, room_list) all;	/* oldest first */
	unsigned	 n;
};

/* ------------------------------------------------------------------- memory */

static void
page_finish(struct page *page)
{
	free(page->after);
	free(page->before);
}

static void
waiter_free(struct waiter *w)
{
	free(w->from);
	free(w->to);
	free(w->id);
	page_finish(&w->page);
	free(w);
}

static struct room_list *
list_new(struct gateway *gw, const char *user, const char *network)
{
	struct room_list *list = xcalloc(1, sizeof(*list));

	list->gw = gw;
	list->user = xstrdup(user);
	list->network = xstrdup(network);
	STAILQ_INIT(&list->waiters);
	TAILQ_INSERT_TAIL(&gw->room_lists->all, list, entry);
	gw->room_lists->n++;
	return list;
}

static void
list_free(struct room_list *list)
{
	struct waiter *w;

	TAILQ_REMOVE(&list->gw->room_lists->all, list, entry);
	list->gw->room_lists->n--;
	if (list->fetch != NULL)
		list->fetch->list = NULL;
	while ((w = STAILQ_FIRST(&list->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&list->waiters, entry);
		waiter_free(w);
	}
	for (size_t i = 0; i < list->n; i++) {
		free(list->rooms[i].jid);
		free(list->rooms[i].name);
	}
	free(list->rooms);
	free(list->user);
	free(list->network);
	free(list);
}

static void
forget_old(struct gateway *gw)
{
	struct room_list *list, *next;
	double now = ev_now(gw->loop);

	for (list = TAILQ_FIRST(&gw->room_lists->all); list != NULL;
	    list = next) {
		next = TAILQ_NEXT(list, entry);
		if (list->until != 0 && (list->until <= now ||
		    gw->room_lists->n >= LISTS_MAX))
			list_free(list);
	}
}

void
room_lists_destroy(struct gateway *gw)
{
	struct room_list *list;

	if (gw->room_lists == NULL)
		return;
	while ((list = TAILQ_FIRST(&gw->room_lists->all)) != NULL)
		list_free(list);
	free(gw->room_lists);
	gw->room_lists = NULL;
}

/* -------------------------------------------------------------------- pages */

static long
number(struct arena *a, const struct stanza *set, const char *name)
{
	const char *s = stanza_child_text(a, set, name, NS_RSM);
	char *end;
	long n;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	n = strtol(s, &end, 10);
	return *end == '\0' ? n : -1;
}

static struct page
page_asked(const struct down *d)
{
	const struct stanza *set = stanza_child(d->payload, "set", NS_RSM);

	return (struct page){
		.paged = set != NULL,
		.max = number(d->arena, set, "max"),
		.index = number(d->arena, set, "index"),
		.after = xstrdup_null(stanza_child_text(d->arena, set,
		    "after", NS_RSM)),
		.before = xstrdup_null(stanza_child_text(d->arena, set,
		    "before", NS_RSM)),
	};
}

/* Number of the room with this JID; the list's length when there is none. */
static size_t
position(const struct room_list *list, const char *jid)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->rooms[i].jid, jid) == 0)
			break;
	return i;
}

/* First and end of the page; -1 when it begins at a room that is not there
 * (XEP-0059 2.2: item-not-found). */
static int
page_find(const struct room_list *list, const struct page *page, size_t *first,
    size_t *end)
{
	size_t max = page->max >= 0 ? (size_t)page->max : list->n, at;

	*first = 0;
	*end = list->n;
	if (page->after != NULL) {
		if ((at = position(list, page->after)) == list->n)
			return -1;
		*first = at + 1;
	} else if (page->before != NULL) {
		at = page->before[0] != '\0' ? position(list, page->before) :
		    list->n;
		if (at == list->n && page->before[0] != '\0')
			return -1;
		*end = at;
		*first = at > max ? at - max : 0;
	} else if (page->index >= 0) {
		if ((size_t)page->index > list->n)
			return -1;
		*first = (size_t)page->index;
	}
	if (*end - *first > max)
		*end = *first + max;
	return 0;
}

static void
write_set(struct xml *x, const struct room_list *list, size_t first,
    size_t end)
{
	xml_open_ns(x, "set", NS_RSM);
	if (first < end) {
		xml_open(x, "first");
		xml_attrf(x, "index", "%zu", first);
		xml_text(x, list->rooms[first].jid);
		xml_close(x);
		xml_element(x, "last", NULL, list->rooms[end - 1].jid);
	}
	xml_open(x, "count");
	xml_textf(x, "%zu", list->n);
	xml_close(x);
	xml_close(x);
}

static void
answer(const struct room_list *list, const char *from, const char *to,
    const char *id, const struct page *page)
{
	struct gateway *gw = list->gw;
	size_t first, end;
	struct xml *x;

	if (page_find(list, page, &first, &end) < 0) {
		say_error_to(gw, "iq", from, to, id, E_ITEM_NOT_FOUND, NULL);
		return;
	}
	x = say_result_begin_to(gw, from, to, id);
	xml_open_ns(x, "query", NS_DISCO_ITEMS);
	for (size_t i = first; i < end; i++) {
		xml_open(x, "item");
		xml_attr(x, "jid", list->rooms[i].jid);
		xml_attr(x, "name", list->rooms[i].name);
		xml_close(x);
	}
	if (page->paged)
		write_set(x, list, first, end);
	say_end(gw, x, to, 0);
}

/* ----------------------------------------------------------------- fetching */

static void
fill(struct room_list *list, const struct msg_room_list_result *result)
{
	struct gateway *gw = list->gw;
	struct arena scratch = { 0 };
	size_t n = result ? result->rooms.n : 0;
	const char *jid;

	if (n > gw->config->room_list_max)
		n = gw->config->room_list_max;
	list->rooms = xcalloc(n + 1, sizeof(*list->rooms));
	for (size_t i = 0; i < n; i++) {
		const struct msg_room_info *room = &result->rooms.v[i];

		if ((jid = name_to_jid(gw, &scratch, room->room)) == NULL)
			continue;	/* nobody could join it */
		list->rooms[list->n++] = (struct listed){
			xstrdup(jid),
			xstrdup(room->name ? room->name : room->room),
		};
	}
	arena_free(&scratch);
	list->until = ev_now(gw->loop) + KEEP;
}

static void
tell_waiters(struct room_list *list, const struct msg_error *error)
{
	struct waiter *w;

	while ((w = STAILQ_FIRST(&list->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&list->waiters, entry);
		if (error != NULL)
			say_error_to(list->gw, "iq", w->to, w->from, w->id,
			    say_error_of(error->code), error->text);
		else
			answer(list, w->to, w->from, w->id, &w->page);
		waiter_free(w);
	}
}

static void
fetched(void *ctx, const struct msg_error *error, const union result *result)
{
	struct fetch *fetch = ctx;
	struct room_list *list = fetch->list;

	free(fetch);
	if (list == NULL)
		return;
	list->fetch = NULL;
	/* A network without a list has an empty one. */
	if (error != NULL && strcmp(error->code, ERR_NOT_SUPPORTED) == 0)
		error = NULL;
	if (error == NULL)
		fill(list, result ? &result->room_list : NULL);
	tell_waiters(list, error);
	if (error != NULL)
		list_free(list);
}

static void
ask(struct room_list *list, struct user *user)
{
	static const struct msg_error nobody = {
		.code = ERR_NOT_CONNECTED,
		.text = "The network is not to be reached just now.",
	};
	struct gateway *gw = list->gw;
	struct msg_room_list m = {
		.user = user ? user->jid : NULL,
		.network = list->network[0] != '\0' ? list->network : NULL,
		.max = gw->config->room_list_max,
	};

	list->fetch = xcalloc(1, sizeof(*list->fetch));
	list->fetch->list = list;
	if (user != NULL)
		session_request(user, METHOD_room_list, &m, fetched,
		    list->fetch);
	else if (pool_request_any(gw->pool, METHOD_room_list, &m, 0, fetched,
	    list->fetch) < 0)
		fetched(list->fetch, &nobody, NULL);
}

/* ------------------------------------------------------------------- asking */

static struct room_list *
find(const struct gateway *gw, const char *user, const char *network)
{
	struct room_list *list;

	TAILQ_FOREACH(list, &gw->room_lists->all, entry)
		if (strcmp(list->user, user) == 0 &&
		    strcmp(list->network, network) == 0)
			return list;
	return NULL;
}

static void
wait_for(struct room_list *list, const struct down *d, struct page *page)
{
	struct waiter *w = xcalloc(1, sizeof(*w));

	w->from = xstrdup(d->from->full);
	w->to = xstrdup(d->to->full);
	w->id = xstrdup_null(d->id);
	w->page = *page;
	*page = (struct page){ 0 };
	STAILQ_INSERT_TAIL(&list->waiters, w, entry);
}

static unsigned
waiters(const struct room_list *list)
{
	const struct waiter *w;
	unsigned n = 0;

	STAILQ_FOREACH(w, &list->waiters, entry)
		n++;
	return n;
}

static void
answer_empty(const struct down *d)
{
	struct xml *x = say_result_begin(d);

	xml_open_ns(x, "query", NS_DISCO_ITEMS);
	say_end(d->gw, x, d->from->full, 0);
}

void
room_list_answer(struct down *d)
{
	/* A user's own list needs the session, everybody's any backend. */
	struct user *user = d->user != NULL && session_ready(d->user) ?
	    d->user : NULL;
	const char *network = d->name ? d->name : "";
	struct room_list *list;
	struct page page;

	if (!gateway_can(d->gw, "room_list")) {
		answer_empty(d);
		return;
	}
	if (d->gw->room_lists == NULL) {
		d->gw->room_lists = xcalloc(1, sizeof(*d->gw->room_lists));
		TAILQ_INIT(&d->gw->room_lists->all);
	}
	forget_old(d->gw);
	list = find(d->gw, user ? user->jid : "", network);
	page = page_asked(d);
	if (list != NULL && list->until != 0) {
		answer(list, d->to->full, d->from->full, d->id, &page);
	} else if (list == NULL && d->gw->room_lists->n < LISTS_MAX) {
		list = list_new(d->gw, user ? user->jid : "", network);
		wait_for(list, d, &page);
		ask(list, user);
	} else if (list != NULL && waiters(list) < WAITERS_MAX) {
		wait_for(list, d, &page);
	} else {
		say_error(d, E_RESOURCE_CONSTRAINT, NULL);
	}
	page_finish(&page);
}

const char *
room_list_name(const struct gateway *gw, const char *user, const char *jid)
{
	const struct room_list *list;

	if (gw->room_lists == NULL)
		return NULL;
	TAILQ_FOREACH(list, &gw->room_lists->all, entry) {
		if (*list->user != '\0' && strcmp(list->user, user) != 0)
			continue;
		for (size_t i = 0; i < list->n; i++) {
			if (strcmp(list->rooms[i].jid, jid) == 0)
				return list->rooms[i].name;
		}
	}
	return NULL;
}
