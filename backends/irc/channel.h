/* SPDX-License-Identifier: GPL-2.0-or-later */
/* channel.h - who is in which channel of one connection.  Facts only: nothing
 * here sends or tells anything.
 *
 * A person is one struct however many channels are shared; it lives while it
 * is a member of at least one.  Tables are keyed by case-mapped names. */
#ifndef BACKENDS_IRC_CHANNEL_H
#define BACKENDS_IRC_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "backends/irc/casemap.h"
#include "backends/irc/up.h"
#include "util/map.h"

#define CHANNEL_MEMBERS_MAX	50000	/* more are not listed */

struct channel;

struct person {
	struct channel	*via;		/* the user talks privately through it */
	char		*account;	/* logged in as; NULL: not, or unknown */
	uint32_t	 channels;	/* memberships; 0: about to go */
	uint16_t	 nick_at;	/* in key */
	bool		 away;
	bool		 bot;		/* the server says so */
	char		 key[];		/* case-mapped, then the nick */
};

/* As the server writes it. */
static inline const char *
person_nick(const struct person *p)
{
	return p->key + p->nick_at;
}

struct member {
	struct person	*person;
	uint8_t		 ranks;		/* bit i: prefix_modes[i] */
	bool		 shown;		/* the main process has been told */
	bool		 accounted;	/* and what account it has */
};

enum channel_state {
	CHANNEL_WAITING,	/* JOIN was not sent: not connected */
	CHANNEL_JOINING,	/* JOIN was sent */
	CHANNEL_NAMING,		/* we are in; NAMES is coming */
	CHANNEL_JOINED,
};

struct channel {
	char		*id;		/* as the main process calls it */
	char		*name;		/* as the server or the user writes it */
	char		*folded;	/* key in network->channels */
	char		*key;		/* channel key for rejoining, or NULL */
	char		*topic;		/* NULL: none */
	char		*topic_by;	/* nick, or NULL */
	int64_t		 topic_time;	/* milliseconds, 0: unknown */
	int64_t		 created;	/* seconds, 0: unknown */
	struct map	 members;	/* person's key -> struct member */
	request_t	 join;		/* room_join that waits, or 0 */
	double		 deadline;	/* of JOINING and NAMING */
	enum channel_state state;
	char		*banned_by;	/* who set the last ban, or NULL */
	double		 banned_at;	/* ev_now() of it */
	/* history.c's: the last that was said, and when we came in; by the
	 * server's clock, milliseconds */
	char		*last_id;	/* NULL: it had none */
	int64_t		 last_time, live_since;
	char		*owed;		/* from where on it is to be asked for;
					 * NULL: nothing is */
	uint8_t		 pages;		/* asked for behind that place */
	int64_t		 heard_from, heard_to;	/* live, since that place */
	int64_t		 history;	/* messages wanted when joining; -1: as
					 * many as usual */
	bool		 wanted;	/* the main process asked for it */
	bool		 lost;		/* it was joined before, and will be
					 * again: main knows it as closed */
	uint32_t	 split;		/* lost by a netsplit, not told yet */
	uint32_t	 rejoined;	/* back after one, not told yet */
	bool		 plain;		/* codes of colours are refused there */
	bool		 who;		/* a WHO of ours is being answered */
};

struct channel	*channel_create(const char *id, const char *name,
		    const char *folded);
/* The owner has taken the members out and unhooked it from its map. */
void		 channel_destroy(struct channel *);

/* All of these keep people (the map of the connection) and the channel's
 * members in step. */
struct member	*channel_member(const struct channel *, enum casemap,
		    const char *nick);		/* or NULL */
/* Find or make; NULL when the channel is over its limit. */
struct member	*channel_add(struct channel *, struct map *people,
		    enum casemap, const char *nick);
void		 channel_remove(struct channel *, struct map *people,
		    struct member *);
void		 channel_clear(struct channel *, struct map *people);
/* The person's memberships, in every channel of the map, go to the new nick.
 * Returns the person as it is now. */
struct person	*people_rename(struct map *people, struct map *channels,
		    enum casemap, struct person *, const char *nick);
struct person	*people_find(const struct map *people, enum casemap,
		    const char *nick);		/* or NULL */

#endif
