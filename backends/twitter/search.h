/* SPDX-License-Identifier: GPL-2.0-or-later */
/* search.h - finding people (XEP-0055). */
#ifndef BACKENDS_TWITTER_SEARCH_H
#define BACKENDS_TWITTER_SEARCH_H

#include <stdbool.h>

#include "protocol/schema.h"

#define SEARCH_MAX	50	/* bytes that X searches for */

/* Words as X takes them: ^[A-Za-z0-9_' ]{1,50}$.  false: there are none, or
 * others with letters that X does not take. */
bool	search_clean(const char *words, char clean[SEARCH_MAX + 1]);
/* What people can be searched by. */
void	search_offer(struct msg_initialize_result *);

#endif
