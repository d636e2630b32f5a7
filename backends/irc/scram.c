/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said in SCRAM, and what must be true of the answers.  The key is
 * derived a few thousand iterations at a time, as the loop has others to serve;
 * who calls for them is derive.c's affair. */
#include "backends/irc/scram.h"

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "util/buf.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define HASH		crypto_hash_sha256_BYTES
#define SALT_MAX	256
#define PASSWORD_MAX	1024

struct scram {
	char		*password;	/* prepared; wiped */
	char		*nonce;		/* ours */
	char		*first;		/* client-first-message */
	const char	*bare;		/* the part of it that is signed */
	char		*challenge;	/* server-first-message, or NULL */
	char		*both;		/* client's nonce and server's */
	char		*final;		/* client-final-message, or NULL */
	char		*error;		/* of the server, or NULL */
	unsigned	 left;		/* iterations */
	crypto_auth_hmacsha256_state keyed;	/* by the password */
	unsigned char	 u[HASH], salted[HASH], server_signature[HASH];
	unsigned char	 of[HASH];	/* what memory would be of */
	struct scram_memory *memory;
};

/* RFC 4013, or the text as it is where that does not allow it. */
static char *
prepare(const char *text)
{
	char out[PASSWORD_MAX * 4];
	char *copy;

	if (strlen(text) > PASSWORD_MAX)
		return xstrdup(text);
	strcpy(out, text);
	if (stringprep(out, sizeof(out), 0, stringprep_saslprep) !=
	    STRINGPREP_OK)
		strcpy(out, text);
	copy = xstrdup(out);
	sodium_memzero(out, sizeof(out));
	return copy;
}

/* RFC 5802 5.1: ',' and '=' are written otherwise in a name. */
static void
add_name(struct buf *b, const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name == ',')
			buf_adds(b, "=2C");
		else if (*name == '=')
			buf_adds(b, "=3D");
		else
			buf_addc(b, *name);
	}
}

struct scram *
scram_create(const char *user, const char *password, const char *nonce,
    struct scram_memory *memory)
{
	struct scram *s = xcalloc(1, sizeof(*s));
	struct buf first = { 0 };
	char random[25], *name;

	rand_token(random, sizeof(random));
	s->memory = memory;
	s->password = prepare(password);
	s->nonce = xstrdup(nonce != NULL ? nonce : random);
	name = prepare(user);
	buf_adds(&first, "n,,n=");
	add_name(&first, name);
	buf_adds(&first, ",r=");
	buf_adds(&first, s->nonce);
	s->first = buf_steal(&first);
	s->bare = s->first + 3;
	free(name);
	return s;
}

void
scram_destroy(struct scram *s)
{
	if (s == NULL)
		return;
	sodium_memzero(s->password, strlen(s->password));
	free(s->password);
	free(s->nonce);
	free(s->first);
	free(s->challenge);
	free(s->both);
	free(s->final);
	free(s->error);
	sodium_memzero(s, sizeof(*s));
	free(s);
}

const char *
scram_first(const struct scram *s)
{
	return s->first;
}

/* ---- what the server says */

/* The value of the attribute that must come next, "r=...,"; NULL when another
 * one does.  What is not understood must not be there at all (m=). */
static char *
attribute(const char **at, char name)
{
	const char *s = *at;
	size_t len;

	if (s[0] != name || s[1] != '=')
		return NULL;
	len = strcspn(s + 2, ",");
	*at = s + 2 + len + (s[2 + len] == ',');
	return xstrndup(s + 2, len);
}

static int
decode(const char *text, unsigned char *out, size_t max, size_t *len)
{
	return sodium_base642bin(out, max, text, strlen(text), NULL, len, NULL,
	    sodium_base64_VARIANT_ORIGINAL);
}

/* The first of the iterations; or none, when the result is remembered. */
static void
begin(struct scram *s, const unsigned char *salt, size_t len, uint32_t count)
{
	static const unsigned char one[4] = { 0, 0, 0, 1 };
	const unsigned char big[4] = { (unsigned char)(count >> 24),
		(unsigned char)(count >> 16), (unsigned char)(count >> 8),
		(unsigned char)count };
	crypto_auth_hmacsha256_state h;

	crypto_auth_hmacsha256_init(&s->keyed,
	    (const unsigned char *)s->password, strlen(s->password));
	h = s->keyed;
	crypto_auth_hmacsha256_update(&h, salt, len);
	crypto_auth_hmacsha256_update(&h, big, sizeof(big));
	crypto_auth_hmacsha256_final(&h, s->of);
	s->left = count;
	if (s->memory->known &&
	    sodium_memcmp(s->memory->of, s->of, HASH) == 0) {
		memcpy(s->salted, s->memory->salted, HASH);
		s->left = 0;
		return;
	}
	h = s->keyed;
	crypto_auth_hmacsha256_update(&h, salt, len);
	crypto_auth_hmacsha256_update(&h, one, sizeof(one));
	crypto_auth_hmacsha256_final(&h, s->u);
	memcpy(s->salted, s->u, HASH);
	s->left--;
}

