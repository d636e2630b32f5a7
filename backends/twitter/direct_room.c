/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group as a room: in and out, what was said lately, and what X does not
 * do. */
#include "backends/twitter/direct_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/fetch.h"
#include "backends/twitter/people.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

#define HISTORY_MAX	20		/* events; each costs something */
#define JOINED_MAX	40

struct joining {
	struct task	 task;
	char		*room;
	char		 id[PAGE_ID_MAX + 1];
	struct page	 page;		/* newest first */
	long		 wanted;	/* of the page, to be shown */
};

void
direct_room_call(struct direct *d, struct group *g, const char *by)
{
	char *name;
	struct msg_room_invited m = { .user = d->session->user,
	    .room = g->room, .peer = by };

	if (g->joined || g->invited)
		return;
	g->invited = true;
	name = direct_group_name(g);
	m.reason = name;
	kit_notify(METHOD_room_invited, &m);
	free(name);
}

/* ------------------------------------------------------------------ joining */

static void
finish(struct task *task)
{
	struct joining *j = (struct joining *)task;

	free(j->room);
	page_free(&j->page);
}

static void
show_past(struct session *s, const struct group *g, const struct event *e)
{
	const struct known *k = people_by_id(e->sender_id);
	char *id = xasprintf(DIRECT_PREFIX "%s", e->id), *text;
	struct msg_message m = { .user = s->user, .from = g->room,
	    .kind = "groupchat", .id = id, .time = e->at,
	    .archive_only = true };
	struct buf b = { 0 };

	if (e->sender_id != NULL && strcmp(e->sender_id, s->id) == 0)
		m.nick = s->name;
	else if (k != NULL)
		m.nick = k->person.username;
	direct_show_text(s, &b, e);
	text = buf_steal(&b);
	m.body = text;
	kit_notify(METHOD_message, &m);
	free(text);
	free(id);
}

/* Who is there by all that, and what was said.  What the next poll will bring
 * is left to it, or it would come twice. */
static void
learn(struct direct *d, struct group *g, const struct joining *j)
{
	const char *since = session_setting(d->session, DIRECT_SINCE, "");
	const struct event *e;

	for (size_t i = j->page.nevents; i-- > 0;) {
		e = &j->page.events[i];
		if (e->kind == EVENT_MESSAGE && (long)i < j->wanted &&
		    page_id_compare(e->id, since) <= 0)
			show_past(d->session, g, e);
		if (e->kind != EVENT_LEAVE && e->sender_id != NULL)
			direct_group_enter(d, g, e->sender_id);
		for (size_t n = 0; n < e->npeople; n++)
			(e->kind == EVENT_LEAVE ? direct_group_gone :
			    direct_group_enter)(d, g, e->people[n]);
	}
}

static void
join(struct joining *j)
{
	struct session *s = j->task.session;
	struct direct *d = s->direct;
	struct group *g = direct_group_get(d, j->id);
	struct msg_room_join_result result = { .nick = s->name };
	char *name;

	xreplace(&g->room, j->room);
	learn(d, g, j);
	g->joined = g->invited = true;
	direct_group_tell(d, g);
	direct_group_keep(d);
	name = direct_group_name(g);
	result.name = name;
	task_reply(&j->task, &result);
	free(name);
	direct_soon(d);
}

static void
found(struct session *s, const struct api_answer *a, void *ctx)
{
	(void)s;
	(void)a;		/* without their names, then */
	join(ctx);
}

static void
got(struct session *s, const struct api_answer *a, const struct page *page,
    void *ctx)
{
	struct joining *j = ctx;
	struct direct_ids ids = { 0 };
	struct group *g = direct_group_find(s->direct, j->id);

	if (a->outcome != API_OK && g == NULL) {
		task_refused(&j->task, a);
		return;
	}
	if (page->nevents == 0 && g == NULL) {
		task_error(&j->task, ERR_NOT_FOUND, "X has no messages of such "
		    "a group. There is none, or it is in X's encrypted chat, "
		    "which this gateway cannot read.");
		return;
	}
	if (a->outcome == API_OK)
		page_read(&j->page, a->json, PAGE_EVENTS);
	if (g != NULL)
		g->read = a->outcome == API_OK;
	for (size_t i = 0; i < j->page.nevents; i++)
		direct_ids_of(&ids, s, &j->page.events[i]);
	direct_people(s, &ids, true, found, j);
}

