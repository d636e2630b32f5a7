/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a room, and what comes back.  Ours is looked at first, then the
 * network is asked, and only when it has done its part is ours kept: all or
 * nothing. */
#include "manager/gateway/room_owner.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/command.h"
#include "manager/gateway/form.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/room_settings.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "util/xalloc.h"

#define ROOMCONFIG	"http://jabber.org/protocol/muc#roomconfig"

struct job {
	struct asked	*asked;
	struct arena	 arena;		/* of all strings below */
	const char	*user;		/* bare JID */
	const char	*id;		/* of the room */
	const char	*session;	/* of the command, or NULL */
	bool		 command;	/* or muc#owner */
	bool		 counted;	/* in user->inflight */
	struct pairs	 values;	/* filled in; .v NULL: nothing */
	const char	*wrong;		/* with them, or NULL */
};

static struct job *
job_new(const struct down *d, bool command)
{
	const char *session = stanza_attr(d->payload, "sessionid");
	struct job *job = xcalloc(1, sizeof(*job));

	job->asked = asked_by(d);
	job->user = arena_strdup(&job->arena, d->user->jid);
	job->id = arena_strdup(&job->arena, command_target(d));
	if (session != NULL && command)
		job->session = arena_strdup(&job->arena, session);
	job->command = command;
	return job;
}

/* asked has been used up. */
static void
job_free(struct job *job)
{
	for (size_t i = 0; i < job->values.n; i++)
		explicit_bzero((char *)(uintptr_t)job->values.v[i].value,
		    strlen(job->values.v[i].value));
	arena_free(&job->arena);
	free(job);
}

static void
take_values(struct job *job, struct pairs from)
{
	job->values.v = arena_alloc(&job->arena,
	    (from.n + 1) * sizeof(*from.v));
	for (size_t i = 0; i < from.n; i++)
		job->values.v[job->values.n++] = (struct pair){
			arena_strdup(&job->arena, from.v[i].key),
			arena_strdup(&job->arena, from.v[i].value),
		};
}

/* The network is asked; the answer, or a refusal, comes to reply. */
static void
ask(struct job *job, struct user *user, enum method method,
    const void *params, rpc_reply *reply)
{
	job->counted = true;
	user->inflight++;
	session_request(user, method, params, reply, job);
}

/* The user whose request is answered, or NULL. */
static struct user *
answered(struct job *job)
{
	struct user *user = user_find(job->asked->gw, job->user);

	if (user != NULL && job->counted)
		session_answered(user);
	job->counted = false;
	return user != NULL && user->loaded ? user : NULL;
}

static void
refuse(struct job *job, enum stanza_error error, const char *text)
{
	asked_refuse(job->asked, error, text);
	job_free(job);
}

/* --------------------------------------------------------------- the form */

static void
put_theirs(struct xml *x, const struct job *job,
    const struct msg_room_config_result *config)
{
	for (size_t i = 0; config != NULL && i < config->fields.n; i++) {
		struct msg_field f = config->fields.v[i];
		const char *typed = pairs_value(&job->values, f.var);

		if (room_settings_has(f.var))
			continue;
		if (typed != NULL)
			f.value = typed;
		form_field_of(x, &f);
	}
}

static void
put_form(struct xml *x, const struct job *job, const struct user *user,
    const struct msg_room_config_result *config)
{
	const struct room_settings_of of = {
		.gw = job->asked->gw, .user = user, .id = job->id,
	};
	const char *about = job->wrong;

	if (about == NULL && config != NULL)
		about = config->instructions;
	form_begin(x, "form", config && config->title ? config->title :
	    job->id, about, ROOMCONFIG);
	put_theirs(x, job, config);
	room_settings_put(x, &of, &job->values);
	form_end(x);
}

static void
show(struct job *job, const struct user *user,
    const struct msg_room_config_result *config)
{
	struct xml *x;

	if (job->command) {
		x = command_begin(job->asked, ROOM_OWNER_NODE, job->session,
		    "executing");
		if (job->wrong != NULL)
			command_wrong(x, job->wrong);
	} else {
		x = asked_begin(job->asked);
		xml_open_ns(x, "query", NS_MUC_OWNER);
	}
	put_form(x, job, user, config);
	asked_end(job->asked, x);
	job_free(job);
}

/* A network that has nothing to say of the room, or not to this user, leaves
 * the user's own settings. */
static void
got_config(void *ctx, const struct msg_error *error, const union result *r)
{
	struct job *job = ctx;
	struct user *user = answered(job);

	if (user == NULL)
		refuse(job, E_RECIPIENT_UNAVAILABLE, NULL);
	else
		show(job, user, error == NULL && r ? &r->room_config : NULL);
}

static void
get_form(struct job *job, struct user *user)
{
	struct msg_room_config m = { .user = user->jid, .room = job->id };

	if (session_ready(user))
		ask(job, user, METHOD_room_config, &m, got_config);
	else
		show(job, user, NULL);
}

/* ----------------------------------------------------------- what comes back */

