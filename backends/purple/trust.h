/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trust.h - is this certificate that of the host it should be, by the word of
 * the system's authorities?  Knows nothing of libpurple, and does not block: no
 * revocation list is fetched. */
#ifndef BACKENDS_PURPLE_TRUST_H
#define BACKENDS_PURPLE_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "util/macros.h"

#define TRUST_FINGERPRINT_SIZE	96	/* "AB:CD:...", with the NUL */
#define TRUST_CHAIN_MAX		16	/* certificates that are looked at */

struct verdict {
	bool	 good;
	char	*what;		/* is wrong: a sentence's end, after "it"; NULL
				 * when good */
	char	 fingerprint[TRUST_FINGERPRINT_SIZE];	/* SHA-256; or "" */
	char	 expires[16];	/* YYYY-MM-DD, or "" */
};

/* Load the authorities of the system, and those in the files *.pem and *.crt of
 * a directory, which may be NULL.  -1 and *why (malloced). */
int	trust_init(const char *directory, char **why) MUST_CHECK;
void	trust_finish(void);
/* pem: the server's own first, then who vouches for it.  names: any of these
 * will do, a host or an address; NULLs are passed over. */
void	trust_judge(const char *const *pem, size_t n,
	    const char *const *names, size_t nnames, struct verdict *);
void	verdict_finish(struct verdict *);

#endif
