/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event of X as a message of the main process: from whom, where, and what it
 * says. */
#include "backends/twitter/direct_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/deliver.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/people.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define TOLD_MAX	64
#define BYTES_MAX	100000	/* of a text: more than X has */

/* An event of a group that went to the chat with X. */
struct told {
	char	 event[PAGE_ID_MAX + 1];
	char	 group[PAGE_ID_MAX + 1];
};

static const char *const kinds[] = {
	[MEDIA_PHOTO] = "Picture", [MEDIA_VIDEO] = "Video",
	[MEDIA_GIF] = "Animation",
};

/* --------------------------------------------------------------------- text */

static void
new_line(struct buf *b)
{
	if (buf_len(b) > 0)
		buf_addc(b, '\n');
}

/* X gives these only to who is logged in there (docs.x.com, Retrieving media):
 * as attachments they would be files that no client can fetch. */
static void
add_media(struct buf *b, const struct event *e)
{
	const struct media *m;

	for (size_t i = 0; i < e->nmedia; i++) {
		m = e->media[i];
		new_line(b);
		buf_adds(b, kinds[m->kind]);
		if (m->alt != NULL)
			buf_addf(b, " (%s)", m->alt);
		buf_addf(b, ", for who is logged in at X: %s", m->url);
	}
}

static void
add_post(struct session *s, struct buf *b, const struct post *p)
{
	const struct known *k = people_by_id(p->author_id);
	struct post copy = *p;
	struct buf text = { 0 };
	char *lines;

	if (copy.author == NULL && k != NULL)
		copy.author = &k->person;
	deliver_text(s, &text, &copy, true);
	lines = buf_steal(&text);
	new_line(b);
	buf_adds(b, "> ");
	for (const char *c = lines; *c != '\0'; c++) {
		buf_addc(b, *c);
		if (*c == '\n')
			buf_adds(b, "> ");
	}
	free(lines);
}

void
direct_show_text(struct session *s, struct buf *b, const struct event *e)
{
	struct buf text = { 0 };
	size_t n;

	buf_adds(&text, e->text);
	if (e->post != NULL)
		add_post(s, &text, e->post);
	add_media(&text, e);
	/* A voice message, a card, or what X has come to know since. */
	if (buf_len(&text) == 0)
		buf_adds(&text, "[Something that only X can show]");
	n = utf8_cut(buf_data(&text), buf_len(&text), BYTES_MAX);
	buf_add(b, buf_data(&text), n);
	buf_free(&text);
}

/* ------------------------------------------------------------ one to one */

static const char *
name_of(const char *id)
{
	const struct known *k = people_by_id(id);

	return k != NULL ? k->person.name : "Somebody whom X does not name";
}

static void
send_up(const struct msg_message *like, struct buf *b, const struct event *e)
{
	struct msg_message m = *like;
	char *id = xasprintf(DIRECT_PREFIX "%s", e->id);
	char *text = buf_steal(b);

	m.body = text;
	m.id = id;
	m.time = e->at;
	kit_notify(METHOD_message, &m);
	free(text);
	free(id);
}

/* With one person.  Of one whom X does not know any more there is no name that
 * could be a contact. */
static void
show_chat(struct direct *d, const struct event *e, const char *peer)
{
	struct session *s = d->session;
	bool mine = e->sender_id != NULL && strcmp(e->sender_id, s->id) == 0;
	const struct known *k = people_by_id(peer);
	struct msg_message m = { .user = s->user, .kind = "chat",
	    .from = k != NULL ? k->contact : CONTACT,
	    .carbon = mine && k != NULL };
	struct buf b = { 0 };

	if (k == NULL)
		buf_addf(&b, "[direct message] %s: ", mine ? "You" :
		    name_of(peer));
	direct_show_text(s, &b, e);
	send_up(&m, &b, e);
}

/* ------------------------------------------------------------------- groups */

static void
remember(struct direct *d, const struct event *e, const struct group *g)
{
	struct told *t;

	if (d->told == NULL)
		d->told = xcalloc(TOLD_MAX, sizeof(*d->told));
	t = &d->told[d->next_told++ % TOLD_MAX];
	snprintf(t->event, sizeof(t->event), "%s", e->id);
	snprintf(t->group, sizeof(t->group), "%s", g->id);
}

const char *
direct_show_told(const struct direct *d, const char *event_id)
{
	for (size_t i = 0; d->told != NULL && i < TOLD_MAX; i++)
		if (strcmp(d->told[i].event, event_id) == 0)
			return d->told[i].group;
	return NULL;
}

/* In its room; as long as the user is not there, in the chat with X, so that it
 * is not lost, and the user is asked in. */
static void
show_group(struct direct *d, const struct event *e, struct group *g)
{
	struct session *s = d->session;
	bool mine = e->sender_id != NULL && strcmp(e->sender_id, s->id) == 0;
	const struct known *k = people_by_id(e->sender_id);
	struct msg_message m = { .user = s->user, .kind = "chat",
	    .from = CONTACT };
	struct buf b = { 0 };
	char *name;

	if (e->sender_id != NULL)
		direct_group_enter(d, g, e->sender_id);
	if (g->joined) {
		m.kind = "groupchat";
		m.from = g->room;
		m.nick = mine ? s->name : k != NULL ? k->person.username : NULL;
		if (m.nick == NULL)
			buf_addf(&b, "%s: ", name_of(e->sender_id));
	} else {
		name = direct_group_name(g);
		buf_addf(&b, "[group %s] %s: ", name,
		    mine ? "You" : name_of(e->sender_id));
		free(name);
		remember(d, e, g);
	}
	direct_show_text(s, &b, e);
	send_up(&m, &b, e);
	if (!g->joined)
		direct_room_call(d, g, k != NULL && !mine ? k->contact : NULL);
}

static void
show_arrival(struct direct *d, const struct event *e, struct group *g)
{
	const struct known *by = people_by_id(e->sender_id);

	for (size_t i = 0; i < e->npeople; i++) {
		direct_group_enter(d, g, e->people[i]);
		if (strcmp(e->people[i], d->session->id) == 0)
			direct_room_call(d, g, by != NULL ? by->contact : NULL);
	}
}

static void
show_departure(struct direct *d, const struct event *e, struct group *g)
{
	const struct msg_room_closed m = { .user = d->session->user,
	    .room = g->room, .reason = "You are not in this group any more." };
	bool me = false;

	for (size_t i = 0; i < e->npeople; i++) {
		direct_group_gone(d, g, e->people[i]);
		me |= strcmp(e->people[i], d->session->id) == 0;
	}
	if (!me)
		return;
	if (g->joined)
		kit_notify(METHOD_room_closed, &m);
	direct_group_forget(d, g);
}

/* -------------------------------------------------------------------- event */

void
direct_show_event(struct direct *d, const struct event *e)
{
	const char *of = e->conversation_id;
	char peer[PAGE_ID_MAX + 1];
	struct group *g;

	if (direct_sent_has(d->session, e->id))
		return;
	if (of != NULL && direct_id_is_group(of)) {
		g = direct_group_get(d, of);
		if (e->kind == EVENT_MESSAGE)
			show_group(d, e, g);
		else if (e->kind == EVENT_JOIN)
			show_arrival(d, e, g);
		else
			show_departure(d, e, g);
	} else if (e->kind == EVENT_MESSAGE) {
		if (of == NULL || !direct_id_peer(of, d->session->id, peer))
			snprintf(peer, sizeof(peer), "%s",
			    e->sender_id != NULL ? e->sender_id : "");
		show_chat(d, e, peer);
	}
}
