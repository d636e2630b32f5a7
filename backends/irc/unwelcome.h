/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unwelcome.h - a server does not want us, for a while or for good. */
#ifndef BACKENDS_IRC_UNWELCOME_H
#define BACKENDS_IRC_UNWELCOME_H

#include "backends/irc/network.h"

enum unwelcome { UNWELCOME_NOT, UNWELCOME_NOW, UNWELCOME_EVER };

/* What is meant by the text of ERROR?  Servers have no codes for it. */
enum unwelcome unwelcome_means(const char *text);
/* ERROR from the server: the connection ends, by this text. */
void	unwelcome_error(struct network *, const char *text);
/* 465: banned. */
void	unwelcome_banned(struct network *, const char *text);

#endif
