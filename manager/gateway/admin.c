/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The admin's commands: one table, one small function each.  Names and outputs
 * are those of the C++ program. */
#include "manager/gateway/admin_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/account.h"
#include "manager/gateway/quarantine.h"
#include "manager/gateway/session.h"
#include "manager/gateway/user.h"
#include "util/xalloc.h"


static struct {
	char	*(*reload)(void *);
	void	*ctx;
} reloader;

enum kind { CMD, VAR };

struct row {
	const char	*name;
	enum kind	 kind;
	const char	*category, *args, *help;
	int		 argc;		/* exactly */
	command		*run;
};

bool
admin_is(const struct gateway *gw, const char *bare)
{
	for (char *const *jid = gw->config->admin_jids; *jid != NULL; jid++) {
		if (strcmp(*jid, bare) == 0)
			return true;
	}
	return false;
}

void
admin_on_reload(char *(*reload)(void *), void *ctx)
{
	reloader.reload = reload;
	reloader.ctx = ctx;
}

static void
finish(struct run *r)
{
	if (buf_len(&r->out) > 0 && buf_data(&r->out)[buf_len(&r->out) - 1] ==
	    '\n')
		buf_truncate(&r->out, buf_len(&r->out) - 1);
	buf_addc(&r->out, '\0');
	r->answer(r->ctx, buf_data(&r->out));
	buf_free(&r->out);
	explicit_bzero(r->line, r->size);
	free(r->line);
	free(r);
}

size_t
admin_online(const struct gateway *gw)
{
	struct user *user;
	size_t at = 0, n = 0;

	while ((user = map_next(&gw->users, &at)) != NULL)
		n += user->shown;
	return n;
}

/* ------------------------------------------------------------------ general */

static void
cmd_status(struct run *r)
{
	buf_addf(&r->out, "Running (%zu users connected using %u backends)",
	    admin_online(r->gw), pool_ready_count(r->gw->pool));
}

static void
cmd_uptime(struct run *r)
{
	buf_addf(&r->out, "%.0f", ev_now(r->gw->loop) - r->gw->started);
}

static void
cmd_reload(struct run *r)
{
	char *why = reloader.reload ? reloader.reload(reloader.ctx) :
	    xstrdup("this instance cannot reload");

	if (why == NULL)
		buf_adds(&r->out, "Config reloaded");
	else
		buf_addf(&r->out, "Error: %s", why);
	free(why);
}

static void
cmd_events(struct run *r)
{
	recent_print(&r->gw->recent, &r->gw->recent_users, &r->out);
}

static void
cmd_version(struct run *r)
{
	buf_adds(&r->out, SPECTRUM_VERSION);
}

/* -------------------------------------------------------------------- users */

static void
cmd_online_users(struct run *r)
{
	struct user *user;
	size_t at = 0;

	while ((user = map_next(&r->gw->users, &at)) != NULL) {
		if (user->shown)
			buf_addf(&r->out,
			    "%s \"3rd-party network username:\" \"%s\"\n",
			    user->jid, user->account ? user->account : "");
	}
}

static void
cmd_online_users_count(struct run *r)
{
	buf_addf(&r->out, "%zu", admin_online(r->gw));
}

/* The bare JID of the first word, as users are known by; NULL, and said so,
 * when it is none. */
static char *
first_jid(struct run *r)
{
	struct arena a = { 0 };
	char *bare = NULL;
	struct jid jid;

	if (jid_parse(&a, r->argv[0], &jid) == 0 && jid.node != NULL)
		bare = xstrdup(jid.bare);
	else
		buf_addf(&r->out, "Error: '%s' is not a JID", r->argv[0]);
	arena_free(&a);
	return bare;
}

static void
cmd_has_online_user(struct run *r)
{
	char *jid = first_jid(r);
	const struct user *user;

	if (jid == NULL)
		return;
	user = user_find(r->gw, jid);
	buf_addc(&r->out, user != NULL && user->shown ? '1' : '0');
	free(jid);
}

