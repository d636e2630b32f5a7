/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept.h - a ledger: stanzas that were said and that nobody has confirmed yet,
 * in order, as they were said.  Each has a number, one higher than the one
 * before; confirming a number confirms all before it.
 *
 * One queue of bytes holds everything, so that an entry costs a copy and no
 * allocation.  Zero-initialised is empty. */
#ifndef MANAGER_XMPP_KEPT_H
#define MANAGER_XMPP_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/pack.h"

#define KEPT_UNSENT	UINT64_MAX

struct kept {
	struct buf	 bytes;		/* heads, addresses, stanzas */
	size_t		 precious;	/* of them, those of keep */
	uint64_t	 first;		/* number of the first in it */
	uint64_t	 next;		/* that the next one will get */
};

/* Points into the ledger: valid until it changes. */
struct kept_item {
	int64_t		 ms;		/* when it was said, since 1970 */
	uint64_t	 mark;		/* the owner's; KEPT_UNSENT at first */
	const char	*to;
	const char	*stanza;	/* no NUL behind */
	size_t		 len;
	bool		 written;	/* it was on a wire once */
	bool		 keep;		/* the owner's: it must not be lost */
};

void	 kept_free(struct kept *);	/* empty and usable, numbers go on */
void	 kept_add(struct kept *, const struct kept_item *);
size_t	 kept_bytes(const struct kept *);
uint64_t kept_count(const struct kept *);

/* Each in turn; *at begins as 0. */
bool	 kept_next(const struct kept *, size_t *at, struct kept_item *);
/* The last one that kept_next() gave, at being what it was before: it is
 * written now, and this is its mark. */
void	 kept_mark(struct kept *, size_t at, uint64_t mark);
/* The same one need not be kept any more. */
void	 kept_release(struct kept *, size_t at);
/* All before this number are confirmed; returns how many that were. */
uint64_t kept_confirm(struct kept *, uint64_t number);
bool	 kept_oldest(const struct kept *, struct kept_item *);
void	 kept_drop_oldest(struct kept *);

/* Append the stanza as it was, with a note of when it was said (XEP-0203) when
 * from is not NULL and it has none. */
void	 kept_write(const struct kept_item *, const char *from, struct buf *);

/* Over an upgrade: into the list or map that is open, and behind what is in
 * the ledger already. */
void	 kept_pack(const struct kept *, struct packer *, const char *key);
void	 kept_unpack(struct kept *, const struct packed *list);

#endif
