/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which end of a connection may be followed by another try, and what the user
 * is told of it. */
#include "backends/purple/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "util/macros.h"
#include "util/utf8.h"
#include "util/xalloc.h"

/* text: where the plug-in gives none. */
static const struct {
	const char	*reason;
	bool		 retry;
	const char	*text;
} outcomes[] = {
	[PURPLE_CONNECTION_ERROR_NETWORK_ERROR] = { "network", true,
	    "The connection to the network failed." },
	[PURPLE_CONNECTION_ERROR_INVALID_USERNAME] = { "auth", false,
	    "The network does not know this account." },
	[PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED] = { "auth", false,
	    "The network does not accept the password." },
	/* No way to log in that both sides know: the password may be right. */
	[PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE] = { "settings",
	    false, "The network offers no way to log in that can be used." },
	[PURPLE_CONNECTION_ERROR_NO_SSL_SUPPORT] = { "settings", false,
	    "There is no TLS here, which the network wants." },
	[PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR] = { "network", true,
	    "TLS with the network failed." },
	[PURPLE_CONNECTION_ERROR_NAME_IN_USE] = { "name_in_use", false,
	    "Somebody else uses this name." },
	[PURPLE_CONNECTION_ERROR_INVALID_SETTINGS] = { "settings", false,
	    "The account's settings cannot be used." },
	[PURPLE_CONNECTION_ERROR_CERT_NOT_PROVIDED] = { "certificate", false,
	    "The network's server has no certificate." },
	[PURPLE_CONNECTION_ERROR_CERT_UNTRUSTED] = { "certificate", false,
	    "The certificate of the network's server is not trusted." },
	[PURPLE_CONNECTION_ERROR_CERT_EXPIRED] = { "certificate", false,
	    "The certificate of the network's server has expired." },
	[PURPLE_CONNECTION_ERROR_CERT_NOT_ACTIVATED] = { "certificate", false,
	    "The certificate of the network's server is not valid yet." },
	[PURPLE_CONNECTION_ERROR_CERT_HOSTNAME_MISMATCH] = { "certificate",
	    false, "The certificate of the network's server is another's." },
	[PURPLE_CONNECTION_ERROR_CERT_FINGERPRINT_MISMATCH] = { "certificate",
	    false, "The certificate of the network's server has changed." },
	[PURPLE_CONNECTION_ERROR_CERT_SELF_SIGNED] = { "certificate", false,
	    "The certificate of the network's server is self-signed." },
	[PURPLE_CONNECTION_ERROR_CERT_OTHER_ERROR] = { "certificate", false,
	    "The certificate of the network's server cannot be used." },
	[PURPLE_CONNECTION_ERROR_OTHER_ERROR] = { "other", true,
	    "The connection to the network failed." },
};

void
outcome_of(PurpleConnectionError error, const char *text, bool connected,
    struct outcome *outcome)
{
	size_t i = (size_t)error;

	if (i >= LENGTH(outcomes) || outcomes[i].reason == NULL)
		i = PURPLE_CONNECTION_ERROR_OTHER_ERROR;
	outcome->reason = outcomes[i].reason;
	outcome->retry = outcomes[i].retry;
	outcome->text = text != NULL && *text != '\0' ? text :
	    outcomes[i].text;
	/* Of a session that was up: another program has logged in and thrown
	 * us out.  To do the same to it would begin a war. */
	if (i == PURPLE_CONNECTION_ERROR_NAME_IN_USE && connected)
		outcome->reason = "replaced";
}

char *
outcome_clean(const char *text)
{
	size_t n = text != NULL ? strlen(text) : 0, out = 0;
	char *clean;

	if (n > OUTCOME_TEXT_MAX)
		n = utf8_cut(text, n, OUTCOME_TEXT_MAX);
	clean = xstrndup(text != NULL ? text : "", n);
	utf8_xml_clean(clean, n);
	for (size_t i = 0; i < n; i++) {
		char c = clean[i] == '\n' || clean[i] == '\r' ||
		    clean[i] == '\t' ? ' ' : clean[i];

		if (c != ' ' || (out > 0 && clean[out - 1] != ' '))
			clean[out++] = c;
	}
	while (out > 0 && clean[out - 1] == ' ')
		out--;
	clean[out] = '\0';
	if (out > 0)
		return clean;
	free(clean);
	return NULL;
}
