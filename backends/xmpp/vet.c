/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/vet.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <strophe.h>

#include "util/macros.h"

#define CHALLENGE_MAX	4096	/* bytes */
#define ROUNDS_MAX	200000	/* of a password's hash: a tenth of a second */
#define NS_STREAMS	"http://etherx.jabber.org/streams"

static const struct {
	const char	*ns, *name;
	enum saying	 saying;
} words[] = {
	{ NS_STREAMS, "features", FEATURES },
	{ NS_STREAMS, "error", STREAM_ERROR },
	{ XMPP_NS_SASL, "challenge", CHALLENGE },
	{ XMPP_NS_SASL, "success", SUCCESS },
	{ XMPP_NS_SASL, "failure", SASL_FAILURE },
};

void
vet_element(struct vet *v, int depth, const char *ns, const char *name)
{
	v->mechanism = depth == 3 && v->saying == FEATURES &&
	    strcmp(name, "mechanism") == 0;
	if (depth == 2 && !v->bind && strcmp(name, "bind") == 0) {
		v->bind = true;
		v->bound = strcmp(ns, XMPP_NS_BIND) == 0;
	}
	if (depth > 1)
		return;
	v->saying = NOTHING;
	v->good = v->bind = v->bound = false;
	if (depth == 1 && strcmp(ns, XMPP_NS_SASL) == 0 &&
	    strcmp(name, "success") == 0)
		v->authenticated = true;
	for (size_t i = 0; depth == 1 && i < LENGTH(words); i++) {
		if (strcmp(words[i].ns, ns) == 0 &&
		    strcmp(words[i].name, name) == 0)
			v->saying = words[i].saying;
	}
}

/* RFC 5802 7: "r=NONCE,s=SALT,i=ROUNDS", and perhaps more behind it. */
static const char *
look_at(const char *challenge)
{
	const char *salt = strstr(challenge, ",s=");
	const char *rounds = salt != NULL ? strstr(salt, ",i=") : NULL;

	if (strncmp(challenge, "r=", 2) != 0 || rounds == NULL ||
	    rounds == salt + 3)
		return "a challenge that is none";
	return strtoul(rounds + 3, NULL, 10) > ROUNDS_MAX ?
	    "a challenge that takes too long" : NULL;
}

static const char *
look_into(struct vet *v, const char *text, size_t len)
{
	unsigned char plain[CHALLENGE_MAX + 4];
	const char *why;
	int n;

	if (v->good || len == 0 || len % 4 != 0 ||
	    len > CHALLENGE_MAX / 3 * 4 || (n = EVP_DecodeBlock(plain,
	    (const unsigned char *)text, (int)len)) < 0)
		return "a challenge that is none";
	plain[n] = '\0';
	why = look_at((const char *)plain);
	v->good = why == NULL;
	return why;
}

const char *
vet_text(struct vet *v, int depth, const char *text, size_t len, bool *pass)
{
	static const char digest[] = "DIGEST-MD5";

	*pass = !(v->mechanism && len == sizeof(digest) - 1 &&
	    strncasecmp(text, digest, len) == 0);
	return depth == 1 && v->saying == CHALLENGE ?
	    look_into(v, text, len) : NULL;
}

const char *
vet_ending(struct vet *v)
{
	if (v->saying == FEATURES && v->authenticated && !v->bound)
		return "features without a resource";
	return v->saying == CHALLENGE && !v->good ?
	    "a challenge that is none" : NULL;
}
