/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/config_old.h"

#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "util/log.h"
#include "util/xalloc.h"

#define JABBER	"prpl-jabber."

/* ------------------------------------------------------------ prpl-jabber's */

static const struct instead {
	const char	*key;
	const char	*advice;
} instead[] = {
	{ "auth_plain_in_clear", "a password is sent without TLS only to "
	    "[xmpp] host= with tls = off" },
	{ "bosh_url", "connections are made to the server itself, or to "
	    "[xmpp] host=" },
	{ "cacerts_dir", "[xmpp] ca_file is a file or directory of the "
	    "certificates to trust" },
};

static const char *
advice_for(const char *key)
{
	for (size_t i = 0; i < LENGTH(instead); i++) {
		if (strcmp(instead[i].key, key) == 0)
			return instead[i].advice;
	}
	return "it is an option of libpurple; remove it";
}

/* Where it named the server, it named the port and the kind of TLS, too. */
static int
take_server(int (*set)(const struct pair *, char **why), char **why)
{
	const char *host = kit_config("purple", "connect_server", "");
	const char *port = kit_config("purple", "port", "");
	const bool direct = strcmp(kit_config("purple", "connection_security",
	    ""), "old_ssl") == 0;
	const struct pair pairs[] = {
		{ "host", host },
		{ "port", port },
		{ "tls", direct ? "direct" : "required" },
	};
	static const char *const theirs[] = {
		"connect_server", "port", "connection_security",
	};
	char *because = NULL;

	for (size_t i = 0; *host != '\0' && i < LENGTH(pairs); i++) {
		if (*pairs[i].value == '\0' || set(&pairs[i], &because) == 0)
			continue;
		*why = xasprintf("[purple] %s is taken for %s", theirs[i],
		    because);
		free(because);
		return -1;
	}
	return 0;
}

static bool
is_taken(const char *key)
{
	static const char *const keys[] = {
		"connect_server", "port", "connection_security",
	};

	if (strcmp(key, "port") == 0 &&
	    kit_config("purple", "connect_server", NULL) == NULL)
		return false;
	for (size_t i = 0; i < LENGTH(keys); i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

static int
take_purple(const struct sections *sections,
    int (*set)(const struct pair *, char **why), char **why)
{
	for (size_t i = 0; i < sections->n; i++) {
		const struct section *s = &sections->v[i];

		for (size_t j = 0; strcmp(s->name, "purple") == 0 &&
		    j < s->pairs.n; j++) {
			const char *key = s->pairs.v[j].key;

			if (!is_taken(key))
				log_warn("[purple] %s: does nothing here: %s",
				    key, advice_for(key));
		}
	}
	return take_server(set, why);
}

/* ------------------------------------------------------------------- others */

int
config_old_read(const struct sections *sections,
    int (*set)(const struct pair *, char **why), char **why)
{
	static const char *const proxy[] = { "type", "host", "server" };
	const struct pair unverified = { "verify_certs", "0" };

	/* To go past it in silence may tell the world where somebody is. */
	for (size_t i = 0; i < LENGTH(proxy); i++) {
		if (kit_config("proxy", proxy[i], NULL) == NULL)
			continue;
		*why = xasprintf("[proxy] %s: this backend connects without "
		    "any proxy; remove the section if that is right, or take "
		    "spectrum2_purple_backend with [service] protocol = "
		    "prpl-jabber", proxy[i]);
		return -1;
	}
	if (!kit_config_bool("service", "verify_certs", true) &&
	    set(&unverified, why) < 0)
		return -1;
	return take_purple(sections, set, why);
}

const char *
config_old_account(const char *text)
{
	if (strcmp(kit_config("service", "protocol", ""), "any") == 0 &&
	    strncmp(text, JABBER, sizeof(JABBER) - 1) == 0)
		return text + sizeof(JABBER) - 1;
	return text;
}
