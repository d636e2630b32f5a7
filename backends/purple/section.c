/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which keys may stand in [purple], and what do they say of a protocol?
 *
 * "key" is an option of the protocol served; where any is, of each that has one
 * of that name and type.  "prpl-x.key" is one of that protocol only. */
#include "backends/purple/section.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/option.h"
#include "backends/purple/protocol.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

static struct pairs section;

/* Of this program, and read elsewhere. */
static const char *const own[] = {
	"plugins", "plugins_dir", "user_options", "cacerts_dir", "user_dir",
	"keep_contacts",
};

/* The C++ program had them; they meant nothing on this system, or a plug-in
 * that is gone. */
static const char *const gone[] = {
	"libpurple_dll_path", "fb_api_key", "fb_api_secret",
};

static bool
is_in(const char *const *keys, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

/* The option's name in a key that may begin with "PROTOCOL."; NULL: it begins
 * with another one. */
static const char *
option_name(const char *key, PurplePlugin *protocol)
{
	const char *id = purple_plugin_get_id(protocol);
	size_t len = strlen(id);

	if (strncmp(key, id, len) == 0 && key[len] == '.')
		return key + len + 1;
	return strncmp(key, "prpl-", 5) == 0 ? NULL : key;
}

static const PurpleAccountOption *
find(PurplePlugin *protocol, const char *key)
{
	const char *name = option_name(key, protocol);

	return name != NULL ? option_find(protocol, name) : NULL;
}

/* ------------------------------------------------------------------- wrong */

/* All that there are, in no more than some lines. */
static void
add_options(struct buf *b, PurplePlugin *protocol)
{
	const PurplePluginProtocolInfo *info =
	    PURPLE_PLUGIN_PROTOCOL_INFO(protocol);
	const char *between = "";

	if (info->protocol_options == NULL)
		buf_adds(b, "none");
	for (GList *l = info->protocol_options; l != NULL; l = l->next) {
		if (purple_account_option_get_setting(l->data) == NULL)
			continue;
		buf_addf(b, "%s%s (", between,
		    purple_account_option_get_setting(l->data));
		option_want(b, l->data);
		buf_addc(b, ')');
		between = ", ";
	}
	buf_adds(b, "; and of the backend itself");
	for (size_t i = 0; i < LENGTH(own); i++)
		buf_addf(b, "%s %s", i > 0 ? "," : "", own[i]);
}

/* Of a key that begins with another protocol than the one served, which is not
 * even loaded. */
static char *
not_served(const char *key)
{
	return xasprintf("[purple] %s: is for %.*s, and this instance serves "
	    "%s", key, (int)strcspn(key, "."), key,
	    purple_plugin_get_id(protocol_only()));
}

static char *
no_option(const char *key)
{
	struct buf b = { 0 };

	if (protocol_only() != NULL && option_name(key, protocol_only()) ==
	    NULL)
		return not_served(key);
	buf_addf(&b, "[purple] %s: ", key);
	if (protocol_only() == NULL) {
		buf_adds(&b, "no protocol has such an option: see "
		    "spectrum2_purple_backend --list-protocols");
		return buf_steal(&b);
	}
	buf_addf(&b, "%s has no such option; there are: ",
	    purple_plugin_get_id(protocol_only()));
	add_options(&b, protocol_only());
	return buf_steal(&b);
}

static char *
no_value(const struct pair *p, const PurpleAccountOption *option)
{
	struct buf b = { 0 };

	buf_addf(&b, "[purple] %s", p->key);
	if (!option_is_secret(option))
		buf_addf(&b, " = %.*s", (int)strcspn(p->value, "\n"),
		    p->value);
	if (strchr(p->value, '\n') != NULL) {
		buf_adds(&b, " and another value: it may be given once");
		return buf_steal(&b);
	}
	buf_adds(&b, ": want ");
	option_want(&b, option);
	return buf_steal(&b);
}

/* ------------------------------------------------------------------- right */

/* Of several protocols one must take it. */
static int
check(const struct pair *p, char **why)
{
	const PurpleAccountOption *option, *wrong = NULL;
	PurplePlugin *only = protocol_only();

	for (GList *l = purple_plugins_get_protocols(); l != NULL;
	    l = l->next) {
		if (only != NULL && l->data != only)
			continue;
		option = find(l->data, p->key);
		if (option != NULL && option_takes(option, p->value))
			return 0;
		if (option != NULL)
			wrong = option;
	}
	*why = wrong != NULL ? no_value(p, wrong) : no_option(p->key);
	return -1;
}

int
section_read(const struct sections *config, char **why)
{
	section = (struct pairs){ 0 };
	for (size_t i = 0; i < config->n; i++) {
		if (strcmp(config->v[i].name, "purple") == 0)
			section = config->v[i].pairs;
	}
	for (size_t i = 0; i < section.n; i++) {
		const char *key = section.v[i].key;

		if (is_in(own, LENGTH(own), key))
			continue;
		if (is_in(gone, LENGTH(gone), key))
			log_warn("[purple] %s has no effect any more", key);
		else if (check(&section.v[i], why) < 0)
			return -1;
	}
	return 0;
}

static const char *
value_of(const char *key)
{
	for (size_t i = 0; i < section.n; i++) {
		if (strcmp(section.v[i].key, key) == 0)
			return section.v[i].value;
	}
	return NULL;
}

const char *
section_own(const char *key)
{
	return value_of(key);
}

const char *
section_value(PurplePlugin *protocol, const char *option)
{
	char *key = xasprintf("%s.%s", purple_plugin_get_id(protocol), option);
	const char *value = value_of(key);

	free(key);
	if (value == NULL && !is_in(own, LENGTH(own), option))
		value = value_of(option);
	return value;
}

void
section_apply(PurpleAccount *account, PurplePlugin *protocol)
{
	const PurplePluginProtocolInfo *info =
	    PURPLE_PLUGIN_PROTOCOL_INFO(protocol);
	const char *name, *value;

	for (GList *l = info->protocol_options; l != NULL; l = l->next) {
		name = purple_account_option_get_setting(l->data);
		value = name != NULL ? section_value(protocol, name) : NULL;
		if (value != NULL)
			option_set(account, l->data, value);
	}
}
