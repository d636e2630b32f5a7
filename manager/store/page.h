/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page.h - what of a room's archive answers a question, and what of it is to be
 * changed; in the worker's thread. */
#ifndef MANAGER_STORE_PAGE_H
#define MANAGER_STORE_PAGE_H

#include "manager/store/engine.h"
#include "manager/store/seal.h"

/* What a row of the archive is sealed with. */
const char	*page_about(struct arena *, const char *jid, const char *room);
/* What is found lives in the arena.  seal NULL: rows are in the clear.
 * *unreadable counts rows that could not be opened.  -1: the engine says
 * why. */
int		 page_find(struct engine *, const struct seal *,
		    struct arena *, const struct store_ask *,
		    struct store_found *, size_t *unreadable) MUST_CHECK;
/* The newest message with the id of said gets the data of said. */
int		 page_change(struct engine *, const struct seal *,
		    const char *jid, const char *room,
		    const struct store_said *) MUST_CHECK;

#endif
