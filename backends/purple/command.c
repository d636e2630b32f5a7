/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command at a time for each user.  It is at work while the main process
 * waits for its answer, and shows a form while the user fills it in. */
#include "backends/purple/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/certificate.h"
#include "backends/purple/menu.h"
#include "backends/purple/mood.h"
#include "backends/purple/question.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* Seconds for a plug-in to ask or to tell something, which may come from the
 * network; after them the command is over. */
#define PATIENCE	4

struct commands {
	struct kit_call	 call;		/* waits for an answer, while... */
	bool		 working;
	guint		 timer;		/* ...and this ends it; 0: none */
	unsigned	 form;		/* question that is shown; 0: none */
	char		 name[32];	/* of the command's session, for the
					 * form that is shown */
	char		*offered;	/* labels that have been told */
};

/* --------------------------------------------------------------- the answer */

static void
settle(struct commands *c, const struct msg_command_result *result)
{
	if (c->timer != 0)
		g_source_remove(c->timer);
	c->timer = 0;
	c->working = false;
	kit_reply(&c->call, result);
}

static gboolean
nothing_came(gpointer data)
{
	static const struct msg_command_result done = { .text = "Done." };
	struct commands *c = data;

	c->timer = 0;
	settle(c, &done);
	return G_SOURCE_REMOVE;
}

/* The plug-in has been called: what it wants may have come already. */
static void
await(struct commands *c)
{
	if (c->working && c->timer == 0)
		c->timer = g_timeout_add_seconds(PATIENCE, nothing_came, c);
}

bool
command_takes(struct session *s, const struct msg_ask *ask, unsigned question)
{
	struct commands *c = s->commands;
	struct msg_command_result result = {
		.text = ask->instructions, .title = ask->title,
		.fields = { ask->fields.v, ask->fields.n },
	};
	static const struct msg_field go_on = {
		.var = "go_on", .type = "bool", .label = "Go on", .value = "1",
	};

	if (c == NULL || !c->working)
		return false;
	snprintf(c->name, sizeof(c->name), "%u", question);
	c->form = question;
	result.session = c->name;
	if (result.fields.n == 0) {
		result.fields.v = (struct msg_field *)(uintptr_t)&go_on;
		result.fields.n = 1;
	}
	settle(c, &result);
	return true;
}

bool
command_result(struct session *s, const struct msg_command_result *result)
{
	struct commands *c = s->commands;

	if (c == NULL || !c->working)
		return false;
	settle(c, result);
	return true;
}

void
command_dropped(unsigned question)
{
	struct session *s;
	size_t at = 0;

	while ((s = sessions_next(&at)) != NULL) {
		if (s->commands != NULL && s->commands->form == question)
			s->commands->form = 0;
	}
}

/* ------------------------------------------------------------------ actions */

/* The plug-in's entries for this account; NULL ones are lines between. */
static GList *
actions_of(const struct session *s)
{
	PurpleConnection *gc = purple_account_get_connection(s->account);

	if (gc == NULL || gc->prpl == NULL ||
	    !PURPLE_PLUGIN_HAS_ACTIONS(gc->prpl))
		return NULL;
	return PURPLE_PLUGIN_ACTIONS(gc->prpl, gc);
}

static void
free_actions(GList *actions)
{
	for (GList *l = actions; l != NULL; l = l->next) {
		if (l->data != NULL)
			purple_plugin_action_free(l->data);
	}
	g_list_free(actions);
}

static bool
change_password(const struct session *s)
{
	return PROTOCOL_HAS(session_protocol(s), change_passwd);
}

/* Have these been told?  If not, they count as told from now on. */
static bool
is_news(struct commands *c, const struct msg_commands *m)
{
	struct buf b = { 0 };
	char *labels;
	bool news;

	for (size_t i = 0; i < m->commands.n; i++)
		buf_addf(&b, "%s\n", m->commands.v[i].label);
	labels = buf_steal(&b);
	news = strcmp(labels, c->offered) != 0;
	free(c->offered);
	c->offered = labels;
	return news;
}

/* Tell the main process which there are: they depend on the account, and may
 * change. */
