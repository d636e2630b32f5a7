/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One protocol for all accounts, or the one that an account's name begins
 * with. */
#include "backends/purple/protocol.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/xalloc.h"

static PurplePlugin *only;

/* "before ID after: all that there are" */
static char *
unknown(const char *before, const char *id, const char *after)
{
	struct buf b = { 0 };
	const char *between = ": ";

	buf_addf(&b, "%s%s%s", before, id, after);
	for (GList *l = purple_plugins_get_protocols(); l != NULL;
	    l = l->next) {
		buf_addf(&b, "%s%s", between,
		    purple_plugin_get_id(l->data));
		between = ", ";
	}
	return buf_steal(&b);
}

int
protocol_choose(const char *id, char **why)
{
	only = NULL;
	if (strcmp(id, "any") == 0)
		return 0;
	if (*id == '\0') {
		*why = xstrdup("[service] protocol is not set: one of those "
		    "that spectrum2_purple_backend --list-protocols prints, "
		    "or any");
		return -1;
	}
	only = purple_find_prpl(id);
	if (only != NULL)
		return 0;
	*why = unknown("[service] protocol: ", id, " is not installed; there "
	    "are");
	return -1;
}

PurplePlugin *
protocol_only(void)
{
	return only;
}

PurplePlugin *
protocol_of(const char *account, const char **name, char **why)
{
	const char *dot = strchr(account, '.');
	PurplePlugin *protocol;
	char *id;

	*name = account;
	if (only != NULL)
		return only;
	id = xstrndup(account, strcspn(account, "."));
	protocol = purple_find_prpl(id);
	if (protocol == NULL || dot == NULL || dot[1] == '\0') {
		*why = unknown("The account's name must begin with its "
		    "protocol, as in prpl-jabber.juliet@example.org. ", "",
		    "There are");
		protocol = NULL;
	} else {
		*name = dot + 1;
	}
	free(id);
	return protocol;
}

/* ----------------------------------------------- what plug-ins do otherwise */

int64_t
protocol_users_max(PurplePlugin *protocol)
{
	const char *id = protocol != NULL ? purple_plugin_get_id(protocol) :
	    "";

	/* libzephyr has one user, who is whose process it is; a modem has
	 * one number. */
	return strcmp(id, "prpl-zephyr") == 0 ||
	    strcmp(id, "prpl-mm-sms") == 0 ? 1 : 0;
}

bool
protocol_gives_text(const PurpleAccount *account)
{
	return strcmp(purple_account_get_protocol_id(account),
	    "prpl-simple") == 0;
}
