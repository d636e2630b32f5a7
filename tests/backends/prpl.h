/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl.h - how a protocol of libpurple for tests registers, and what all of
 * them answer alike.  For one file of each plug-in. */
#ifndef TESTS_BACKENDS_PRPL_H
#define TESTS_BACKENDS_PRPL_H

#include <purple.h>

static inline GList *
prpl_status_types(PurpleAccount *account)
{
	GList *list = g_list_append(NULL, purple_status_type_new(
	    PURPLE_STATUS_AVAILABLE, NULL, NULL, TRUE));

	(void)account;
	return g_list_append(list, purple_status_type_new(
	    PURPLE_STATUS_OFFLINE, NULL, NULL, TRUE));
}

static inline const char *
prpl_list_icon(PurpleAccount *account, PurpleBuddy *buddy)
{
	(void)account;
	(void)buddy;
	return "test";
}

static inline void
prpl_close(PurpleConnection *gc)
{
	(void)gc;
}

/* For a protocol without options of its own. */
static inline void
prpl_init(PurplePlugin *plugin)
{
	(void)plugin;
}

/* What libpurple wants of every protocol, but for status types and login. */
#define PRPL_BASE \
	.options = OPT_PROTO_NO_PASSWORD, \
	.list_icon = prpl_list_icon, \
	.close = prpl_close, \
	.struct_size = sizeof(PurplePluginProtocolInfo)

/* The file's one plug-in is prpl-NAME.  protocol: its
 * PurplePluginProtocolInfo; init: adds options; actions: its menu, or NULL. */
#define PRPL(name_, title, protocol, init, actions_) \
	static PurplePluginInfo info = { \
		.magic = PURPLE_PLUGIN_MAGIC, \
		.major_version = PURPLE_MAJOR_VERSION, \
		.minor_version = 0, \
		.type = PURPLE_PLUGIN_PROTOCOL, \
		.id = "prpl-" #name_, \
		.name = title, \
		.version = "1", \
		.extra_info = &(protocol), \
		.actions = (actions_), \
	}; \
	PURPLE_INIT_PLUGIN(name_, init, info)

#endif
