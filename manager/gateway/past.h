/* SPDX-License-Identifier: GPL-2.0-or-later */
/* past.h - something that was said in a room, as all that keep it know it: a
 * room's history, its archive, an upgrade. */
#ifndef MANAGER_GATEWAY_PAST_H
#define MANAGER_GATEWAY_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/pack.h"

/* Something that was said in a room.  NULL: absent. */
struct past {
	const char	*resource;	/* of the author; NULL: the room */
	const char	*body, *xhtml;
	const char	*id;		/* of the stanza */
	const char	*stanza_id, *origin_id;	/* XEP-0359 */
	const char	*replaces;	/* XEP-0308 */
	const char	*thread, *lang;
	const char	*reply_id, *reply_author, *reply_text;
	const char	*file, *file_name;	/* URL (XEP-0066) */
	const char	*extra;		/* what passes as it is (raw.h) */
	/* It is about another one: taken back (XEP-0424; by a moderator:
	 * XEP-0425), or reacted to (XEP-0444; emojis, a line each). */
	const char	*retracts, *moderator, *reason;
	const char	*reacts, *emojis;
	/* It was taken back itself, by the stanza with this id; nothing of
	 * what it said is left. */
	const char	*retraction;
	int64_t		 retracted;	/* when: ms since 1970 */
	uint64_t	 occupant;	/* XEP-0421; 0: none */
	int64_t		 time;		/* ms since 1970 */
	bool		 old;		/* not said just now: show the time */
};

/* Its texts: to be copied, packed, unpacked.  New ones go here and nowhere
 * else. */
#define PAST_TEXTS(X) \
	X(resource) X(body) X(xhtml) X(id) X(stanza_id) X(origin_id) \
	X(replaces) X(thread) X(lang) \
	X(reply_id) X(reply_author) X(reply_text) \
	X(file) X(file_name) X(extra) \
	X(retracts) X(moderator) X(reason) X(reacts) X(emojis) X(retraction)

/* One piece of memory, to be freed. */
struct past	*past_copy(const struct past *);
/* What is left of one that this took back.  It borrows from both. */
struct past	 past_taken_back(const struct past *, const struct past *by);
/* Nothing that was said, but done to what was. */
bool		 past_is_gesture(const struct past *);
/* Bytes of its stanza, roughly and rather too many. */
size_t		 past_size(const struct past *);
/* Into the open map, and back; old is then true, and body NULL when it is no
 * such thing.  The texts live as long as what they are read from. */
void		 past_pack(const struct past *, struct packer *);
struct past	 past_unpack(const struct packed *);

#endif
