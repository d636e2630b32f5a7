/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repeats.h - has this message come before?  A client whose connection broke
 * sends again what was not acknowledged to it, with the same id, and does not
 * know that we have it already. */
#ifndef MANAGER_GATEWAY_REPEATS_H
#define MANAGER_GATEWAY_REPEATS_H

#include <stdint.h>

#include "manager/gateway/user.h"
#include "util/pack.h"

/* A mark for this message, which is taken; 0: it is a repetition of one that
 * was taken lately, and is not to be sent again.  Ids that are too short to
 * be unique prove nothing: REPEATS_UNKNOWN. */
#define REPEATS_UNKNOWN	1
uint64_t repeats_note(struct user *, const char *to, const char *id,
	    const char *body);
/* Over an upgrade: what is remembered, and the key that it is hashed with. */
void	 repeats_pack(const struct user *, struct packer *);
void	 repeats_unpack(struct user *, const struct packed *);
void	 repeats_pack_key(struct packer *);
void	 repeats_unpack_key(const struct packed *);
/* It could not be sent, and its sender knows: the next one is no repetition. */
void	 repeats_forget(struct user *, uint64_t mark);

#endif
