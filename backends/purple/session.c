/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From login to disconnected: which account of libpurple is whose, and who
 * has to hear of its beginning and its end. */
#include "backends/purple/session.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/account.h"
#include "backends/purple/attach.h"
#include "backends/purple/authorise.h"
#include "backends/purple/avatar.h"
#include "backends/purple/certificate.h"
#include "backends/purple/command.h"
#include "backends/purple/contact.h"
#include "backends/purple/conversation.h"
#include "backends/purple/core.h"
#include "backends/purple/keep.h"
#include "backends/purple/fetch.h"
#include "backends/purple/file.h"
#include "backends/purple/media.h"
#include "backends/purple/module.h"
#include "backends/purple/notify.h"
#include "backends/purple/outcome.h"
#include "backends/purple/patience.h"
#include "backends/purple/presence.h"
#include "backends/purple/privacy.h"
#include "backends/purple/profile.h"
#include "backends/purple/profile_set.h"
#include "backends/purple/question.h"
#include "backends/purple/request.h"
#include "backends/purple/room.h"
#include "backends/purple/talk.h"
#include "backends/purple/talk_jabber.h"
#include "backends/purple/typing.h"
#include "util/later.h"
#include "util/log.h"
#include "util/map.h"
#include "util/xalloc.h"

static const struct module *const modules[] = {
	&keep_module,
	&patience_module,
	&certificate_module,
	&presence_module,
	&privacy_module,
	&contacts_module,
	&avatar_module,
	&authorise_module,
	&profile_module,
	&profile_set_module,
	&conversation_module,
	&talk_module,
	&talk_jabber_module,
	&typing_module,
	&media_module,
	&fetch_module,
	&file_module,
	&attach_module,
	&questions_module,
	&command_module,
	&rooms_module,
};

static struct map sessions;

struct session *
session_find(const char *user)
{
	return map_get(&sessions, user);
}

struct session *
session_for(const struct kit_call *call, const char *user)
{
	struct session *s = session_find(user);

	if (s != NULL && s->connected)
		return s;
	kit_error(call, ERR_NOT_CONNECTED, NULL);
	return NULL;
}

struct session *
session_of(const PurpleAccount *account)
{
	struct session *s = account != NULL ? account->ui_data : NULL;

	return s != NULL && !s->ended ? s : NULL;
}

struct session *
session_of_connection(const PurpleConnection *gc)
{
	return gc != NULL ? session_of(purple_connection_get_account(gc)) :
	    NULL;
}

size_t
sessions_count(void)
{
	return map_count(&sessions);
}

struct session *
sessions_next(size_t *at)
{
	return map_next(&sessions, at);
}

/* ---------------------------------------------------------------------- end */

/* libpurple's callbacks have returned by now: the account can go. */
static void
bury(void *object)
{
	struct session *s = object;

	account_destroy(s->account);
	free(s->user);
	free(s);
}

/* From here on nobody finds it. */
static void
end(struct session *s)
{
	if (s->ended)
		return;
	for (size_t i = LENGTH(modules); i > 0; i--) {
		if (modules[i - 1]->end != NULL)
			modules[i - 1]->end(s);
	}
	s->ended = true;
	s->connected = false;
	map_remove(&sessions, s->user);
	later(bury, s);
}

static void
say_disconnected(const struct session *s, const struct outcome *outcome)
{
	struct msg_disconnected m = {
		.user = s->user, .reason = outcome->reason,
		.text = outcome->text, .retry = outcome->retry,
	};

	log_info("%s: disconnected: %s%s%s", s->user, outcome->reason,
	    outcome->text ? ": " : "", outcome->text ? outcome->text : "");
	kit_notify(METHOD_disconnected, &m);
}

void
session_fail(struct session *s, const struct outcome *outcome)
{
	if (s->ended)
		return;
	/* Of whom has gone nothing more is taken. */
	keep_tell(s);
	say_disconnected(s, outcome);
	end(s);
}

void
session_logout(struct session *s)
{
	log_info("%s: logging out", s->user);
	end(s);
	account_disconnect(s->account);
}

void
sessions_logout_all(void)
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&sessions, &at)) != NULL)
		session_logout(s);
}

/* ---------------------------------------------------------------- beginning */

static void
refuse(const char *user, const char *reason, const char *text)
{
	struct msg_disconnected m = {
		.user = user, .reason = reason, .text = text,
	};

	log_info("%s: login refused: %s", user, text);
	kit_notify(METHOD_disconnected, &m);
}

void
session_login(const struct msg_login *m)
{
	struct session *s = session_find(m->user);
	PurpleAccount *account;
	char *why = NULL;

	if (s != NULL)
		session_logout(s);
	account = account_create(m, &why);
	if (account == NULL) {
		refuse(m->user, "settings", why);
		free(why);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->user = xstrdup(m->user);
	s->account = account;
	account->ui_data = s;
	map_put(&sessions, s->user, s);
	for (size_t i = 0; i < LENGTH(modules); i++) {
		if (modules[i]->begin != NULL)
			modules[i]->begin(s);
	}
	keep_know(s, m->password, &m->settings);
	certificates_know(s, &m->settings);
	presence_set(s, m->show, m->status);
	log_info("%s: logging in to %s as %s", s->user,
	    purple_account_get_protocol_name(account),
	    purple_account_get_username(account));
	account_connect(account);
}

static void
signed_on(PurpleConnection *gc)
{
	struct session *s = session_of_connection(gc);
	struct msg_connected m = { 0 };

	if (s == NULL || s->connected)
		return;
	s->connected = true;
	log_info("%s: connected", s->user);
	m.user = s->user;
	m.display_name = purple_connection_get_display_name(gc);
	kit_notify(METHOD_connected, &m);
	/* To call the plug-in may be the end of it. */
	for (size_t i = 0; i < LENGTH(modules) && !s->ended; i++) {
		if (modules[i]->connected != NULL)
			modules[i]->connected(s);
	}
}

/* libpurple closes the connection by itself after this. */
static void
failed(PurpleConnection *gc, PurpleConnectionError reason, const char *text)
{
	struct session *s = session_of_connection(gc);
	struct outcome outcome;
	char *clean;

	if (s == NULL)
		return;
	clean = outcome_clean(text);
	outcome_of(reason, clean, s->connected, &outcome);
	/* libpurple says no more than that it cannot be used. */
	if (certificates_why(s) != NULL) {
		outcome.reason = "certificate";
		outcome.text = certificates_why(s);
		outcome.retry = false;
	}
	if (strcmp(outcome.reason, "auth") == 0 && !s->connected &&
	    keep_was_refused(s)) {
		outcome.reason = "network";
		outcome.retry = true;
	}
	session_fail(s, &outcome);
	free(clean);
}

/* Nobody said why. */
static void
signed_off(PurpleConnection *gc)
{
	struct session *s = session_of_connection(gc);
	static const struct outcome lost = {
		.reason = "network", .text = "The connection was closed.",
		.retry = true,
	};

	if (s != NULL)
		session_fail(s, &lost);
}

void
sessions_init(void)
{
	void *connections = purple_connections_get_handle();

	requests_init();
	notify_init();
	for (size_t i = 0; i < LENGTH(modules); i++) {
		if (modules[i]->init != NULL)
			modules[i]->init();
	}
	purple_signal_connect(connections, "signed-on", core_handle(),
	    PURPLE_CALLBACK(signed_on), NULL);
	purple_signal_connect(connections, "signed-off", core_handle(),
	    PURPLE_CALLBACK(signed_off), NULL);
	purple_signal_connect(connections, "connection-error", core_handle(),
	    PURPLE_CALLBACK(failed), NULL);
}
