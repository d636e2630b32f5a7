/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ad-hoc commands.  No state is kept between the steps: a form that comes back
 * filled in has all that is needed, and where a backend's command has several
 * forms the backend's own session name travels as the session id. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ask.h"
#include "manager/gateway/command.h"
#include "manager/gateway/form.h"
#include "manager/gateway/room_owner.h"
#include "manager/gateway/session.h"
#include "manager/gateway/settings.h"
#include "util/xalloc.h"

/* Before the names of a backend's sessions, which are its own, in contrast to
 * those that we make. */
#define THEIRS "backend:"

/* ------------------------------------------------------------ the backend's */

struct running {
	struct asked	*asked;
	char		*node;
};

static void
put_table(struct xml *x, const struct msg_command_result *r)
{
	form_begin(x, "result", r->title, NULL, NULL);
	xml_open(x, "reported");
	for (size_t i = 0; i < r->columns.n; i++)
		form_field(x, r->columns.v[i].var, "text-single",
		    r->columns.v[i].label, NULL, false);
	xml_close(x);
	for (size_t i = 0; i < r->rows.n; i++) {
		const struct pairs *row = &r->rows.v[i].values;

		xml_open(x, "item");
		for (size_t k = 0; k < row->n; k++)
			form_field(x, row->v[k].key, "text-single", NULL,
			    row->v[k].value, false);
		xml_close(x);
	}
	form_end(x);
}

static void
put_result(struct xml *x, const struct msg_command_result *r)
{
	if (r->fields.n > 0) {
		/* XEP-0050 3.1: notes are for what must be seen. */
		if (r->refused && r->text != NULL)
			command_wrong(x, r->text);
		form_begin(x, "form", r->title, r->text, NULL);
		for (size_t i = 0; i < r->fields.n; i++)
			form_field_of(x, &r->fields.v[i]);
		form_end(x);
		return;
	}
	if (r->columns.n > 0)
		put_table(x, r);
	if (r->text != NULL && r->refused)
		command_wrong(x, r->text);
	else if (r->text != NULL)
		command_note(x, r->text);
}

static void
put_answer(const struct running *run, const struct msg_command_result *r)
{
	char *session = r->session ? xasprintf(THEIRS "%s", r->session) : NULL;
	struct xml *x = r->fields.n > 0 ?
	    command_begin_step(run->asked, run->node, session, &r->actions) :
	    command_begin(run->asked, run->node, session, "completed");

	put_result(x, r);
	asked_end(run->asked, x);
	free(session);
}

static void
ran(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_command_result nothing;
	struct running *run = ctx;

	if (error != NULL)
		asked_refuse_by(run->asked, error);
	else
		put_answer(run, result ? &result->command : &nothing);
	free(run->node);
	free(run);
}

static bool
is_theirs(const char *session)
{
	return session != NULL &&
	    strncmp(session, THEIRS, strlen(THEIRS)) == 0;
}

/* What the client wants to be done with the form, NULL: what is usual. */
static const char *
step_of(const struct down *d)
{
	const char *action = stanza_attr(d->payload, "action");

	return action == NULL || strcmp(action, "execute") == 0 ? NULL :
	    action;
}

static void
run_backend_command(struct down *d, const struct msg_command_info *command,
    const struct stanza *form)
{
	const char *session = stanza_attr(d->payload, "sessionid");
	struct msg_command msg = {
		.user = d->user->jid, .name = command->name,
		.target = command_target(d),
		.arguments = form_values(d->arena, form),
	};
	struct running *run = xmalloc(sizeof(*run));

	if (is_theirs(session)) {
		msg.session = session + strlen(THEIRS);
		msg.action = step_of(d);
	}
	*run = (struct running){ asked_by(d), xstrdup(command->name) };
	session_request(d->user, METHOD_command, &msg, ran, run);
}

