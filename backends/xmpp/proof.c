/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/proof.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "util/macros.h"
#include "util/xalloc.h"

#define MESSAGE_MAX	8192	/* bytes of one, in base64 */
#define ROUNDS_MAX	200000	/* as in vet.c, which has looked already */

static const struct {
	const char	*name;		/* as in <auth/>, or -PLUS behind it */
	const EVP_MD	*(*hash)(void);
} mechanisms[] = {
	{ "\"SCRAM-SHA-1", EVP_sha1 },
	{ "\"SCRAM-SHA-224", EVP_sha224 },
	{ "\"SCRAM-SHA-256", EVP_sha256 },
	{ "\"SCRAM-SHA-384", EVP_sha384 },
	{ "\"SCRAM-SHA-512", EVP_sha512 },
};

void
proof_finish(struct proof *p)
{
	free(p->first);
	free(p->challenge);
	free(p->final);
	*p = (struct proof){ 0 };
}

/* With a NUL behind it; -1: it is no base64. */
static int
decode(unsigned char out[MESSAGE_MAX + 1], const char *text, size_t len)
{
	int n;

	if (len == 0 || len % 4 != 0 || len > MESSAGE_MAX)
		return -1;
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
	if (n < 0)
		return -1;
	/* It counts what only fills up. */
	for (size_t i = 1; i <= 2 && text[len - i] == '='; i++)
		n--;
	out[n] = '\0';
	return n;
}

/* What is between the tags. */
static char *
content(const char *xml)
{
	unsigned char plain[MESSAGE_MAX + 1];
	const char *text = strchr(xml, '>');

	return text != NULL && decode(plain, text + 1,
	    strcspn(text + 1, "<")) > 0 ? xstrdup((char *)plain) : NULL;
}

/* "n,,n=user,r=nonce": without what is before the second comma. */
static void
begin(struct proof *p, const char *xml)
{
	char *text = content(xml), *bare;

	proof_finish(p);
	for (size_t i = 0; i < LENGTH(mechanisms); i++) {
		if (strstr(xml, mechanisms[i].name) != NULL)
			p->hash = mechanisms[i].hash();
	}
	bare = text != NULL ? strchr(text, ',') : NULL;
	bare = bare != NULL ? strchr(bare + 1, ',') : NULL;
	p->first = xstrdup_null(bare != NULL ? bare + 1 : NULL);
	free(text);
}

void
proof_said(struct proof *p, const char *xml, size_t len)
{
	static const char auth[] = "<auth ", response[] = "<response ";
	char *copy, *end;

	if (len > MESSAGE_MAX || *xml != '<')
		return;
	copy = xstrndup(xml, len);
	if (strncmp(copy, auth, sizeof(auth) - 1) == 0) {
		begin(p, copy);
	} else if (strncmp(copy, response, sizeof(response) - 1) == 0) {
		free(p->final);
		p->final = content(copy);
		end = p->final != NULL ? strstr(p->final, ",p=") : NULL;
		if (end != NULL)
			*end = '\0';
	}
	explicit_bzero(copy, len);
	free(copy);
}

void
proof_challenge(struct proof *p, const char *text, size_t len)
{
	unsigned char plain[MESSAGE_MAX + 1];

	free(p->challenge);
	p->challenge = decode(plain, text, len) > 0 ?
	    xstrdup((char *)plain) : NULL;
}

/* RFC 5802 3, from SaltedPassword to ServerSignature; its length, or 0. */
static unsigned
sign(const struct proof *p, const char *password,
    unsigned char out[EVP_MAX_MD_SIZE])
{
	static const char word[] = "Server Key";
	unsigned char salt[MESSAGE_MAX + 1], salted[EVP_MAX_MD_SIZE];
	unsigned char key[EVP_MAX_MD_SIZE];
	const char *s = strstr(p->challenge, ",s="), *i;
	int size = EVP_MD_size(p->hash), nsalt;
	unsigned long rounds;
	unsigned n = 0;
	char *all;

	i = s != NULL ? strstr(s, ",i=") : NULL;
	if (i == NULL)
		return 0;
	nsalt = decode(salt, s + 3, strcspn(s + 3, ","));
	rounds = strtoul(i + 3, NULL, 10);
	if (nsalt <= 0 || rounds == 0 || rounds > ROUNDS_MAX ||
	    PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, nsalt,
	    (int)rounds, p->hash, size, salted) != 1)
		return 0;
	all = xasprintf("%s,%s,%s", p->first, p->challenge, p->final);
	if (HMAC(p->hash, salted, size, (const unsigned char *)word,
	    sizeof(word) - 1, key, &n) == NULL || HMAC(p->hash, key, size,
	    (const unsigned char *)all, strlen(all), out, &n) == NULL)
		n = 0;
	free(all);
	OPENSSL_cleanse(salted, sizeof(salted));
	OPENSSL_cleanse(key, sizeof(key));
	return n;
}

void
proof_success(struct proof *p, const char *password, const char *text,
    size_t len)
{
	unsigned char plain[MESSAGE_MAX + 1], theirs[MESSAGE_MAX + 1];
	unsigned char ours[EVP_MAX_MD_SIZE];
	const char *v = (const char *)plain;
	unsigned n;

	if (p->hash == NULL || p->first == NULL || p->challenge == NULL ||
	    p->final == NULL || decode(plain, text, len) <= 0 ||
	    strncmp(v, "v=", 2) != 0)
		return;
	n = sign(p, password, ours);
	p->given = n > 0 && decode(theirs, v + 2, strcspn(v + 2, ",")) ==
	    (int)n && CRYPTO_memcmp(ours, theirs, n) == 0;
}

bool
proof_is_good(const struct proof *p)
{
	return p->hash == NULL || p->given;
}
