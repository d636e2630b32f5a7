/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of users that are options of their accounts. */
#include "backends/purple/offer.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/option.h"
#include "backends/purple/protocol.h"
#include "backends/purple/section.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define BETWEEN " ,\t\r\n"

/* Looked at one by one: nothing here leads to another machine than without,
 * nor touches a file. */
static const struct {
	const char	*protocol, *option;
} harmless[] = {
	{ "prpl-bonjour", "first" },
	{ "prpl-bonjour", "last" },
	{ "prpl-bonjour", "email" },
	{ "prpl-bonjour", "AIM" },
	{ "prpl-bonjour", "jid" },
	{ "prpl-eionrobb-discord", "use-status-as-game" },
	{ "prpl-eionrobb-discord", "populate-blist" },
	{ "prpl-eionrobb-discord", "large-channel-count" },
	{ "prpl-eionrobb-discord", "display-images" },
	{ "prpl-eionrobb-discord", "display-images-large-servers" },
	{ "prpl-eionrobb-discord", "show-custom-emojis" },
	{ "prpl-eionrobb-discord", "fetch-react-backlog" },
	{ "prpl-eionrobb-discord", "fetch-unread-on-start" },
	{ "prpl-eionrobb-discord", "open-chat-on-mention" },
	{ "prpl-eionrobb-discord", "thread-indicator" },
	{ "prpl-eionrobb-discord", "parent-indicator" },
	{ "prpl-eionrobb-rocketchat", "auto-add-buddy" },
	{ "prpl-eionrobb-rocketchat", "default-buddy-group" },
	{ "prpl-eionrobb-rocketchat", "personal_access_token" },
	{ "prpl-eionrobb-rocketchat", "personal_access_token_user_id" },
	{ "prpl-gg", "nick" },
	{ "prpl-gg", "encryption" },
	{ "prpl-irc", "encoding" },
	{ "prpl-irc", "autodetect_utf8" },
	{ "prpl-irc", "username" },
	{ "prpl-irc", "realname" },
	{ "prpl-irc", "ssl" },
	{ "prpl-irc", "sasl" },
	{ "prpl-irc", "saslname" },
	{ "prpl-irc", "auth_plain_in_clear" },
	{ "prpl-jabber", "connection_security" },
	{ "prpl-jabber", "auth_plain_in_clear" },
	{ "prpl-meanwhile", "fake_client_id" },
	{ "prpl-mm-sms", "validity" },
	{ "prpl-mm-sms", "sms_delivery_report" },
	{ "prpl-simple", "dopublish" },
	{ "prpl-simple", "authuser" },
	{ "prpl-simple", "authdomain" },
	{ "prpl-sipe", "dont-publish" },
	{ "prpl-sipe", "email" },
	{ "prpl-sipe", "email_login" },
	{ "prpl-zephyr", "encoding" },
	{ "prpl-zephyr", "exposure_level" },
};

/* Words of user_options; NULL: the usual. */
static const char *named;
/* What the answer to initialize points to. */
static struct arena arena;

static bool
is_named(const char *word)
{
	size_t len = strlen(word);

	for (const char *at = named; at != NULL && *at != '\0';) {
		size_t n = strcspn(at, BETWEEN);

		if (n == len && strncmp(at, word, n) == 0)
			return true;
		at += n;
		at += strspn(at, BETWEEN);
	}
	return false;
}

static bool
is_harmless(PurplePlugin *protocol, const PurpleAccountOption *option)
{
	const char *id = purple_plugin_get_id(protocol);
	const char *name = purple_account_option_get_setting(option);

	for (size_t i = 0; i < LENGTH(harmless); i++) {
		if (strcmp(harmless[i].protocol, id) == 0 &&
		    strcmp(harmless[i].option, name) == 0)
			return true;
	}
	return option_is_secret(option);
}

const PurpleAccountOption *
offer_find(PurplePlugin *protocol, const char *name)
{
	const PurpleAccountOption *option = option_find(protocol, name);

	if (option == NULL || is_named(name))
		return option;
	/* What the admin has set is not for users to change, unless he says
	 * so. */
	if (section_value(protocol, name) != NULL || is_named("none"))
		return NULL;
	return is_named("all") || is_harmless(protocol, option) ? option :
	    NULL;
}

/* -------------------------------------------------------------------- start */

