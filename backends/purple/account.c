/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an account is made of: name, password, options. */
#include "backends/purple/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/option.h"
#include "backends/purple/protocol.h"
#include "util/xalloc.h"

/* What [purple] says. */
static struct pairs purple_section;

void
accounts_configure(const struct sections *config)
{
	for (size_t i = 0; i < config->n; i++) {
		if (strcmp(config->v[i].name, "purple") == 0)
			purple_section = config->v[i].pairs;
	}
}

PurpleAccount *
account_create(const struct msg_login *m, char **why)
{
	static unsigned long serial;
	const char *name;
	PurplePlugin *protocol = protocol_of(m->account, &name, why);
	PurpleAccount *account;
	char unique[32];

	if (protocol == NULL)
		return NULL;
	/* purple_account_new() gives an account of the same name again: of
	 * another user, perhaps. */
	snprintf(unique, sizeof(unique), " %lu", ++serial);
	account = purple_account_new(unique, protocol->info->id);
	purple_account_set_username(account, name);
	/* Else it would be written to a file. */
	purple_account_set_remember_password(account, FALSE);
	if (m->password != NULL && *m->password != '\0')
		purple_account_set_password(account, m->password);
	options_apply(account, &purple_section);
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
