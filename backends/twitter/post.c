/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X is asked only for what it can take: a refusal costs what a post does.  And
 * one after the other, as it may answer in another order than it was asked. */
#include "backends/twitter/post.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "backends/twitter/count.h"
#include "backends/twitter/media.h"
#include "backends/twitter/task.h"
#include "util/later.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define BLANKS	" \t\r\n"
#define SHOWN	60		/* bytes */

struct posting {
	struct task	 task;
	TAILQ_ENTRY(posting) entry;	/* of all, in their order */
	bool		 begun;		/* else another of the user's is
					 * before it */
	bool		 waiting;	/* for its files */
	time_t		 since;
	char		*text;
	const char	*piece;		/* of it: the piece being posted */
	const char	*at;		/* what comes after that */
	char		*reply_to, *quote;
	char		*media[4];
	size_t		 nmedia;
	char		*ids[POST_PIECES_MAX];
	size_t		 n;
	post_done	*done;
	void		*ctx;
};

static TAILQ_HEAD(, posting) all = TAILQ_HEAD_INITIALIZER(all);

static void	start_some(void *);

static void
finish(struct task *task)
{
	struct posting *p = (struct posting *)task;

	TAILQ_REMOVE(&all, p, entry);
	/* Not before all of a session that ends are gone. */
	later(start_some, NULL);
	free(p->text);
	free(p->reply_to);
	free(p->quote);
	for (size_t i = 0; i < p->nmedia; i++)
		free(p->media[i]);
	for (size_t i = 0; i < p->n; i++)
		free(p->ids[i]);
}

/* It is gone before that is told, as the session may end over it. */
static void
end(struct posting *p, const char *code, const char *text)
{
	struct session *s = p->task.session;
	post_done *done = p->done;
	void *ctx = p->ctx;
	char *ids[POST_PIECES_MAX];
	const struct post_answer a = { .code = code, .text = text,
	    .ids = (const char *const *)ids, .n = p->n };

	memcpy(ids, p->ids, sizeof(ids));
	p->n = 0;
	task_reply(&p->task, NULL);
	done(s, &a, ctx);
	for (size_t i = 0; i < a.n; i++)
		free(ids[i]);
}

/* ------------------------------------------------------------------- pieces */

/* Of the next one, without the blanks around it; 0: there is none. */
static size_t
next_piece(const char **at, size_t *step)
{
	size_t n;

	*at += strspn(*at, BLANKS);
	*step = n = count_cut(*at, COUNT_POST_MAX);
	while (n > 0 && strchr(BLANKS, (*at)[n - 1]) != NULL)
		n--;
	return n;
}

static size_t
count_pieces(const char *text)
{
	size_t n = 0, step;

	for (const char *at = text; n <= POST_PIECES_MAX &&
	    next_piece(&at, &step) > 0; at += step)
		n++;
	return n;
}

static void	answered(struct session *, const struct api_answer *,
		    const char *id, void *ctx);

static void
post_next(struct posting *p)
{
	size_t step, n = next_piece(&p->at, &step);
	bool first = p->n == 0;
	char *piece = xstrndup(p->at, n);
	const struct act_post post = {
		.text = piece,
		.reply_to = first ? p->reply_to : p->ids[p->n - 1],
		.quote = first ? p->quote : NULL,
		.media = first ? (const char *const *)p->media : NULL,
		.nmedia = first ? p->nmedia : 0,
		.piece = !first,
	};

	p->piece = p->at;
	p->at += step;
	act_post(p->task.session, &post, answered, p);
	free(piece);
}

/* Some of a thread is there, and the rest is not. */
static void
stopped(struct posting *p, const struct api_answer *a)
{
	char *text = p->n == 0 ? xstrdup(a->text) :
	    xasprintf("%s  The pieces before that, %zu of them, are posted; "
	    "the next begins with: %.*s", a->text, p->n,
	    (int)utf8_cut(p->piece, strlen(p->piece), SHOWN), p->piece);

	end(p, api_error_code(a->outcome), text);
	free(text);
}

static void
answered(struct session *s, const struct api_answer *a, const char *id,
    void *ctx)
{
	struct posting *p = ctx;

	(void)s;
	if (a->outcome != API_OK) {
		stopped(p, a);
		return;
	}
	if (id == NULL) {
		end(p, ERR_UNCERTAIN, "X did not say what it has posted.");
		return;
	}
	p->ids[p->n++] = xstrdup(id);
	if (p->n < POST_PIECES_MAX && p->at[strspn(p->at, BLANKS)] != '\0')
		post_next(p);
	else
		end(p, NULL, NULL);
}

/* -------------------------------------------------------------------- start */

static bool
is_next(const struct posting *p)
{
	const struct posting *first;

	TAILQ_FOREACH(first, &all, entry)
		if (first->task.session == p->task.session)
			break;
	return first == p && !p->begun;
}

