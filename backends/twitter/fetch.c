/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X sends little of a thing unless its fields are named. */
#include "backends/twitter/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/config.h"
#include "backends/twitter/people.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

#define PARAMS_MAX	12

struct fetching {
	struct task	 task;
	enum page_of	 of;
	fetch_done	*done;
	void		*ctx;
};

static struct page *at_hand;	/* of the done() that runs */

#define POST_FIELDS "attachments,conversation_id,created_at,entities,lang," \
	"possibly_sensitive,public_metrics,"
static const struct api_param people_fields =
	{ "user.fields", "created_at,description,entities,id,location,name,"
	    "profile_image_url,protected,public_metrics,url,username,verified" };
static const struct api_param media_fields =
	{ "media.fields", "alt_text,height,media_key,preview_image_url,type,url,"
	    "variants,width" };

#define EVENT_FIELDS "attachments,created_at,dm_conversation_id,entities," \
	"event_type,id,text"

/* By the words of X's documentation, and by those of its machine-readable
 * description, which are others.  By the former an event tells who sent it
 * without the profile that would have to be paid for. */
static const struct words_of_x {
	struct api_param posts, with_posts, events, with_events;
} spoken[] = {
	{ { "tweet.fields", POST_FIELDS "author_id,in_reply_to_user_id,"
	    "note_tweet,referenced_tweets" },
	  { "expansions", "author_id,attachments.media_keys,"
	    "referenced_tweets.id,referenced_tweets.id.author_id" },
	  { "dm_event.fields", EVENT_FIELDS ",participant_ids,"
	    "referenced_tweets,sender_id" },
	  { "expansions", "attachments.media_keys,referenced_tweets.id" } },
	{ { "post.fields", POST_FIELDS "note_post" },
	  { "expansions", "author_id,attachments.media_keys,"
	    "referenced_posts,in_reply_to_user_id" },
	  { "dm_event.fields", EVENT_FIELDS },
	  { "expansions", "sender_id,attachments.media_keys,participant_ids,"
	    "referenced_posts" } },
};

static enum page_of
kind_of(enum endpoint e)
{
	switch (e) {
	case E_dm_events:
	case E_dm_in:
		return PAGE_EVENTS;
	case E_timeline:
	case E_user_posts:
	case E_mentions:
	case E_post:
	case E_search:
	case E_list_posts:
		return PAGE_POSTS;
	default:
		return PAGE_PEOPLE;
	}
}

static long
within(long n, enum endpoint e)
{
	long least = e == E_search ? 10 :
	    e == E_user_posts || e == E_mentions ? 5 : 1;
	long most = e == E_following ? 1000 : 100;

	return n < least ? least : n > most ? most : n;
}

void
fetch_take(const struct page *page, struct page *mine)
{
	(void)page;
	*mine = *at_hand;
	*at_hand = (struct page){ 0 };
}

static void
answered(struct session *s, const struct api_answer *a, void *ctx)
{
	struct fetching *f = ctx;
	fetch_done *done = f->done;
	void *their = f->ctx;
	struct page page;

	page_read(&page, a->outcome == API_OK ? a->json : NULL, f->of);
	task_reply(&f->task, NULL);
	for (size_t i = 0; i < page.npeople; i++)
		people_learn(&page.people[i]);
	at_hand = &page;
	done(s, a, &page, their);
	at_hand = NULL;
	page_free(&page);
}

static size_t
add_fields(struct api_param *query, size_t n, enum page_of of)
{
	const struct words_of_x *words = &spoken[config.post_words];

	query[n++] = people_fields;
	if (of == PAGE_PEOPLE)
		return n;
	query[n++] = media_fields;
	query[n++] = words->posts;
	if (of == PAGE_EVENTS)
		query[n++] = words->events;
	query[n++] = of == PAGE_EVENTS ? words->with_events :
	    words->with_posts;
	return n;
}

void
fetch(struct session *s, const struct fetch *what, fetch_done *done, void *ctx)
{
	struct fetching *f = task_begin(s, NULL, sizeof(*f), NULL);
	struct api_param query[PARAMS_MAX];
	char *wanted = xasprintf("%ld", within(what->wanted, what->endpoint));
	size_t n = 0;
	const struct api_param more[] = {
		{ "max_results", what->wanted > 0 ? wanted : NULL },
		{ "since_id", what->since_id },
		{ "start_time", what->since_time },
		{ what->endpoint == E_user_search ? "next_token" :
		    "pagination_token", what->next },
		{ what->name, what->value },
	};

	f->of = kind_of(what->endpoint);
	f->done = done;
	f->ctx = ctx;
	for (size_t i = 0; i < LENGTH(more); i++)
		if (more[i].value != NULL)
			query[n++] = more[i];
	n = add_fields(query, n, f->of);
	api_call(s, &(struct api_request){ .endpoint = what->endpoint,
	    .path = { what->path[0], what->path[1] }, .query = query,
	    .nquery = n, .background = what->background }, answered, f);
	free(wanted);
}
