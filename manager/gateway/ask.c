/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question as a short conversation. */
#include "manager/gateway/ask.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "manager/gateway/say.h"
#include "protocol/errors.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define FIELDS_MAX	16
#define ASK_MAX		300.0	/* seconds; then another one may be put */

struct ask {
	unsigned	 backend;
	uint32_t	 id;
	double		 since;		/* ev_now() */
	size_t		 n, at;		/* fields, and the one asked now */
	char		*var[FIELDS_MAX];
	char		*label[FIELDS_MAX];
	char		*value[FIELDS_MAX];
};

static void
ask_free(struct user *user)
{
	struct ask *ask = user->ask;

	for (size_t i = 0; i < ask->n; i++) {
		free(ask->var[i]);
		free(ask->label[i]);
		if (ask->value[i] != NULL)	/* a password, maybe */
			explicit_bzero(ask->value[i], strlen(ask->value[i]));
		free(ask->value[i]);
	}
	free(ask);
	user->ask = NULL;
}

/* text: what comes before it. */
static void
put_field(struct user *user, struct buf *text)
{
	struct ask *ask = user->ask;

	if (buf_len(text) > 0)
		buf_addc(text, '\n');
	if (ask->n == 0)
		buf_adds(text, "Answer yes or no.");
	else
		buf_addf(text, "%s?", ask->label[ask->at]);
	buf_addc(text, '\0');
	say_notice(user->gw, user->jid, buf_data(text));
	buf_free(text);
}

void
ask_put(struct up *up)
{
	const struct msg_ask *msg = &up->params->ask;
	struct buf text = { 0 };
	struct ask *ask;

	/* Nobody waits that long: who asked has given up. */
	if (up->user->ask != NULL && ev_now(up->gw->loop) >=
	    up->user->ask->since + ASK_MAX)
		ask_drop(up->user);
	if (up->user->ask != NULL || msg->fields.n > FIELDS_MAX) {
		pool_refuse(up->gw->pool, up->backend, up->id,
		    ERR_RATE_LIMITED, "The user is busy with a question.");
		return;
	}
	ask = up->user->ask = xcalloc(1, sizeof(*ask));
	ask->backend = up->backend;
	ask->id = up->id;
	ask->since = ev_now(up->gw->loop);
	ask->n = msg->fields.n;
	for (size_t i = 0; i < ask->n; i++) {
		const struct msg_field *f = &msg->fields.v[i];

		ask->var[i] = xstrdup(f->var);
		ask->label[i] = xstrdup(f->label ? f->label : f->var);
	}
	buf_adds(&text, msg->title);
	if (msg->instructions != NULL)
		buf_addf(&text, "\n%s", msg->instructions);
	if (msg->url != NULL)
		buf_addf(&text, "\n%s", msg->url);
	if (msg->image != NULL)
		buf_addf(&text, "\n%s", msg->image);
	put_field(up->user, &text);
}

static void
finish(struct user *user)
{
	struct ask *ask = user->ask;
	struct pair pairs[FIELDS_MAX];
	struct msg_ask_result result = { .values = { pairs, ask->n } };

	for (size_t i = 0; i < ask->n; i++)
		pairs[i] = (struct pair){ ask->var[i], ask->value[i] };
	pool_answer(user->gw->pool, ask->backend, ask->id, METHOD_ask,
	    &result);
	ask_free(user);
}

bool
ask_answer(struct user *user, const char *text)
{
	struct ask *ask = user->ask;
	struct buf next = { 0 };

	if (ask == NULL)
		return false;
	if (ask->n == 0 && strcasecmp(text, "yes") != 0) {
		pool_refuse(user->gw->pool, ask->backend, ask->id,
		    ERR_FORBIDDEN, "The user said no.");
		ask_free(user);
		return true;
	}
	if (ask->n > 0)
		ask->value[ask->at++] = xstrdup(text);
	if (ask->at == ask->n)
		finish(user);
	else
		put_field(user, &next);
	return true;
}

void
ask_drop(struct user *user)
{
	if (user->ask == NULL)
		return;
	pool_refuse(user->gw->pool, user->ask->backend, user->ask->id,
	    ERR_NOT_CONNECTED, NULL);
	ask_free(user);
}
