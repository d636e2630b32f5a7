/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose files are next, and are they what X takes?  How one gets there is for
 * upload.c. */
#include "backends/twitter/media.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/twitter/config.h"
#include "backends/twitter/files.h"
#include "backends/twitter/http.h"
#include "backends/twitter/task.h"
#include "backends/twitter/upload.h"
#include "util/later.h"
#include "util/xalloc.h"

#define RUNNING_MAX	4		/* messages at a time: each is a file in
					 * memory */
#define WAITING_MAX	50
#define WAITING_OF_USER	8
#define MIB		((size_t)1024 * 1024)
#define PICTURE_MAX	(5 * MIB)	/* what X takes */
#define ANIMATION_MAX	(15 * MIB)
#define FILES_MAX	4

/* By enum media_use, and enum file_kind. */
static const char *const categories[][4] = {
	{ NULL, "tweet_image", "tweet_gif", "tweet_video" },
	{ NULL, "dm_image", "dm_gif", "dm_video" },
};

/* The files of one message. */
struct job {
	struct task	 task;
	TAILQ_ENTRY(job) entry;		/* of all jobs, in their order */
	enum media_use	 use;
	size_t		 n, at;		/* files, and the one under way */
	struct {
		char	*url, *name;	/* name may be NULL */
		char	*id;		/* NULL: not there yet */
	} file[FILES_MAX];
	bool		 running;
	struct http_call *fetching;
	struct upload	*upload;
	const char	*why;		/* it is refused, for that (static) */
	ev_timer	 due;		/* refused now, or given up then */
	media_done	*done;
	void		*ctx;
};

static TAILQ_HEAD(, job) jobs = TAILQ_HEAD_INITIALIZER(jobs);

/* --------------------------------------------------------------------- ends */

static void	start_some(void *);

static void
finish(struct task *task)
{
	struct job *j = (struct job *)task;

	http_cancel(j->fetching);
	upload_cancel(j->upload);
	ev_timer_stop(EV_DEFAULT_ &j->due);
	for (size_t i = 0; i < FILES_MAX; i++) {
		free(j->file[i].url);
		free(j->file[i].name);
		free(j->file[i].id);
	}
	TAILQ_REMOVE(&jobs, j, entry);
	/* Not before all of a session that ends are gone. */
	later(start_some, NULL);
}

/* It is gone before that is told, as the session may end over it. */
static void
end(struct job *j, const char *code, const char *text)
{
	struct session *s = j->task.session;
	media_done *done = j->done;
	void *ctx = j->ctx;
	char *ids[FILES_MAX];
	const struct media_answer a = { .code = code, .text = text,
	    .ids = (const char *const *)ids, .n = code == NULL ? j->n : 0 };

	for (size_t i = 0; i < FILES_MAX; i++) {
		ids[i] = j->file[i].id;
		j->file[i].id = NULL;
	}
	task_reply(&j->task, NULL);
	done(s, &a, ctx);
	for (size_t i = 0; i < FILES_MAX; i++)
		free(ids[i]);
}

static void
end_over_file(struct job *j, const char *code, const char *why)
{
	char *text = xasprintf("%s: %s", j->file[j->at].url, why);

	end(j, code, text);
	free(text);
}

/* ------------------------------------------------------------------- a file */

static void	next_file(struct job *);

static void
uploaded(void *ctx, const char *id, const char *code, const char *text)
{
	struct job *j = ctx;

	j->upload = NULL;
	if (id == NULL) {
		end(j, code, text);
		return;
	}
	j->file[j->at++].id = xstrdup(id);
	next_file(j);
}

static size_t
most(enum file_kind kind)
{
	size_t max = (size_t)config.media_max * MIB;
	size_t of_x = kind == FILE_PICTURE ? PICTURE_MAX :
	    kind == FILE_ANIMATION ? ANIMATION_MAX : max;

	return of_x < max ? of_x : max;
}

static void
too_large(struct job *j, size_t max)
{
	char *why = xasprintf("the file is larger than %zu MiB, which is the "
	    "most for its kind.", max / MIB);

	end_over_file(j, ERR_TOO_LONG, why);
	free(why);
}

/* true: it may go; else that has been said. */
static bool
suits(struct job *j, enum file_kind kind, size_t length)
{
	if (kind == FILE_OTHER)
		end_over_file(j, ERR_NOT_ACCEPTABLE, "X takes only pictures "
		    "(JPEG, PNG, WebP, GIF) and videos (MP4, MOV, WebM).");
	else if (kind != FILE_PICTURE && j->n > 1)
		end_over_file(j, ERR_NOT_ACCEPTABLE, "X takes up to four "
		    "pictures, or one animation or video, not both.");
	else if (length > most(kind))
		too_large(j, most(kind));
	else
		return true;
	return false;
}

