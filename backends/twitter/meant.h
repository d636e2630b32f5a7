/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meant.h - which post is meant? */
#ifndef BACKENDS_TWITTER_MEANT_H
#define BACKENDS_TWITTER_MEANT_H

#include <stdbool.h>

#include "backends/twitter/page.h"

/* By the id of a message: that of a post, or of a file of it (19000000.1).
 * false: it is none. */
bool	meant_post(const char *message_id, char id[PAGE_ID_MAX + 1]);

/* What somebody has typed as an answer to the post: "#like" is "#like ID",
 * "#quote TEXT" is "#quote ID TEXT".  NULL: it stays as it is. */
char	*meant_command(const char *line, const char *post_id);

#endif
