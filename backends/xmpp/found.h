/* SPDX-License-Identifier: GPL-2.0-or-later */
/* found.h - whom directories have found (XEP-0055), as one table. */
#ifndef BACKENDS_XMPP_FOUND_H
#define BACKENDS_XMPP_FOUND_H

#include <strophe.h>

#include "protocol/schema.h"
#include "util/arena.h"

#define NS_SEARCH	"jabber:iq:search"

struct found {
	struct msg_search_result table;
	struct arena	 arena;		/* of it */
};

void	found_init(struct found *);
void	found_finish(struct found *);
/* What a directory has answered; after that of others. */
void	found_add(struct found *, xmpp_stanza_t *query);

#endif
