/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign.h - proofs of OAuth: signatures of 1.0a (RFC 5849, HMAC-SHA1), code
 * challenges of 2.0 (RFC 7636).  Nothing here talks to anybody. */
#ifndef BACKENDS_TWITTER_SIGN_H
#define BACKENDS_TWITTER_SIGN_H

#include <stddef.h>
#include <time.h>

#include "util/buf.h"

struct sign_keys {
	const char	*consumer_key, *consumer_secret;
	const char	*token, *token_secret;	/* both NULL: none yet */
};

struct sign_param {
	const char	*name, *value;
};

/* The value of the header Authorization for a request to this URL, which may
 * have a query; malloced.  params: of a body that is
 * application/x-www-form-urlencoded, and such as oauth_callback and
 * oauth_verifier, which go into the header. */
char	*sign_header(const struct sign_keys *, const char *method,
	    const char *url, const struct sign_param *params, size_t n,
	    time_t now, const char *nonce);

/* RFC 3986, 2.3: everything but letters, digits and "-._~" as %XX. */
void	 sign_escape(struct buf *, const char *);

/* The value of the first parameter with this name in a query or a form, decoded
 * and malloced, or NULL. */
char	*sign_parameter(const char *query, const char *name);

#define SIGN_VERIFIER_SIZE	44	/* with the terminating NUL */
/* A new code verifier, 256 bits from the kernel. */
void	 sign_verifier(char out[SIGN_VERIFIER_SIZE]);
/* Its challenge by method S256; of the same size. */
void	 sign_challenge(const char *verifier, char out[SIGN_VERIFIER_SIZE]);

#endif