static const char *
check(struct scram *s, const char *salt, const char *iterations)
{
	unsigned char raw[SALT_MAX];
	size_t len, own = strlen(s->nonce);
	char *end;
	long count;

	if (s->both == NULL || salt == NULL || iterations == NULL)
		return "SCRAM: the server's challenge is not understood";
	/* Somebody else's answer, or one prepared beforehand. */
	if (strncmp(s->both, s->nonce, own) != 0 || s->both[own] == '\0')
		return "SCRAM: the server's nonce is not made of ours";
	if (decode(salt, raw, sizeof(raw), &len) == -1 || len == 0)
		return "SCRAM: the server's salt is not understood";
	count = strtol(iterations, &end, 10);
	if (*iterations < '0' || *iterations > '9' || *end != '\0' ||
	    count < SCRAM_ITERATIONS_MIN)
		return "SCRAM: the server wants too little work to be safe";
	if (count > SCRAM_ITERATIONS_MAX)
		return "SCRAM: the server wants more work than is reasonable";
	begin(s, raw, len, (uint32_t)count);
	return NULL;
}

int
scram_challenge(struct scram *s, const char *text, const char **why)
{
	const char *at = text;
	char *salt, *iterations;

	if (s->challenge != NULL) {
		*why = "SCRAM: a second challenge";
		return -1;
	}
	s->challenge = xstrdup(text);
	s->both = attribute(&at, 'r');
	salt = attribute(&at, 's');
	iterations = attribute(&at, 'i');
	*why = check(s, salt, iterations);
	free(salt);
	free(iterations);
	return *why == NULL ? 0 : -1;
}

bool
scram_derive(struct scram *s, unsigned iterations)
{
	for (; s->left > 0 && iterations > 0; s->left--, iterations--) {
		crypto_auth_hmacsha256_state h = s->keyed;

		crypto_auth_hmacsha256_update(&h, s->u, HASH);
		crypto_auth_hmacsha256_final(&h, s->u);
		for (size_t i = 0; i < HASH; i++)
			s->salted[i] ^= s->u[i];
	}
	if (s->left > 0)
		return false;
	memcpy(s->memory->of, s->of, HASH);
	memcpy(s->memory->salted, s->salted, HASH);
	s->memory->known = true;
	return true;
}

/* ---- what we say */

static void
hmac(unsigned char out[HASH], const unsigned char key[HASH], const void *data,
    size_t len)
{
	crypto_auth_hmacsha256_state h;

	crypto_auth_hmacsha256_init(&h, key, HASH);
	crypto_auth_hmacsha256_update(&h, data, len);
	crypto_auth_hmacsha256_final(&h, out);
}

const char *
scram_final(struct scram *s)
{
	unsigned char client[HASH], stored[HASH], proof[HASH], server[HASH];
	char *without = xasprintf("c=biws,r=%s", s->both);
	char *signed_text = xasprintf("%s,%s,%s", s->bare, s->challenge,
	    without);
	size_t len = strlen(signed_text);
	char text[sodium_base64_ENCODED_LEN(HASH,
	    sodium_base64_VARIANT_ORIGINAL)];

	hmac(client, s->salted, "Client Key", 10);
	crypto_hash_sha256(stored, client, HASH);
	hmac(proof, stored, signed_text, len);
	for (size_t i = 0; i < HASH; i++)
		proof[i] ^= client[i];
	hmac(server, s->salted, "Server Key", 10);
	hmac(s->server_signature, server, signed_text, len);
	sodium_bin2base64(text, sizeof(text), proof, HASH,
	    sodium_base64_VARIANT_ORIGINAL);
	free(s->final);
	s->final = xasprintf("%s,p=%s", without, text);
	sodium_memzero(client, sizeof(client));
	sodium_memzero(server, sizeof(server));
	free(without);
	free(signed_text);
	return s->final;
}

int
scram_verify(struct scram *s, const char *text, const char **why)
{
	unsigned char signature[HASH];
	const char *at = text;
	char *value = attribute(&at, 'v');
	size_t len;
	bool right;

	if (value == NULL) {
		s->error = attribute(&at, 'e');
		*why = s->error != NULL ? s->error :
		    "SCRAM: the server's last word is not understood";
		return -1;
	}
	right = s->final != NULL &&
	    decode(value, signature, HASH, &len) == 0 && len == HASH &&
	    sodium_memcmp(signature, s->server_signature, HASH) == 0;
	free(value);
	if (!right)
		*why = "SCRAM: the server does not know the password itself: "
		    "it may be somebody else's";
	return right ? 0 : -1;
}
