/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline.h - what is new on X: asked for again and again, oftener while the
 * user is about, and given to deliver.h oldest first, each post once. */
#ifndef BACKENDS_TWITTER_TIMELINE_H
#define BACKENDS_TWITTER_TIMELINE_H

#include "backends/twitter/session.h"

void	timeline_up(struct session *);
void	timeline_end(struct session *);
void	timeline_show(struct session *);
void	timeline_setting(struct session *, const char *name);
/* Look as soon as X allows it, for once. */
void	timeline_soon(struct session *);

#endif
