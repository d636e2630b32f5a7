/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ad-hoc commands.  No state is kept between the steps: a form that comes back
 * filled in has all that is needed, and where a backend's command has several
 * forms the backend's own session name travels as the session id. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/command.h"
#include "manager/gateway/form.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/session.h"
#include "manager/gateway/settings.h"
#include "util/rand.h"
#include "util/xalloc.h"

/* Before the names of a backend's sessions, which are its own, in contrast to
 * those that we make. */
#define THEIRS "backend:"

static const struct msg_command_info *
backend_command(const struct gateway *gw, const char *node)
{
	const struct msg_initialize_result *can = pool_features(gw->pool);

	for (size_t i = 0; can != NULL && i < can->commands.n; i++) {
		if (strcmp(can->commands.v[i].name, node) == 0)
			return &can->commands.v[i];
	}
	return NULL;
}

const char *
command_label(const struct gateway *gw, const char *node)
{
	const struct msg_command_info *command = backend_command(gw, node);

	if (strcmp(node, SETTINGS_NODE) == 0)
		return SETTINGS_LABEL;
	return command ? command->label : NULL;
}

static void
put_item(const struct gateway *gw, struct xml *x, const char *node,
    const char *label)
{
	xml_open(x, "item");
	xml_attr(x, "jid", gw->config->jid);
	xml_attr(x, "node", node);
	xml_attr(x, "name", label);
	xml_close(x);
}

void
command_put_items(const struct gateway *gw, struct xml *x)
{
	const struct msg_initialize_result *can = pool_features(gw->pool);

	put_item(gw, x, SETTINGS_NODE, command_label(gw, SETTINGS_NODE));
	for (size_t i = 0; can != NULL && i < can->commands.n; i++)
		put_item(gw, x, can->commands.v[i].name,
		    can->commands.v[i].label);
}

/* ------------------------------------------------------------------ answers */

struct xml *
command_begin(const struct asked *asked, const char *node,
    const char *session, const char *status)
{
	struct xml *x = asked_begin(asked);
	char token[17];

	rand_token(token, sizeof(token));
	xml_open_ns(x, "command", NS_COMMANDS);
	xml_attr(x, "node", node);
	xml_attr(x, "sessionid", session ? session : token);
	xml_attr(x, "status", status);
	if (strcmp(status, "executing") == 0) {
		xml_open(x, "actions");
		xml_attr(x, "execute", "complete");
		xml_element(x, "complete", NULL, NULL);
		xml_close(x);
	}
	return x;
}

void
command_note(struct xml *x, const char *text)
{
	xml_open(x, "note");
	xml_attr(x, "type", "info");
	xml_text(x, text);
	xml_close(x);
}

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
		form_begin(x, "form", r->title, r->text, NULL);
		for (size_t i = 0; i < r->fields.n; i++)
			form_field_of(x, &r->fields.v[i]);
		form_end(x);
		return;
	}
	if (r->columns.n > 0)
		put_table(x, r);
	if (r->text != NULL)
		command_note(x, r->text);
}

static void
put_answer(const struct running *run, const struct msg_command_result *r)
{
	char *session = r->session ? xasprintf(THEIRS "%s", r->session) : NULL;
	struct xml *x = command_begin(run->asked, run->node, session,
	    r->fields.n > 0 ? "executing" : "completed");

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

static void
run_backend_command(struct down *d, const struct msg_command_info *command,
    const struct stanza *form)
{
	const char *session = stanza_attr(d->payload, "sessionid");
	struct msg_command msg = {
		.user = d->user->jid, .name = command->name,
		.arguments = form_values(d->arena, form),
	};
	struct running *run = xmalloc(sizeof(*run));

	if (session != NULL && strncmp(session, THEIRS, strlen(THEIRS)) == 0)
		msg.session = session + strlen(THEIRS);
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

static void
cancel(struct down *d, const char *node)
{
	struct asked *asked = asked_by(d);

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

	if (command->fields.n > 0 && !filled)
		show_command_form(d, command);
	else
		run_backend_command(d, command, filled ? form : NULL);
}

void
down_command(struct down *d)
{
	const char *node = stanza_attr(d->payload, "node");
	const char *action = stanza_attr(d->payload, "action");
	const struct stanza *form = form_find(d->payload);

	if (d->to->node != NULL || node == NULL ||
	    command_label(d->gw, node) == NULL)
		say_error(d, E_ITEM_NOT_FOUND, "There is no such command.");
	else if (action != NULL && strcmp(action, "cancel") == 0)
		cancel(d, node);
	else if (strcmp(node, SETTINGS_NODE) == 0)
		settings_run(d, submitted(form) ? form : NULL);
	else if (d->user == NULL || !d->user->loaded)
		say_error(d, E_FORBIDDEN, "You are not registered or not "
		    "logged in.");
	else
		run_command(d, backend_command(d->gw, node));
}
