/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rooms are there?  LIST is slow and long, so one answer serves all who
 * ask within a minute, page by page.  It is kept per connection: a server
 * shows its secret channels only to those who are in them. */
#include "backends/irc/ask.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/irc/format.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define ROOMS_MAX	20000
#define KEEP_SECONDS	60.0
#define LIST_TIMEOUT	60.0
#define PAGE		100
#define PAGE_MAX	500
#define TOPIC_MAX	300

struct room_list {
	struct arena	 arena;		/* of the strings */
	struct msg_room_info *v;	/* sorted by name once complete */
	size_t		 n, cap;
	double		 expires;
	bool		 complete;
};

void
ask_forget_list(struct network *n)
{
	if (n->list == NULL)
		return;
	arena_free(&n->list->arena);
	free(n->list->v);
	free(n->list);
	n->list = NULL;
}

void
ask_expire_list(struct network *n, double now)
{
	if (n->list != NULL && n->list->expires <= now)
		ask_forget_list(n);
}

static bool
matches(const struct msg_room_info *r, const char *search)
{
	return search == NULL || *search == '\0' ||
	    strcasestr(r->room, search) != NULL ||
	    (r->topic != NULL && strcasestr(r->topic, search) != NULL);
}

static void
answer(const struct room_list *list, request_t request, const char *after,
    size_t max, const char *search)
{
	struct msg_room_list_result result = { 0 };
	size_t total = 0;

	if (max == 0)
		max = PAGE;
	if (max > PAGE_MAX)
		max = PAGE_MAX;
	result.rooms.v = xcalloc(max, sizeof(*result.rooms.v));
	for (size_t i = 0; i < list->n; i++) {
		if (!matches(&list->v[i], search))
			continue;
		total++;
		if (after != NULL && strcmp(list->v[i].room, after) <= 0)
			continue;
		if (result.rooms.n < max)
			result.rooms.v[result.rooms.n++] = list->v[i];
		else
			result.more = true;
	}
	result.total = (int64_t)total;
	up_result(request, METHOD_room_list, &result);
	free(result.rooms.v);
}

void
ask_list(struct network *n, request_t request, const struct msg_room_list *m)
{
	bool asked = await_find(&n->awaits, n->is.casemap, AWAIT_LIST, NULL,
	    NULL) != NULL;
	double now = ev_now(n->irc->loop);
	size_t max = m->max > 0 ? (size_t)m->max : 0;
	struct await *a;

	if (n->list != NULL && n->list->complete) {
		answer(n->list, request, m->after, max, m->search);
		return;
	}
	a = await_add(&n->awaits, n->is.casemap, AWAIT_LIST, request, "", NULL,
	    now + link_delay(&n->link, 1) + LIST_TIMEOUT);
	if (a == NULL) {
		up_error(request, ERR_RATE_LIMITED, "too much at once");
		return;
	}
	a->name = xstrdup_null(m->after);
	a->body = xstrdup_null(m->search);
	a->pieces = max > PAGE_MAX ? PAGE_MAX : (unsigned)max;
	network_arm(n);
	if (asked)
		return;
	ask_forget_list(n);
	if (link_send(&n->link, "LIST", NULL) == -1)
		await_fail(&n->awaits, a, ERR_RATE_LIMITED,
		    "the IRC server takes commands slowly: wait a little");
}

/* me #channel users :topic */
void
ask_list_line(struct network *n, struct line *l)
{
	static struct buf scratch;
	struct room_list *list = n->list;
	struct msg_room_info *r;
	const char *topic;

	if (!channel_is_valid(n, l->params[1]) || await_find(&n->awaits,
	    n->is.casemap, AWAIT_LIST, NULL, NULL) == NULL)
		return;
	if (list == NULL) {
		list = n->list = xcalloc(1, sizeof(*list));
		list->expires = ev_now(n->irc->loop) + LIST_TIMEOUT * 2;
	}
	if (list->complete || list->n >= ROOMS_MAX)
		return;
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 64;
		list->v = xreallocarray(list->v, list->cap, sizeof(*list->v));
	}
	r = &list->v[list->n++];
	*r = (struct msg_room_info){
		.room = arena_strdup(&list->arena,
		    network_contact_id(n, l->params[1])),
		.name = arena_strdup(&list->arena, l->params[1]),
		.occupants = strtol(l->params[2], NULL, 10),
	};
	if (r->occupants < 0)
		r->occupants = 0;
	topic = format_plain(l->params[3], &scratch);
	if (*topic != '\0' && strlen(topic) <= TOPIC_MAX)
		r->topic = arena_strdup(&list->arena, topic);
}

static int
by_name(const void *a, const void *b)
{
	const struct msg_room_info *x = a, *y = b;

	return strcmp(x->room, y->room);
}

void
ask_list_end(struct network *n, struct line *l)
{
	struct await *a;

	(void)l;
	if (await_find(&n->awaits, n->is.casemap, AWAIT_LIST, NULL,
	    NULL) == NULL)
		return;
	if (n->list == NULL)
		n->list = xcalloc(1, sizeof(*n->list));
	n->list->complete = true;
	n->list->expires = ev_now(n->irc->loop) + KEEP_SECONDS;
	if (n->list->n > 0)
		qsort(n->list->v, n->list->n, sizeof(*n->list->v), by_name);
	while ((a = await_find(&n->awaits, n->is.casemap, AWAIT_LIST, NULL,
	    NULL)) != NULL) {
		answer(n->list, a->request, a->name, a->pieces, a->body);
		await_done(&n->awaits, a);
	}
}

void
ask_list_refused(struct network *n, const char *text)
{
	struct await *a;

	while ((a = await_find(&n->awaits, n->is.casemap, AWAIT_LIST, NULL,
	    NULL)) != NULL)
		await_fail(&n->awaits, a, ERR_RATE_LIMITED, text);
}
