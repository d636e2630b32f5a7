/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that make posts, or do something to one: what is asked for, and what
 * came of it in words.  Doing it is act.c's and post.c's. */
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/act.h"
#include "backends/twitter/post.h"
#include "backends/twitter/run.h"
#include "backends/twitter/run_read.h"
#include "util/macros.h"

/* ------------------------------------------------------------------ posting */

/* The posts that were made, one a line. */
static char *
list_of(struct run *r, const struct post_answer *a)
{
	struct buf b = { 0 };
	char *line;

	for (size_t i = 0; i < a->n; i++) {
		line = run_new_post(r, a->ids[i]);
		buf_addf(&b, "\n%s", line);
		free(line);
	}
	return buf_steal(&b);
}

static void
posted(struct session *s, const struct post_answer *a, void *ctx)
{
	struct run *r = ctx;
	char *posts = list_of(r, a), *text;
	struct buf b = { 0 };

	(void)s;
	if (a->code != NULL) {
		buf_addf(&b, "%s%s", a->text != NULL ? a->text :
		    "It was not posted.", posts);
		text = buf_steal(&b);
		run_failed(r, a->n > 0 ? ERR_UNCERTAIN : a->code, text);
		free(text);
	} else if (a->n == 1) {
		run_say(r, "Posted: %s", posts + 1);
	} else {
		run_say(r, "Posted in %zu pieces:%s", a->n, posts);
	}
	free(posts);
}

void
run_post(struct run *r)
{
	post(r->task.session, &(struct act_post){ .text = r->words.text },
	    posted, r);
}

void
run_reply(struct run *r)
{
	if (run_post_meant(r))
		post(r->task.session, &(struct act_post){
		    .text = r->words.text, .reply_to = r->post }, posted, r);
}

void
run_quote(struct run *r)
{
	if (run_post_meant(r))
		post(r->task.session, &(struct act_post){
		    .text = r->words.text, .quote = r->post }, posted, r);
}

void
run_thread(struct run *r)
{
	if (*r->words.id != '\0' || *r->words.name != '\0')
		run_conversation(r);
	else
		post_thread(r->task.session, &(struct act_post){
		    .text = r->words.text }, posted, r);
}

/* -------------------------------------------------------------------- deeds */

/* Of the words below. */
static const struct {
	enum act	 act;
	bool		 on;
	const char	*done;
} deeds[WORD_COUNT] = {
	[WORD_like] = { ACT_LIKE, true, "You like %s now." },
	[WORD_unlike] = { ACT_LIKE, false, "You do not like %s any more." },
	[WORD_repost] = { ACT_REPOST, true, "You have reposted %s." },
};

/* true: it was refused, and that has been said. */
static bool
is_undone(struct run *r, const struct api_answer *a)
{
	if (a->outcome != API_NOT_FOUND)
		return run_is_refused(r, a);
	run_wrong(r, "There is no such post on X, or not any more: %s",
	    r->post_name);
	return true;
}

static void
acted(struct session *s, const struct api_answer *a, const char *id, void *ctx)
{
	struct run *r = ctx;
	enum word word = r->words.word;

	(void)s;
	(void)id;
	if (!is_undone(r, a))
		run_say(r, deeds[word].done, r->post_name);
}

static void
do_deed(struct run *r)
{
	enum word word = r->words.word;

	if (run_post_meant(r))
		act(r->task.session, deeds[word].act, r->post, deeds[word].on,
		    acted, r);
}

void
run_like(struct run *r)
{
	do_deed(r);
}

void
run_unlike(struct run *r)
{
	do_deed(r);
}

void
run_repost(struct run *r)
{
	do_deed(r);
}

static void
deleted(struct session *s, const struct api_answer *a, const char *id,
    void *ctx)
{
	struct run *r = ctx;

	(void)s;
	(void)id;
	if (!is_undone(r, a))
		run_say(r, "Deleted: %s", r->post_name);
}

void
run_delete(struct run *r)
{
	if (run_post_meant(r))
		act_delete(r->task.session, r->post, deleted, r);
}

static void
undone(struct session *s, const struct api_answer *a, const char *id, void *ctx)
{
	struct run *r = ctx;

	(void)s;
	(void)id;
	if (!run_is_refused(r, a))
		run_say(r, "Taken back: %s.", a->text);
}

void
run_undo(struct run *r)
{
	bool last = *r->words.id == '\0' && *r->words.name == '\0';

	if (last || run_post_meant(r))
		act_undo(r->task.session, last ? NULL : r->post, undone, r);
}
