/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask.h - questions of the backend to the user: a code, a captcha, a choice.
 *
 * Several may be open; the first is put in a chat with the gateway, field after
 * field (ask_chat.c), and as the form of a command (ask_form.c).  Each is
 * answered exactly once: by the user, by a time-out, or because the session is
 * over.  What is answered is a secret, maybe: it is in no log.
 *
 * In server mode a question that comes before the network has let the user in
 * is put to clients that are let in for it as guests (login.h). */
#ifndef MANAGER_GATEWAY_ASK_H
#define MANAGER_GATEWAY_ASK_H

#include "manager/gateway/down.h"
#include "manager/gateway/up.h"
#include "util/pack.h"

#define ASKS_MAX	8	/* of one user */
#define ASK_NODE	"answer"
#define ASK_LABEL	"Answer a question"

/* The handlers of ask and ask_gone. */
void	ask_put(struct up *);
void	ask_withdraw(struct up *);

bool	ask_is_open(const struct user *);
/* What the user is to write now must not be seen by those who look on. */
bool	ask_is_secret(const struct user *);
/* Words of the user to the gateway: are they an answer? */
bool	ask_answer(struct user *, const char *text);
/* A client has come that may not have seen the question. */
void	ask_show(struct user *, const char *full);
/* The command: show the form of the first question, or take what was filled in
 * (form not NULL). */
void	ask_run(struct down *, const struct stanza *form);
/* Once a second while one is open. */
void	ask_tick(struct user *, double now);
/* Over an upgrade: into the user's facts, and out of them. */
void	ask_pack(const struct user *, struct packer *);
void	ask_unpack(struct user *, const struct packed *);
/* Answer all of them with an error: there is nobody to ask any more. */
void	ask_drop(struct user *);

#endif
