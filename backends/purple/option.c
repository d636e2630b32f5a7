/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings are text, options have types. */
#include "backends/purple/option.h"

#include <stdlib.h>
#include <string.h>

static const PurpleAccountOption *
find(const PurplePluginProtocolInfo *info, const char *name)
{
	for (GList *l = info->protocol_options; l != NULL; l = l->next) {
		if (strcmp(purple_account_option_get_setting(l->data),
		    name) == 0)
			return l->data;
	}
	return NULL;
}

static void
set(PurpleAccount *account, const PurpleAccountOption *option,
    const char *name, const char *value)
{
	switch (purple_account_option_get_type(option)) {
	case PURPLE_PREF_BOOLEAN:
		purple_account_set_bool(account, name,
		    strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
		break;
	case PURPLE_PREF_INT:
		purple_account_set_int(account, name, atoi(value));
		break;
	default:
		purple_account_set_string(account, name, value);
	}
}

void
options_apply(PurpleAccount *account, const struct pairs *pairs)
{
	PurplePlugin *plugin = purple_find_prpl(
	    purple_account_get_protocol_id(account));
	const PurplePluginProtocolInfo *info = plugin != NULL ?
	    PURPLE_PLUGIN_PROTOCOL_INFO(plugin) : NULL;
	const PurpleAccountOption *option;

	for (size_t i = 0; info != NULL && i < pairs->n; i++) {
		option = find(info, pairs->v[i].key);
		if (option != NULL)
			set(account, option, pairs->v[i].key,
			    pairs->v[i].value);
	}
}
