/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registration: look, write, tell.  Each step waits for the store. */
#include "manager/gateway/account.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/form.h"
#include "manager/gateway/outgoing.h"
#include "manager/gateway/room.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

struct job {
	struct gateway	*gw;
	char		*jid, *name, *password;
	struct pairs	 settings;	/* owned */
	bool		 may_change, known;
	account_done	*done;
	void		*ctx;
	enum account_result result;
};

bool
account_allowed(const struct gateway *gw, const char *jid)
{
	const char *at = strchr(jid, '@');

	if (at == NULL)
		return false;
	if (gw->config->public_registration)
		return true;
	for (char *const *s = gw->config->allowed_servers; *s != NULL; s++) {
		if (strcmp(*s, at + 1) == 0)
			return true;
	}
	return false;
}

static void
finish(struct job *job, enum account_result result, const char *text)
{
	job->done(job->gw, job->ctx, result, text);
	free(job->jid);
	free(job->name);
	if (job->password != NULL)
		explicit_bzero(job->password, strlen(job->password));
	free(job->password);
	for (size_t i = 0; i < job->settings.n; i++) {
		free((char *)job->settings.v[i].key);
		free((char *)job->settings.v[i].value);
	}
	free((void *)job->settings.v);
	free(job);
}

static void
finish_later(void *arg)
{
	struct job *job = arg;

	finish(job, job->result, NULL);
}

/* "$username@gmail.com" with what the user typed. */
static char *
masked(const char *mask, const char *name)
{
	static const char variable[] = "$username";
	const char *at = strstr(mask, variable);

	if (at == NULL)
		return xstrdup(*mask ? mask : name);
	return xasprintf("%.*s%s%s", (int)(at - mask), mask, name,
	    at + sizeof(variable) - 1);
}

/* A POSIX extended expression that must match the whole name. */
static bool
allowed(const char *expression, const char *name)
{
	char *whole;
	regex_t re;
	bool ok;

	if (*expression == '\0')
		return true;
	whole = xasprintf("^(%s)$", expression);
	if (regcomp(&re, whole, REG_EXTENDED | REG_NOSUB) != 0) {
		log_error("[registration] allowed_usernames is not a regular "
		    "expression: %s", expression);
		free(whole);
		return false;
	}
	ok = regexec(&re, name, 0, NULL, 0) == 0;
	regfree(&re);
	free(whole);
	return ok;
}

static void
tell_admins(struct gateway *gw, const char *what, const char *jid)
{
	char *text = xasprintf("%s: %s", what, jid);

	for (char *const *to = gw->config->notify_jids; *to != NULL; to++)
		say_notice(gw, *to, text);
	log_info("%s: %s", gw->config->jid, text);
	free(text);
}

/* ----------------------------------------------------------------- register */

/* The new data take effect: a session with the old ones ends, and one that the
 * store is asked for anew begins for the same clients.  When there is none, the
 * old password may have been refused: who is there says so, being asked. */
static void
renew_session(struct job *job)
{
	struct user *user = user_find(job->gw, job->jid);

	if (user != NULL)
		user->loaded = user->unsaved = false;
	if (user != NULL && user->state != USER_OFFLINE)
		session_end(user, "Your registration has changed.");
	if (user == NULL || TAILQ_EMPTY(&user->clients))
		say_presence(job->gw, job->gw->config->jid, job->jid, "probe",
		    SHOW_ONLINE, NULL);
	else
		session_want(user, NULL);
}

static int
type_of(const struct gateway *gw, const char *name)
{
	const struct msg_initialize_result *can = pool_features(gw->pool);

	for (size_t i = 0; can != NULL && i < can->account_fields.n; i++) {
		const struct msg_field *f = &can->account_fields.v[i];

		if (strcmp(f->var, name) == 0 && form_is_secret(f))
			return STORE_SECRET;
	}
	return STORE_STRING;
}

