/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replace.h - which backends are to go, and how their users leave them. */
#ifndef MANAGER_POOL_REPLACE_H
#define MANAGER_POOL_REPLACE_H

#include "util/macros.h"

struct backend;
struct pool;

void	replace_init(struct pool *);
/* A backend has been made. */
void	replace_born(struct backend *);
/* This one shall be replaced, for a reason in words; the first one counts.
 * Marked ones are drained one after the other. */
void	replace_mark(struct backend *, const char *fmt, ...) PRINTF(2, 3);
/* A look at a backend that serves: is it too old, or too large? */
void	replace_tick(struct pool *, struct backend *);
/* Drain the next one, and move users off those that drain. */
void	replace_review(struct pool *);

#endif