static void
account_answered(struct gateway *gw, void *ctx, enum account_result result,
    const char *text)
{
	struct run *r = ctx;
	bool adding = r->argc > 1;

	(void)gw;
	if (result == ACCOUNT_DONE && adding)
		buf_adds(&r->out, "User registered");
	else if (result == ACCOUNT_DONE)
		buf_addf(&r->out, "User '%s' unregistered.", r->argv[0]);
	else if (result == ACCOUNT_EXISTS)
		buf_adds(&r->out, "Error: User is already registered");
	else if (result == ACCOUNT_UNKNOWN)
		buf_addf(&r->out, "Error: User '%s' is not registered",
		    r->argv[0]);
	else if (result == ACCOUNT_BAD_NAME)
		buf_adds(&r->out, "Error: Username is not allowed");
	else
		buf_addf(&r->out, "Error: %s", text ? text : "failed");
	finish(r);
}

static void
cmd_register(struct run *r)
{
	const struct account_data data = {
		.name = r->argv[1], .password = r->argv[2],
	};
	char *jid = first_jid(r);

	if (jid == NULL)
		return;
	r->waits = true;
	account_register(r->gw, jid, &data, false, account_answered, r);
	free(jid);
}

static void
cmd_unregister(struct run *r)
{
	char *jid = first_jid(r);

	if (jid == NULL)
		return;
	r->waits = true;
	account_unregister(r->gw, jid, account_answered, r);
	free(jid);
}

static void
cmd_kick(struct run *r)
{
	char *jid = first_jid(r);
	struct user *user;

	if (jid == NULL)
		return;
	user = user_find(r->gw, jid);
	free(jid);
	if (user == NULL || user->state == USER_OFFLINE) {
		buf_addf(&r->out, "Error: User '%s' is not online",
		    r->argv[0]);
		return;
	}
	session_end(user, "The admin has ended your session.");
	user_forget_clients(user);
	user_tidy(user);
	buf_addf(&r->out, "User '%s' disconnected.", r->argv[0]);
}

static void
cmd_move_user(struct run *r)
{
	char *jid = first_jid(r);
	struct user *user;

	if (jid == NULL)
		return;
	user = user_find(r->gw, jid);
	free(jid);
	if (user == NULL || user->backend == 0) {
		buf_addf(&r->out, "Error: User '%s' is not online",
		    r->argv[0]);
		return;
	}
	buf_addf(&r->out, "User '%s' is moving from backend %u to another.",
	    r->argv[0], user->backend);
	session_move(user);
}

static void
cmd_quarantine(struct run *r)
{
	quarantine_print(r->gw, &r->out);
}

/* ----------------------------------------------------------------- messages */

static void
cmd_messages_from_xmpp(struct run *r)
{
	buf_addf(&r->out, "%lu", r->gw->messages_down);
}

static void
cmd_messages_to_xmpp(struct run *r)
{
	buf_addf(&r->out, "%lu", r->gw->messages_up);
}

/* ---------------------------------------------------------------- the table */

static command cmd_help, cmd_commands, cmd_variables;

static const struct row rows[] = {
{ "status", VAR, "General", "", "Status of the instance", 0, cmd_status },
{ "uptime", VAR, "General", "", "Seconds since the start", 0, cmd_uptime },
{ "version", VAR, "General", "", "Version of the program", 0, cmd_version },
{ "reload", CMD, "General", "", "Read the configuration file again", 0, cmd_reload },
{ "events", CMD, "General", "", "The last 200 changes of state", 0, cmd_events },
{ "help", CMD, "General", "", "This list", 0, cmd_help },
{ "commands", CMD, "General", "", "Commands, for programs", 0, cmd_commands },
{ "variables", CMD, "General", "", "Variables, for programs", 0, cmd_variables },
{ "online_users", CMD, "Users", "", "Users who are online", 0, cmd_online_users },
{ "online_users_count", VAR, "Users", "", "How many", 0, cmd_online_users_count },
{ "has_online_user", CMD, "Users", "JID", "Is this user online? 1 or 0", 1, cmd_has_online_user },
{ "register", CMD, "Users", "JID USERNAME PASSWORD", "Register a user", 3, cmd_register },
{ "unregister", CMD, "Users", "JID", "Unregister a user", 1, cmd_unregister },
{ "disconnect_user", CMD, "Users", "JID", "End a user's session", 1, cmd_kick },
{ "messages_from_xmpp", VAR, "Messages", "", "Messages from XMPP since the start", 0, cmd_messages_from_xmpp },
{ "messages_to_xmpp", VAR, "Messages", "", "Messages to XMPP since the start", 0, cmd_messages_to_xmpp },
{ "backends", CMD, "Backends", "", "Backends that run", 0, cmd_backends },
{ "backends_count", VAR, "Backends", "", "How many are ready", 0, cmd_backends_count },
{ "crashed_backends", VAR, "Backends", "", "Process ids of crashed backends", 0, cmd_crashed_backends },
{ "crashed_backends_count", VAR, "Backends", "", "How many have crashed", 0, cmd_crashed_backends_count },
{ "crash_report", CMD, "Backends", "", "Crashed backends and why", 0, cmd_crash_report },
{ "restart_backend", CMD, "Backends", "ID", "Replace a backend; its users move", 1, cmd_restart_backend },
{ "restart_backends", CMD, "Backends", "", "Replace all backends, one after the other", 0, cmd_restart_backends },
{ "move_user", CMD, "Backends", "JID", "Give a user another backend", 1, cmd_move_user },
{ "quarantine", CMD, "Backends", "", "Users who are held apart", 0, cmd_quarantine },
{ "res_memory", VAR, "Memory", "", "Resident memory of all processes, KB", 0, cmd_res_memory },
{ "shr_memory", VAR, "Memory", "", "Shared memory of the main process, KB", 0, cmd_shr_memory },
{ "used_memory", VAR, "Memory", "", "Memory used by all processes, KB", 0, cmd_used_memory },
{ "average_memory_per_user", VAR, "Memory", "", "Backend memory per user, KB", 0, cmd_average_memory },
};

