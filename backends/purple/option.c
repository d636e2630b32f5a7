/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options have types, what is configured is text. */
#include "backends/purple/option.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/utf8.h"

const PurpleAccountOption *
option_find(PurplePlugin *protocol, const char *name)
{
	const PurplePluginProtocolInfo *info =
	    PURPLE_PLUGIN_PROTOCOL_INFO(protocol);
	const char *setting;

	for (GList *l = info->protocol_options; l != NULL; l = l->next) {
		setting = purple_account_option_get_setting(l->data);
		if (setting != NULL && strcmp(setting, name) == 0)
			return l->data;
	}
	return NULL;
}

static bool
parse_bool(const char *text, gboolean *value)
{
	static const char *const words[][2] = {
		{ "0", "1" }, { "false", "true" }, { "no", "yes" },
		{ "off", "on" },
	};

	for (size_t i = 0; i < LENGTH(words) * 2; i++) {
		if (strcasecmp(text, words[i / 2][i % 2]) == 0) {
			*value = i % 2 == 1;
			return true;
		}
	}
	return false;
}

static bool
parse_int(const char *text, int *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	*value = (int)n;
	return end != text && *end == '\0' && errno == 0 && n >= INT_MIN &&
	    n <= INT_MAX;
}

/* Those of a plug-in that is sloppy may be NULL. */
static const char *
choice(const GList *at)
{
	const PurpleKeyValuePair *pair = at->data;

	return pair != NULL ? pair->value : NULL;
}

static bool
is_choice(const PurpleAccountOption *option, const char *text)
{
	for (GList *l = purple_account_option_get_list(option); l != NULL;
	    l = l->next) {
		if (choice(l) != NULL && strcmp(choice(l), text) == 0)
			return true;
	}
	return false;
}

bool
option_takes(const PurpleAccountOption *option, const char *value)
{
	size_t len = strlen(value);
	gboolean truth;
	int number;

	if (len > OPTION_VALUE_MAX || !utf8_valid(value, len) ||
	    strpbrk(value, "\r\n") != NULL)
		return false;
	switch (purple_account_option_get_type(option)) {
	case PURPLE_PREF_BOOLEAN:
		return parse_bool(value, &truth);
	case PURPLE_PREF_INT:
		return parse_int(value, &number);
	case PURPLE_PREF_STRING_LIST:
		return is_choice(option, value);
	default:
		return true;
	}
}

void
option_set(PurpleAccount *account, const PurpleAccountOption *option,
    const char *value)
{
	const char *name = purple_account_option_get_setting(option);
	gboolean truth;
	int number;

	if (!option_takes(option, value))
		return;
	switch (purple_account_option_get_type(option)) {
	case PURPLE_PREF_BOOLEAN:
		if (parse_bool(value, &truth))
			purple_account_set_bool(account, name, truth);
		return;
	case PURPLE_PREF_INT:
		if (parse_int(value, &number))
			purple_account_set_int(account, name, number);
		return;
	default:
		purple_account_set_string(account, name, value);
	}
}

void
option_reset(PurpleAccount *account, const PurpleAccountOption *option)
{
	purple_account_remove_setting(account,
	    purple_account_option_get_setting(option));
}

void
option_want(struct buf *b, const PurpleAccountOption *option)
{
	const char *between = "one of ";

	switch (purple_account_option_get_type(option)) {
	case PURPLE_PREF_BOOLEAN:
		buf_adds(b, "0 or 1");
		return;
	case PURPLE_PREF_INT:
		buf_adds(b, "a number");
		return;
	case PURPLE_PREF_STRING_LIST:
		break;
	default:
		buf_adds(b, "text");
		return;
	}
	for (GList *l = purple_account_option_get_list(option); l != NULL;
	    l = l->next) {
		if (choice(l) == NULL)
			continue;
		buf_addf(b, "%s%s", between, choice(l));
		between = " ";
	}
}

void
option_default(struct buf *b, const PurpleAccountOption *option)
{
	const char *text = NULL;

	switch (purple_account_option_get_type(option)) {
	case PURPLE_PREF_BOOLEAN:
		text = purple_account_option_get_default_bool(option) ? "1" :
		    "0";
		break;
	case PURPLE_PREF_INT:
		buf_addf(b, "%d", purple_account_option_get_default_int(
		    option));
		return;
	case PURPLE_PREF_STRING:
		text = purple_account_option_get_default_string(option);
		break;
	case PURPLE_PREF_STRING_LIST:
		/* The function of libpurple for this wants one to be there. */
		if (purple_account_option_get_list(option) != NULL)
			text = choice(purple_account_option_get_list(option));
		break;
	default:
		break;
	}
	if (text != NULL)
		buf_adds(b, text);
}

bool
option_is_secret(const PurpleAccountOption *option)
{
	const char *name = purple_account_option_get_setting(option);

	if (purple_account_option_get_type(option) != PURPLE_PREF_STRING)
		return false;
	/* Few plug-ins take the trouble to mark them. */
	return purple_account_option_get_masked(option) ||
	    strcasestr(name, "token") != NULL ||
	    strcasestr(name, "password") != NULL ||
	    strcasestr(name, "secret") != NULL;
}
