/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info.h - a connection to an IRC server in words, for its user. */
#ifndef BACKENDS_IRC_INFO_H
#define BACKENDS_IRC_INFO_H

#include "backends/irc/network.h"
#include "util/buf.h"

/* Lines; lag in seconds, negative: not known. */
void	info_put(struct buf *, const struct network *, double lag);

#endif
