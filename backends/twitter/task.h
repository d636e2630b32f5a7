/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task.h - something that takes several answers of X: a request of the main
 * process that is to be answered once, at the latest when the session ends.
 * The ctx of an api_call() is one of these, or NULL. */
#ifndef BACKENDS_TWITTER_TASK_H
#define BACKENDS_TWITTER_TASK_H

#include <stddef.h>

#include "backends/kit/kit.h"
#include "backends/twitter/api.h"
#include "backends/twitter/session.h"

/* The first member of a struct with more. */
struct task {
	LIST_ENTRY(task) entry;
	struct session	*session;
	struct kit_call	 call;
	void		(*finish)(struct task *);	/* frees what it owns
							 * beside itself */
};

/* size: of the whole struct; zeroed.  call: NULL when nobody waits.  finish:
 * may be NULL.  Ends by one of those below, or with the session, which answers
 * not_connected. */
void	*task_begin(struct session *, const struct kit_call *, size_t size,
	    void (*finish)(struct task *));

/* Answer, and free it. */
void	 task_reply(struct task *, const void *result);
void	 task_error(struct task *, const char *code, const char *text);
/* The same, as the answer of X has it, which is not OK. */
void	 task_refused(struct task *, const struct api_answer *);

/* The session ends. */
void	 tasks_end(struct session *);

#endif
