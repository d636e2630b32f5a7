/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger.h - stanzas on their way to a server, until it says that it has them
 * (XEP-0198).  What waits here is never in two places, and none is forgotten. */
#ifndef BACKENDS_XMPP_LEDGER_H
#define BACKENDS_XMPP_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "util/macros.h"

#define LEDGER_STANZAS	1000		/* that it holds */
#define LEDGER_BYTES	(4 * 1024 * 1024)

enum ledger_end {
	LEDGER_DONE,		/* the server has it */
	LEDGER_UNSENT,		/* it never left */
	LEDGER_UNCERTAIN,	/* it left, and nobody knows */
};

/* One has come to its end.  tag: as given to ledger_add(). */
typedef void ledger_ended(void *ctx, void *tag, const char *xml,
    enum ledger_end);

struct entry {
	STAILQ_ENTRY(entry) next;
	void		*tag;
	size_t		 len;
	bool		 left;		/* it was sent once, at least */
	char		 xml[];
};

struct ledger {
	STAILQ_HEAD(, entry) entries;	/* oldest first */
	struct entry	*unsent;	/* the first that was not sent, or NULL */
	size_t		 count, bytes;
	size_t		 sent;		/* so many of them, the first */
	uint32_t	 base;		/* number of the last that is done */
	ledger_ended	*ended;
	void		*ctx;
};

void	 ledger_init(struct ledger *, ledger_ended *, void *ctx);
/* What is in it ends as unsent or uncertain. */
void	 ledger_finish(struct ledger *);

/* -1: it is full. */
int	 ledger_add(struct ledger *, const char *xml, size_t len, void *tag)
	    MUST_CHECK;
/* The next one to be sent, which counts as sent now; NULL: there is none. */
const struct entry *ledger_take(struct ledger *);
/* Take back one that never left: it ends as unsent.  false: there is none, or
 * it was sent, be it that it is to be sent again. */
bool	 ledger_take_back(struct ledger *, const void *tag);
/* The number of the last one that was sent. */
uint32_t ledger_number(const struct ledger *);

/* The server has those up to this number.  -1: they were never sent. */
int	 ledger_done(struct ledger *, uint32_t number) MUST_CHECK;
/* The connection was lost and the session goes on: those that were sent and
 * are not done are to be sent again. */
void	 ledger_rewind(struct ledger *);
/* The session is lost: what was sent is uncertain, what was not is kept, and
 * numbers begin at zero. */
void	 ledger_restart(struct ledger *);

#endif
