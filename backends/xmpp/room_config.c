/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a room as a form (XEP-0045 10.2), and its end (10.9).  What
 * the user fills in is put into the form as it is then: rooms want all of it
 * back. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/form.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

struct config_job {
	struct kit_call	 call;
	char		*room;		/* its JID */
	bool		 set;
	struct pairs	 values;	/* in the arena */
	struct arena	 arena;
};

static void
job_free(struct config_job *job)
{
	arena_free(&job->arena);
	free(job->room);
	free(job);
}

static void
on_set(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct config_job *job = ctx;

	(void)s;
	request_settle(&job->call, answer);
	job_free(job);
}

static void
show(struct config_job *job, xmpp_stanza_t *form)
{
	struct msg_room_config_result result = { 0 };
	struct arena *a = &job->arena;
	char *title = stanza_text(stanza_child(form, "title", NS_DATA),
	    ROOM_TEXT);
	char *text = stanza_text(stanza_child(form, "instructions", NS_DATA),
	    ROOM_TEXT);

	result.title = title;
	result.instructions = text;
	form_read(a, form, &result.fields.v, &result.fields.n);
	kit_reply(&job->call, &result);
	free(title);
	free(text);
	job_free(job);
}

static void
on_form(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct config_job *job = ctx;
	xmpp_stanza_t *form = stanza_child(stanza_child(answer, "query",
	    NS_MUC_OWNER), "x", NS_DATA), *iq;

	if (!request_worked(answer) || form == NULL) {
		if (request_worked(answer))
			kit_error(&job->call, ERR_NOT_SUPPORTED, NULL);
		else
			request_settle(&job->call, answer);
		job_free(job);
	} else if (!job->set) {
		show(job, form);
	} else {
		iq = request_new(s, "set", job->room);
		form_submit(build_child(iq, "query", NS_MUC_OWNER), form,
		    &job->values);
		request_send(s, iq, on_set, job);
	}
}

static void
begin(const struct kit_call *call, const char *user, const char *room,
    const struct pairs *values)
{
	struct room *r = room_for(call, user, room);
	struct config_job *job;
	xmpp_stanza_t *iq;

	if (r == NULL)
		return;
	job = xcalloc(1, sizeof(*job));
	job->call = *call;
	job->room = xstrdup(r->jid);
	job->set = values != NULL;
	if (values != NULL) {
		job->values.n = values->n;
		job->values.v = arena_alloc(&job->arena,
		    (values->n + 1) * sizeof(*values->v));
	}
	for (size_t i = 0; i < job->values.n; i++)
		job->values.v[i] = (struct pair){
			arena_strdup(&job->arena, values->v[i].key),
			arena_strdup(&job->arena, values->v[i].value) };
	iq = request_new(r->session, "get", r->jid);
	build_child(iq, "query", NS_MUC_OWNER);
	request_send(r->session, iq, on_form, job);
}

void
down_room_config(const struct kit_call *call, const struct msg_room_config *m)
{
	begin(call, m->user, m->room, NULL);
}

void
down_room_config_set(const struct kit_call *call,
    const struct msg_room_config_set *m)
{
	begin(call, m->user, m->room, &m->values);
}

void
down_room_destroy(const struct kit_call *call,
    const struct msg_room_destroy *m)
{
	struct room *r = room_for(call, m->user, m->room);
	xmpp_stanza_t *iq, *destroy;

	if (r == NULL)
		return;
	iq = request_new(r->session, "set", r->jid);
	destroy = build_child(build_child(iq, "query", NS_MUC_OWNER),
	    "destroy", NULL);
	if (m->instead != NULL)
		xmpp_stanza_set_attribute(destroy, "jid", m->instead);
	build_text(destroy, "reason", m->reason);
	request_send_for(r->session, iq, call);
}
