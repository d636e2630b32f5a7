/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_read.h - commands that show posts: these are collected, oldest first. */
#ifndef BACKENDS_TWITTER_RUN_READ_H
#define BACKENDS_TWITTER_RUN_READ_H

#include "backends/twitter/fetch.h"
#include "backends/twitter/run.h"

#define RUN_READ_POSTS	20		/* are shown at once */

/* #thread of a post. */
void	run_conversation(struct run *);
/* Show the posts of one page, and end.  nothing: what is said when there are
 * none; copied. */
void	run_read(struct run *, const struct fetch *, const char *nothing);

#endif
