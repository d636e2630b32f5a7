/* SPDX-License-Identifier: GPL-2.0-or-later */
/* budget.h - what may still be spent, by a user and by the whole instance. */
#ifndef BACKENDS_TWITTER_BUDGET_H
#define BACKENDS_TWITTER_BUDGET_H

#include "backends/twitter/api.h"

/* false: *why (static) says which limit it is, and *until when it is over. */
bool	budget_allows(struct session *, const struct api_request *,
	    time_t *until, const char **why);
/* This is what came of it; json may be NULL. */
void	budget_spend(struct session *, enum endpoint, const json_t *);

#endif
