/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pass.h - what nobody here has a word for passes between two clients as it is
 * (feature "raw"; STANZAS in spectrum2-backend(7)).
 *   pass.c		between whom; what the main process passes
 *   pass_xml.c		what of a stanza may
 *   pass_iq.c		requests of others
 *   pass_message.c	messages of others
 *   pass_ask.c		what the user's client has answered */
#ifndef BACKENDS_XMPP_PASS_H
#define BACKENDS_XMPP_PASS_H

#include <stdint.h>

#include "backends/xmpp/session.h"

struct room;

/* Row of session.c's table. */
void	pass_end(struct session *);

/* A request of somebody: asked of the user's client, and answered.  false: it
 * may not pass, and nothing was done. */
bool	pass_iq(struct session *, xmpp_stanza_t *request);

/* ---- messages of others, or what is left of them */
struct passed {
	struct room	*room;		/* NULL: it is of none */
	const char	*nick;		/* in the room; NULL: the room itself */
	const char	*id;		/* by which it is spoken of; or NULL */
	bool		 old;		/* it was said some time ago */
	bool		 own;		/* by the user, with another client */
	bool		 bounces;	/* its sender wants to know when nobody
					 * is there to take it */
};

/* What stands beside the words of a message; malloced, NULL: nothing. */
char	*pass_extra(struct session *, xmpp_stanza_t *message);
/* A message without words: told if there is anything in it. */
void	pass_message(struct session *, xmpp_stanza_t *message,
	    const struct passed *);
/* One that the user's client has sent came back.  false: it is none of
 * those. */
bool	pass_refused(struct session *, xmpp_stanza_t *message);

#endif
