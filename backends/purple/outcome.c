/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which end of a connection may be followed by another try, and what the user
 * is told of it. */
#include "backends/purple/outcome.h"

#include "util/macros.h"

static const struct {
	const char	*reason;
	bool		 retry;
} outcomes[] = {
	[PURPLE_CONNECTION_ERROR_NETWORK_ERROR] = { "network", true },
	[PURPLE_CONNECTION_ERROR_INVALID_USERNAME] = { "auth", false },
	[PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED] = { "auth", false },
	[PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE] =
	    { "auth", false },
	[PURPLE_CONNECTION_ERROR_NO_SSL_SUPPORT] = { "settings", false },
	[PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR] = { "network", true },
	/* Somebody else has logged in with it: to do the same at once would
	 * begin a war. */
	[PURPLE_CONNECTION_ERROR_NAME_IN_USE] = { "name_in_use", false },
	[PURPLE_CONNECTION_ERROR_INVALID_SETTINGS] = { "settings", false },
	[PURPLE_CONNECTION_ERROR_CERT_NOT_PROVIDED] = { "certificate", false },
	[PURPLE_CONNECTION_ERROR_CERT_UNTRUSTED] = { "certificate", false },
	[PURPLE_CONNECTION_ERROR_CERT_EXPIRED] = { "certificate", false },
	[PURPLE_CONNECTION_ERROR_CERT_NOT_ACTIVATED] =
	    { "certificate", false },
	[PURPLE_CONNECTION_ERROR_CERT_HOSTNAME_MISMATCH] =
	    { "certificate", false },
	[PURPLE_CONNECTION_ERROR_CERT_FINGERPRINT_MISMATCH] =
	    { "certificate", false },
	[PURPLE_CONNECTION_ERROR_CERT_SELF_SIGNED] = { "certificate", false },
	[PURPLE_CONNECTION_ERROR_CERT_OTHER_ERROR] = { "certificate", false },
	[PURPLE_CONNECTION_ERROR_OTHER_ERROR] = { "other", true },
};

void
outcome_of(PurpleConnectionError error, const char *text,
    struct outcome *outcome)
{
	size_t i = (size_t)error;

	if (i >= LENGTH(outcomes) || outcomes[i].reason == NULL)
		i = PURPLE_CONNECTION_ERROR_OTHER_ERROR;
	outcome->reason = outcomes[i].reason;
	outcome->retry = outcomes[i].retry;
	outcome->text = text != NULL && *text != '\0' ? text : NULL;
}
