/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to X: whom they are for, in which order, and what came of them.  To
 * one person or group they go one after the other, as X has them in the order
 * in which they come. */
#include "backends/twitter/direct_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/files.h"
#include "backends/twitter/media.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/people.h"
#include "backends/twitter/task.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define OUTGOING_MAX	100		/* of one session */

struct outgoing {
	struct task	 task;
	TAILQ_ENTRY(outgoing) order;
	char		*key;		/* to whom: those with the same wait for
					 * each other */
	bool		 running;
	bool		 posting;	/* X may have it already */
	/* To these people, or else into a conversation. */
	char		**names;
	size_t		 nnames;
	char		(*ids)[PAGE_ID_MAX + 1];	/* of the first found */
	size_t		 found;
	char		 conversation[PAGE_ID_MAX + 1];
	char		*text;
	char		*media;		/* id of an upload, or NULL */
	struct msg_attachment file;	/* owned; url NULL: none */
	direct_done	*done;		/* NULL: the call is answered */
	void		*ctx;
};

static void
finish(struct task *task)
{
	struct outgoing *o = (struct outgoing *)task;
	struct direct *d = task->session->direct;

	if (d != NULL) {
		TAILQ_REMOVE(&d->outgoing, o, order);
		d->noutgoing--;
		d->nposting -= o->posting;
	}
	for (size_t i = 0; i < o->nnames; i++)
		free(o->names[i]);
	free(o->names);
	free(o->ids);
	free(o->key);
	free(o->text);
	free(o->media);
	free((char *)o->file.url);
	free((char *)o->file.name);
	free((char *)o->file.type);
}

/* ------------------------------------------------------------------ outcome */

static void	run(struct direct *);

/* What waited behind it goes on. */
static void
go_on(struct direct *d)
{
	run(d);
	if (d->nposting == 0)
		direct_poll_resume(d);
}

static void
fail(struct outgoing *o, enum outcome outcome, const char *code,
    const char *text)
{
	struct session *s = o->task.session;
	const struct api_answer a = { .outcome = outcome, .text = text };
	direct_done *done = o->done;
	void *ctx = o->ctx;

	task_error(&o->task, code, text);
	if (done != NULL)
		done(s, &a, ctx);
	go_on(s->direct);
}

static void
refused(struct outgoing *o, const struct api_answer *a)
{
	struct direct *d = o->task.session->direct;

	if (!direct_moved_is(a)) {
		fail(o, a->outcome, api_error_code(a->outcome), a->text);
		return;
	}
	if (o->nnames < 2)
		direct_moved_tell(d, o->nnames == 1 ? o->ids[0] :
		    o->conversation);
	fail(o, API_FORBIDDEN, ERR_FORBIDDEN, direct_moved_why);
}

/* Of a group that has been made, the user is asked in. */
static char *
what_was_done(struct outgoing *o, const char *conversation)
{
	struct direct *d = o->task.session->direct;
	struct group *g;

	if (o->nnames < 2)
		return o->nnames == 1 ? xasprintf("Sent to @%s, as a direct "
		    "message.", o->names[0]) : xstrdup("Sent.");
	if (conversation == NULL || !direct_id_is_group(conversation))
		return xstrdup("Sent to a new group.");
	g = direct_group_get(d, conversation);
	for (size_t i = 0; i < o->nnames; i++)
		direct_group_enter(d, g, o->ids[i]);
	direct_room_call(d, g, NULL);
	return xasprintf("Sent to a new group, the room %s.", g->room);
}

static void
succeed(struct outgoing *o, const char *event, const char *conversation)
{
	struct session *s = o->task.session;
	char *id = event != NULL ? xasprintf(DIRECT_PREFIX "%s", event) : NULL;
	char *text = what_was_done(o, conversation);
	const char *ids[] = { id };
	const struct msg_send_result result = {
		.ids = { ids, id != NULL ? 1 : 0 },
	};
	const struct api_answer a = { .outcome = API_OK, .text = text };
	direct_done *done = o->done;
	void *ctx = o->ctx;

	direct_live(s->direct);
	task_reply(&o->task, &result);
	if (done != NULL)
		done(s, &a, ctx);
	free(id);
	free(text);
	go_on(s->direct);
}

static void
answered(struct session *s, const struct api_answer *a, void *ctx)
{
	struct outgoing *o = ctx;
	const json_t *data = json_object_get(a->json, "data");
	const char *event = json_string_value(json_object_get(data,
	    "dm_event_id"));
	const char *conversation = json_string_value(json_object_get(data,
	    "dm_conversation_id"));

	if (a->outcome != API_OK) {
		refused(o, a);
		return;
	}
	if (event != NULL && !page_is_id(event))
		event = NULL;
	if (event != NULL)
		direct_sent_add(s, event);
	succeed(o, event, conversation);
}

