/* SPDX-License-Identifier: GPL-2.0-or-later */
/* said.h - what the user says, until the server has taken it. */
#ifndef BACKENDS_IRC_SAID_H
#define BACKENDS_IRC_SAID_H

#include "backends/irc/network.h"

/* Send to a nick or to a channel we are in; via: the room that a private
 * message goes through, or NULL.  came: ev_now() of the request.  Answers it
 * by and by, and before the main process has lost patience. */
void	said_send(struct network *, request_t, const struct msg_send *,
	    const char *target, struct channel *via, double came);

/* A line for a nick that is nobody's message: NickServ's IDENTIFY.  Its echo
 * is swallowed. */
void	said_quietly(struct network *, const char *target, const char *text);

/* Anything that changes what others see of the user, sent so that its fate will
 * be known. */
struct said {
	request_t	 request;
	const char	*target;
	double		 came;		/* ev_now() of the request */
	unsigned	 lines;		/* that will be sent, */
	unsigned	 answers;	/* and how many of them are answered */
	bool		 echoes;	/* echo-message alone proves it */
	/* All its lines on their way, with labels from a->label on unless that
	 * is 0; -1: not all of them. */
	int		(*send)(struct network *, struct await *, void *ctx);
	void		*ctx;
	/* The server has taken all of it: answer the request.  NULL: it is a
	 * message. */
	void		(*done)(struct network *, struct await *);
};
/* Returns what waits for the proof; NULL: it has failed and been answered. */
struct await	*said_prove(struct network *, const struct said *);
/* One of its lines was taken. */
void	said_taken(struct network *, struct await *);
/* The ids that the server has given to its lines. */
size_t	said_ids(const struct await *, const char **ids, size_t max);

/* Take back what waits in the queue for that nick or channel. */
void	said_cancel(struct network *, const char *target);

/* PONG: what was sent before that PING has not been refused. */
void	said_fenced(struct network *, struct line *);

/* Time has passed: what waits too long fails. */
void	said_expire(struct network *, double now);

/* Nothing more will leave: fail what has not.  What has left and may still be
 * answered before the server hangs up is asked about a last time. */
void	said_last(struct network *);

/* The connection is no more, its link not closed yet: fail all that has no
 * answer, and say whether it may have arrived. */
void	said_lost(struct network *, const char *why);

#endif
