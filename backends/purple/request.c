/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a request lives: put to the user, then answered or closed, whichever
 * comes first.  A handle is a number that does not come again, as libpurple may
 * speak of one that is gone. */
#include "backends/purple/request.h"

#include <stdlib.h>

#include "backends/purple/question.h"
#include "backends/purple/room.h"
#include "util/later.h"
#include "util/xalloc.h"

#define TRIES_MAX	3	/* wrong answers, before it is closed */

static GHashTable *requests;	/* handle -> struct request */

struct request *
request_create(const struct request_kind *kind, struct session *s, void *data)
{
	static uintptr_t serial;
	struct request *r = xcalloc(1, sizeof(*r));

	r->kind = kind;
	r->handle = (void *)++serial;
	r->session = s;
	r->data = data;
	return r;
}

static void
request_destroy(struct request *r)
{
	for (unsigned i = 0; i < r->nanswers; i++)
		free(r->answers[i].label);
	free(r->answers);
	if (r->fields != NULL)
		purple_request_fields_destroy(r->fields);
	free(r->title);
	free(r->instructions);
	free(r->image);
	free(r->value);
	free(r->own);
	free(r);
}

/* ----------------------------------------------------------------- the form */

static void	answered(void *handle, const struct pairs *values);
static void	dropped(void *handle);

static void
ask(struct request *r, const char *complaint)
{
	static const struct question_events events = { answered, dropped };
	struct arena arena = { 0 };
	struct msg_ask m = { .title = r->title, .image = r->image,
	    .instructions = r->instructions };

	if (complaint != NULL)
		m.instructions = arena_printf(&arena, "%s%s%s", complaint,
		    r->instructions ? "\n" : "",
		    r->instructions ? r->instructions : "");
	r->kind->form(r, &m, &arena);
	r->question = question_put(r->session, &m, &events, r->handle);
	arena_free(&arena);
}

/* Not before the plug-in has the handle. */
static void
answer_ourselves(void *handle)
{
	struct request *r = g_hash_table_lookup(requests, handle);
	struct pair pair = { .key = REQUEST_FIELD };
	struct pairs values = { &pair, 1 };

	if (r == NULL)
		return;
	pair.value = r->own;
	answered(handle, &values);
}

static bool
given(const char *text)
{
	return text != NULL && *text != '\0';
}

void *
request_put(struct request *r, const char *title, const char *primary,
    const char *secondary)
{
	if (!given(title)) {
		title = primary;
		primary = NULL;
	}
	r->title = xstrdup(given(title) ? title : "A question");
	if (given(primary) && given(secondary))
		r->instructions = xasprintf("%s\n%s", primary, secondary);
	else if (given(primary) || given(secondary))
		r->instructions = xstrdup(given(primary) ? primary :
		    secondary);
	g_hash_table_insert(requests, r->handle, r);
	r->own = r->session != NULL ? room_answer(r->session, r->title,
	    r->value) : NULL;
	if (r->own != NULL)
		later(answer_ourselves, r->handle);
	else
		ask(r, NULL);
	return r->handle;
}

/* ------------------------------------------------------------------ the end */

/* Whoever has taken it out of the table ends it: what libpurple or a callback
 * says about it afterwards finds nothing. */
static struct request *
take(void *handle)
{
	struct request *r = g_hash_table_lookup(requests, handle);

	if (r != NULL)
		g_hash_table_remove(requests, handle);
	return r;
}

static void
answered(void *handle, const struct pairs *values)
{
	struct request *r = g_hash_table_lookup(requests, handle);
	const char *complaint = NULL;

	if (r == NULL)
		return;
	r->question = 0;
	if (values != NULL && r->kind->wrong != NULL)
		complaint = r->kind->wrong(r, values);
	if (complaint != NULL && ++r->tries < TRIES_MAX) {
		ask(r, complaint);
		return;
	}
	take(handle);
	r->kind->answer(r, complaint ? NULL : values);
	purple_request_close(r->kind->type, handle);
	request_destroy(r);
}

/* The session is over: what the callbacks would work on is going. */
static void
dropped(void *handle)
{
	struct request *r = take(handle);

	if (r == NULL)
		return;
	purple_request_close(r->kind->type, handle);
	request_destroy(r);
}

static void
closed(PurpleRequestType type, void *handle)
{
	struct request *r = take(handle);

	(void)type;
	if (r == NULL)
		return;
	question_drop(r->question);
	request_destroy(r);
}

void
requests_init(void)
{
	static PurpleRequestUiOps ops;

	requests = g_hash_table_new(NULL, NULL);
	ops = (PurpleRequestUiOps){
		.request_input = request_input,
		.request_choice = request_choice,
		.request_action = request_action,
		.request_action_with_icon = request_action_with_icon,
		.request_fields = request_fields,
		.request_file = request_file,
		.request_folder = request_folder,
		.close_request = closed,
	};
	purple_request_set_ui_ops(&ops);
}
