/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mam.h - the archives of rooms, for the users whose they are (XEP-0313): what
 * is asked (mam_ask.c), and what is answered (mam.c). */
#ifndef MANAGER_GATEWAY_MAM_H
#define MANAGER_GATEWAY_MAM_H

#include "manager/gateway/down.h"
#include "manager/gateway/say.h"
#include "manager/store/archive.h"

#define MAM_PAGE_MAX	100		/* messages of one answer */
#define MAM_IDS_MAX	100		/* asked for by their ids */

/* A question in words of the store; all texts live in the arena. */
struct mam_ask {
	struct store_ask ask;		/* but for whose, and which room */
	const char	*query_id;	/* or NULL */
	bool		 flip;		/* newest first, within the page */
	bool		 nothing;	/* cannot fit anything */
};

/* Of the <query/>; room: its bare JID.  -1: *error, and *why or NULL. */
int	mam_parse(struct arena *, const struct stanza *query,
	    const char *room, struct mam_ask *, enum stanza_error *error,
	    const char **why) MUST_CHECK;

/* The network has told what it remembers: questions wait for that, for a few
 * seconds.  Once a second: those that need not wait any more. */
struct room;
void	mam_filled(const struct room *);
void	mam_tick(struct gateway *, double now);

/* Before an upgrade: questions that are open are answered by an error. */
void	mam_settle(struct gateway *);
void	mam_destroy(struct gateway *);

#endif
