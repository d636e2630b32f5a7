/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ad-hoc commands.  No state is kept between the steps: a form that comes back
 * filled in has all that is needed, and where a backend's command has several
 * forms the backend's own session name travels as the session id. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/command.h"
#include "manager/gateway/form.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define SETTINGS_NODE "settings"

/* The gateway's own settings of a user. */
static const struct {
	const char *name, *label, *otherwise;
} settings[] = {
	{ "enable_transport", "Enable transport", "1" },
	{ "send_headlines", "Allow sending messages as headlines", NULL },
	{ "stay_connected",
	    "Stay connected to legacy network when offline on XMPP", NULL },
};

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
		return "Transport settings";
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

/* -------------------------------------------------------------------- answers */

static struct xml *
begin(struct gateway *gw, const char *from, const char *to, const char *id,
    const char *node, const char *session, const char *status)
{
	struct xml *x = say_result_begin_to(gw, from, to, id);
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

static struct xml *
begin_now(const struct down *d, const char *status)
{
	return begin(d->gw, d->to->full, d->from->full, d->id,
	    stanza_attr(d->payload, "node"),
	    stanza_attr(d->payload, "sessionid"), status);
}

static void
put_note(struct xml *x, const char *text)
{
	xml_open(x, "note");
	xml_attr(x, "type", "info");
	xml_text(x, text);
	xml_close(x);
}

/* ------------------------------------------------------------------- settings */

static const char *
default_of(const struct gateway *gw, size_t i)
{
	if (settings[i].otherwise != NULL)
		return settings[i].otherwise;
	if (strcmp(settings[i].name, "send_headlines") == 0)
		return gw->config->send_headlines ? "1" : "0";
	return gw->config->stay_connected ? "1" : "0";
}

static void
show_settings(struct down *d)
{
	const struct msg_initialize_result *can = pool_features(d->gw->pool);
	struct xml *x = begin_now(d, "executing");

	form_begin(x, "form", "Transport settings", NULL, NULL);
	for (size_t i = 0; i < LENGTH(settings); i++)
		form_field(x, settings[i].name, "boolean", settings[i].label,
		    user_setting(d->user, settings[i].name,
		    default_of(d->gw, i)), false);
	for (size_t i = 0; can != NULL && i < can->settings.n; i++) {
		struct msg_field field = can->settings.v[i];

		field.value = user_setting(d->user, field.var, field.value);
		form_field_of(x, &field);
	}
	form_end(x);
	say_end(d->gw, x, d->from->full, 0);
}

static bool
is_setting(const struct gateway *gw, const char *name, int *type)
{
	const struct msg_initialize_result *can = pool_features(gw->pool);

	*type = STORE_BOOLEAN;
	for (size_t i = 0; i < LENGTH(settings); i++) {
		if (strcmp(settings[i].name, name) == 0)
			return true;
	}
	*type = STORE_STRING;
	for (size_t i = 0; can != NULL && i < can->settings.n; i++) {
		if (strcmp(can->settings.v[i].var, name) == 0)
			return true;
	}
	return false;
}

static void
save_settings(struct down *d, const struct stanza *form)
{
	struct pairs values = form_values(d->arena, form);
	struct xml *x;
	int type;

	for (size_t i = 0; i < values.n; i++) {
		const char *value = values.v[i].value;

		if (!is_setting(d->gw, values.v[i].key, &type))
			continue;
		if (type == STORE_BOOLEAN)
			value = form_bool(value) ? "1" : "0";
		user_set_setting(d->user, values.v[i].key, type, value);
	}
	x = begin_now(d, "completed");
	put_note(x, "Saved.");
	say_end(d->gw, x, d->from->full, 0);
}

/* --------------------------------------------------------------- the backend's */

struct asked {
	struct gateway	*gw;
	char		*from, *to, *id, *node;
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
		put_note(x, r->text);
}

static void
ran(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_command_result nothing;
	struct asked *a = ctx;
	const struct msg_command_result *r = result ? &result->command :
	    &nothing;
	struct xml *x;

	if (error != NULL) {
		say_error_to(a->gw, "iq", a->to, a->from, a->id,
		    say_error_of(error->code), error->text);
	} else {
		x = begin(a->gw, a->to, a->from, a->id, a->node, r->session,
		    r->fields.n > 0 ? "executing" : "completed");
		put_result(x, r);
		say_end(a->gw, x, a->from, 0);
	}
	free(a->from);
	free(a->to);
	free(a->id);
	free(a->node);
	free(a);
}

static void
run_backend_command(struct down *d, const struct msg_command_info *command,
    const struct stanza *form)
{
	struct msg_command msg = {
		.user = d->user->jid, .name = command->name,
		.arguments = form_values(d->arena, form),
		.session = form ? stanza_attr(d->payload, "sessionid") : NULL,
	};
	struct asked *a = xmalloc(sizeof(*a));

	*a = (struct asked){ d->gw, xstrdup(d->from->full),
	    xstrdup(d->to->full), xstrdup_null(d->id),
	    xstrdup(command->name) };
	session_request(d->user, METHOD_command, &msg, ran, a);
}

static void
show_command_form(struct down *d, const struct msg_command_info *command)
{
	struct xml *x = begin_now(d, "executing");

	form_begin(x, "form", command->label, NULL, NULL);
	for (size_t i = 0; i < command->fields.n; i++)
		form_field_of(x, &command->fields.v[i]);
	form_end(x);
	say_end(d->gw, x, d->from->full, 0);
}

/* ----------------------------------------------------------------------- entry */

static bool
submitted(const struct stanza *form)
{
	const char *type = stanza_attr(form, "type");

	return type != NULL && strcmp(type, "submit") == 0;
}

static void
run_command(struct down *d, const char *node)
{
	const struct msg_command_info *command = backend_command(d->gw, node);
	const struct stanza *form = form_find(d->payload);
	bool filled = submitted(form);

	if (strcmp(node, SETTINGS_NODE) == 0 && filled)
		save_settings(d, form);
	else if (strcmp(node, SETTINGS_NODE) == 0)
		show_settings(d);
	else if (command->fields.n > 0 && !filled)
		show_command_form(d, command);
	else
		run_backend_command(d, command, filled ? form : NULL);
}

void
down_command(struct down *d)
{
	const char *node = stanza_attr(d->payload, "node");
	const char *action = stanza_attr(d->payload, "action");

	if (d->to->node != NULL || node == NULL ||
	    command_label(d->gw, node) == NULL)
		say_error(d, E_ITEM_NOT_FOUND, "There is no such command.");
	else if (action != NULL && strcmp(action, "cancel") == 0)
		say_end(d->gw, begin_now(d, "canceled"), d->from->full, 0);
	else if (d->user == NULL || !d->user->loaded)
		say_error(d, E_FORBIDDEN, "You are not registered or not "
		    "logged in.");
	else
		run_command(d, node);
}
