/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gesture.h - what clients do to messages without saying anything: reactions
 * (XEP-0444), taking back (XEP-0424), moderation (XEP-0425), typing
 * (XEP-0085). */
#ifndef MANAGER_GATEWAY_GESTURE_H
#define MANAGER_GATEWAY_GESTURE_H

#include "manager/gateway/down.h"

/* Does the message do something to another one?  Then that is on its way or
 * has been refused.  nick: in a room, of whom it is about in private; NULL: it
 * is for all.  name: of the contact, outside rooms. */
bool	gesture_down(const struct down *, const struct room *,
	    const char *nick, const char *name);
/* The chat state in a message, if it has one and the network knows them. */
void	gesture_state(const struct down *, const struct room *,
	    const char *nick, const char *name);
/* What the network calls a message that a client means by this id. */
const char *gesture_id(const struct down *, const struct room *,
	    const char *nick, const char *id);
/* One of protocol/features.h: can this be done here?  room may be NULL. */
bool	gesture_can(const struct gateway *, const struct room *,
	    const char *feature);
/* What a room cannot though the backend can; of the answer to room_join. */
void	gesture_learn(struct room *, const struct strs *features);

#endif