static bool
is_option(const char *name)
{
	PurplePlugin *only = protocol_only();

	for (GList *l = purple_plugins_get_protocols(); l != NULL;
	    l = l->next) {
		if ((only == NULL || l->data == only) &&
		    option_find(l->data, name) != NULL)
			return true;
	}
	return false;
}

int
offer_read(char **why)
{
	const char *at = named = section_own("user_options");

	while (at != NULL && *(at += strspn(at, BETWEEN)) != '\0') {
		char *word = xstrndup(at, strcspn(at, BETWEEN));

		at += strlen(word);
		if (strcmp(word, "all") != 0 && strcmp(word, "none") != 0 &&
		    !is_option(word)) {
			*why = xasprintf("[purple] user_options: %s: want all, "
			    "none, or names of options as "
			    "spectrum2_purple_backend --list-protocols "
			    "prints them", word);
			free(word);
			return -1;
		}
		free(word);
	}
	return 0;
}

static void
put_choices(struct msg_field *f, const PurpleAccountOption *option)
{
	GList *choices = purple_account_option_get_list(option);
	const PurpleKeyValuePair *pair;

	f->type = "choice";
	f->options.v = arena_zalloc(&arena, (g_list_length(choices) + 1) *
	    sizeof(*f->options.v));
	for (GList *l = choices; l != NULL; l = l->next) {
		pair = l->data;
		if (pair == NULL || pair->value == NULL)
			continue;
		f->options.v[f->options.n++] = (struct msg_option){
			.value = pair->value, .label = pair->key,
		};
	}
}

static void
put(struct msg_field *f, PurplePlugin *protocol,
    const PurpleAccountOption *option)
{
	struct buf usual = { 0 };

	f->var = purple_account_option_get_setting(option);
	f->label = purple_account_option_get_text(option);
	if (option_is_secret(option)) {
		f->type = "secret";
		return;
	}
	if (purple_account_option_get_type(option) == PURPLE_PREF_BOOLEAN)
		f->type = "bool";
	else if (purple_account_option_get_type(option) ==
	    PURPLE_PREF_STRING_LIST)
		put_choices(f, option);
	else
		f->type = "text";
	f->value = section_value(protocol, f->var);
	if (f->value == NULL) {
		option_default(&usual, option);
		f->value = arena_strndup(&arena, buf_len(&usual) > 0 ?
		    buf_data(&usual) : "", buf_len(&usual));
	}
	buf_free(&usual);
}

void
offer_add(struct msg_initialize_result *say)
{
	PurplePlugin *protocol = protocol_only();
	const PurplePluginProtocolInfo *info = protocol != NULL ?
	    PURPLE_PLUGIN_PROTOCOL_INFO(protocol) : NULL;
	const char *name;

	/* The form is the same for all users: where they have different
	 * protocols there is none. */
	if (info == NULL)
		return;
	say->settings.v = arena_zalloc(&arena,
	    (g_list_length(info->protocol_options) + 1) *
	    sizeof(*say->settings.v));
	for (GList *l = info->protocol_options; l != NULL; l = l->next) {
		name = purple_account_option_get_setting(l->data);
		if (name != NULL && offer_find(protocol, name) == l->data)
			put(&say->settings.v[say->settings.n++], protocol,
			    l->data);
	}
}

/* ----------------------------------------------------------------- accounts */

bool
offer_change(PurpleAccount *account, PurplePlugin *protocol, const char *name,
    const char *value)
{
	const PurpleAccountOption *option = offer_find(protocol, name);
	const char *usual;

	if (option == NULL)
		return false;
	if (value != NULL && *value != '\0' && option_takes(option, value)) {
		option_set(account, option, value);
		return true;
	}
	option_reset(account, option);
	usual = section_value(protocol, name);
	if (usual != NULL)
		option_set(account, option, usual);
	return true;
}

void
offer_apply(PurpleAccount *account, PurplePlugin *protocol,
    const struct pairs *settings, bool secrets)
{
	const PurpleAccountOption *option;

	for (size_t i = 0; i < settings->n; i++) {
		option = offer_find(protocol, settings->v[i].key);
		if (option != NULL && (secrets || !option_is_secret(option)))
			offer_change(account, protocol, settings->v[i].key,
			    settings->v[i].value);
	}
}
