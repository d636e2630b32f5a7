/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pending.h - messages of users that a plug-in has taken, but about which it
 * may still say something: that they cannot be delivered, or, as an echo, that
 * they have been said.
 *
 * libpurple has no ids for messages, so an answer to the main process waits for
 * a moment: an error that is written in that time is taken for the message's
 * own, and its sender gets it as such. */
#ifndef BACKENDS_PURPLE_PENDING_H
#define BACKENDS_PURPLE_PENDING_H

#include <stdbool.h>

#include "backends/kit/kit.h"
#include "backends/purple/session.h"

struct pending;

/* A message to this contact is about to be given to the plug-in; html as it
 * will be.  Ends by one of the next three, before the turn is over. */
struct pending	*pending_begin(struct session *, const struct kit_call *,
		    const char *contact, const char *html);
/* It was taken; echo: the plug-in will write it as the user's own. */
void		 pending_sent(struct pending *, bool echo);
void		 pending_refused(struct pending *, const char *code,
		    const char *text);
/* It was not given to it after all, and goes another way. */
void		 pending_abandon(struct pending *);

/* Has its session ended meanwhile? */
bool		 pending_is_lost(const struct pending *);
/* What the network calls the message that the plug-in is at work on. */
void		 pending_named(struct session *, const char *id);
/* The network refuses the one that it calls so.  True: its sender was told. */
bool		 pending_refused_by_name(struct session *, const char *id,
		    const char *code, const char *text);

/* The plug-in says in the conversation with this contact that something went
 * wrong.  True: it went to the sender of a message. */
bool		 pending_failed(struct session *, const char *contact,
		    const char *text);
/* It says so in a dialog: about whom has to be seen from the text. */
bool		 pending_mentioned(struct session *, const char *text);
/* The plug-in writes this as the user's own.  True: it has come from here. */
bool		 pending_is_echo(struct session *, const char *contact,
		    const char *plain);
/* The session has ended: what waits is answered. */
void		 pending_forget(struct session *);

#endif
