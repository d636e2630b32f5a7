/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reactions and retractions: what X has of them is likes, and that one's own
 * posts can be deleted.  All by the id of the message, which tells what it
 * is. */
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/act.h"
#include "backends/twitter/direct.h"
#include "backends/twitter/down.h"
#include "backends/twitter/meant.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/room.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

#define HEART	"\xe2\x9d\xa4\xef\xb8\x8f"	/* U+2764 U+FE0F */

struct gesture {
	struct task	 task;
	char		 id[PAGE_ID_MAX + 1];
	char		*message;	/* as the main process has it */
	bool		 on;		/* of a like */
	bool		 in_room;	/* where it is to come back */
};

static void
finish(struct task *task)
{
	free(((struct gesture *)task)->message);
}

static struct gesture *
begin(struct session *s, const struct kit_call *call, const char *id,
    const char *message, const char *peer, const char *room)
{
	struct gesture *g = task_begin(s, call, sizeof(*g), finish);

	memcpy(g->id, id, strlen(id) + 1);
	g->message = xstrdup(message);
	/* Not what is between the user and an occupant. */
	g->in_room = room != NULL && strcmp(room, ROOM) == 0 &&
	    strcmp(peer, room) == 0;
	return g;
}

static void
not_known(const struct kit_call *call)
{
	kit_error(call, ERR_NOT_FOUND, "That message is no post on X.");
}

/* ---------------------------------------------------------------- reactions */

static void
reacted(struct gesture *g)
{
	struct session *s = g->task.session;
	const char *heart = HEART;
	struct msg_reaction m = { .user = s->user, .peer = s->name,
	    .room = ROOM, .id = g->message, .emojis = { &heart, g->on } };

	/* As it is on X: others see a like there. */
	if (g->in_room)
		kit_notify(METHOD_reaction, &m);
	task_reply(&g->task, NULL);
}

static void
liked(struct session *s, const struct api_answer *a, const char *id, void *ctx)
{
	struct gesture *g = ctx;

	(void)s;
	(void)id;
	/* A like of a post that is gone is gone, too. */
	if (a->outcome == API_OK ||
	    (a->outcome == API_NOT_FOUND && !g->on))
		reacted(g);
	else
		task_refused(&g->task, a);
}

static bool
is_heart(const char *emoji)
{
	/* Red, and as a card's; then those from beating to decorated; black,
	 * white and brown, orange. */
	static const char *const hearts[] = { "\xe2\x9d\xa4", "\xe2\x99\xa5",
		"\xf0\x9f\x92\x93", "\xf0\x9f\x92\x94", "\xf0\x9f\x92\x95",
		"\xf0\x9f\x92\x96", "\xf0\x9f\x92\x97", "\xf0\x9f\x92\x98",
		"\xf0\x9f\x92\x99", "\xf0\x9f\x92\x9a", "\xf0\x9f\x92\x9b",
		"\xf0\x9f\x92\x9c", "\xf0\x9f\x92\x9d", "\xf0\x9f\x92\x9e",
		"\xf0\x9f\x92\x9f", "\xf0\x9f\x96\xa4", "\xf0\x9f\xa4\x8d",
		"\xf0\x9f\xa4\x8e", "\xf0\x9f\xa7\xa1" };

	for (size_t i = 0; i < LENGTH(hearts); i++)
		if (strncmp(emoji, hearts[i], strlen(hearts[i])) == 0)
			return true;
	return false;
}

static void
explain_likes(struct session *s, const struct strs *emojis)
{
	for (size_t i = 0; i < emojis->n && !s->likes_told; i++) {
		if (is_heart(emojis->v[i]))
			continue;
		s->likes_told = true;
		notice(s, "X knows only likes: whatever you react with is a "
		    "like there.");
	}
}

void
down_react(const struct kit_call *call, const struct msg_react *m)
{
	struct session *s = session_for(call, m->user);
	char id[PAGE_ID_MAX + 1];
	struct gesture *g;

	if (s == NULL)
		return;
	if (direct_is_message(m->id)) {
		kit_error(call, ERR_NOT_SUPPORTED, "X does not let gateways "
		    "react to direct messages.");
		return;
	}
	if (!meant_post(m->id, id)) {
		not_known(call);
		return;
	}
	explain_likes(s, &m->emojis);
	g = begin(s, call, id, m->id, m->peer, m->room);
	g->on = m->emojis.n > 0;
	/* Another emoji is the same like, and X wants money for each. */
	if (g->on && act_did(s, ACT_LIKE, id))
		reacted(g);
	else
		act(s, ACT_LIKE, id, g->on, liked, g);
}

/* -------------------------------------------------------------- retractions */

static void
taken_back(struct session *s, const struct api_answer *a, const char *id,
    void *ctx)
{
	struct gesture *g = ctx;
	struct msg_retracted m = { .user = s->user, .peer = s->name,
	    .room = ROOM, .id = g->message };

	(void)id;
	if (a->outcome != API_OK && a->outcome != API_NOT_FOUND) {
		task_refused(&g->task, a);
		return;
	}
	if (g->in_room && g->on)
		kit_notify(METHOD_retracted, &m);
	task_reply(&g->task, NULL);
}

void
down_retract(const struct kit_call *call, const struct msg_retract *m)
{
	struct session *s = session_for(call, m->user);
	char id[PAGE_ID_MAX + 1];
	const char *author;
	struct gesture *g;

	if (s == NULL)
		return;
	if (direct_is_message(m->id)) {
		direct_retract(s, call, m);
		return;
	}
	if (!meant_post(m->id, id)) {
		not_known(call);
		return;
	}
	author = shortid_author(&s->shortids, id);
	if (author == NULL || strcmp(author, s->id) == 0) {
		g = begin(s, call, id, m->id, m->peer, m->room);
		g->on = true;
		act_delete(s, id, taken_back, g);
	} else if (act_did(s, ACT_REPOST, id)) {
		/* The post stays where it is, its repost goes. */
		g = begin(s, call, id, m->id, m->peer, m->room);
		act(s, ACT_REPOST, id, false, taken_back, g);
	} else {
		kit_error(call, ERR_FORBIDDEN, "That post is not yours: on X "
		    "everybody deletes only their own.");
	}
}