/* ------------------------------------------------------------------ sending */

static json_t *
message(const struct outgoing *o)
{
	json_t *m = json_object();

	if (*o->text != '\0')
		json_object_set_new(m, "text", json_string(o->text));
	if (o->media != NULL)
		json_object_set_new(m, "attachments", json_pack("[{s:s}]",
		    "media_id", o->media));
	return m;
}

static void
post(struct outgoing *o)
{
	struct api_request r = { .endpoint = E_dm_send_in,
	    .path = { o->conversation } };
	json_t *body = message(o), *ids;

	if (o->nnames == 1) {
		r.endpoint = E_dm_send;
		r.path[0] = o->ids[0];
	} else if (o->nnames > 1) {
		r.endpoint = E_dm_create;
		ids = json_array();
		for (size_t i = 0; i < o->nnames; i++)
			json_array_append_new(ids, json_string(o->ids[i]));
		body = json_pack("{s:s, s:o, s:o}", "conversation_type",
		    "Group", "participant_ids", ids, "message", body);
	}
	r.body = body;
	o->posting = true;
	o->task.session->direct->nposting++;
	api_call(o->task.session, &r, answered, o);
	json_decref(body);
}

static void
uploaded(struct session *s, const struct media_answer *a, void *ctx)
{
	struct outgoing *o = ctx;

	(void)s;
	if (a->code != NULL || a->n == 0) {
		fail(o, API_FAILED, a->code != NULL ? a->code : ERR_NETWORK,
		    a->text);
		return;
	}
	o->media = xstrdup(a->ids[0]);
	post(o);
}

static void	next_step(struct outgoing *);

static void
found(struct session *s, const struct api_answer *a, const struct known *known,
    void *ctx)
{
	struct outgoing *o = ctx;

	(void)s;
	if (a->outcome != API_OK) {
		fail(o, a->outcome, api_error_code(a->outcome), a->text);
		return;
	}
	snprintf(o->ids[o->found++], sizeof(*o->ids), "%s", known->person.id);
	next_step(o);
}

static void
next_step(struct outgoing *o)
{
	struct session *s = o->task.session;

	if (o->found < o->nnames)
		people_find(s, o->names[o->found], found, o);
	else if (o->file.url != NULL)
		media_up(s, &o->file, 1, MEDIA_FOR_MESSAGE, uploaded, o);
	else
		post(o);
}

static bool
may_run(const struct direct *d, const struct outgoing *o)
{
	const struct outgoing *before;

	TAILQ_FOREACH(before, &d->outgoing, order) {
		if (before == o)
			break;
		if (strcmp(before->key, o->key) == 0)
			return false;
	}
	return !o->running;
}

static void
run(struct direct *d)
{
	struct outgoing *o;

	do {
		TAILQ_FOREACH(o, &d->outgoing, order)
			if (may_run(d, o))
				break;
		if (o != NULL) {
			o->running = true;
			next_step(o);
		}
	} while (o != NULL);
}

/* ------------------------------------------------------------- what to send */

/* NULL, or what is wrong with it (malloced), and as a code. */
static char *
complaint(const struct direct *d, const char *text, size_t files,
    const char **code)
{
	size_t n = 0, len = strlen(text), step;
	uint32_t cp;

	for (const char *c = text; *c != '\0'; c += step, n++) {
		step = utf8_next(c, len - (size_t)(c - text), &cp);
		if (step == 0)
			step = 1;
	}
	*code = ERR_TOO_LONG;
	if (n > DIRECT_TEXT_MAX)
		return xasprintf("A direct message has %d characters at most; "
		    "this one has %zu.", DIRECT_TEXT_MAX, n);
	*code = ERR_NOT_ACCEPTABLE;
	if (n == 0 && files == 0)
		return xstrdup("There is nothing to send.");
	if (files > 1)
		return xstrdup("X takes one file with a direct message.");
	*code = ERR_RATE_LIMITED;
	return d->noutgoing < OUTGOING_MAX ? NULL :
	    xstrdup("Too many messages are waiting to be sent.");
}