static void
show_command_form(struct down *d, const struct msg_command_info *command)
{
	struct asked *asked = asked_by(d);
	struct xml *x = command_begin(asked, command->name, NULL,
	    "executing");

	form_begin(x, "form", command->label, NULL, NULL);
	for (size_t i = 0; i < command->fields.n; i++)
		form_field_of(x, &command->fields.v[i]);
	form_end(x);
	asked_end(asked, x);
}

/* The user is not interested any more, whatever the backend says to it. */
static void
cancelled(void *ctx, const struct msg_error *error, const union result *result)
{
	(void)ctx, (void)error, (void)result;
}

static void
cancel_of_backend(struct down *d, const struct msg_command_info *command)
{
	const char *session = stanza_attr(d->payload, "sessionid");
	struct msg_command msg = { .user = d->user->jid, .action = "cancel" };

	if (command == NULL || !is_theirs(session))
		return;
	msg.name = command->name;
	msg.target = command_target(d);
	msg.session = session + strlen(THEIRS);
	session_request(d->user, METHOD_command, &msg, cancelled, NULL);
}

static void
cancel(struct down *d, const char *node)
{
	struct asked *asked = asked_by(d);

	if (d->user != NULL && d->user->loaded)
		cancel_of_backend(d, command_of_backend(d, node));
	asked_end(asked, command_begin(asked, node,
	    stanza_attr(d->payload, "sessionid"), "canceled"));
}

/* -------------------------------------------------------------------- entry */

static bool
submitted(const struct stanza *form)
{
	const char *type = stanza_attr(form, "type");

	return type != NULL && strcmp(type, "submit") == 0;
}

static void
run_command(struct down *d, const struct msg_command_info *command)
{
	const struct stanza *form = form_find(d->payload);
	bool filled = submitted(form);

	/* A way back has no form. */
	if (command->fields.n > 0 && !filled &&
	    !is_theirs(stanza_attr(d->payload, "sessionid")))
		show_command_form(d, command);
	else
		run_backend_command(d, command, filled ? form : NULL);
}

/* XEP-0050 4.2: an action that is none, or not possible here. */
static bool
is_action(const struct down *d)
{
	static const char *const actions[] = {
		"execute", "complete", "next", "cancel", "prev",
	};
	const char *action = stanza_attr(d->payload, "action");

	for (size_t i = 0; action != NULL && i < LENGTH(actions); i++) {
		if (strcmp(action, actions[i]) == 0)
			return strcmp(action, "prev") != 0 ||
			    is_theirs(stanza_attr(d->payload, "sessionid"));
	}
	return action == NULL;
}

static void
run(struct down *d, const char *node)
{
	const struct stanza *form = form_find(d->payload);
	enum command_place place = command_place(d);

	form = submitted(form) ? form : NULL;
	if (place != AT_ROOM && strcmp(node, SETTINGS_NODE) == 0)
		settings_run(d, form);
	else if (d->user == NULL || !d->user->loaded)
		say_error(d, E_FORBIDDEN, "You are not registered or not "
		    "logged in.");
	else if (place == AT_GATEWAY && strcmp(node, ASK_NODE) == 0)
		ask_run(d, form);
	else if (place == AT_ROOM && strcmp(node, ROOM_OWNER_NODE) == 0)
		room_owner_run(d, form);
	else
		run_command(d, command_of_backend(d, node));
}

void
down_command(struct down *d)
{
	const char *node = stanza_attr(d->payload, "node");
	const char *action = stanza_attr(d->payload, "action");

	if (node == NULL || command_label(d, node) == NULL)
		say_error(d, E_ITEM_NOT_FOUND, "There is no such command.");
	else if (d->user != NULL && d->user->guest &&
	    strcmp(node, ASK_NODE) != 0)
		say_error(d, E_NOT_AUTHORIZED, "The network has not let you "
		    "in yet.");
	else if (!is_action(d))
		say_error(d, E_BAD_REQUEST, "That cannot be done with this "
		    "command.");
	else if (action != NULL && strcmp(action, "cancel") == 0)
		cancel(d, node);
	else
		run(d, node);
}
