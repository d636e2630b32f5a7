/* SPDX-License-Identifier: GPL-2.0-or-later */
/* direct_inside.h - what the files direct*.c share:
 *
 *	direct.c	when is X asked?
 *	direct_poll.c	what is new there, each event once, oldest first
 *	direct_show.c	an event as a message
 *	direct_group.c	the groups that are known, and who is in them
 *	direct_room.c	groups as rooms
 *	direct_send.c	messages to X, in their order
 *	direct_sent.c	which of them X will tell us about
 *	direct_retract.c which are taken back
 *	direct_people.c	who is who, asked for at once
 *	direct_moved.c	what is in the encrypted chat of X
 *	direct_id.c	what ids say
 */
#ifndef BACKENDS_TWITTER_DIRECT_INSIDE_H
#define BACKENDS_TWITTER_DIRECT_INSIDE_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "backends/twitter/direct.h"
#include "backends/twitter/direct_id.h"
#include "backends/twitter/page.h"
#include "backends/twitter/people.h"
#include "backends/twitter/poll.h"
#include "util/buf.h"

#define DIRECT_SINCE	"twitter_last_dm"	/* setting: the last event told;
						 * as of the C++ program */

/* Somebody in a group. */
struct member {
	char	 id[PAGE_ID_MAX + 1];
	char	 name[CONTACT_SIZE];	/* at X, as last heard; or empty */
	char	*nick;			/* as told in the room; NULL: not yet */
};

struct group {
	TAILQ_ENTRY(group) entry;	/* of direct.groups; who was heard of
					 * last is last */
	char		 id[PAGE_ID_MAX + 1];	/* the conversation */
	char		*room;		/* as the main process calls it */
	char		*name;		/* as last listed, or NULL */
	bool		 joined;
	bool		 read;		/* what was said there, once, maybe in
					 * another session */
	bool		 invited;	/* asked in once, or has left */
	struct member	*members;	/* beside the user */
	size_t		 nmembers;
};

struct direct {
	struct session	*session;
	/* direct.c */
	ev_timer	 timer;
	struct poll	 poll;
	double		 live_until;	/* clock_now(): somebody is talking */
	struct reading	*reading;	/* under way, or NULL */
	/* direct_group.c */
	TAILQ_HEAD(, group) groups;
	size_t		 ngroups;
	/* direct_send.c */
	TAILQ_HEAD(, outgoing) outgoing;	/* oldest first */
	size_t		 noutgoing;
	size_t		 nposting;	/* of these, that X may have already */
	/* direct_show.c: events of groups that were told outside of rooms */
	struct told	*told;
	size_t		 next_told;
};

/* ---- direct.c */
/* Of a session that is up and has asked for something of this. */
struct direct	*direct_of(struct session *);
/* Somebody is talking: look oftener for a while. */
void		 direct_live(struct direct *);
/* Look as soon as X allows. */
void		 direct_soon(struct direct *);
/* The poll is over, or stuck, and this came of it. */
void		 direct_polled(struct direct *, const struct api_answer *);

/* ---- direct_poll.c */
/* None is under way, or it is stuck.  live: somebody is talking. */
void		 direct_poll(struct direct *, bool live);
/* It waits for a page that X has not given, and for direct_poll(). */
bool		 direct_poll_stuck(const struct direct *);
/* X has answered whatever was sent: what waited for that goes on. */
void		 direct_poll_resume(struct direct *);

/* ---- direct_show.c */
void		 direct_show_event(struct direct *, const struct event *);
/* What it says, as a text. */
void		 direct_show_text(struct session *, struct buf *,
		    const struct event *);
/* An event of a group that was told in the chat with X: its conversation, or
 * NULL. */
const char	*direct_show_told(const struct direct *, const char *event_id);

/* ---- direct_group.c */
struct group	*direct_group_find(const struct direct *, const char *id);
/* The same, or a new one. */
struct group	*direct_group_get(struct direct *, const char *id);
void		 direct_group_enter(struct direct *, struct group *,
		    const char *person_id);
void		 direct_group_gone(struct direct *, struct group *,
		    const char *person_id);
/* For people: "Anna, Bob and 3 more"; malloced. */
char		*direct_group_name(const struct group *);
/* Everybody who is known, as occupants. */
void		 direct_group_tell(struct direct *, struct group *);
void		 direct_group_forget(struct direct *, struct group *);
void		 direct_group_load(struct direct *);
/* For the next session, so that it need not be read again, which costs: who is
 * in those that were read. */
void		 direct_group_keep(struct direct *);
void		 direct_group_finish(struct direct *);

/* ---- direct_room.c */
/* Ask the user in, once; by: a contact, or NULL. */
void		 direct_room_call(struct direct *, struct group *,
		    const char *by);

/* ---- direct_sent.c: events that were sent from here */
void		 direct_sent_add(struct session *, const char *event_id);
bool		 direct_sent_has(const struct session *, const char *event_id);
/* Nobody will ask for those up to this one. */
void		 direct_sent_forget(struct session *, const char *event_id);

/* ---- direct_people.c: ids, of whom nothing is known */
#define DIRECT_IDS_MAX	1000
struct direct_ids {
	char	(*v)[PAGE_ID_MAX + 1];
	size_t	 n;
};
/* NULL, and who is known or in it already: nothing happens. */
void		 direct_ids_add(struct direct_ids *, const char *id);
/* All whom one must know to show this. */
void		 direct_ids_of(struct direct_ids *, const struct session *,
		    const struct event *);
typedef void	 direct_found(struct session *, const struct api_answer *,
		    void *ctx);
/* Ask X who they are; the ids are taken over.  done is called once, maybe
 * before this returns, and not after the session.  People whom X does not know
 * stay unknown. */
void		 direct_people(struct session *, struct direct_ids *,
		    bool background, direct_found *, void *ctx);

/* ---- direct_moved.c */
extern const char direct_moved_why[];
/* X refuses to send something: is it because of that? */
bool		 direct_moved_is(const struct api_answer *);
/* Tell the user so, once for each; id: of the person, or the conversation. */
void		 direct_moved_tell(struct direct *, const char *id);
/* Ask X what is in there, if that is due. */
void		 direct_moved_look(struct direct *);

#endif
