/* SPDX-License-Identifier: GPL-2.0-or-later */
/* begin -> piece, piece, ... -> end -> what has become of it?, ... -> describe
 *
 * X has a file only when all of that went well; what does not is as if nothing
 * had been sent, and X forgets it after a day. */
#include "backends/twitter/upload.h"

#include <ev.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/api.h"
#include "backends/twitter/field.h"
#include "backends/twitter/files.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/page.h"
#include "backends/twitter/task.h"
#include "util/rand.h"
#include "util/xalloc.h"

/* X takes 5 MB at once; less is sent within the time that a request has. */
#define PIECE		((size_t)1024 * 1024)
#define CHECK_FIRST	0.5		/* seconds */
#define CHECK_MAX	10

struct upload {
	struct session	*session;
	struct asking	*asking;	/* what is under way, or NULL */
	struct buf	 data;
	size_t		 at;		/* of it: not sent yet */
	const char	*type, *category;
	char		*description;	/* or NULL */
	char		 id[PAGE_ID_MAX + 1];
	ev_timer	 check;
	upload_done	*done;
	void		*ctx;
};

typedef void upload_step(struct upload *, const struct api_answer *);

/* A call that may outlive its upload. */
struct asking {
	struct task	 task;
	struct upload	*upload;	/* NULL: nobody wants to know */
	upload_step	*next;
};

/* --------------------------------------------------------------------- ends */

static void
destroy(struct upload *u)
{
	if (u->asking != NULL)
		u->asking->upload = NULL;
	ev_timer_stop(EV_DEFAULT_ &u->check);
	buf_free(&u->data);
	free(u->description);
	free(u);
}

void
upload_cancel(struct upload *u)
{
	if (u != NULL)
		destroy(u);
}

static void
end(struct upload *u, const char *code, const char *text)
{
	upload_done *done = u->done;
	void *ctx = u->ctx;
	char id[PAGE_ID_MAX + 1];

	memcpy(id, u->id, sizeof(id));
	destroy(u);
	done(ctx, code == NULL ? id : NULL, code, text);
}

static void
refused(struct upload *u, const struct api_answer *a)
{
	/* A post was not made, whatever became of the file. */
	bool maybe = a->outcome == API_UNCERTAIN;
	char *text = xasprintf("The file was not sent.  %s", a->text);

	end(u, maybe ? ERR_NETWORK : api_error_code(a->outcome), text);
	free(text);
}

/* -------------------------------------------------------------------- calls */

static void
forget(struct task *task)
{
	struct asking *asking = (struct asking *)task;

	if (asking->upload != NULL)
		asking->upload->asking = NULL;
}

static void
answered(struct session *s, const struct api_answer *a, void *ctx)
{
	struct asking *asking = ctx;
	struct upload *u = asking->upload;
	upload_step *next = asking->next;

	(void)s;
	task_reply(&asking->task, NULL);
	if (u != NULL)
		next(u, a);
}

static void
ask(struct upload *u, const struct api_request *r, upload_step *next)
{
	struct asking *asking = task_begin(u->session, NULL, sizeof(*asking),
	    forget);

	asking->upload = u;
	asking->next = next;
	u->asking = asking;
	api_call(u->session, r, answered, asking);
}

/* ------------------------------------------------------------ what it shows */

static void
described(struct upload *u, const struct api_answer *a)
{
	/* No reason not to send it; but not without a word either. */
	if (a->outcome != API_OK)
		notice(u->session, "X did not take the description of your "
		    "file; the file itself is sent.");
	end(u, NULL, NULL);
}

static void
describe(struct upload *u)
{
	json_t *body;

	if (u->description == NULL) {
		end(u, NULL, NULL);
		return;
	}
	body = json_pack("{s:s, s:{s:{s:s}}}", "id", u->id, "metadata",
	    "alt_text", "text", u->description);
	ask(u, &(struct api_request){ .endpoint = E_media_text, .body = body },
	    described);
	json_decref(body);
}

