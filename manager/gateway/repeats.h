/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repeats.h - has this message come before?  A client whose connection broke
 * sends again what was not acknowledged to it, with the same id, and does not
 * know that we have it already. */
#ifndef MANAGER_GATEWAY_REPEATS_H
#define MANAGER_GATEWAY_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/gateway/user.h"
#include "util/pack.h"

enum repeat {
	REPEAT_NONE,		/* not known: take it */
	REPEAT_TAKEN,		/* it was taken: done, or on its way */
	REPEAT_UNCERTAIN,	/* it was taken, and nobody knows whether it
				 * arrived; its sender was told a moment ago */
};

#define REPEAT_UNCERTAIN_TEXT "This message may have been delivered already; " \
	"to send it again all the same, wait a minute."

/* Is it a repetition of one that was taken lately?  *mark names it from now on.
 * Ids that are too short to be unique prove nothing: REPEATS_UNKNOWN. */
#define REPEATS_UNKNOWN	1
enum repeat repeats_note(struct user *, const char *to, const char *id,
	    const char *body, uint64_t *mark);
/* It failed with this code, and its sender knows: the next one is no
 * repetition.  But where it may have arrived, the client may be sending it again
 * by itself and not because of the error, so there it takes a minute. */
void	 repeats_failed(struct user *, uint64_t mark, const char *code);
/* A message for the user, from that name, has come.  late: it was said earlier.
 * true: it came before, lately, and is told a second time: a backend that died
 * could not say any more how far it had read. */
bool		 repeats_heard(struct user *, const char *from, const char *id,
		    const char *body, bool late);
/* Over an upgrade: what is remembered, and the key that it is hashed with. */
void	 repeats_pack(const struct user *, struct packer *);
void	 repeats_unpack(struct user *, const struct packed *);
void	 repeats_pack_key(struct packer *);
void	 repeats_unpack_key(const struct packed *);

#endif
