/* SPDX-License-Identifier: GPL-2.0-or-later */
/* login.h - the steps of a login, for session.c: asking the store, sending the
 * credentials, answering clients that wait for SASL. */
#ifndef MANAGER_GATEWAY_LOGIN_H
#define MANAGER_GATEWAY_LOGIN_H

#include "manager/gateway/user.h"

/* Ask the store who this is; session_loaded() or session_turned_away(). */
void	 login_load(struct user *);
/* It is known who this is: may it log in?  The same two answers. */
void	 login_admit(struct user *);
/* The login request to the user's backend; -1 when it could not be sent. */
int	 login_send(struct user *) MUST_CHECK;
/* Answer the clients that wait. */
void	 login_welcome(struct user *);
void	 login_fail(struct user *, const char *reason, const char *text);

/* Server mode: a question has to be answered before the network lets the user
 * in.  Those who wait come in as guests: they see and may do nothing that is
 * the user's, but for the question (router.c), until login_welcome(). */
void	 login_let_in(struct user *);

/* Compares in a time that tells nothing about the secret a. */
bool	 login_same_secret(const char *a, const char *attempt);

/* A user for a callback that may come when the object is gone: owned memory,
 * freed by login_user(), which gives NULL then. */
void	*login_ctx(const struct user *);
struct user *login_user(void *ctx);

#endif