/* Whoever has asked may have given up, and must not be surprised then.  Files
 * take three quarters of that time by themselves, rounded up. */
static bool
is_late(const struct posting *p)
{
	time_t passed = time(NULL) - p->since;
	long patience = kit_config_int("service", "request_timeout", 60);

	return p->nmedia > 0 ? 4 * (passed - 1) > 3 * patience :
	    2 * passed > patience;
}

static void
start_some(void *unused)
{
	struct posting *p, *next;

	(void)unused;
	for (p = TAILQ_FIRST(&all); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (!is_next(p) || p->waiting)
			continue;
		p->begun = true;
		if (!is_late(p)) {
			post_next(p);
			continue;
		}
		end(p, ERR_TIMEOUT, "What you have posted before this took "
		    "too long; this was not posted.");
		return;		/* it comes again, and next may be gone */
	}
}

static const char *
copy(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

static struct posting *
add(struct session *s, const struct act_post *post, post_done *done, void *ctx)
{
	struct posting *p = task_begin(s, NULL, sizeof(*p), finish);

	p->at = p->text = xstrdup(post->text);
	p->reply_to = (char *)copy(post->reply_to);
	p->quote = (char *)copy(post->quote);
	while (p->nmedia < post->nmedia && p->nmedia < LENGTH(p->media)) {
		p->media[p->nmedia] = xstrdup(post->media[p->nmedia]);
		p->nmedia++;
	}
	p->done = done;
	p->ctx = ctx;
	p->since = time(NULL);
	TAILQ_INSERT_TAIL(&all, p, entry);
	return p;
}

static void
start(struct session *s, const struct act_post *post, post_done *done,
    void *ctx)
{
	(void)add(s, post, done, ctx);
	start_some(NULL);
}

/* true: it is empty, and that has been said. */
static bool
says_nothing(struct session *s, const struct act_post *post, post_done *done,
    void *ctx)
{
	static const struct post_answer empty = { .code = ERR_BAD_REQUEST,
	    .text = "There is nothing to post." };

	if (post->text[strspn(post->text, BLANKS)] != '\0' ||
	    post->nmedia > 0)
		return false;
	done(s, &empty, ctx);
	return true;
}

static void
refuse(struct session *s, char *text, post_done *done, void *ctx)
{
	const struct post_answer a = { .code = ERR_TOO_LONG, .text = text };

	done(s, &a, ctx);
	free(text);
}

static size_t
weight_of(const char *text)
{
	size_t n, weight;
	char *copy;

	text += strspn(text, BLANKS);
	for (n = strlen(text); n > 0 && strchr(BLANKS, text[n - 1]); n--)
		;
	copy = xstrndup(text, n);
	weight = count_weight(copy);
	free(copy);
	return weight;
}

/* true: it is too long, and that has been said. */
static bool
is_too_long(struct session *s, const struct act_post *post, bool thread,
    post_done *done, void *ctx)
{
	size_t weight = weight_of(post->text);

	if (!thread && weight > COUNT_POST_MAX)
		refuse(s, xasprintf("Too long for a post: %zu of %d "
		    "characters, as X counts them.  #thread TEXT posts it in "
		    "pieces.", weight, COUNT_POST_MAX), done, ctx);
	else if (thread && count_pieces(post->text) > POST_PIECES_MAX)
		refuse(s, xasprintf("Too long even for a thread: more than "
		    "%d posts.", POST_PIECES_MAX), done, ctx);
	else
		return false;
	return true;
}

void
post(struct session *s, const struct act_post *post, post_done *done, void *ctx)
{
	if (!says_nothing(s, post, done, ctx) &&
	    !is_too_long(s, post, false, done, ctx))
		start(s, post, done, ctx);
}

void
post_thread(struct session *s, const struct act_post *post, post_done *done,
    void *ctx)
{
	if (!says_nothing(s, post, done, ctx) &&
	    !is_too_long(s, post, true, done, ctx))
		start(s, post, done, ctx);
}

/* -------------------------------------------------------------------- files */

static void
files_given(struct session *s, const struct media_answer *a, void *ctx)
{
	struct posting *p = ctx;

	(void)s;
	if (a->code != NULL) {
		end(p, a->code, a->text);
		return;
	}
	while (p->nmedia < a->n && p->nmedia < LENGTH(p->media)) {
		p->media[p->nmedia] = xstrdup(a->ids[p->nmedia]);
		p->nmedia++;
	}
	p->waiting = false;
	start_some(NULL);
}

void
post_files(struct session *s, const struct act_post *wish, bool thread,
    const struct msg_attachment *files, size_t n, post_done *done, void *ctx)
{
	struct posting *p;

	if (n == 0) {
		(thread ? post_thread : post)(s, wish, done, ctx);
	} else if (!is_too_long(s, wish, thread, done, ctx)) {
		p = add(s, wish, done, ctx);
		p->waiting = true;
		media_up(s, files, n, MEDIA_FOR_POST, files_given, p);
	}
}
