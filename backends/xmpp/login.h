/* SPDX-License-Identifier: GPL-2.0-or-later */
/* login.h - a session's link: made, made again after a break, and asked about
 * when its certificate is not known. */
#ifndef BACKENDS_XMPP_LOGIN_H
#define BACKENDS_XMPP_LOGIN_H

#include "backends/xmpp/session.h"

/* Once, before the first login.  -1 and *why (malloced). */
int	login_init(char **why) MUST_CHECK;
void	login_finish(void);

void	login_begin(struct session *);
/* Say goodbye; session_gone() comes soon. */
void	login_end(struct session *);
/* The session is freed. */
void	login_free(struct session *);

struct link *login_link(const struct session *);

#endif
