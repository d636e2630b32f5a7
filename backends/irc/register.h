/* SPDX-License-Identifier: GPL-2.0-or-later */
/* register.h - from a fresh socket to the server's welcome: PASS, NICK, USER
 * beside CAP and SASL, and another nick when ours is taken. */
#ifndef BACKENDS_IRC_REGISTER_H
#define BACKENDS_IRC_REGISTER_H

#include "backends/irc/network.h"

/* The socket is up. */
void	register_begin(struct network *);
/* 432, 433, 436, 437 before the welcome: try another nick, or give up. */
void	register_nick_refused(struct network *, struct line *);
/* 001 */
void	register_welcome(struct network *, struct line *);

/* What may stand in a nick, made of any text; "user" when nothing is left. */
void	register_clean_nick(char out[NICK_BYTES_MAX], const char *text);

#endif
