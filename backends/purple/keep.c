/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings that come from the plug-in.
 *
 * One is kept as plugin/NAME, its value with its type before it.  An option that
 * the user has set himself is kept under its own name, so that there is only one
 * value of it; one that the configuration sets is not kept.
 *
 * Some plug-ins put what logs in the next time in place of the password.  That
 * is kept with a hash of the user's own, so that it goes when he changes it.
 * Others log in with a token and look at the password no more.  So nothing is
 * given to whoever comes with another password than the one that the network has
 * last let in: in server mode that may be anybody. */
#include "backends/purple/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/offer.h"
#include "backends/purple/option.h"
#include "backends/purple/section.h"
#include "backends/purple/session.h"
#include "util/log.h"
#include "util/map.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define PREFIX		"plugin/"
#define PASSWORD	"plugin-password"
#define GIVEN		"plugin-given"
#define NAME_MAX_KEPT	200		/* bytes of a name */
#define VALUE_MAX	(60 * 1024)	/* of a value: the gateway takes 64 */
#define KEPT_MAX	100		/* settings of one account */
#define PAUSE		2		/* seconds; one login sets several */

struct kept {
	char	*value;		/* to be kept as this; NULL: to be forgotten */
	bool	 told;		/* the main process has it */
	bool	 secret;
	char	 name[];	/* of the setting; key in the map */
};

struct keep {
	struct map	 kept;
	struct map	 own;	/* names that the user has set; values too */
	guint		 timer;	/* 0: nothing is to be told */
	char		*given;	/* hash of the password at the login */
	bool		 given_kept;	/* the main process has just that */
	char		*last;	/* password of the account when we looked */
	bool		 restored; /* it is one that had been kept */
	bool		 full;	/* and that has been logged */
};

/* Settings that we set are not the plug-in's. */
static bool ours;

static void
kept_free(struct kept *k)
{
	if (k->value != NULL)
		explicit_bzero(k->value, strlen(k->value));
	free(k->value);
	free(k);
}

static PurplePlugin *
protocol_of_account(PurpleAccount *account)
{
	return purple_find_prpl(purple_account_get_protocol_id(account));
}

static void put(struct session *, const char *name, const char *value,
	    bool secret);

/* ----------------------------------------------------------------- password */

static char *
hash(const char *password)
{
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256,
	    password != NULL ? password : "", -1);
}

