/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter.h - which posts a user wants to see. */
#ifndef BACKENDS_TWITTER_FILTER_H
#define BACKENDS_TWITTER_FILTER_H

#include <stdbool.h>

#include "backends/twitter/page.h"

struct filter {
	const char	*own_id;	/* the user's: always shown */
	const char	*languages;	/* "en de"; empty: all */
	bool		 no_replies;	/* but to the user, and of threads */
	bool		 no_reposts;
	bool		 no_sensitive;
};

bool	filter_wants(const struct filter *, const struct post *);
bool	filter_sensitive(const struct post *);

#endif
