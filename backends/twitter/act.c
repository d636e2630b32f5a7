/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/act.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/contacts.h"
#include "backends/twitter/deliver.h"
#include "backends/twitter/friends.h"
#include "backends/twitter/page.h"
#include "backends/twitter/shortid.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

#define DEEDS_MAX	50	/* that can be undone */

/* The calls of enum act: how it begins and ends. */
static const struct {
	enum endpoint	 begin, end;
	const char	*key;		/* of the body; NULL: in the path */
	const char	*flag;		/* what the answer calls it */
	const char	*undone[2];	/* what is so once the end, or the
					 * beginning, is taken back */
} acts[] = {
	[ACT_LIKE] = { E_like, E_unlike, "tweet_id", "liked",
	    { "you like it again", "you do not like it any more" } },
	[ACT_REPOST] = { E_repost, E_unrepost, "tweet_id", "retweeted",
	    { "it is reposted again", "it is not reposted any more" } },
	[ACT_FOLLOW] = { E_follow, E_unfollow, "target_user_id", "following",
	    { "you follow again", "you do not follow any more" } },
	[ACT_MUTE] = { E_mute, E_unmute, "target_user_id", "muting",
	    { "muted again", "not muted any more" } },
	[ACT_BLOCK] = { E_dm_block, E_dm_unblock, NULL, "blocked",
	    { "messages are blocked again",
	    "messages are not blocked any more" } },
};

struct deeds {
	unsigned nposting;		/* posts being made */
	/* What can be undone; the youngest last. */
	size_t	 n;
	struct deed {
		bool	 is_post;	/* a post was made; else act and on */
		char	 before[PAGE_ID_MAX + 1];	/* "", or the piece
					 * of the same thread before it */
		enum act act;
		bool	 on;
		char	 id[PAGE_ID_MAX + 1];
	} v[DEEDS_MAX];
};

struct acting {
	struct task	 task;
	struct deed	 deed;		/* what is being done */
	bool		 deleting;	/* the post, that is */
	bool		 undoing;	/* it is not to be undone */
	bool		 single;	/* not with all of its thread */
	act_done	*done;
	void		*ctx;
};

/* -------------------------------------------------------------------- deeds */

static struct deeds *
deeds_of(struct session *s)
{
	if (s->deeds == NULL)
		s->deeds = xcalloc(1, sizeof(*s->deeds));
	return s->deeds;
}

static void
remember(struct session *s, const struct deed *deed)
{
	struct deeds *d = deeds_of(s);

	if (d->n == DEEDS_MAX)
		memmove(d->v, d->v + 1, --d->n * sizeof(*d->v));
	d->v[d->n++] = *deed;
}

/* What is gone by other ways cannot be undone. */
static void
forget(struct session *s, const struct deed *deed)
{
	struct deeds *d = s->deeds;

	for (size_t i = 0; d != NULL && i < d->n; i++) {
		if (strcmp(d->v[i].id, deed->id) != 0 ||
		    d->v[i].is_post != deed->is_post ||
		    (!deed->is_post && d->v[i].act != deed->act))
			continue;
		memmove(d->v + i, d->v + i + 1,
		    (--d->n - i) * sizeof(*d->v));
		break;
	}
}

bool
act_did(const struct session *s, enum act what, const char *id)
{
	const struct deeds *d = s->deeds;

	for (size_t i = 0; d != NULL && i < d->n; i++)
		if (!d->v[i].is_post && d->v[i].act == what && d->v[i].on &&
		    strcmp(d->v[i].id, id) == 0)
			return true;
	return false;
}

bool
act_posting(const struct session *s)
{
	return s->deeds != NULL && s->deeds->nposting > 0;
}

/* -------------------------------------------------------------------- calls */

/* It can be meant by a short id, and is known to be the user's own. */
static void
made(struct session *s, const char *post_id)
{
	char unused[3];

	shortid_give(&s->shortids, post_id, s->id, unused);
	deliver_made(s, post_id);
}

