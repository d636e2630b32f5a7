/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numerics.h - answers and errors of the server, by number (RFC 1459 6,
 * RFC 2812 5, and what servers have added). */
#ifndef BACKENDS_IRC_NUMERICS_H
#define BACKENDS_IRC_NUMERICS_H

#include "backends/irc/network.h"

void	numerics_line(struct network *, struct line *);
/* The same for those that refuse something; false: it is none. */
bool	numerics_refusal(struct network *, struct line *);

#endif