static void
keep(struct job *job, struct user *user)
{
	struct xml *x;

	if (!room_settings_save(user, job->id, &job->values)) {
		refuse(job, E_RESOURCE_CONSTRAINT,
		    "You have too many settings.");
		return;
	}
	if (job->command) {
		x = command_begin(job->asked, ROOM_OWNER_NODE, job->session,
		    "completed");
		command_note(x, "Saved.");
		asked_end(job->asked, x);
	} else {
		asked_done(job->asked);
	}
	job_free(job);
}

/* Something is wrong with what was filled in: the command shows it again. */
static void
reject(struct job *job, struct user *user, const char *wrong)
{
	job->wrong = arena_strdup(&job->arena, wrong);
	if (job->command)
		get_form(job, user);
	else
		refuse(job, E_NOT_ACCEPTABLE, job->wrong);
}

static bool
may_be_mended(const struct msg_error *error)
{
	return error->text != NULL &&
	    (strcmp(error->code, ERR_NOT_ACCEPTABLE) == 0 ||
	    strcmp(error->code, ERR_BAD_REQUEST) == 0);
}

static void
set_config(void *ctx, const struct msg_error *error, const union result *r)
{
	struct job *job = ctx;
	struct user *user = answered(job);

	(void)r;
	if (user == NULL) {
		refuse(job, E_RECIPIENT_UNAVAILABLE, NULL);
	} else if (error == NULL) {
		keep(job, user);
	} else if (may_be_mended(error)) {
		reject(job, user, error->text);
	} else {
		asked_refuse_by(job->asked, error);
		job_free(job);
	}
}

static void
set_form(struct job *job, struct user *user)
{
	const char *wrong = room_settings_wrong(&job->arena, &job->values);
	struct msg_room_config_set m = { .user = user->jid, .room = job->id };

	if (wrong != NULL) {
		reject(job, user, wrong);
		return;
	}
	m.values.v = arena_alloc(&job->arena,
	    (job->values.n + 1) * sizeof(*m.values.v));
	for (size_t i = 0; i < job->values.n; i++) {
		if (!room_settings_has(job->values.v[i].key))
			m.values.v[m.values.n++] = job->values.v[i];
	}
	if (m.values.n == 0)
		keep(job, user);
	else if (session_ready(user))
		ask(job, user, METHOD_room_config_set, &m, set_config);
	else
		refuse(job, E_RECIPIENT_UNAVAILABLE,
		    "The network is not to be reached just now.");
}

/* ---------------------------------------------------------------- its end */

static void
destroyed(void *ctx, const struct msg_error *error, const union result *r)
{
	if (error != NULL && strcmp(error->code, ERR_NOT_SUPPORTED) == 0)
		asked_refuse(ctx, E_NOT_ALLOWED,
		    "Rooms of this network cannot be destroyed from here.");
	else
		asked_answered(ctx, error, r);
}

static void
destroy(const struct down *d, const struct stanza *e)
{
	struct msg_room_destroy m = {
		.user = d->user->jid, .room = command_target(d),
		.reason = stanza_child_text(d->arena, e, "reason", NULL),
	};
	const char *instead = stanza_attr(e, "jid");
	struct jid jid;

	if (instead != NULL && jid_parse(d->arena, instead, &jid) == 0)
		m.instead = jid.node != NULL && strcmp(jid.domain,
		    d->gw->config->jid) == 0 ?
		    name_from_node(d->arena, jid.node) : jid.bare;
	if (asked_may(d, session_ready(d->user)))
		session_request(d->user, METHOD_room_destroy, &m, destroyed,
		    asked_by(d));
}

/* ------------------------------------------------------------------ entries */

void
down_room_owner_get(struct down *d)
{
	if (asked_may(d, d->user->loaded))
		get_form(job_new(d, false), d->user);
}

void
down_room_owner_set(struct down *d)
{
	const struct stanza *form = form_find(d->payload);
	const char *type = stanza_attr(form, "type");
	const struct stanza *end = stanza_child(d->payload, "destroy", NULL);
	struct pairs values;
	struct job *job;

	if (end != NULL) {
		destroy(d, end);
		return;
	}
	if (type == NULL || (strcmp(type, "submit") != 0 &&
	    strcmp(type, "cancel") != 0)) {
		say_error(d, E_BAD_REQUEST, NULL);
		return;
	}
	values = form_values(d->arena, form);
	/* XEP-0045 10.1.2: an empty form takes the room as it is. */
	if (strcmp(type, "cancel") == 0 || values.n == 0) {
		say_result(d);
	} else if (asked_may(d, d->user->loaded)) {
		job = job_new(d, false);
		take_values(job, values);
		set_form(job, d->user);
	}
}

void
room_owner_run(struct down *d, const struct stanza *form)
{
	struct job *job;

	if (!asked_may(d, d->user->loaded))
		return;
	job = job_new(d, true);
	if (form == NULL) {
		get_form(job, d->user);
	} else {
		take_values(job, form_values(d->arena, form));
		set_form(job, d->user);
	}
}
