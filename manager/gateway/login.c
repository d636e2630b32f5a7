/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From "who is this?" to the login request, and the answer to those who wait
 * for it. */
#include "manager/gateway/login.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/account.h"
#include "manager/gateway/ask.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/menu.h"
#include "manager/gateway/persist.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session_inside.h"
#include "manager/gateway/trial.h"
#include "protocol/errors.h"
#include "util/log.h"
#include "util/xalloc.h"

struct login {
	struct login	*next;
	uint64_t	 client;
};

struct ctx {
	struct gateway	*gw;
	char		 jid[];
};

void *
login_ctx(const struct user *user)
{
	size_t size = strlen(user->jid) + 1;
	struct ctx *ctx = xmalloc(sizeof(*ctx) + size);

	ctx->gw = user->gw;
	memcpy(ctx->jid, user->jid, size);
	return ctx;
}

struct user *
login_user(void *arg)
{
	struct ctx *ctx = arg;
	struct user *user = user_find(ctx->gw, ctx->jid);

	free(ctx);
	return user;
}

/* ----------------------------------------------------------- from the store */

/* What an account is called when the user has not said: the JID's node. */
static char *
account_of(const struct user *user)
{
	struct arena a = { 0 };
	char *node = xstrndup(user->jid, strcspn(user->jid, "@")), *account;

	if (jid_has_escapes(node)) {
		account = xstrdup(jid_unescape(&a, node));
		arena_free(&a);
		free(node);
		return account;
	}
	for (char *p = node; *p != '\0'; p++) {
		if (*p == '%')
			*p = '@';	/* all of them, as the C++ program */
	}
	return node;
}

/* A network that needs no registration is still closed to those who may not
 * register here. */
static bool
may_make_account(const struct user *user)
{
	const struct gateway *gw = user->gw;

	if (link_is_server(gw->link) || gw->config->auto_register)
		return true;
	return gateway_can(gw, "no_registration") &&
	    account_allowed(gw, user->jid);
}

/* Server mode and networks that need no registration.  The store is told once
 * the network has let the user in: anybody can try any name. */
static void
make_account(struct user *user)
{
	free(user->account);
	if (user->hint != NULL && !link_is_server(user->gw->link))
		user->account = xstrdup(user->hint);
	else
		user->account = account_of(user);
	user->unsaved = true;
}

/* Not more than goes into a login: what was stored while the user was not here
 * may be more. */
static void
take_settings(struct user *user, const struct store_setting *list, size_t n)
{
	size_t left_out = 0;

	for (size_t i = 0; i < n; i++) {
		if (user_setting_fits(user, list[i].name, list[i].value))
			user_put_setting(user, list[i].name, list[i].type,
			    list[i].value);
		else
			left_out++;
	}
	if (left_out > 0)
		log_warn("%s: %s: %zu stored settings are too many or too "
		    "large, and left out", user->gw->config->jid, user->jid,
		    left_out);
}

static void
take_record(struct user *user, const struct store_user *record)
{
	bool server = link_is_server(user->gw->link);

	user->unsaved = false;
	xreplace(&user->account, record->uin);
	/* In server mode the password is the one the client has just given. */
	if (!server || user->password == NULL)
		xreplace(&user->password, record->password);
	user->vip = record->vip;
	take_settings(user, record->settings, record->nsettings);
	contacts_load(user, record->contacts, record->ncontacts);
	persist_load(user, record->rooms, record->nrooms);
}

static void
turn_away_unregistered(struct user *user)
{
	struct client *client;

	TAILQ_FOREACH(client, &user->clients, entry)
		say_error_to(user->gw, "presence", user->gw->config->jid,
		    client->full, NULL, E_REGISTRATION_REQUIRED,
		    "You are not registered here.");
	session_turned_away(user, "settings", "You are not registered here.");
}

static void
loaded(void *arg, const struct store_user *record, const char *error)
{
	struct user *user = login_user(arg);
	struct gateway *gw;
	bool standing;

	if (user == NULL || user->state != USER_LOADING)
		return;
	gw = user->gw;
	if (error != NULL) {
		log_error("%s: %s: cannot be read from the database: %s",
		    gw->config->jid, user->jid, error);
		session_turned_away(user, "other",
		    "The gateway's database does not answer; try later.");
		return;
	}
	standing = user->standing && user->logins == NULL;
	user->standing = false;
	if (standing && link_is_server(gw->link) &&
	    (record == NULL || *record->password == '\0')) {
		/* The client has it, and has to come. */
		session_turned_away(user, "other", NULL);
		return;
	}
	if (record != NULL)
		take_record(user, record);
	/* Nobody asks for an account, if nobody is there. */
	else if ((!standing || !TAILQ_EMPTY(&user->clients)) &&
	    may_make_account(user))
		make_account(user);
	else {
		turn_away_unregistered(user);
		return;
	}
	user->registered = user->loaded = true;
	login_admit(user);
}

