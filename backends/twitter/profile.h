/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile.h - who somebody is, for people to read. */
#ifndef BACKENDS_TWITTER_PROFILE_H
#define BACKENDS_TWITTER_PROFILE_H

#include "backends/twitter/people.h"
#include "util/buf.h"

/* What X tells of somebody beside name and picture, in lines; with the address
 * of the page at X. */
void	profile_text(struct buf *, const struct person *);

#endif
