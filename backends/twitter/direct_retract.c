/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that the user takes back.  X deletes own ones; of those that others
 * delete its API does not tell. */
#include "backends/twitter/direct_inside.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/task.h"
#include "util/xalloc.h"

struct retracting {
	struct task	 task;
	char		*id;		/* of the message */
	char		*room;		/* or NULL */
};

static void
finish(struct task *task)
{
	struct retracting *r = (struct retracting *)task;

	free(r->id);
	free(r->room);
}

static void
answered(struct session *s, const struct api_answer *a, void *ctx)
{
	struct retracting *r = ctx;
	const struct msg_retracted m = { .user = s->user, .peer = s->name,
	    .room = r->room, .id = r->id };

	if (a->outcome != API_OK) {
		task_refused(&r->task, a);
		return;
	}
	if (r->room != NULL)
		kit_notify(METHOD_retracted, &m);
	task_reply(&r->task, NULL);
}

void
direct_retract(struct session *s, const struct kit_call *call,
    const struct msg_retract *m)
{
	const char *event = direct_id_of_message(m->id);
	const char *room = m->room != NULL ? m->room : m->peer;
	struct retracting *r;

	if (event == NULL) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	r = task_begin(s, call, sizeof(*r), finish);
	r->id = xstrdup(m->id);
	if (direct_is_room(room))
		r->room = xstrdup(room);
	api_call(s, &(struct api_request){ .endpoint = E_dm_delete,
	    .path = { direct_id_of_message(r->id) } }, answered, r);
}