/* Does X say that it is not as it was to be? */
static bool
is_not_done(const struct acting *t, const json_t *json)
{
	const json_t *data = json_object_get(json, "data");
	const json_t *now = json_object_get(data, t->deleting ? "deleted" :
	    acts[t->deed.act].flag);
	bool wanted = t->deleting || t->deed.on;

	/* Of a new post there is an id, or not. */
	return (t->deleting || !t->deed.is_post) && json_is_boolean(now) &&
	    json_is_true(now) != wanted &&
	    !json_is_true(json_object_get(data, "pending_follow"));
}

static bool	undo_next(struct acting *);

/* On the list of contacts.  Whoever follows by act() tells that itself. */
static void
show_deed(struct session *s, const struct deed *d, bool undoing,
    const json_t *json)
{
	const struct known *who = d->is_post ? NULL : people_by_id(d->id);

	if (who == NULL)
		return;
	if (d->act == ACT_BLOCK)
		contacts_block(s, who, d->on);
	if (d->act != ACT_FOLLOW || !undoing)
		return;
	friends_changed(s, who->person.username, d->on);
	if (d->on)
		contacts_followed(s, who, json_is_true(json_object_get(
		    json_object_get(json, "data"), "pending_follow")));
	else
		contacts_unfollowed(s, who);
}

static void
answered(struct session *s, const struct api_answer *a, void *ctx)
{
	struct acting *t = ctx;
	const char *id = json_string_value(json_object_get(json_object_get(
	    a->json, "data"), "id"));
	struct deed deed = t->deed;
	struct api_answer answer = *a;
	act_done *done = t->done;
	void *their = t->ctx;

	if (answer.outcome == API_OK && is_not_done(t, a->json)) {
		answer.outcome = API_REFUSED;
		answer.text = "X has not done it, and does not say why.";
	}
	if (deed.is_post && !t->deleting)
		s->deeds->nposting--;
	if (deed.is_post && !t->deleting && id != NULL && page_is_id(id))
		snprintf(deed.id, sizeof(deed.id), "%s", id);
	/* What X does not have is gone, too: else it would be undone for ever,
	 * and nothing before it. */
	if (answer.outcome == API_OK || (answer.outcome == API_NOT_FOUND &&
	    (t->undoing || t->deleting)))
		forget(s, &deed);
	if (answer.outcome == API_OK) {
		show_deed(s, &deed, t->undoing, a->json);
		if (!t->undoing && !t->deleting && *deed.id != '\0')
			remember(s, &deed);
		if (deed.is_post && !t->deleting && *deed.id != '\0')
			made(s, deed.id);
		else if (!deed.is_post && deed.act == ACT_REPOST && deed.on)
			deliver_made(s, deed.id);
	}
	if (answer.outcome == API_OK && t->undoing)
		answer.text = deed.is_post ? "what you posted is deleted" :
		    acts[deed.act].undone[!deed.on];
	if (answer.outcome == API_OK && t->undoing && undo_next(t))
		return;
	task_reply(&t->task, NULL);
	done(s, &answer, *deed.id != '\0' ? deed.id : NULL, their);
}

static struct acting *
begin(struct session *s, act_done *done, void *ctx)
{
	struct acting *t = task_begin(s, NULL, sizeof(*t), NULL);

	t->done = done;
	t->ctx = ctx;
	return t;
}

static void
call(struct acting *t)
{
	const struct deed *d = &t->deed;
	const char *key = acts[d->act].key;
	json_t *body = d->on && key != NULL ?
	    json_pack("{s:s}", key, d->id) : NULL;
	struct api_request r = {
		.endpoint = d->on ? acts[d->act].begin : acts[d->act].end,
		.path = { t->task.session->id, d->id }, .body = body,
	};

	if (key == NULL)
		r.path[0] = d->id;
	api_call(t->task.session, &r, answered, t);
	json_decref(body);
}