/* Without its addressee. */
static struct outgoing *
begin(struct direct *d, const struct kit_call *call, const char *key,
    const char *text)
{
	struct outgoing *o = task_begin(d->session, call, sizeof(*o), finish);

	TAILQ_INSERT_TAIL(&d->outgoing, o, order);
	d->noutgoing++;
	o->key = xstrdup(key);
	o->text = xstrdup(text);
	for (char *c = o->key; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	return o;
}

static void
add_names(struct outgoing *o, const char *const *names, size_t n)
{
	o->names = xcalloc(n, sizeof(*o->names));
	o->ids = xcalloc(n, sizeof(*o->ids));
	for (size_t i = 0; i < n; i++)
		o->names[o->nnames++] = xstrdup(names[i]);
}

/* Files are sent as files, without their addresses in the text; what the client
 * has quoted of the message that is answered is part of it, as X has no replies
 * here that the API knew of. */
static char *
text_of(const struct msg_send *m)
{
	char *body = files_text(m->body, m->attachments.v, m->attachments.n);
	char *text;

	if (m->reply_to == NULL || m->reply_to->text == NULL ||
	    *m->reply_to->text == '\0')
		return body;
	text = xasprintf("%s%s%s", m->reply_to->text,
	    m->reply_to->text[strlen(m->reply_to->text) - 1] == '\n' ? "" :
	    "\n", body);
	free(body);
	return text;
}

/* Where it goes: a group's conversation, or NULL for a person.  An answer in
 * the chat with X goes to the group whose message had been told there. */
static const char *
conversation_of(const struct direct *d, const struct msg_send *m)
{
	const char *event = m->reply_to != NULL ?
	    direct_id_of_message(m->reply_to->id) : NULL;

	if (strcmp(m->kind, "groupchat") == 0)
		return direct_id_of_room(m->to);
	return event != NULL && strcmp(m->to, CONTACT) == 0 ?
	    direct_show_told(d, event) : NULL;
}

static void
start(struct direct *d, const struct kit_call *call, const struct msg_send *m,
    const char *text)
{
	const char *conversation = conversation_of(d, m);
	const struct msg_attachment *file = m->attachments.v;
	struct outgoing *o = begin(d, call, conversation != NULL ?
	    conversation : m->to, text);

	if (conversation != NULL)
		snprintf(o->conversation, sizeof(o->conversation), "%s",
		    conversation);
	else
		add_names(o, (const char *const[]){ m->to }, 1);
	if (m->attachments.n > 0)
		o->file = (struct msg_attachment){ .url = xstrdup(file->url),
		    .name = xstrdup_null(file->name),
		    .type = xstrdup_null(file->type), .size = file->size };
	run(d);
}

void
direct_send(struct session *s, const struct kit_call *call,
    const struct msg_send *m)
{
	struct direct *d = direct_of(s);
	const char *code;
	char *text = text_of(m);
	char *why = complaint(d, text, m->attachments.n, &code);

	if (why != NULL)
		kit_error(call, code, why);
	else if (conversation_of(d, m) == NULL &&
	    (strcmp(m->kind, "groupchat") == 0 || strcmp(m->to, CONTACT) == 0))
		kit_error(call, ERR_NOT_FOUND, "It is not known any more which "
		    "conversation that was.");
	else
		start(d, call, m, text);
	free(why);
	free(text);
}

void
direct_group(struct session *s, const char *const *names, size_t n,
    const char *text, direct_done *done, void *ctx)
{
	struct direct *d = direct_of(s);
	const char *code;
	char *why = n > DIRECT_GROUP_MAX || n == 0 ?
	    xasprintf("A group has %d people at most.", DIRECT_GROUP_MAX + 1) :
	    complaint(d, text, 0, &code);
	const struct api_answer a = { .outcome = API_REFUSED, .text = why };
	struct outgoing *o;

	if (why != NULL) {
		done(s, &a, ctx);
		free(why);
		return;
	}
	o = begin(d, NULL, n == 1 ? names[0] : "", text);
	add_names(o, names, n);
	o->done = done;
	o->ctx = ctx;
	run(d);
}

void
direct_group_line(struct session *s, const char *line, direct_done *done,
    void *ctx)
{
	static const struct api_answer few = { .outcome = API_REFUSED,
	    .text = "A group begins with at least two names and a text: "
	    "@anna @bob Hello" };
	char names[DIRECT_GROUP_MAX + 1][DIRECT_NAME_SIZE];
	const char *list[DIRECT_GROUP_MAX + 1], *text;
	size_t n = direct_id_names(line, names, LENGTH(names), &text);

	for (size_t i = 0; i < n; i++)
		list[i] = names[i];
	if (n < 2 || *text == '\0')
		done(s, &few, ctx);
	else
		direct_group(s, list, n, text, done, ctx);
}

void
direct_message(struct session *s, const char *name, const char *text,
    direct_done *done, void *ctx)
{
	direct_group(s, &name, 1, text, done, ctx);
}
