/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a user, shown and changed.  Where there is no user object the
 * store has them. */
#include "manager/gateway/settings.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/command.h"
#include "manager/gateway/form.h"
#include "manager/gateway/room_settings.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "protocol/scope.h"
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
	const char	*id;		/* of a server; NULL: all */
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

/* What the user has typed, where something was wrong; else what holds. */
static const char *
value_of(const struct job *job, const struct room_settings_of *of,
    const char *name, const char *otherwise)
{
	const char *value = pairs_value(&job->values, name);

	if (value == NULL)
		value = room_settings_value(of, name);
	return value ? value : otherwise;
}

static void
put_fields(struct xml *x, const struct job *job,
    const struct room_settings_of *of)
{
	const struct gateway *gw = job->asked->gw;
	const struct msg_initialize_result *can = pool_features(gw->pool);

	for (size_t i = 0; i < LENGTH(settings); i++)
		form_field(x, settings[i].name, "boolean", settings[i].label,
		    value_of(job, of, settings[i].name, default_of(gw, i)),
		    false);
	for (size_t i = 0; can != NULL && i < can->settings.n; i++) {
		struct msg_field field = can->settings.v[i];

		field.value = value_of(job, of, field.var, field.value);
		form_field_of(x, &field);
	}
}

/* wrong: what is, or NULL. */
static void
show(const struct job *job, const struct user *user,
    const struct store_user *record, const char *wrong)
{
	const struct gateway *gw = job->asked->gw;
	const struct room_settings_of of = {
		.gw = gw, .user = user, .record = record, .id = job->id,
	};
	struct xml *x = command_begin(job->asked, SETTINGS_NODE, job->session,
	    "executing");

	if (wrong != NULL)
		command_wrong(x, wrong);
	form_begin(x, "form", job->id ? SETTINGS_SERVER_LABEL :
	    SETTINGS_LABEL, wrong, NULL);
	if (job->id == NULL)
		put_fields(x, job, &of);
	if (gateway_can(gw, FEATURE_ROOMS))
		room_settings_put(x, &of, &job->values);
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
	for (size_t i = 0; can != NULL && i < can->settings.n; i++) {
		const struct msg_field *f = &can->settings.v[i];

		*type = form_is_secret(f) ? STORE_SECRET : STORE_STRING;
		if (strcmp(f->var, name) == 0)
			return true;
	}
	*type = STORE_STRING;
	return room_settings_has(name);
}

static bool
save_one(const struct job *job, struct user *user, const struct pair *pair)
{
	struct gateway *gw = job->asked->gw;
	const char *value = pair->value;
	char name[SCOPE_NAME_MAX];
	int type;

	if (!is_setting(gw, pair->key, &type) ||
	    (job->id != NULL && !room_settings_has(pair->key)) ||
	    scope_name(name, pair->key, job->id) < 0)
		return true;
	if (type == STORE_BOOLEAN)
		value = form_bool(value) ? "1" : "0";
	else if (type == STORE_SECRET && *value == '\0')
		return true;		/* it was not shown: no change */
	else if (room_settings_has(pair->key))
		value = room_settings_kept(value);
	if (user != NULL)
		return user_set_setting(user, name, type, value);
	store_set_setting(gw->store, job->jid, name, type, value);
	return true;
}

static void
save(const struct job *job, struct user *user)
{
	struct gateway *gw = job->asked->gw;
	bool kept = true;
	struct xml *x;

	for (size_t i = 0; i < job->values.n; i++)
		kept = save_one(job, user, &job->values.v[i]) && kept;
	x = command_begin(job->asked, SETTINGS_NODE, job->session,
	    "completed");
	if (kept)
		command_note(x, "Saved.");
	else
		command_wrong(x, "Not all was saved: you have too many "
		    "settings.");
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

/* Of somebody who is not here only the store knows how much there is. */
static bool
fits(const struct job *job, const struct store_user *record)
{
	size_t n = record->nsettings + job->values.n, bytes = 0;

	for (size_t i = 0; i < record->nsettings; i++)
		bytes += strlen(record->settings[i].name) +
		    strlen(record->settings[i].value);
	for (size_t i = 0; i < job->values.n; i++)
		bytes += SCOPE_NAME_MAX + strlen(job->values.v[i].value);
	return n <= USER_SETTINGS_MAX && bytes <= USER_SETTINGS_BYTES_MAX;
}

/* All is looked at before anything is saved. */
static void
take(struct job *job, struct user *user, const struct store_user *record)
{
	const char *wrong = room_settings_wrong(&job->arena, &job->values);

	if (wrong == NULL && user == NULL && !fits(job, record))
		wrong = "You have too many settings.";
	if (wrong != NULL)
		show(job, user, record, wrong);
	else
		save(job, user);
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
		take(job, user, record);
	else
		show(job, user, record, NULL);
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
	const char *id = command_target(d);
	struct job *job = xcalloc(1, sizeof(*job));

	job->asked = asked_by(d);
	if (id != NULL)
		job->id = arena_strdup(&job->arena, id);
	job->jid = arena_strdup(&job->arena, d->from->bare);
	if (session != NULL)
		job->session = arena_strdup(&job->arena, session);
	if ((job->save = form != NULL))
		job->values = copied(&job->arena, form_values(d->arena, form));
	store_load(d->gw->store, job->jid, loaded, job);
}
