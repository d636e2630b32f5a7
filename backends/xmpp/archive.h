/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive.h - what was said while the user was away, out of the server's
 * archive (XEP-0313): from the last message that is known, which the main
 * process keeps as a setting, to now.  The first time nothing is told, but what
 * comes after is. */
#ifndef BACKENDS_XMPP_ARCHIVE_H
#define BACKENDS_XMPP_ARCHIVE_H

#include "backends/xmpp/session.h"

/* Rows of session.c's table. */
void	archive_online(struct session *);
bool	archive_stanza(struct session *, xmpp_stanza_t *);
void	archive_end(struct session *);

/* A message has come by itself.  true: it has been told out of the archive
 * already.  own: the user's, by another client. */
bool	archive_heard(struct session *, xmpp_stanza_t *, bool own);

#endif
