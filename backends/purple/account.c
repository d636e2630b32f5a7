/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an account is made of: name, password, options, proxy. */
#include "backends/purple/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "backends/purple/core.h"
#include "backends/purple/keep.h"
#include "backends/purple/offer.h"
#include "backends/purple/option.h"
#include "backends/purple/protocol.h"
#include "backends/purple/proxy.h"
#include "backends/purple/section.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define NAME_MAX_TAKEN 1024	/* bytes */

int
accounts_configure(const struct sections *config, char **why)
{
	if (section_read(config, why) < 0 || offer_read(why) < 0)
		return -1;
	return proxy_read(why);
}

/* -------------------------------------------------------------------- names */

/* A name is in parts, such as NICK@SERVER: those that are missing and have a
 * usual value get it, as a desktop client does. */
static char *
complete(const PurplePluginProtocolInfo *info, const char *name)
{
	struct buf b = { 0 };

	buf_adds(&b, name);
	for (GList *l = info->user_splits; l != NULL; l = l->next) {
		const PurpleAccountUserSplit *split = l->data;

		if (strchr(name, split->field_sep) != NULL ||
		    split->default_value == NULL ||
		    *split->default_value == '\0')
			continue;
		buf_addc(&b, split->field_sep);
		buf_adds(&b, split->default_value);
	}
	return buf_steal(&b);
}

/* user@server:port of GroupWise, which has options for both. */
static void
split_novell(PurpleAccount *account, char *name)
{
	char *at = strrchr(name, '@'), *port;

	if (at == NULL)
		return;
	*at++ = '\0';
	if ((port = strrchr(at, ':')) != NULL) {
		*port++ = '\0';
		purple_account_set_int(account, "port", atoi(port));
	}
	purple_account_set_string(account, "server", at);
}

static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_TAKEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return false;
	}
	return true;
}

static void
set_name(PurpleAccount *account, PurplePlugin *protocol, const char *name)
{
	char *whole = complete(PURPLE_PLUGIN_PROTOCOL_INFO(protocol), name);

	if (strcmp(protocol->info->id, "prpl-novell") == 0)
		split_novell(account, whole);
	/* Else it is called what the system's user is called that we are. */
	if (strcmp(protocol->info->id, "prpl-bonjour") == 0)
		purple_account_set_string(account, "first", whole);
	purple_account_set_username(account, whole);
	free(whole);
}

/* --------------------------------------------------------------------- life */

static bool
needs_password(PurplePlugin *protocol)
{
	return (PURPLE_PLUGIN_PROTOCOL_INFO(protocol)->options &
	    (OPT_PROTO_NO_PASSWORD | OPT_PROTO_PASSWORD_OPTIONAL)) == 0;
}

/* What makes no sense on a server, unless somebody says that it does: pictures
 * in place of words, connections from other clients to here. */
static void
set_usual(PurpleAccount *account)
{
	purple_account_set_bool(account, "custom_smileys", FALSE);
	purple_account_set_bool(account, "direct_connect", FALSE);
	/* telegram-purple: codes are asked for in a way that we can show. */
	purple_account_set_bool(account, "compat-verification", TRUE);
}

/* A client of ours is let in when the network lets the account in: then a token
 * must not do it for whoever knows the user's name. */
static bool
is_owner(const struct msg_login *m)
{
	return !kit_config_bool("service", "server_mode", false) ||
	    keep_knows(m->password, &m->settings);
}

static PurpleAccount *
make(PurplePlugin *protocol, const char *name, const struct msg_login *m)
{
	static unsigned long serial;
	PurpleAccount *account;
	char unique[32];

	/* purple_account_new() gives an account of the same name again: of
	 * another user, perhaps. */
	snprintf(unique, sizeof(unique), " %lu", ++serial);
	account = purple_account_new(unique, protocol->info->id);
	/* Else it would be written to a file. */
	purple_account_set_remember_password(account, FALSE);
	purple_account_set_privacy_type(account, PURPLE_PRIVACY_DENY_USERS);
	if (m->password != NULL && *m->password != '\0')
		purple_account_set_password(account, m->password);
	set_usual(account);
	set_name(account, protocol, name);
	section_apply(account, protocol);
	offer_apply(account, protocol, &m->settings, is_owner(m));
	keep_restore(account, &m->settings);
	proxy_apply(account);
	return account;
}

PurpleAccount *
account_create(const struct msg_login *m, char **why)
{
	const char *name;
	PurplePlugin *protocol = protocol_of(m->account, &name, why);
	PurpleAccount *account;

	if (protocol == NULL)
		return NULL;
	if (!is_name(name)) {
		*why = xstrdup("The account has no name that can be used.");
		return NULL;
	}
	/* libpurple would ask for it in a dialog. */
	if (needs_password(protocol) &&
	    (m->password == NULL || *m->password == '\0')) {
		*why = xasprintf("%s needs a password: register again with "
		    "one.", purple_plugin_get_name(protocol));
		return NULL;
	}
	account = make(protocol, name, m);
	purple_accounts_add(account);
	return account;
}

void
account_connect(PurpleAccount *account)
{
	purple_account_set_enabled(account, CORE_UI, TRUE);
}

void
account_disconnect(PurpleAccount *account)
{
	/* Not by disabling it: that leaves alone what has failed. */
	if (!purple_account_is_disconnected(account))
		purple_account_disconnect(account);
}

void
account_destroy(PurpleAccount *account)
{
	account_disconnect(account);
	purple_accounts_delete(account);
}
