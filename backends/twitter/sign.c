/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A signature covers the method, the address without its query, and all
 * parameters, wherever they are, escaped and sorted (RFC 5849, 3.4.1). */
#include "backends/twitter/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/rand.h"
#include "util/xalloc.h"

/* ----------------------------------------------------------------- escaping */

void
sign_escape(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL)
			buf_addc(b, (char)c);
		else
			buf_addf(b, "%%%02X", c);
	}
}

static char *
escaped(const char *s)
{
	struct buf b = { 0 };

	sign_escape(&b, s);
	return buf_steal(&b);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One name or value of a query, decoded. */
static char *
unescaped(const char *s, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && n - i > 2 &&
		    hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			buf_addc(&b, (char)(hex(s[i + 1]) << 4 |
			    hex(s[i + 2])));
			i += 2;
		} else {
			buf_addc(&b, s[i] == '+' ? ' ' : s[i]);
		}
	}
	return buf_steal(&b);
}

char *
sign_parameter(const char *query, const char *name)
{
	size_t length = strlen(name);

	while (*query != '\0') {
		size_t n = strcspn(query, "&#");

		if (n > length && query[length] == '=' &&
		    strncmp(query, name, length) == 0)
			return unescaped(query + length + 1, n - length - 1);
		if (query[n] != '&')
			break;
		query += n + 1;
	}
	return NULL;
}

/* --------------------------------------------------------------- parameters */

/* Escaped, as they are sorted and signed. */
struct pair {
	char	*name, *value;
};

struct pairs {
	struct pair	*v;
	size_t		 n;
};

static void
add(struct pairs *p, const char *name, const char *value)
{
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct pair){ escaped(name), escaped(value) };
}

static void
add_query(struct pairs *p, const char *query)
{
	while (*query != '\0') {
		size_t n = strcspn(query, "&"), name = strcspn(query, "=&");
		char *key = unescaped(query, name);
		char *value = name < n ? unescaped(query + name + 1,
		    n - name - 1) : xstrdup("");

		if (n > 0)
			add(p, key, value);
		free(key);
		free(value);
		query += n + (query[n] == '&');
	}
}

static int
compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : strcmp(x->value, y->value);
}

static void
pairs_finish(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free(p->v[i].value);
	}
	free(p->v);
}

/* ---------------------------------------------------------------- signature */

/* RFC 5849, 3.4.1.1. */
static char *
base_string(const char *method, const char *url, const struct pairs *p)
{
	struct buf b = { 0 }, params = { 0 };
	char *address = xstrndup(url, strcspn(url, "?#"));
	char *list;

	for (size_t i = 0; i < p->n; i++)
		buf_addf(&params, "%s%s=%s", i > 0 ? "&" : "", p->v[i].name,
		    p->v[i].value);
	list = buf_steal(&params);
	buf_addf(&b, "%s&", method);
	sign_escape(&b, address);
	buf_addc(&b, '&');
	sign_escape(&b, list);
	free(list);
	free(address);
	return buf_steal(&b);
}

/* HMAC-SHA1 in base64. */
static char *
hmac(const struct sign_keys *keys, const char *text)
{
	struct buf key = { 0 };
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char *out;

	sign_escape(&key, keys->consumer_secret);
	buf_addc(&key, '&');
	if (keys->token_secret != NULL)
		sign_escape(&key, keys->token_secret);
	HMAC(EVP_sha1(), buf_data(&key), (int)buf_len(&key),
	    (const unsigned char *)text, strlen(text), digest, &size);
	explicit_bzero(buf_data(&key), buf_len(&key));
	buf_free(&key);
	out = xmalloc(4 * ((size + 2) / 3) + 1);
	EVP_EncodeBlock((unsigned char *)out, digest, (int)size);
	return out;
}

static bool
is_oauth(const char *name)
{
	return strncmp(name, "oauth_", strlen("oauth_")) == 0;
}

char *
sign_header(const struct sign_keys *keys, const char *method, const char *url,
    const struct sign_param *params, size_t n, time_t now, const char *nonce)
{
	const char *query = strchr(url, '?');
	struct pairs p = { 0 };
	struct buf b = { 0 };
	char stamp[32], *base, *signature;

	snprintf(stamp, sizeof(stamp), "%lld", (long long)now);
	add(&p, "oauth_consumer_key", keys->consumer_key);
	add(&p, "oauth_nonce", nonce);
	add(&p, "oauth_signature_method", "HMAC-SHA1");
	add(&p, "oauth_timestamp", stamp);
	add(&p, "oauth_version", "1.0");
	if (keys->token != NULL)
		add(&p, "oauth_token", keys->token);
	for (size_t i = 0; i < n; i++)
		add(&p, params[i].name, params[i].value);
	if (query != NULL)
		add_query(&p, query + 1);
	qsort(p.v, p.n, sizeof(*p.v), compare);
	base = base_string(method, url, &p);
	signature = hmac(keys, base);
	buf_adds(&b, "OAuth ");
	for (size_t i = 0; i < p.n; i++) {
		if (is_oauth(p.v[i].name))
			buf_addf(&b, "%s=\"%s\", ", p.v[i].name,
			    p.v[i].value);
	}
	buf_adds(&b, "oauth_signature=\"");
	sign_escape(&b, signature);
	buf_addc(&b, '"');
	free(signature);
	free(base);
	pairs_finish(&p);
	return buf_steal(&b);
}

/* --------------------------------------------------------------------- PKCE */

/* RFC 4648, 5, without padding: 32 bytes are 43 characters. */
static void
base64url(const unsigned char bytes[32], char out[SIGN_VERIFIER_SIZE])
{
	unsigned char text[48];

	EVP_EncodeBlock(text, bytes, 32);
	for (size_t i = 0; i < SIGN_VERIFIER_SIZE - 1; i++)
		out[i] = (char)(text[i] == '+' ? '-' :
		    text[i] == '/' ? '_' : text[i]);
	out[SIGN_VERIFIER_SIZE - 1] = '\0';
}

void
sign_verifier(char out[SIGN_VERIFIER_SIZE])
{
	unsigned char bytes[32];

	rand_bytes(bytes, sizeof(bytes));
	base64url(bytes, out);
}

void
sign_challenge(const char *verifier, char out[SIGN_VERIFIER_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)verifier, strlen(verifier), digest);
	base64url(digest, out);
}
