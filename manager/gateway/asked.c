/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sender of a stanza that is answered later. */
#include "manager/gateway/asked.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

bool
asked_may(const struct down *d, bool reachable)
{
	if (d->user->inflight >= d->gw->config->inflight_max)
		say_error(d, E_RESOURCE_CONSTRAINT,
		    "Too many of your requests are under way.");
	else if (!reachable)
		say_error(d, E_RECIPIENT_UNAVAILABLE,
		    "The network is not to be reached just now.");
	else
		return true;
	return false;
}

struct asked *
asked_by(const struct down *d)
{
	struct asked *a = xmalloc(sizeof(*a));

	*a = (struct asked){
		.gw = d->gw,
		.kind = strcmp(d->stanza->name, "iq") == 0 ? "iq" : "message",
		.from = xstrdup(d->from->full), .to = xstrdup(d->to->full),
		.id = xstrdup_null(d->id),
	};
	return a;
}

void
asked_drop(struct asked *a)
{
	free(a->from);
	free(a->to);
	free(a->id);
	free(a);
}

struct xml *
asked_begin(const struct asked *a)
{
	return asked_begin_as(a, "result");
}

struct xml *
asked_begin_as(const struct asked *a, const char *type)
{
	return say_answer_begin_to(a->gw, type, a->to, a->from, a->id);
}

void
asked_end(struct asked *a, struct xml *x)
{
	say_end(a->gw, x, a->from, 0);
	asked_drop(a);
}

void
asked_done(struct asked *a)
{
	asked_end(a, asked_begin(a));
}

void
asked_refuse(struct asked *a, enum stanza_error error, const char *text)
{
	say_error_to(a->gw, a->kind, a->to, a->from, a->id, error, text);
	asked_drop(a);
}

void
asked_refuse_by(struct asked *a, const struct msg_error *error)
{
	asked_refuse(a, say_error_of(error->code), error->text);
}

void
asked_answered(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct asked *a = ctx;

	(void)result;
	if (error != NULL)
		asked_refuse_by(a, error);
	else if (strcmp(a->kind, "iq") == 0)
		asked_done(a);
	else
		asked_drop(a);
}
