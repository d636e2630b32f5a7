/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of what has to be there in a plug-in for a feature to be offered. */
#include "backends/purple/features.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "protocol/features.h"
#include "util/macros.h"

#define NEEDS(member)	offsetof(PurplePluginProtocolInfo, member)
#define ALWAYS		SIZE_MAX

static const struct {
	const char	*feature;
	size_t		 member;	/* that is not NULL */
} rows[] = {
	{ FEATURE_ROOMS,	NEEDS(join_chat) },
	{ FEATURE_ROOM_LIST,	NEEDS(join_chat) },	/* those among contacts */
	{ FEATURE_CHAT_STATES,	NEEDS(send_typing) },
	{ FEATURE_ATTENTION,	NEEDS(send_attention) },
	{ FEATURE_ATTACHMENTS,	NEEDS(send_file) },
	{ FEATURE_GROUPS,	NEEDS(group_buddy) },
	{ FEATURE_BLOCKING,	NEEDS(add_deny) },
	{ FEATURE_VCARD,	NEEDS(get_info) },
	{ FEATURE_VCARD_SET,	NEEDS(set_buddy_icon) },
	{ FEATURE_WATCH,	ALWAYS },
	{ FEATURE_XHTML,	ALWAYS },
	{ FEATURE_CONTACTS,	ALWAYS },
	{ FEATURE_CARBONS,	ALWAYS },
};

/* Registered types of category gateway. */
static const struct {
	const char	*id, *feature;
} identities[] = {
	{ "prpl-jabber",	FEATURE_IDENTITY "xmpp" },
	{ "prpl-irc",		FEATURE_IDENTITY "irc" },
	{ "prpl-gg",		FEATURE_IDENTITY "gadu-gadu" },
	{ "prpl-simple",	FEATURE_IDENTITY "simple" },
	{ "prpl-meanwhile",	FEATURE_IDENTITY "sametime" },
	{ "prpl-aim",		FEATURE_IDENTITY "aim" },
	{ "prpl-icq",		FEATURE_IDENTITY "icq" },
	{ "prpl-msn",		FEATURE_IDENTITY "msn" },
	{ "prpl-yahoo",		FEATURE_IDENTITY "yahoo" },
	{ "prpl-facebook",	FEATURE_IDENTITY "facebook" },
	{ "prpl-telegram",	FEATURE_IDENTITY "telegram" },
	{ "prpl-eionrobb-discord", FEATURE_IDENTITY "discord" },
	{ "prpl-sipe",		FEATURE_IDENTITY "ocs" },
	{ "prpl-mm-sms",	FEATURE_IDENTITY "sms" },
};

static const char *list[LENGTH(rows) + 8];

static void
put(struct strs *to, const char *feature)
{
	list[to->n++] = feature;
}

static bool
has(const PurplePluginProtocolInfo *info, size_t member)
{
	void (*function)(void);

	if (member == ALWAYS)
		return true;
	/* Plug-ins made for an older libpurple end earlier. */
	if (info->struct_size != 0 &&
	    member + sizeof(function) > info->struct_size)
		return false;
	memcpy(&function, (const char *)info + member, sizeof(function));
	return function != NULL;
}

/* Statuses are those of an account. */
static bool
can_be_invisible(PurplePlugin *protocol)
{
	PurpleAccount *probe = purple_account_new(" probe",
	    protocol->info->id);
	bool can = purple_account_get_status_type_with_primitive(probe,
	    PURPLE_STATUS_INVISIBLE) != NULL;

	purple_account_destroy(probe);
	return can;
}

struct strs
features_of(PurplePlugin *protocol)
{
	const PurplePluginProtocolInfo *info = protocol != NULL ?
	    PURPLE_PLUGIN_PROTOCOL_INFO(protocol) : NULL;
	struct strs features = { .v = list };

	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (info == NULL || has(info, rows[i].member))
			put(&features, rows[i].feature);
	}
	if (info == NULL || info->icon_spec.format != NULL)
		put(&features, FEATURE_AVATARS);
	if (info == NULL)
		return features;
	if (can_be_invisible(protocol))
		put(&features, FEATURE_INVISIBLE);
	if (info->options & OPT_PROTO_NO_PASSWORD)
		put(&features, FEATURE_NO_PASSWORD);
	for (size_t i = 0; i < LENGTH(identities); i++) {
		if (strcmp(identities[i].id, protocol->info->id) == 0)
			put(&features, identities[i].feature);
	}
	return features;
}