/* --------------------------------------------------------------- processing */

static void	is_it_done(struct upload *, const struct api_answer *);

static void
check(struct ev_loop *loop, ev_timer *w, int events)
{
	struct upload *u = w->data;
	const struct api_param query[] = {
		{ "media_id", u->id }, { "command", "STATUS" },
	};

	(void)loop;
	(void)events;
	ask(u, &(struct api_request){ .endpoint = E_media_status,
	    .query = query, .nquery = 2 }, is_it_done);
}

/* Videos take their time; whoever has started it ends that. */
static void
is_it_done(struct upload *u, const struct api_answer *a)
{
	json_t *info = json_object_get(json_object_get(a->json, "data"),
	    "processing_info");
	const char *state = field_string(info, "state", 20);
	long wait = field_count(info, "check_after_secs");

	if (a->outcome != API_OK) {
		refused(u, a);
	} else if (info == NULL || (state != NULL &&
	    strcmp(state, "succeeded") == 0)) {
		describe(u);
	} else if (state != NULL && strcmp(state, "failed") == 0) {
		end(u, ERR_NOT_ACCEPTABLE,
		    "X cannot read the file, or does not take its kind.");
	} else {
		ev_timer_set(&u->check, wait < 1 ? CHECK_FIRST :
		    wait > CHECK_MAX ? CHECK_MAX : (double)wait, 0);
		ev_timer_start(EV_DEFAULT_ &u->check);
	}
}

/* ------------------------------------------------------------------- pieces */

static void
send_piece(struct upload *u, const struct api_answer *a)
{
	size_t left = buf_len(&u->data) - u->at;
	size_t n = left < PIECE ? left : PIECE;
	struct buf body = { 0 };
	char boundary[33], type[80];

	if (a->outcome != API_OK) {
		refused(u, a);
		return;
	}
	if (n == 0) {
		buf_free(&u->data);
		ask(u, &(struct api_request){ .endpoint = E_media_end,
		    .path = { u->id } }, is_it_done);
		return;
	}
	rand_token(boundary, sizeof(boundary));
	snprintf(type, sizeof(type), "multipart/form-data; boundary=%s",
	    boundary);
	files_multipart(&body, boundary, (unsigned)(u->at / PIECE),
	    buf_data(&u->data) + u->at, n);
	u->at += n;
	ask(u, &(struct api_request){ .endpoint = E_media_append,
	    .path = { u->id }, .content_type = type,
	    .content = buf_data(&body), .length = buf_len(&body) },
	    send_piece);
	buf_free(&body);
}

static void
begun(struct upload *u, const struct api_answer *a)
{
	const char *id = field_string(json_object_get(a->json, "data"), "id",
	    PAGE_ID_MAX);

	if (a->outcome == API_OK && (id == NULL || !page_is_id(id))) {
		end(u, ERR_NETWORK, "X did not say under which name it takes "
		    "the file.");
		return;
	}
	if (id != NULL)
		snprintf(u->id, sizeof(u->id), "%s", id);
	send_piece(u, a);
}

struct upload *
upload_start(struct session *s, const struct upload_file *file,
    upload_done *done, void *ctx)
{
	struct upload *u = xcalloc(1, sizeof(*u));
	json_t *body;

	u->session = s;
	u->data = *file->data;
	*file->data = (struct buf){ 0 };
	u->type = file->type;
	u->category = file->category;
	u->description = file->description != NULL ?
	    xstrdup(file->description) : NULL;
	u->done = done;
	u->ctx = ctx;
	ev_timer_init(&u->check, check, 0, 0);
	u->check.data = u;
	body = json_pack("{s:s, s:s, s:I}", "media_type", u->type,
	    "media_category", u->category, "total_bytes",
	    (json_int_t)buf_len(&u->data));
	ask(u, &(struct api_request){ .endpoint = E_media_begin, .body = body },
	    begun);
	json_decref(body);
	return u;
}
