/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avatar.h - pictures: which ones there are (XEP-0153, XEP-0084), and what they
 * are as bytes. */
#ifndef BACKENDS_XMPP_AVATAR_H
#define BACKENDS_XMPP_AVATAR_H

#include "backends/xmpp/session.h"
#include "util/arena.h"

#define AVATAR_MAX	(256 * 1024)	/* bytes that the main process takes */
#define NS_AVATAR_DATA	"urn:xmpp:avatar:data"
#define NS_AVATAR_INFO	"urn:xmpp:avatar:metadata"
#define NS_PUBSUB	"http://jabber.org/protocol/pubsub"

/* An event of a contact's, or of the user's own account. */
bool		 avatar_stanza(struct session *, xmpp_stanza_t *);
/* Tell others in presence which one the user has, if that is known. */
void		 avatar_put(struct session *, xmpp_stanza_t *presence);

/* What an element holds in base64; len 0: nothing, or too much. */
struct bin	 avatar_decode(struct arena *, xmpp_stanza_t *);
/* A text in base64, for xmpp_free(). */
char		*avatar_encode(struct session *, const struct bin *);

/* Ask for the picture that somebody has published; for request_send(). */
xmpp_stanza_t	*avatar_request(struct session *, const char *jid,
		    const char *hash);
struct bin	 avatar_answer(struct arena *, xmpp_stanza_t *);

/* Publish the user's own; empty: none any more.  Nobody waits for it: not all
 * servers know this. */
void		 avatar_publish(struct session *, const struct bin *,
		    const char *type);

#endif