static void
offer(struct session *s)
{
	GList *actions = actions_of(s);
	struct msg_command_info list[64];
	struct msg_commands m = { .user = s->user, .commands = { list, 0 } };

	for (GList *l = actions; l != NULL && m.commands.n <
	    LENGTH(list) - 3; l = l->next) {
		const PurplePluginAction *a = l->data;

		if (a != NULL && a->label != NULL && a->callback != NULL)
			list[m.commands.n++] = (struct msg_command_info){
				.name = a->label, .label = a->label };
	}
	if (change_password(s))
		list[m.commands.n++] = (struct msg_command_info){
			.name = "password", .label = "Change the password" };
	if (certificates_count(s) > 0)
		list[m.commands.n++] = (struct msg_command_info){
			.name = "forget-certificates",
			.label = "Forget the certificates you have accepted" };
	if (mood_is_there(s))
		list[m.commands.n++] = (struct msg_command_info){
			.name = "mood", .label = "Set a mood" };
	if (is_news(s->commands, &m))
		kit_notify(METHOD_commands, &m);
	free_actions(actions);
}

static bool
run_action(struct session *s, const char *name)
{
	GList *actions = actions_of(s);
	PurplePluginAction *a;
	bool found = false;

	for (GList *l = actions; l != NULL && !found; l = l->next) {
		a = l->data;
		if (a == NULL || a->label == NULL || a->callback == NULL ||
		    strcmp(a->label, name) != 0)
			continue;
		found = true;
		a->plugin = purple_account_get_connection(s->account)->prpl;
		a->context = purple_account_get_connection(s->account);
		a->callback(a);
	}
	free_actions(actions);
	return found;
}

static bool
run(struct session *s, const struct msg_command *m)
{
	if (strcmp(m->name, MENU_COMMAND) == 0)
		return menu_show(s, m->target);
	if (strcmp(m->name, "password") == 0 && change_password(s)) {
		purple_account_request_change_password(s->account);
		return true;
	}
	if (strcmp(m->name, "forget-certificates") == 0) {
		certificates_forget(s);
		return true;
	}
	if (strcmp(m->name, "mood") == 0 && mood_is_there(s)) {
		mood_ask(s);
		return true;
	}
	return run_action(s, m->name);
}

/* ----------------------------------------------------------------- requests */

static void
go_on(struct session *s, const struct kit_call *call,
    const struct msg_command *m)
{
	struct commands *c = s->commands;
	unsigned form = c->form;

	if (form == 0 || strcmp(c->name, m->session) != 0) {
		kit_error(call, ERR_NOT_FOUND,
		    "This form is not open any more.");
		return;
	}
	c->form = 0;
	if (m->action != NULL && strcmp(m->action, "cancel") == 0) {
		question_answer(form, NULL);
		kit_reply(call, NULL);
		return;
	}
	c->call = *call;
	c->working = true;
	question_answer(form, &m->arguments);
	/* The plug-in may have ended the session over it. */
	if (s->commands != NULL)
		await(s->commands);
}

/* The plug-in may end the session whenever it is called, and s->commands with
 * it. */
static void
begin_command(struct session *s, const struct kit_call *call,
    const struct msg_command *m)
{
	unsigned form = s->commands->form;
	bool found;

	/* A form that was left open will not be filled in. */
	s->commands->form = 0;
	question_answer(form, NULL);
	if (s->commands == NULL) {
		kit_error(call, ERR_NOT_CONNECTED, NULL);
		return;
	}
	s->commands->call = *call;
	s->commands->working = true;
	found = run(s, m);
	if (s->commands == NULL)
		return;
	if (!found) {
		s->commands->working = false;
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	await(s->commands);
	/* Some change their labels by being run. */
	offer(s);
}

void
down_command(const struct kit_call *call, const struct msg_command *m)
{
	struct session *s = session_for(call, m->user);

	if (s == NULL)
		return;
	if (s->commands->working)
		kit_error(call, ERR_RATE_LIMITED,
		    "Another command is still at work.");
	else if (m->session != NULL)
		go_on(s, call, m);
	else
		begin_command(s, call, m);
}

/* --------------------------------------------------------------------- life */

static void
begin(struct session *s)
{
	s->commands = xcalloc(1, sizeof(*s->commands));
	s->commands->offered = xstrdup("");
}

static void
end(struct session *s)
{
	struct commands *c = s->commands;

	s->commands = NULL;
	if (c->timer != 0)
		g_source_remove(c->timer);
	if (c->working)
		kit_error(&c->call, ERR_NOT_CONNECTED, NULL);
	free(c->offered);
	free(c);
}

const struct module command_module = {
	.begin = begin, .connected = offer, .end = end,
};

void
command_offer(struct msg_initialize_result *say)
{
	static const char *on[] = { "contact" };
	static struct msg_command_info menu = {
		.name = MENU_COMMAND, .label = "More actions",
		.on = { on, LENGTH(on) },
	};

	say->commands.v = &menu;
	say->commands.n = 1;
}
