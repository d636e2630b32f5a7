/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main process seals what is kept; the digest is for what a backup and its
 * key together would tell otherwise. */
#include "backends/twitter/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define SETTING		"password"	/* "SALT DIGEST" */
#define SALT_SIZE	32		/* letters and digits */
#define ROUNDS		10000		/* some milliseconds */

bool
password_matters(void)
{
	return kit_config_bool("service", "server_mode", false);
}

static char *
digest_with(const char *salt, const char *password)
{
	unsigned char out[32];
	char hex[2 * sizeof(out) + 1], *text;

	if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password),
	    (const unsigned char *)salt, SALT_SIZE, ROUNDS, EVP_sha256(),
	    sizeof(out), out) != 1)
		fatal("OpenSSL: no PBKDF2");
	for (size_t i = 0; i < sizeof(out); i++)
		snprintf(hex + 2 * i, 3, "%02x", out[i]);
	text = xasprintf("%.*s %s", SALT_SIZE, salt, hex);
	explicit_bzero(out, sizeof(out));
	explicit_bzero(hex, sizeof(hex));
	return text;
}

static bool
is_right(const struct session *s, const char *password)
{
	const char *kept = session_setting(s, SETTING, "");
	size_t n = strlen(kept);
	char *text;
	bool same;

	if (n <= SALT_SIZE || kept[SALT_SIZE] != ' ')
		return false;
	text = digest_with(kept, password);
	same = strlen(text) == n && CRYPTO_memcmp(text, kept, n) == 0;
	free(text);
	return same;
}

bool
password_check(struct session *s, const char *password)
{
	char salt[SALT_SIZE + 1];

	if (!password_matters() || is_right(s, password))
		return true;
	rand_token(salt, sizeof(salt));
	s->digest = digest_with(salt, password);
	return false;
}

void
password_is_theirs(struct session *s)
{
	if (s->digest == NULL)
		return;
	session_keep(s, SETTING, s->digest, true);
	xreplace(&s->digest, NULL);
}
