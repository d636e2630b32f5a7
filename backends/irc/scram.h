/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scram.h - the client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without
 * channel binding and without I/O.
 *
 * Order of calls: scram_create(), scram_first() is sent; the answer goes to
 * scram_challenge(); scram_derive() until it says true; scram_final() is sent;
 * the answer goes to scram_verify(). */
#ifndef BACKENDS_IRC_SCRAM_H
#define BACKENDS_IRC_SCRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "util/macros.h"

/* What a server may ask for: less is not worth having (RFC 7677 4), more is an
 * attack on our processor. */
#define SCRAM_ITERATIONS_MIN	4096
#define SCRAM_ITERATIONS_MAX	1000000
#define SCRAM_MESSAGE_MAX	2048	/* bytes of a message of the server */

/* The expensive part of a login, kept for the next one of the same user with
 * the same server.  All zero: nothing is known. */
struct scram_memory {
	unsigned char	 of[32];	/* hash of password, salt, iterations */
	unsigned char	 salted[32];	/* SaltedPassword */
	bool		 known;
};

struct scram;

/* nonce: printable, without comma; NULL for a random one (tests give theirs).
 * memory is borrowed for the life of the object, read and written. */
struct scram	*scram_create(const char *user, const char *password,
		    const char *nonce, struct scram_memory *);
void		 scram_destroy(struct scram *);	/* wipes it; NULL is fine */

/* client-first-message; valid until scram_destroy(). */
const char	*scram_first(const struct scram *);
/* server-first-message.  -1 and *why (static) when it is wrong. */
int		 scram_challenge(struct scram *, const char *text,
		    const char **why) MUST_CHECK;
/* Do up to so many iterations.  True: it is done. */
bool		 scram_derive(struct scram *, unsigned iterations);
/* client-final-message; valid until scram_destroy(). */
const char	*scram_final(struct scram *);
/* server-final-message: does the server know the password, too?  0, or -1 and
 * *why: its error, or that it lies.  *why is valid until scram_destroy(). */
int		 scram_verify(struct scram *, const char *text,
		    const char **why) MUST_CHECK;

#endif
