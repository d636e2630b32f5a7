/* SPDX-License-Identifier: GPL-2.0-or-later */
/* await.h - what we have asked the server and it has not answered yet.
 * IRC answers carry no ids: an answer belongs to the oldest question of its
 * kind about the same names. */
#ifndef BACKENDS_IRC_AWAIT_H
#define BACKENDS_IRC_AWAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "backends/irc/casemap.h"
#include "backends/irc/up.h"
#include "util/buf.h"

#define AWAIT_MAX	2000		/* per connection */

enum await_kind {
	AWAIT_ECHO,		/* our message, with echo-message */
	AWAIT_SENT,		/* our message, without: see said.c */
	AWAIT_TOPIC, AWAIT_MODE, AWAIT_KICK, AWAIT_INVITE, AWAIT_NICK,
	AWAIT_BANS, AWAIT_WHOIS, AWAIT_WHOWAS,
	AWAIT_LIST, AWAIT_CTCP, AWAIT_LAG, AWAIT_MODES,
	AWAIT_HISTORY,
	AWAIT_KINDS
};
#define AWAIT_SAID	(1u << AWAIT_ECHO | 1u << AWAIT_SENT)

struct network;

struct await {
	TAILQ_ENTRY(await) entry;	/* of its kind, in order */
	unsigned long	 serial;	/* the order of all kinds */
	request_t	 request;	/* 0: only so that the answer is known */
	double		 deadline;
	enum await_kind	 kind;
	const char	*target;	/* case-mapped: channel or nick */
	const char	*other;		/* case-mapped: nick or mask; or NULL */
	/* AWAIT_ECHO; AWAIT_WHOIS and WHOWAS: where it is shown */
	char		*origin;	/* id of the stanza, or NULL */
	char		*body;		/* the whole text, when cut in pieces */
	unsigned	 pieces;	/* echoes still to come */
	/* AWAIT_ECHO, AWAIT_SENT */
	unsigned	 fence;		/* SENT: number of the PING behind it */
	unsigned long	 line, last;	/* its lines, counted by the link */
	double		 until;		/* deadline goes no further */
	/* What answers it when all of its lines are taken, and what that is
	 * about; NULL: it is a message. */
	void		(*done)(struct network *, struct await *);
	unsigned long	 label, answered;	/* label.h; 0: none */
	unsigned	 labels;	/* from label on */
	bool		 closing;	/* its last line ends the others */
	/* AWAIT_HISTORY of our own, forward: messages that may come, and have
	 * come; the id of the last one is the name */
	unsigned	 wanted, told;
	/* collected so far: AWAIT_BANS, AWAIT_WHOIS, AWAIT_WHOWAS,
	 * AWAIT_HISTORY; the ids of the pieces of an AWAIT_ECHO, each with its NUL */
	struct buf	 text;
	char		*name;
	char		 names[];	/* target and other */
};

TAILQ_HEAD(await_list, await);

/* All zero is none. */
struct awaits {
	struct await_list *of;		/* by kind; NULL: count is 0; a caller
					 * asks await_first(), _last() */
	unsigned long	 serial;	/* of the last one */
	unsigned	 count;		/* <= AWAIT_MAX */
};

/* Append; other may be NULL.  Returns NULL when there are too many. */
struct await	*await_add(struct awaits *, enum casemap, enum await_kind,
		    request_t, const char *target, const char *other,
		    double deadline);
/* The oldest and the newest of the kind, or NULL. */
struct await	*await_first(const struct awaits *, enum await_kind);
struct await	*await_last(const struct awaits *, enum await_kind);
/* The oldest of the kind about target (NULL: any) and, where it has one and
 * the caller gives one, the same other.  NULL: none. */
struct await	*await_find(const struct awaits *, enum casemap,
		    enum await_kind, const char *target, const char *other);
/* The oldest of these kinds (bits 1 << kind) that has one of the two names as
 * its target or other. */
struct await	*await_find_any(const struct awaits *, enum casemap,
		    unsigned kinds, const char *one, const char *two);
/* Take it out and free it; the caller has answered. */
void		 await_done(struct awaits *, struct await *);
/* Answer with an error, then as await_done(). */
void		 await_fail(struct awaits *, struct await *, const char *code,
		    const char *text);
/* The same for all of these kinds (bits 1 << kind). */
void		 await_fail_kinds(struct awaits *, unsigned kinds,
		    const char *code, const char *text);
/* Fail with a time-out what is past its deadline. */
void		 await_expire(struct awaits *, double now);

#endif
