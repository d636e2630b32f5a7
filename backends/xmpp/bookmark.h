/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bookmark.h - rooms that the user enters at every login. */
#ifndef BACKENDS_XMPP_BOOKMARK_H
#define BACKENDS_XMPP_BOOKMARK_H

#include "backends/xmpp/session.h"

/* Rows of session.c's table. */
void	bookmarks_online(struct session *);
bool	bookmarks_stanza(struct session *, xmpp_stanza_t *);
void	bookmarks_end(struct session *);

#endif