static void
stored(void *arg, const char *error)
{
	struct job *job = arg;

	if (error != NULL) {
		finish(job, ACCOUNT_FAILED, error);
		return;
	}
	for (size_t i = 0; i < job->settings.n; i++)
		store_set_setting(job->gw->store, job->jid,
		    job->settings.v[i].key,
		    type_of(job->gw, job->settings.v[i].key),
		    job->settings.v[i].value);
	if (job->known) {
		renew_session(job);
	} else {
		roster_registered(user_get(job->gw, job->jid));
		user_tidy(user_get(job->gw, job->jid));
		tell_admins(job->gw, "registered", job->jid);
	}
	finish(job, job->known ? ACCOUNT_CHANGED : ACCOUNT_DONE, NULL);
}

static void
looked_up(void *arg, const struct store_user *record, const char *error)
{
	struct job *job = arg;
	struct store_user fresh = {
		.jid = job->jid, .uin = job->name, .password = job->password,
		.language = "en", .encoding = "utf8",
	};

	if (error != NULL) {
		finish(job, ACCOUNT_FAILED, error);
		return;
	}
	job->known = record != NULL;
	if (job->known && !job->may_change) {
		finish(job, ACCOUNT_EXISTS, NULL);
		return;
	}
	if (record != NULL) {
		fresh.language = record->language;
		fresh.encoding = record->encoding;
	}
	store_register(job->gw->store, &fresh, stored, job);
}

static struct pairs
copied(const struct pairs *pairs)
{
	struct pairs copy = { xcalloc(pairs->n + 1, sizeof(*copy.v)),
	    pairs->n };

	for (size_t i = 0; i < pairs->n; i++)
		copy.v[i] = (struct pair){ xstrdup(pairs->v[i].key),
		    xstrdup(pairs->v[i].value) };
	return copy;
}

void
account_register(struct gateway *gw, const char *jid,
    const struct account_data *data, bool may_change, account_done *done,
    void *ctx)
{
	struct job *job = xcalloc(1, sizeof(*job));

	*job = (struct job){
		.gw = gw, .jid = xstrdup(jid),
		.name = masked(gw->config->username_mask, data->name),
		.password = xstrdup(data->password ? data->password : ""),
		.settings = copied(&data->settings),
		.may_change = may_change, .done = done, .ctx = ctx,
		.result = ACCOUNT_BAD_NAME,
	};
	if (allowed(gw->config->allowed_usernames, job->name))
		store_load(gw->store, jid, looked_up, job);
	else
		later(finish_later, job);
}

/* --------------------------------------------------------------- unregister */

static void
removed(void *arg, const char *error)
{
	struct job *job = arg;

	if (error != NULL) {
		finish(job, ACCOUNT_FAILED, error);
		return;
	}
	tell_admins(job->gw, "unregistered", job->jid);
	finish(job, ACCOUNT_DONE, NULL);
}

/* The stanzas of roster_unregistered() have left us by now (or wait for the
 * link): only then may the names that they need be forgotten. */
static void
forget(void *arg)
{
	struct job *job = arg;
	struct user *user = user_find(job->gw, job->jid);

	if (user != NULL)
		rooms_forget(user);
	store_unregister(job->gw->store, job->jid, removed, job);
}

static void
found(void *arg, const struct store_user *record, const char *error)
{
	struct job *job = arg;
	struct user *user = user_find(job->gw, job->jid);

	if (error != NULL) {
		finish(job, ACCOUNT_FAILED, error);
		return;
	}
	if (record == NULL) {
		finish(job, ACCOUNT_UNKNOWN, NULL);
		return;
	}
	if (user != NULL) {
		session_end(user, "You are not registered any more.");
		outgoing_fail(user, ERR_NOT_CONNECTED,
		    "You are not registered any more.");
		user->registered = user->loaded = false;
		user_forget_clients(user);
		user_tidy(user);
	}
	roster_unregistered(job->gw, job->jid, record->contacts,
	    record->ncontacts);
	later(forget, job);
}

void
account_unregister(struct gateway *gw, const char *jid, account_done *done,
    void *ctx)
{
	struct job *job = xcalloc(1, sizeof(*job));

	*job = (struct job){
		.gw = gw, .jid = xstrdup(jid), .done = done, .ctx = ctx,
	};
	store_load(gw->store, jid, found, job);
}
