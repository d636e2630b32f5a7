/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a user, shown and changed.  Where there is no user object the
 * store has them. */
#include "manager/gateway/settings.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/command.h"
#include "manager/gateway/form.h"
#include "manager/gateway/session.h"
#include "util/xalloc.h"

/* The gateway's own. */
static const struct {
	const char *name, *label, *otherwise;
} settings[] = {
	{ "enable_transport", "Enable transport", "1" },
	{ "send_headlines", "Allow sending messages as headlines", NULL },
	{ "stay_connected",
	    "Stay connected to legacy network when offline on XMPP", NULL },
};

/* A command that waits for the store. */
struct job {
	struct asked	*asked;
	struct arena	 arena;		/* of the strings below */
	const char	*jid;		/* bare */
	const char	*session;	/* or NULL */
	bool		 save;
	struct pairs	 values;	/* filled in */
};

static const char *
default_of(const struct gateway *gw, size_t i)
{
	if (settings[i].otherwise != NULL)
		return settings[i].otherwise;
	if (strcmp(settings[i].name, "send_headlines") == 0)
		return gw->config->send_headlines ? "1" : "0";
	return gw->config->stay_connected ? "1" : "0";
}

static const char *
value_of(const struct user *user, const struct store_user *record,
    const char *name, const char *otherwise)
{
	if (user != NULL)
		return user_setting(user, name, otherwise);
	for (size_t i = 0; i < record->nsettings; i++) {
		if (strcmp(record->settings[i].name, name) == 0)
			return record->settings[i].value;
	}
	return otherwise;
}

static void
show(const struct job *job, const struct user *user,
    const struct store_user *record)
{
	const struct gateway *gw = job->asked->gw;
	const struct msg_initialize_result *can = pool_features(gw->pool);
	struct xml *x = command_begin(job->asked, SETTINGS_NODE, job->session,
	    "executing");

	form_begin(x, "form", SETTINGS_LABEL, NULL, NULL);
	for (size_t i = 0; i < LENGTH(settings); i++)
		form_field(x, settings[i].name, "boolean", settings[i].label,
		    value_of(user, record, settings[i].name,
		    default_of(gw, i)), false);
	for (size_t i = 0; can != NULL && i < can->settings.n; i++) {
		struct msg_field field = can->settings.v[i];

		field.value = value_of(user, record, field.var, field.value);
		form_field_of(x, &field);
	}
	form_end(x);
	asked_end(job->asked, x);
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
save_one(const struct job *job, struct user *user, const struct pair *pair)
{
	struct gateway *gw = job->asked->gw;
	const char *value = pair->value;
	int type;

	if (!is_setting(gw, pair->key, &type))
		return;
	if (type == STORE_BOOLEAN)
		value = form_bool(value) ? "1" : "0";
	if (user != NULL)
		user_set_setting(user, pair->key, type, value);
	else
		store_set_setting(gw->store, job->jid, pair->key, type, value);
}

static void
save(const struct job *job, struct user *user)
{
	struct gateway *gw = job->asked->gw;
	struct xml *x;

	for (size_t i = 0; i < job->values.n; i++)
		save_one(job, user, &job->values.v[i]);
	x = command_begin(job->asked, SETTINGS_NODE, job->session,
	    "completed");
	command_note(x, "Saved.");
	asked_end(job->asked, x);
	if (link_is_server(gw->link))
		return;
	if (user != NULL && !user->enabled)
		session_end(user, "You have switched this gateway off in its "
		    "settings.");
	/* Switched on again, maybe: the presence that answers logs in. */
	else if (user == NULL)
		say_presence(gw, gw->config->jid, job->jid, "probe",
		    SHOW_ONLINE, NULL);
}

static void
loaded(void *ctx, const struct store_user *record, const char *error)
{
	struct job *job = ctx;
	struct user *user = user_find(job->asked->gw, job->jid);

	if (user != NULL && !user->loaded)
		user = NULL;
	if (error != NULL && user == NULL)
		asked_refuse(job->asked, E_INTERNAL_SERVER_ERROR, NULL);
	else if (record == NULL && user == NULL)
		asked_refuse(job->asked, E_FORBIDDEN, "You are not "
		    "registered.");
	else if (job->save)
		save(job, user);
	else
		show(job, user, record);
	arena_free(&job->arena);
	free(job);
}

static struct pairs
copied(struct arena *a, struct pairs from)
{
	struct pairs copy = {
		arena_alloc(a, (from.n + 1) * sizeof(*copy.v)), from.n
	};

	for (size_t i = 0; i < from.n; i++) {
		copy.v[i].key = arena_strdup(a, from.v[i].key);
		copy.v[i].value = arena_strdup(a, from.v[i].value);
	}
	return copy;
}

void
settings_run(struct down *d, const struct stanza *form)
{
	const char *session = stanza_attr(d->payload, "sessionid");
	struct job *job = xcalloc(1, sizeof(*job));

	job->asked = asked_by(d);
	job->jid = arena_strdup(&job->arena, d->from->bare);
	if (session != NULL)
		job->session = arena_strdup(&job->arena, session);
	if ((job->save = form != NULL))
		job->values = copied(&job->arena, form_values(d->arena, form));
	store_load(d->gw->store, job->jid, loaded, job);
}
