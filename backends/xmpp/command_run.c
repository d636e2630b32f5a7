/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command of the server, run: from step to step, under a name of ours for
 * what the server calls its session (XEP-0050 3). */
#include <ev.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/command.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/form.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define RUNS_MAX	4		/* of a session */
#define STEP_MAX	5000		/* elements and texts of a step */
#define NAME_SIZE	17

struct run {
	TAILQ_ENTRY(run) entry;
	struct runs	*runs;
	char		 name[NAME_SIZE];
	char		*jid, *node;
	char		*session;	/* the server's word; NULL: none */
	xmpp_stanza_t	*step;		/* <command/> as it came last; NULL:
					 * it has not begun */
	bool		 asking;	/* call waits for the server */
	struct kit_call	 call;
};

struct runs {
	TAILQ_HEAD(, run) list;		/* what was touched last is last */
	size_t		 n;
};

/* --------------------------------------------------------------------- life */

static struct run *
run_create(struct runs *runs, const struct command_place *place)
{
	struct run *r = xcalloc(1, sizeof(*r));

	rand_token(r->name, sizeof(r->name));
	r->runs = runs;
	r->jid = xstrdup(place->jid);
	r->node = xstrdup(place->node);
	TAILQ_INSERT_TAIL(&runs->list, r, entry);
	runs->n++;
	return r;
}

static void
run_free(struct run *r)
{
	TAILQ_REMOVE(&r->runs->list, r, entry);
	r->runs->n--;
	if (r->step != NULL)
		xmpp_stanza_release(r->step);
	free(r->session);
	free(r->jid);
	free(r->node);
	free(r);
}

static xmpp_stanza_t *
command_new(struct session *s, const struct run *r, const char *action,
    xmpp_stanza_t **command)
{
	xmpp_stanza_t *iq = request_new(s, "set", r->jid);

	*command = build_child(iq, "command", NS_COMMANDS);
	xmpp_stanza_set_attribute(*command, "node", r->node);
	xmpp_stanza_set_attribute(*command, "action", action);
	if (r->session != NULL)
		xmpp_stanza_set_attribute(*command, "sessionid", r->session);
	return iq;
}

/* The user will not go on with it.  Nobody waits for the answer. */
static void
cancel(struct session *s, struct run *r)
{
	xmpp_stanza_t *command;

	if (r->session != NULL)
		session_send(s, command_new(s, r, "cancel", &command), NULL);
	run_free(r);
}

struct runs *
runs_create(void)
{
	struct runs *runs = xcalloc(1, sizeof(*runs));

	TAILQ_INIT(&runs->list);
	return runs;
}

void
runs_destroy(struct session *s, struct runs *runs)
{
	struct run *r;

	while ((r = TAILQ_FIRST(&runs->list)) != NULL)
		cancel(s, r);
	free(runs);
}

/* No client says that it has lost interest, so the oldest makes room.  false:
 * all of them wait for the server. */
static bool
make_room(struct session *s, struct runs *runs)
{
	struct run *r;

	if (runs->n < RUNS_MAX)
		return true;
	TAILQ_FOREACH(r, &runs->list, entry) {
		if (!r->asking) {
			cancel(s, r);
			return true;
		}
	}
	return false;
}

static struct run *
run_find(struct runs *runs, const char *name)
{
	struct run *r;

	TAILQ_FOREACH(r, &runs->list, entry) {
		if (strcmp(r->name, name) == 0)
			return r;
	}
	return NULL;
}

/* ------------------------------------------------------------------ answers */

/* The guard has seen to it that it is not deep. */
static size_t
size_of(xmpp_stanza_t *st)
{
	xmpp_stanza_t *child = xmpp_stanza_get_children(st);
	size_t n = 1;

	for (; child != NULL; child = xmpp_stanza_get_next(child))
		n += size_of(child);
	return n;
}

/* Is there another step? */
static bool
keep_step(struct run *r, xmpp_stanza_t *command)
{
	const char *session = stanza_attr(command, "sessionid");

	if (!stanza_attr_is(command, "status", "executing"))
		return false;
	if (r->step != NULL)
		xmpp_stanza_release(r->step);
	r->step = xmpp_stanza_copy(command);
	if (session != NULL)
		xreplace(&r->session, session);
	TAILQ_REMOVE(&r->runs->list, r, entry);
	TAILQ_INSERT_TAIL(&r->runs->list, r, entry);
	return true;
}

static void
on_answer(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct run *r = ctx;
	xmpp_stanza_t *command = stanza_child(answer, "command", NS_COMMANDS);
	struct msg_command_result result;
	struct arena arena = { 0 };
	bool more;

	r->asking = false;
	if (!request_worked(answer)) {
		request_settle(&r->call, answer);
		/* What was filled in may be put right. */
		if (r->step == NULL)
			run_free(r);
		return;
	}
	if (command != NULL && size_of(command) > STEP_MAX) {
		kit_error(&r->call, ERR_TOO_LONG, NULL);
		cancel(s, r);
		return;
	}
	more = keep_step(r, command);
	if (command_answer(&arena, command, more ? r->name : NULL, &result))
		kit_reply(&r->call, &result);
	else
		kit_error(&r->call, ERR_NETWORK, NULL);
	arena_free(&arena);
	if (!more)
		run_free(r);
}

/* -------------------------------------------------------------------- steps */

/* "execute" is what the main process makes of it: the way on, where there is
 * one. */
static const char *
action_of(const struct run *r, const char *wanted)
{
	if (r->step == NULL)
		return "execute";
	if (wanted == NULL)
		wanted = command_may(r->step, "next") ? "next" : "complete";
	return strcmp(wanted, "cancel") == 0 ||
	    command_may(r->step, wanted) ? wanted : NULL;
}

static void
go(struct session *s, struct run *r, const char *action,
    const struct kit_call *call, const struct pairs *filled)
{
	xmpp_stanza_t *form = stanza_child(r->step, "x", NS_DATA), *command;
	xmpp_stanza_t *iq = command_new(s, r, action, &command);

	if (form != NULL && !stanza_attr_is(form, "type", "result") &&
	    strcmp(action, "cancel") != 0 &&
	    (strcmp(action, "prev") != 0 || filled->n > 0))
		form_submit(command, form, filled);
	r->call = *call;
	r->asking = true;
	request_send(s, iq, on_answer, r);
}

static void
go_on(struct session *s, struct run *r, const struct kit_call *call,
    const struct msg_command *m)
{
	const char *action;

	if (r == NULL) {
		kit_error(call, ERR_NOT_FOUND, "This was begun too long ago. "
		    "Please start again.");
	} else if (r->asking) {
		kit_error(call, ERR_CONFLICT, "The server has not answered "
		    "the last step yet.");
	} else if ((action = action_of(r, m->action)) == NULL) {
		kit_error(call, ERR_BAD_REQUEST, NULL);
	} else {
		go(s, r, action, call, &m->arguments);
	}
}

void
down_command(const struct kit_call *call, const struct msg_command *m)
{
	struct session *s = session_for(call, m->user);
	struct command_place place;
	struct runs *runs;

	if (s == NULL)
		return;
	runs = command_runs(s);
	if (m->session != NULL && runs != NULL)
		go_on(s, run_find(runs, m->session), call, m);
	else if (!command_find(s, m->name, &place))
		kit_error(call, ERR_NOT_FOUND, NULL);
	else if (!make_room(s, runs))
		kit_error(call, ERR_RATE_LIMITED, NULL);
	else
		go(s, run_create(runs, &place), "execute", call,
		    &m->arguments);
}