static long
wanted(const struct msg_room_join *m)
{
	return m->history < 0 || m->history > HISTORY_MAX ? HISTORY_MAX :
	    (long)m->history;
}

static size_t
joined(const struct direct *d)
{
	const struct group *g;
	size_t n = 0;

	TAILQ_FOREACH(g, &d->groups, entry)
		n += g->joined;
	return n;
}

void
direct_room_join(struct session *s, const struct kit_call *call,
    const struct msg_room_join *m)
{
	struct direct *d = direct_of(s);
	const char *id = direct_id_of_room(m->room);
	struct group *g = id != NULL ? direct_group_find(d, id) : NULL;
	struct joining *j;

	if (id == NULL) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	if (joined(d) >= JOINED_MAX && (g == NULL || !g->joined)) {
		kit_error(call, ERR_NOT_ALLOWED, "That is too many rooms.");
		return;
	}
	j = task_begin(s, call, sizeof(*j), finish);
	j->room = xstrdup(m->room);
	snprintf(j->id, sizeof(j->id), "%s", id);
	j->wanted = wanted(m);
	/* One that is known is not asked for twice. */
	if (g != NULL && (g->read || j->wanted == 0))
		join(j);
	else
		fetch(s, &(struct fetch){ .endpoint = E_dm_in,
		    .path = { j->id }, .wanted = j->wanted > 0 ? j->wanted : 1,
		    .background = g != NULL }, got, j);
}

/* ----------------------------------------------------------- other requests */

/* The group of a request, or NULL: it has been answered. */
static struct group *
group_for(struct session *s, const struct kit_call *call, const char *room)
{
	const char *id = direct_id_of_room(room);
	struct group *g = id != NULL ? direct_group_find(direct_of(s), id) :
	    NULL;

	if (g == NULL)
		kit_error(call, ERR_NOT_FOUND, NULL);
	return g;
}

/* Out of the room, not out of the group: the API of X has no way for that. */
void
direct_room_leave(struct session *s, const struct kit_call *call,
    const struct msg_room_leave *m)
{
	struct group *g = group_for(s, call, m->room);

	if (g == NULL)
		return;
	g->joined = false;
	g->invited = true;
	kit_reply(call, NULL);
}

static void
cannot(struct session *s, const struct kit_call *call, const char *room,
    const char *why)
{
	if (group_for(s, call, room) != NULL)
		kit_error(call, ERR_NOT_SUPPORTED, why);
}

void
direct_room_nick(struct session *s, const struct kit_call *call,
    const struct msg_room_nick *m)
{
	cannot(s, call, m->room, "Your nick here is your name on X.");
}

void
direct_room_subject(struct session *s, const struct kit_call *call,
    const struct msg_room_subject_set *m)
{
	cannot(s, call, m->room, "X does not let others than its own apps "
	    "rename a group.");
}

void
direct_room_invite(struct session *s, const struct kit_call *call,
    const struct msg_room_invite *m)
{
	cannot(s, call, m->room, "X does not let others than its own apps "
	    "invite people into a group. You can begin a new one.");
}

size_t
direct_rooms(struct session *s, struct msg_room_info *rows, size_t max)
{
	struct direct *d = direct_of(s);
	struct group *g;
	size_t n = 0;

	TAILQ_FOREACH(g, &d->groups, entry) {
		if (n == max)
			break;
		free(g->name);
		g->name = direct_group_name(g);
		rows[n++] = (struct msg_room_info){ .room = g->room,
		    .name = g->name, .occupants = (int64_t)g->nmembers + 1 };
	}
	return n;
}
