/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask_inside.h - questions as their own files see them. */
#ifndef MANAGER_GATEWAY_ASK_INSIDE_H
#define MANAGER_GATEWAY_ASK_INSIDE_H

#include "manager/gateway/ask.h"
#include "util/arena.h"

#define ASK_FIELDS_MAX	32

struct ask {
	struct ask	*next;		/* in the order in which they came */
	unsigned	 backend;
	uint32_t	 id;		/* of the request */
	char		 token[17];	/* of the command's session */
	double		 until;		/* ev_now(); 0: not put yet */
	struct arena	 arena;		/* of msg */
	struct msg_ask	 msg;		/* a copy */
	char		*value[ASK_FIELDS_MAX];	/* owned; NULL: none yet */
	size_t		 at;		/* the field that is asked in the chat */
};

/* One more, with a copy of the message and a token; its backend and id are the
 * caller's. */
struct ask *ask_add(struct user *, const struct msg_ask *);

/* The kinds of fields, by their names of XEP-0004. */
bool	ask_is(const struct msg_field *, const char *type);
/* Nothing is to be filled in: fixed and hidden ones. */
bool	ask_is_silent(const struct msg_field *);
/* The value that stands for what the user has given, malloced, or NULL when it
 * is no answer.  numbers: options may be given by their numbers, from 1. */
char	*ask_value(const struct msg_field *, const char *given, bool numbers);
/* Keep it for this field; takes it over. */
void	ask_set(struct ask *, size_t field, char *value);
/* All that was given goes to the backend, and the question is gone. */
void	ask_finish(struct user *, struct ask *);
/* The same with an error of the protocol. */
void	ask_refuse(struct user *, struct ask *, const char *code,
	    const char *text);

/* ask_chat.c */
/* Put the first question, or what is open of it; full NULL: to all clients. */
void	ask_chat(struct user *, const char *full);
/* The gateway says something to the user, wherever that may be just now. */
void	ask_say(struct user *, const char *full, const char *text);

#endif
