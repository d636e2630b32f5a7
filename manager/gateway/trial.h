/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial.h - settings that a backend wants kept of a user who may be somebody
 * else.  In server mode the network has not confirmed the password of a login
 * that is under way: a guess could otherwise leave an accepted certificate, say,
 * in the settings of the user whose name it is. */
#ifndef MANAGER_GATEWAY_TRIAL_H
#define MANAGER_GATEWAY_TRIAL_H

#include "manager/gateway/user.h"
#include "util/pack.h"

/* A login goes out: nothing of an earlier one counts. */
void	 trial_begin(struct user *);
/* In place of user_keep_setting(), and with the same answer; kept for now
 * only, where there is a trial. */
bool	 trial_keep(struct user *, const char *name, int type,
	    const char *value);
/* It is the user: all of it is kept. */
void	 trial_pass(struct user *);
/* The login has come to nothing, and so has all of it.  The trial goes on for
 * what the backend may say until it has logged out. */
void	 trial_drop(struct user *);

/* Over an upgrade. */
void	 trial_pack(const struct user *, struct packer *);
void	 trial_unpack(struct user *, const struct packed *);

#endif
