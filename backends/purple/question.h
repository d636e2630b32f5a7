/* SPDX-License-Identifier: GPL-2.0-or-later */
/* question.h - what is asked of a user and not answered yet: put by a message
 * of the gateway, or as the next form of the command that the user runs. */
#ifndef BACKENDS_PURPLE_QUESTION_H
#define BACKENDS_PURPLE_QUESTION_H

#include "backends/purple/module.h"
#include "backends/purple/session.h"

#define QUESTIONS_MAX	8	/* open ones of one user */

extern const struct module questions_module;

struct question_events {
	/* The answer, by field; NULL: there is none, and will be none. */
	void	(*answered)(void *ctx, const struct pairs *values);
	/* The session has ended. */
	void	(*dropped)(void *ctx);
};

/* Ask.  Exactly one of the events comes, never before this returns, unless
 * question_drop() comes first.  m: user is filled in; all of it is copied.
 * session NULL: nobody can answer.  Returns the question's number, not 0. */
unsigned	 question_put(struct session *, struct msg_ask *m,
		    const struct question_events *, void *ctx);
void		 question_drop(unsigned number);
/* By the command that has shown it. */
void		 question_answer(unsigned number, const struct pairs *values);

/* Value of a field, or NULL. */
const char	*question_value(const struct pairs *, const char *var);

#endif