static void
forget_text(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static const char *
setting(const struct pairs *settings, const char *name)
{
	for (size_t i = 0; i < settings->n; i++) {
		if (strcmp(settings->v[i].key, name) == 0)
			return settings->v[i].value;
	}
	return NULL;
}

bool
keep_knows(const char *password, const struct pairs *settings)
{
	const char *known = setting(settings, GIVEN);
	char *given = hash(password);
	bool same = known == NULL || strcmp(known, given) == 0;

	g_free(given);
	return same;
}

/* The network has let the user in with this password: from now on it is the
 * key to what is kept, and to secrets that the user has set. */
static void
look_at_given(struct session *s)
{
	struct keep *keep = s->keep;

	if (!s->connected || keep->given == NULL || keep->given_kept ||
	    map_count(&keep->kept) + map_count(&keep->own) == 0)
		return;
	keep->given_kept = true;
	put(s, GIVEN, keep->given, true);
}

/* Has the plug-in, or a dialog, put another in its place, with which the session
 * has come up? */
static void
look_at_password(struct session *s)
{
	const char *now = purple_account_get_password(s->account);
	struct keep *keep = s->keep;
	char *value;

	if (!s->connected || now == NULL || keep->given == NULL ||
	    (keep->last != NULL && strcmp(now, keep->last) == 0))
		return;
	forget_text(&keep->last);
	keep->last = xstrdup(now);
	value = xasprintf("%s:%s", keep->given, now);
	put(s, PASSWORD, value, true);
	forget_text(&value);
}

static void
restore_password(PurpleAccount *account, const char *value)
{
	const char *colon = value != NULL ? strchr(value, ':') : NULL;
	char *given = hash(purple_account_get_password(account));

	if (colon != NULL && strlen(given) == (size_t)(colon - value) &&
	    strncmp(given, value, strlen(given)) == 0)
		purple_account_set_password(account, colon + 1);
	g_free(given);
}

/* --------------------------------------------------------------------- tell */

void
keep_tell(struct session *s)
{
	struct kept *k;
	size_t at = 0;

	look_at_password(s);
	look_at_given(s);
	if (s->keep->timer != 0)
		purple_timeout_remove(s->keep->timer);
	s->keep->timer = 0;
	while ((k = map_next(&s->keep->kept, &at)) != NULL) {
		struct msg_setting_up m = {
			.user = s->user, .name = k->name, .value = k->value,
			.secret = k->secret,
		};

		if (!k->told)
			kit_notify(METHOD_setting_up, &m);
		k->told = true;
	}
}

static gboolean
paused(gpointer data)
{
	struct session *s = data;

	s->keep->timer = 0;
	keep_tell(s);
	return FALSE;
}

/* value NULL: forget it. */
static void
put(struct session *s, const char *name, const char *value, bool secret)
{
	struct keep *keep = s->keep;
	struct kept *k = map_get(&keep->kept, name);
	size_t len = strlen(name) + 1;

	if (k == NULL && map_count(&keep->kept) >= KEPT_MAX) {
		if (!keep->full)
			log_warn("%s: the plug-in has more than %d settings; "
			    "no more are kept", s->user, KEPT_MAX);
		keep->full = true;
		return;
	}
	if (k == NULL) {
		k = xcalloc(1, sizeof(*k) + len);
		memcpy(k->name, name, len);
		map_put(&keep->kept, k->name, k);
	} else if (k->value != NULL && value != NULL &&
	    strcmp(k->value, value) == 0) {
		return;
	}
	xreplace(&k->value, value);
	k->told = false;
	k->secret = secret;
	if (keep->timer == 0)
		keep->timer = purple_timeout_add_seconds(PAUSE, paused, s);
}

/* ------------------------------------------------------------------ changed */

static bool
is_sane(const char *name, const char *value)
{
	size_t n = name != NULL ? strlen(name) : 0, v = strlen(value);

	return n > 0 && n <= NAME_MAX_KEPT && utf8_valid(name, n) &&
	    v <= VALUE_MAX && utf8_valid(value, v);
}

/* typed: the value behind its type; plain: the same for an option. */
static void
changed(PurpleAccount *account, const char *name, const char *typed,
    const char *plain)
{
	struct session *s = session_of(account);
	PurplePlugin *protocol = protocol_of_account(account);
	const PurpleAccountOption *option;
	char full[sizeof(PREFIX) + NAME_MAX_KEPT];

	if (ours || s == NULL || s->keep == NULL || protocol == NULL)
		return;
	if (!is_sane(name, typed)) {
		log_info("%s: a setting of the plug-in is not kept: it is too "
		    "long, or no text", s->user);
		return;
	}
	if (section_value(protocol, name) != NULL)
		return;
	option = map_get(&s->keep->own, name) != NULL ?
	    option_find(protocol, name) : NULL;
	if (option != NULL) {
		put(s, name, plain, option_is_secret(option));
		return;
	}
	snprintf(full, sizeof(full), PREFIX "%s", name);
	put(s, full, plain != NULL ? typed : NULL, true);
}

void
keep_string(PurpleAccount *account, const char *name, const char *value)
{
	char *typed = xasprintf("s:%s", value != NULL ? value : "");

	changed(account, name, typed, value);
	free(typed);
}

void
keep_int(PurpleAccount *account, const char *name, int value)
{
	char typed[32];

	snprintf(typed, sizeof(typed), "i:%d", value);
	changed(account, name, typed, typed + 2);
}

void
keep_bool(PurpleAccount *account, const char *name, gboolean value)
{
	char typed[4] = { 'b', ':', value ? '1' : '0' };

	changed(account, name, typed, typed + 2);
}

/* ------------------------------------------------------------------ restore */

/* The user's word counts, where there is one. */
static bool
is_overruled(PurplePlugin *protocol, const char *name,
    const struct pairs *settings)
{
	const char *value = setting(settings, name);

	return section_value(protocol, name) != NULL ||
	    (value != NULL && *value != '\0' &&
	    offer_find(protocol, name) != NULL);
}

void
keep_restore(PurpleAccount *account, const struct pairs *settings)
{
	PurplePlugin *protocol = protocol_of_account(account);

	if (!keep_knows(purple_account_get_password(account), settings))
		return;
	restore_password(account, setting(settings, PASSWORD));
	for (size_t i = 0; protocol != NULL && i < settings->n; i++) {
		const char *name = settings->v[i].key;
		const char *value = settings->v[i].value;

		if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		name += strlen(PREFIX);
		if (is_overruled(protocol, name, settings))
			continue;
		if (strncmp(value, "s:", 2) == 0)
			purple_account_set_string(account, name, value + 2);
		else if (strncmp(value, "i:", 2) == 0)
			purple_account_set_int(account, name, atoi(value + 2));
		else if (strncmp(value, "b:", 2) == 0)
			purple_account_set_bool(account, name,
			    value[2] == '1');
	}
}

bool
keep_was_refused(struct session *s)
{
	if (s->keep == NULL || !s->keep->restored)
		return false;
	s->keep->restored = false;
	put(s, PASSWORD, NULL, true);
	return true;
}

static void
set_own(struct session *s, const char *name, const char *value)
{
	struct kept *k = map_remove(&s->keep->own, name);
	size_t len = strlen(name) + 1;

	free(k);
	if (value == NULL || *value == '\0')
		return;
	k = xcalloc(1, sizeof(*k) + len);
	memcpy(k->name, name, len);
	map_put(&s->keep->own, k->name, k);
}

void
keep_know(struct session *s, const char *password,
    const struct pairs *settings)
{
	PurplePlugin *protocol = protocol_of_account(s->account);
	const char *known = setting(settings, GIVEN);

	s->keep->given = hash(password);
	s->keep->given_kept = known != NULL &&
	    strcmp(known, s->keep->given) == 0;
	s->keep->last = xstrdup_null(purple_account_get_password(s->account));
	s->keep->restored = s->keep->last != NULL && strcmp(s->keep->last,
	    password != NULL ? password : "") != 0;
	for (size_t i = 0; i < settings->n; i++) {
		if (offer_find(protocol, settings->v[i].key) != NULL)
			set_own(s, settings->v[i].key, settings->v[i].value);
	}
}

void
keep_changed_by_user(struct session *s, const char *name, const char *value)
{
	char full[sizeof(PREFIX) + NAME_MAX_KEPT];

	ours = true;
	if (offer_change(s->account, protocol_of_account(s->account), name,
	    value)) {
		set_own(s, name, value);
		look_at_given(s);
		/* What the plug-in has made of it is old now. */
		snprintf(full, sizeof(full), PREFIX "%.*s", NAME_MAX_KEPT,
		    name);
		if (map_get(&s->keep->kept, full) != NULL)
			put(s, full, NULL, true);
	}
	ours = false;
}

/* --------------------------------------------------------------------- life */

static void
begin(struct session *s)
{
	s->keep = xcalloc(1, sizeof(*s->keep));
}

static void
connected(struct session *s)
{
	look_at_password(s);
	look_at_given(s);
}

static void
end(struct session *s)
{
	struct kept *k;
	size_t at = 0;

	keep_tell(s);
	g_free(s->keep->given);
	forget_text(&s->keep->last);
	while ((k = map_next(&s->keep->kept, &at)) != NULL)
		kept_free(k);
	map_finish(&s->keep->kept);
	at = 0;
	while ((k = map_next(&s->keep->own, &at)) != NULL)
		free(k);
	map_finish(&s->keep->own);
	free(s->keep);
	s->keep = NULL;
}

const struct module keep_module = {
	.begin = begin, .connected = connected, .end = end,
};