static void
give(struct job *j, const struct http_response *r)
{
	const struct msg_attachment about = { .name = j->file[j->at].name };
	struct buf data = { 0 };
	struct upload_file file = { .data = &data };
	enum file_kind kind = files_kind(r->body, r->length, &file.type);

	if (!suits(j, kind, r->length))
		return;
	buf_add(&data, r->body, r->length);
	file.category = categories[j->use][kind];
	file.description = files_description(&about);
	j->upload = upload_start(j->task.session, &file, uploaded, j);
}

static void
fetched(void *ctx, const struct http_response *r)
{
	struct job *j = ctx;
	char *why;

	j->fetching = NULL;
	if (r->too_long) {
		too_large(j, most(FILE_VIDEO));
	} else if (r->status == 200) {
		give(j, r);
	} else {
		why = r->status == 0 ? xasprintf("it cannot be fetched from "
		    "there: %s.", r->error) : xasprintf("it cannot be fetched "
		    "from there (status %ld).", r->status);
		end_over_file(j, r->status >= 400 && r->status < 500 ?
		    ERR_NOT_FOUND : ERR_NETWORK, why);
		free(why);
	}
}

static void
next_file(struct job *j)
{
	if (j->at == j->n) {
		end(j, NULL, NULL);
		return;
	}
	j->fetching = http_start(&(struct http_request){ .method = "GET",
	    .url = j->file[j->at].url, .max = most(FILE_VIDEO),
	    .foreign = true }, fetched, j);
}

/* -------------------------------------------------------------------- queue */

static bool
has_one_running(const struct session *s)
{
	const struct job *j;

	TAILQ_FOREACH(j, &jobs, entry)
		if (j->running && j->task.session == s)
			return true;
	return false;
}

/* Whoever is at the front, but none of a user who has his turn. */
static void
start_some(void *unused)
{
	struct job *j;
	size_t n = 0;

	(void)unused;
	TAILQ_FOREACH(j, &jobs, entry)
		n += j->running;
	TAILQ_FOREACH(j, &jobs, entry) {
		if (n >= RUNNING_MAX)
			break;
		if (j->running || j->why != NULL ||
		    has_one_running(j->task.session))
			continue;
		j->running = true;
		n++;
		next_file(j);
	}
}

static const char *
refusal(const struct session *s, size_t nfiles, enum media_use use)
{
	size_t all = 0, theirs = 0;
	const struct job *j;

	TAILQ_FOREACH(j, &jobs, entry) {
		all++;
		theirs += j->task.session == s;
	}
	if (all >= WAITING_MAX || theirs >= WAITING_OF_USER)
		return "Too many files are on their way to X.";
	if (use == MEDIA_FOR_MESSAGE && nfiles > 1)
		return "X takes one file with a direct message.";
	if (nfiles > FILES_MAX)
		return "X takes up to four pictures with a post.";
	return NULL;
}

static void
time_is_up(struct ev_loop *loop, ev_timer *w, int events)
{
	struct job *j = w->data;

	(void)loop;
	(void)events;
	if (j->why != NULL)
		end(j, ERR_NOT_ACCEPTABLE, j->why);
	else
		end(j, ERR_TIMEOUT, "It took too long to give the file to X; "
		    "nothing was sent.");
}

void
media_up(struct session *s, const struct msg_attachment *files, size_t n,
    enum media_use use, media_done *done, void *ctx)
{
	const char *why = refusal(s, n, use);
	struct job *j = task_begin(s, NULL, sizeof(*j), finish);

	j->use = use;
	j->why = why;
	j->done = done;
	j->ctx = ctx;
	for (j->n = 0; j->n < n && j->n < FILES_MAX; j->n++) {
		j->file[j->n].url = xstrdup(files[j->n].url);
		if (files[j->n].name != NULL)
			j->file[j->n].name = xstrdup(files[j->n].name);
	}
	TAILQ_INSERT_TAIL(&jobs, j, entry);
	ev_timer_init(&j->due, time_is_up, why != NULL ? 0 :
	    0.75 * (double)kit_config_int("service", "request_timeout", 60),
	    0);
	j->due.data = j;
	ev_timer_start(EV_DEFAULT_ &j->due);
	start_some(NULL);
}