void
login_admit(struct user *user)
{
	const struct gateway_config *config = user->gw->config;

	if (config->vip_only && !user->vip)
		session_turned_away(user, "settings",
		    *config->vip_message ? config->vip_message :
		    "This gateway is for selected users only.");
	else if (!user->enabled && !link_is_server(user->gw->link))
		session_turned_away(user, "settings",
		    "You have switched this gateway off in its settings.");
	else
		session_loaded(user);
}

void
login_load(struct user *user)
{
	store_load(user->gw->store, user->jid, loaded, login_ctx(user));
}

/* ----------------------------------------------------------- to the backend */

static void
answered(void *arg, const struct msg_error *error, const union result *result)
{
	struct user *user = login_user(arg);

	(void)result;
	if (user == NULL || error == NULL || !user->asked)
		return;
	if (strcmp(error->code, ERR_UNSENT) == 0)
		session_unread(user);
	/* A lost backend and a time-out come to the session on their own. */
	if (error_is_loss(error->code) ||
	    strcmp(error->code, ERR_TIMEOUT) == 0)
		return;
	session_disconnected(user, "other", error->text, false);
}

int
login_send(struct user *user)
{
	struct arena a = { 0 };
	struct msg_presence presence;
	struct msg_login msg = {
		.user = user->jid, .account = user->account,
		.password = user->password, .settings = user_settings(user, &a),
	};
	void *ctx = login_ctx(user);
	int sent;

	menu_drop(user);	/* the next session has its own */
	contacts_untold(user);
	session_presence_of(user, &presence);
	msg.show = presence.show;
	msg.status = presence.status;
	sent = session_ask(user, METHOD_login, &msg, 0, answered, ctx);

	arena_free(&a);
	if (sent < 0)
		free(ctx);
	return sent;
}

/* -------------------------------------------------------------- server mode */

bool
login_same_secret(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned differ = na != nb;

	/* As long as the attempt is, whatever matches. */
	for (size_t i = 0; i < nb; i++)
		differ |= (unsigned char)(a[na ? i % na : 0] ^ b[i]);
	return differ == 0;
}

static void
add_login(struct user *user, uint64_t client)
{
	struct login *login = xmalloc(sizeof(*login));

	*login = (struct login){ user->logins, client };
	user->logins = login;
}

void
session_login(struct user *user, uint64_t client, const char *password)
{
	bool proven = user->state == USER_ONLINE ||
	    user->state == USER_RECOVERING || user->state == USER_MOVING;
	bool busy = user->logins != NULL || (user->state != USER_OFFLINE &&
	    user->state != USER_LEAVING);
	bool same = user->password != NULL &&
	    login_same_secret(user->password, password);

	if (proven) {
		link_login_result(user->gw->link, client, same ? NULL :
		    "not-authorized", same ? NULL :
		    "Somebody is logged in with another password.");
		return;
	}
	/* One password at a time goes to the network, for all who have said
	 * that one.  Nobody knows yet whether it is the right one. */
	if (busy && !same) {
		link_login_result(user->gw->link, client,
		    "temporary-auth-failure",
		    "Another login is under way; try again.");
		return;
	}
	xreplace(&user->password, password);
	add_login(user, client);
	if (user->state == USER_LOGGING_IN && ask_is_open(user))
		login_let_in(user);
	session_want(user, NULL);
}

static void
answer_all(struct user *user, const char *condition, const char *text)
{
	struct login *login;

	while ((login = user->logins) != NULL) {
		user->logins = login->next;
		link_login_result(user->gw->link, login->client, condition,
		    text);
		free(login);
	}
}

void
login_welcome(struct user *user)
{
	if (user->guest) {
		user->guest = false;
		link_trust(user->gw->link, user->jid);
		roster_push_all(user);
	}
	answer_all(user, NULL, NULL);
}

void
login_let_in(struct user *user)
{
	struct login *login;

	while ((login = user->logins) != NULL) {
		user->guest = true;
		user->logins = login->next;
		link_login_guest(user->gw->link, login->client);
		free(login);
	}
}

void
login_fail(struct user *user, const char *reason, const char *text)
{
	/* Clients repeat what is temporary; "settings" does not pass. */
	bool lasts = strcmp(reason, "auth") == 0 ||
	    strcmp(reason, "settings") == 0;

	answer_all(user, lasts ? "not-authorized" : "temporary-auth-failure",
	    text);
}

void
session_destroy(struct user *user)
{
	session_count_loss(user, USER_OFFLINE);
	login_fail(user, "other", NULL);
	ask_drop(user);
	menu_drop(user);
	trial_drop(user);
	pool_release(user->gw->pool, user->jid);
}
