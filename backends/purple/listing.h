/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing.h - what spectrum2_purple_backend --list-protocols prints. */
#ifndef BACKENDS_PURPLE_LISTING_H
#define BACKENDS_PURPLE_LISTING_H

#include <stdio.h>

/* Every protocol of libpurple, which has been started, and its options. */
void	listing_print(FILE *);

#endif
