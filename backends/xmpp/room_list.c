/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rooms of a server (XEP-0045 6.3), a page at a time (XEP-0059).  Which of
 * a server's services has them is found out once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define NS_ITEMS	"http://jabber.org/protocol/disco#items"
#define NS_RSM		"http://jabber.org/protocol/rsm"
#define SERVICES	30	/* of a server that are looked at */
#define PAGE		100	/* rooms, if nobody says how many */
#define PAGE_MAX	1000
#define NAME_BYTES	1000

struct list {
	struct kit_call	 call;
	struct arena	 arena;
	const char	*service;	/* that has them; NULL: not known yet */
	const char	*candidates[SERVICES];
	size_t		 ncandidates, at;
	const char	*after, *search;	/* or NULL */
	size_t		 max;
};

static void
list_free(struct list *l)
{
	arena_free(&l->arena);
	free(l);
}

static void
fail(struct list *l, xmpp_stanza_t *answer)
{
	if (answer == NULL || !request_worked(answer))
		request_settle(&l->call, answer);
	else
		kit_error(&l->call, ERR_NOT_FOUND, "This server has no "
		    "rooms.");
	list_free(l);
}

/* -------------------------------------------------------------------- rooms */

static bool
is_wanted(const struct list *l, const char *jid, const char *name)
{
	return l->search == NULL || strcasestr(jid, l->search) != NULL ||
	    (name != NULL && strcasestr(name, l->search) != NULL);
}

/* A number in a page's frame; -1: there is none. */
static long
number_of(xmpp_stanza_t *set, const char *name)
{
	char *text = stanza_text(stanza_child(set, name, NS_RSM), 20);
	char *end;
	long n = text != NULL ? strtol(text, &end, 10) : -1;

	if (text != NULL && (end == text || *end != '\0'))
		n = -1;
	free(text);
	return n;
}

static void
put(struct list *l, struct msg_room_list_result *result,
    xmpp_stanza_t *item)
{
	const char *name = stanza_attr(item, "name");
	const char *jid = stanza_attr(item, "jid");

	if (name != NULL && (*name == '\0' || strlen(name) > NAME_BYTES))
		name = NULL;
	if (is_wanted(l, jid, name))
		result->rooms.v[result->rooms.n++] = (struct msg_room_info){
			.room = jid, .name = name };
}

/* A service that knows no pages says everything at once. */
static void
on_rooms(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct list *l = ctx;
	xmpp_stanza_t *query = stanza_child(answer, "query", NS_ITEMS);
	xmpp_stanza_t *set = stanza_child(query, "set", NS_RSM);
	xmpp_stanza_t *item = stanza_child(query, "item", NULL);
	struct msg_room_list_result result = { 0 };
	long count = number_of(set, "count");
	bool skip = set == NULL && l->after != NULL;
	size_t seen = 0;
	const char *jid;

	(void)s;
	if (!request_worked(answer)) {
		fail(l, answer);
		return;
	}
	result.rooms.v = arena_zalloc(&l->arena, (l->max + 1) *
	    sizeof(*result.rooms.v));
	for (; item != NULL; item = stanza_beside(item, "item", NULL)) {
		jid = stanza_attr(item, "jid");
		if (jid == NULL || strchr(jid, '@') == NULL)
			continue;
		seen++;
		if (skip)
			skip = strcmp(jid, l->after) != 0;
		else if (result.rooms.n < l->max)
			put(l, &result, item);
		else
			result.more = true;
	}
	if (set != NULL && seen >= l->max)
		result.more = true;
	if (l->search == NULL)
		result.total = count >= 0 ? count : set == NULL ?
		    (int64_t)seen : 0;
	kit_reply(&l->call, &result);
	list_free(l);
}

static void
ask_rooms(struct session *s, struct list *l)
{
	xmpp_stanza_t *iq = request_new(s, "get", l->service), *set;
	char number[24];

	set = build_child(build_child(iq, "query", NS_ITEMS), "set", NS_RSM);
	snprintf(number, sizeof(number), "%zu", l->max);
	build_text(set, "max", number);
	build_text(set, "after", l->after);
	request_send(s, iq, on_rooms, l);
}

/* ------------------------------------------------------------------ service */

static void ask_candidate(struct session *, struct list *, xmpp_stanza_t *);

static bool
has_rooms(xmpp_stanza_t *query)
{
	xmpp_stanza_t *f = stanza_child(query, "identity", NULL);
	bool conference = false;

	for (; f != NULL; f = stanza_beside(f, "identity", NULL))
		conference |= stanza_attr_is(f, "category", "conference") &&
		    stanza_attr_is(f, "type", "text");
	for (f = stanza_child(query, "feature", NULL); f != NULL && conference;
	    f = stanza_beside(f, "feature", NULL)) {
		if (stanza_attr_is(f, "var", NS_MUC))
			return true;
	}
	return false;
}

static void
on_candidate(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct list *l = ctx;

	if (answer == NULL) {
		fail(l, answer);
	} else if (request_worked(answer) &&
	    has_rooms(stanza_child(answer, "query", NS_DISCO_INFO))) {
		l->service = l->candidates[l->at];
		xreplace(&s->room_service, l->service);
		ask_rooms(s, l);
	} else {
		l->at++;
		ask_candidate(s, l, answer);
	}
}

static void
ask_candidate(struct session *s, struct list *l, xmpp_stanza_t *last)
{
	xmpp_stanza_t *iq;

	if (l->at >= l->ncandidates) {
		fail(l, last);
		return;
	}
	iq = request_new(s, "get", l->candidates[l->at]);
	build_child(iq, "query", NS_DISCO_INFO);
	request_send(s, iq, on_candidate, l);
}

static void
on_services(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct list *l = ctx;
	xmpp_stanza_t *item = stanza_child(stanza_child(answer, "query",
	    NS_ITEMS), "item", NULL);
	const char *jid;

	if (!request_worked(answer)) {
		fail(l, answer);
		return;
	}
	for (; item != NULL && l->ncandidates < SERVICES;
	    item = stanza_beside(item, "item", NULL)) {
		jid = stanza_attr(item, "jid");
		if (jid != NULL && strchr(jid, '@') == NULL)
			l->candidates[l->ncandidates++] =
			    arena_strdup(&l->arena, jid);
	}
	ask_candidate(s, l, answer);
}

void
down_room_list(const struct kit_call *call, const struct msg_room_list *m)
{
	struct session *s;
	struct list *l;
	xmpp_stanza_t *iq;

	if (m->user == NULL) {
		kit_error(call, ERR_NOT_SUPPORTED, NULL);
		return;
	}
	s = session_for(call, m->user);
	if (s == NULL)
		return;
	l = xcalloc(1, sizeof(*l));
	l->call = *call;
	l->max = m->max > 0 && m->max <= PAGE_MAX ? (size_t)m->max : PAGE;
	if (m->after != NULL)
		l->after = arena_strdup(&l->arena, m->after);
	if (m->search != NULL && *m->search != '\0')
		l->search = arena_strdup(&l->arena, m->search);
	if (m->network != NULL || s->room_service != NULL) {
		l->service = arena_strdup(&l->arena, m->network != NULL ?
		    m->network : s->room_service);
		ask_rooms(s, l);
		return;
	}
	iq = request_new(s, "get", strchr(s->jid, '@') + 1);
	build_child(iq, "query", NS_ITEMS);
	request_send(s, iq, on_services, l);
}
