/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask.h - what users ask of the server.  Each is answered when the server has
 * done it, has refused, or has said nothing for too long. */
#ifndef BACKENDS_IRC_ASK_H
#define BACKENDS_IRC_ASK_H

#include "backends/irc/network.h"

void	ask_topic(struct network *, request_t, struct channel *,
	    const char *subject);
void	ask_moderate(struct network *, request_t, struct channel *,
	    const struct msg_room_moderate *);
void	ask_affiliations(struct network *, request_t, struct channel *,
	    const char *affiliation);
void	ask_invite(struct network *, request_t, struct channel *,
	    const char *nick);
/* Request 0: nobody waits, but the user hears of a refusal. */
void	ask_nick(struct network *, request_t, const char *nick);
void	ask_nick_refused(struct network *, struct await *, const char *code,
	    const char *text);
void	ask_list(struct network *, request_t, const struct msg_room_list *);

/* ---- for the files beside it */
#define ASK_COLLECT_MAX	(64 * 1024)	/* bytes of one answer */
/* Remember the question; NULL when there are too many, answered already. */
struct await *ask_question(struct network *, enum await_kind, request_t,
	    const char *target, const char *other);
/* Its line could not be sent. */
void	ask_take_back(struct network *, struct await *);

/* ---- the server's answers, from numerics.c */
void	ask_ban_line(struct network *, struct line *);
void	ask_ban_end(struct network *, struct line *);
void	ask_list_line(struct network *, struct line *);
void	ask_list_end(struct network *, struct line *);
void	ask_list_refused(struct network *, const char *text);

/* The list of rooms is kept for a minute, for whoever pages through it. */
void	ask_expire_list(struct network *, double now);
void	ask_forget_list(struct network *);

#endif