static void
cmd_help(struct run *r)
{
	const char *category = "";

	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (strcmp(category, rows[i].category) != 0)
			buf_addf(&r->out, "%s:\n", rows[i].category);
		category = rows[i].category;
		buf_addf(&r->out, "   %s   %s%s%s - %s\n",
		    rows[i].kind == CMD ? "CMD" : "VAR", rows[i].name,
		    *rows[i].args ? " " : "", rows[i].args, rows[i].help);
	}
}

/* The words here are read by programs, the spelling of AccesMode too. */
static void
cmd_commands(struct run *r)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (rows[i].kind == CMD)
			buf_addf(&r->out, "%s - \"%s\" Category: %s "
			    "AccesMode: Admin Context: %s Label: \"%s\"\n",
			    rows[i].name, rows[i].help, rows[i].category,
			    rows[i].argc ? "User" : "Global", rows[i].name);
	}
}

static void
cmd_variables(struct run *r)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (rows[i].kind != VAR)
			continue;
		buf_addf(&r->out, "%s - \"%s\" Value: \"", rows[i].name,
		    rows[i].help);
		rows[i].run(r);
		buf_addf(&r->out, "\" Read-only: true Category: %s "
		    "AccesMode: Admin Context: Global\n", rows[i].category);
	}
}

/* ---------------------------------------------------------------------- run */

static const struct row *
find(const char *name)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (strcmp(name, rows[i].name) == 0)
			return &rows[i];
	}
	return NULL;
}

static void
execute(struct run *r, const char *name, bool set)
{
	const struct row *row = name ? find(name) : NULL;

	if (row == NULL)
		buf_adds(&r->out, "Error: Unknown variable or command");
	else if (set && row->kind == VAR)
		buf_adds(&r->out, "Error: This variable cannot be set.");
	else if (r->argc < row->argc)
		buf_adds(&r->out, "Error: Argument is missing.");
	else if (r->argc > row->argc)
		buf_adds(&r->out, "Error: Too many arguments.");
	else
		row->run(r);
}

void
admin_command(struct gateway *gw, const char *line, admin_answer *answer,
    void *ctx)
{
	struct run *r = xcalloc(1, sizeof(*r));
	char *rest, *word, *name = NULL;
	bool set = false;

	r->gw = gw;
	r->answer = answer;
	r->ctx = ctx;
	rest = r->line = xstrdup(line);
	r->size = strlen(line);
	while ((word = strsep(&rest, " \t\r\n")) != NULL) {
		if (*word == '\0')
			continue;
		if (name == NULL && (strcmp(word, "get") == 0 ||
		    strcmp(word, "set") == 0))
			set = *word == 's';
		else if (name == NULL)
			name = word;
		else if (r->argc < WORDS_MAX)
			r->argv[r->argc++] = word;
	}
	execute(r, name, set);
	if (!r->waits)
		finish(r);
}
