/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proof.h - does the server know the password, too?  SCRAM has it prove that
 * (RFC 5802 3), and libstrophe does not look; so what both say is kept here. */
#ifndef BACKENDS_XMPP_PROOF_H
#define BACKENDS_XMPP_PROOF_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

struct proof {
	const EVP_MD	*hash;		/* NULL: no SCRAM, no proof */
	char		*first;		/* client-first-message-bare */
	char		*challenge;	/* server-first-message */
	char		*final;		/* client-final-message-without-proof */
	bool		 given;		/* it is good */
};

/* Forgets all. */
void	proof_finish(struct proof *);
/* What libstrophe sends, one element a time; only those of SASL matter. */
void	proof_said(struct proof *, const char *xml, size_t len);
/* The texts of a challenge, and of the success. */
void	proof_challenge(struct proof *, const char *text, size_t len);
void	proof_success(struct proof *, const char *password, const char *text,
	    size_t len);
/* After the success: is it one? */
bool	proof_is_good(const struct proof *);

#endif