static void
delete(struct acting *t)
{
	t->deleting = true;
	t->deed.is_post = true;
	api_call(t->task.session, &(struct api_request){
	    .endpoint = E_post_delete, .path = { t->deed.id } }, answered, t);
}

void
act(struct session *s, enum act what, const char *id, bool on, act_done *done,
    void *ctx)
{
	struct acting *t = begin(s, done, ctx);

	t->deed.act = what;
	t->deed.on = on;
	snprintf(t->deed.id, sizeof(t->deed.id), "%s", id);
	call(t);
}

void
act_delete(struct session *s, const char *post_id, act_done *done, void *ctx)
{
	struct acting *t = begin(s, done, ctx);

	snprintf(t->deed.id, sizeof(t->deed.id), "%s", post_id);
	delete(t);
}

void
act_post(struct session *s, const struct act_post *post, act_done *done,
    void *ctx)
{
	struct acting *t = begin(s, done, ctx);
	json_t *body = json_object(), *ids;

	t->deed.is_post = true;
	if (post->piece)
		snprintf(t->deed.before, sizeof(t->deed.before), "%s",
		    post->reply_to);
	deeds_of(s)->nposting++;
	if (*post->text != '\0')
		json_object_set_new(body, "text", json_string(post->text));
	if (post->reply_to != NULL)
		json_object_set_new(body, "reply", json_pack("{s:s}",
		    "in_reply_to_tweet_id", post->reply_to));
	if (post->quote != NULL)
		json_object_set_new(body, "quote_tweet_id",
		    json_string(post->quote));
	if (post->nmedia > 0) {
		ids = json_array();
		for (size_t i = 0; i < post->nmedia; i++)
			json_array_append_new(ids,
			    json_string(post->media[i]));
		json_object_set_new(body, "media", json_pack("{s:o}",
		    "media_ids", ids));
	}
	api_call(s, &(struct api_request){ .endpoint = E_post_create,
	    .body = body }, answered, t);
	json_decref(body);
}

/* --------------------------------------------------------------------- undo */

/* The youngest one, or that to this post.  NULL: there is none. */
static const struct deed *
to_undo(const struct session *s, const char *post_id)
{
	const struct deeds *d = s->deeds;

	for (size_t i = d != NULL ? d->n : 0; i > 0; i--) {
		const struct deed *deed = &d->v[i - 1];

		if (post_id == NULL || (strcmp(deed->id, post_id) == 0 &&
		    (deed->is_post || deed->act == ACT_LIKE ||
		    deed->act == ACT_REPOST)))
			return deed;
	}
	return NULL;
}

static void
undo(struct acting *t, const struct deed *deed)
{
	t->undoing = true;
	t->deed = *deed;
	if (deed->is_post) {
		delete(t);
		return;
	}
	t->deed.on = !deed->on;
	call(t);
}

/* The piece of a thread that was posted before.  false: there is none. */
static bool
undo_next(struct acting *t)
{
	const struct deed *deed = *t->deed.before != '\0' && !t->single ?
	    to_undo(t->task.session, t->deed.before) : NULL;

	if (deed == NULL || !deed->is_post)
		return false;
	undo(t, deed);
	return true;
}

void
act_undo(struct session *s, const char *post_id, act_done *done, void *ctx)
{
	const struct api_answer none = { .outcome = API_NOT_FOUND,
	    .text = post_id != NULL ? "Nothing that you did to that post is "
	    "known here.  #unlike and #delete take back what you say." :
	    "There is nothing to take back." };
	const struct deed *deed = to_undo(s, post_id);
	struct acting *t;

	if (deed == NULL) {
		done(s, &none, NULL, ctx);
		return;
	}
	t = begin(s, done, ctx);
	t->single = post_id != NULL;
	undo(t, deed);
}

void
act_end(struct session *s)
{
	free(s->deeds);
	s->deeds = NULL;
}
