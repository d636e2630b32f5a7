/* SPDX-License-Identifier: GPL-2.0-or-later */
/* budget.h - what may still be spent, by a user and by the whole instance.
 * Days are those of UTC, as on X's bills. */
#ifndef BACKENDS_TWITTER_BUDGET_H
#define BACKENDS_TWITTER_BUDGET_H

#include "backends/twitter/api.h"

/* false: *why (static) says which limit it is, and *until when it is over.
 * What runs in the background stops before what the user asks for. */
bool	budget_allows(struct session *, const struct api_request *,
	    time_t *until, const char **why);
/* How many results of these to ask for, when so many are wanted: as a limit
 * must not be passed by a page that was begun before it. */
long	budget_results(struct session *, enum endpoint, long wanted);
/* One that was allowed is under way, and so many results may come: what is
 * asked for meanwhile has less.  The same again, once it is over. */
void	budget_hold(struct session *, enum endpoint, long results);
void	budget_release(struct session *, enum endpoint, long results);
/* This is what came of it; json may be NULL. */
void	budget_spend(struct session *, enum endpoint, const json_t *);

/* For the user to read: what was spent, and the limits; malloced. */
char	*budget_text(struct session *);

/* So many users have all backends of the instance: its limits are shared among
 * them by that. */
void	budget_all_sessions(size_t);

void	budget_begin(struct session *);
void	budget_end(struct session *);
/* Have the counts kept now, rather than soon. */
void	budget_save(struct session *);
void	budget_finish(void);

#endif
