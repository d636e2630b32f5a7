/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kit_ev.h - the kit under libev's default loop, EV_DEFAULT. */
#ifndef BACKENDS_KIT_KIT_EV_H
#define BACKENDS_KIT_KIT_EV_H

#include "backends/kit/kit.h"

/* All of main(): options, descriptors, the loop.  util/later's work runs at
 * the end of every loop turn, before what was sent in it is written.  Standard
 * output is standard error from here on, so that a library that prints does no
 * harm.  Returns the exit status. */
int	kit_main(int argc, char **argv, const struct kit_backend *);

#endif
