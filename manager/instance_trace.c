/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "trace USER [bodies]" on the control socket: what goes to and from a user,
 * line by line, until who asked has gone. */
#include "manager/instance_parts.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/trace.h"
#include "util/later.h"
#include "util/xalloc.h"

struct tracing {
	LIST_ENTRY(tracing) entry;	/* in instance->traces */
	struct instance	*in;
	uint64_t	 id;		/* of the control client */
	struct trace	*trace;
	bool		 over;		/* to be stopped after the turn */
};

static void
stop(struct tracing *t)
{
	LIST_REMOVE(t, entry);
	trace_stop(t->trace);
	later_free(t);
}

static void
stop_later(void *object)
{
	struct instance *in = object;
	struct tracing *t, *next;

	for (t = LIST_FIRST(&in->traces); t != NULL; t = next) {
		next = LIST_NEXT(t, entry);
		if (t->over)
			stop(t);
	}
}

static void
on_line(void *ctx, const char *text)
{
	struct tracing *t = ctx;
	char *line;

	if (t->over)
		return;
	line = xasprintf("%s\n", text);
	/* We are in the middle of what is traced. */
	if (control_more(t->in->control, t->id, line) < 0) {
		t->over = true;
		later(stop_later, t->in);
	}
	free(line);
}

static void
refuse(struct instance *in, uint64_t id, const char *why)
{
	char *text = xasprintf("Error: %s", why);

	control_reply(in->control, id, text);
	free(text);
}

static void
start(struct instance *in, uint64_t id, const char *user, bool bodies)
{
	struct tracing *t = xcalloc(1, sizeof(*t));
	const char *why = NULL;

	t->in = in;
	t->id = id;
	t->trace = trace_start(in->gateway, user, bodies, on_line, t, &why);
	if (t->trace == NULL) {
		refuse(in, id, why);
		free(t);
		return;
	}
	LIST_INSERT_HEAD(&in->traces, t, entry);
	on_line(t, user_find(in->gateway, user) != NULL ? "tracing" :
	    "tracing; this user is not here at the moment");
}

void
instance_trace(void *ctx, uint64_t id, const char *args)
{
	struct instance *in = ctx;
	char *copy = xstrdup(args), *rest = copy;
	const char *user = strsep(&rest, " ");
	bool bodies = rest != NULL && strcmp(rest, "bodies") == 0;

	if (*user == '\0')
		refuse(in, id, "Argument is missing.");
	else if (rest != NULL && !bodies)
		refuse(in, id, "what follows the user can only be 'bodies'");
	else
		start(in, id, user, bodies);
	free(copy);
}

void
instance_trace_gone(void *ctx, uint64_t id)
{
	struct instance *in = ctx;
	struct tracing *t;

	LIST_FOREACH(t, &in->traces, entry) {
		if (t->id == id)
			break;
	}
	if (t != NULL)
		stop(t);
}

void
instance_trace_end(struct instance *in, const char *why)
{
	struct tracing *t;

	while ((t = LIST_FIRST(&in->traces)) != NULL) {
		control_reply(in->control, t->id, why);
		stop(t);
	}
}
