/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - what of a connection is due, and when.  network_arm() of network.h
 * sets it. */
#ifndef BACKENDS_IRC_CLOCK_H
#define BACKENDS_IRC_CLOCK_H

#include "backends/irc/network.h"

/* Stopped; the owner stops it again before it frees the network. */
void	clock_init(struct network *);

#endif
