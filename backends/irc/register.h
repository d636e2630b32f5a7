/* SPDX-License-Identifier: GPL-2.0-or-later */
/* register.h - from a fresh socket to the server's welcome: WEBIRC, PASS,
 * NICK and USER, beside CAP and SASL. */
#ifndef BACKENDS_IRC_REGISTER_H
#define BACKENDS_IRC_REGISTER_H

#include "backends/irc/network.h"

#define USERNAME_MAX	33

/* The socket is up. */
void	register_begin(struct network *);
/* 001 */
void	register_welcome(struct network *, struct line *);

const char *register_realname(const struct network *);
/* The user name that we say we have: in USER, and to those who ask (identd). */
void	register_username(const struct network *, char out[USERNAME_MAX]);

#endif
