/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept.h - short lists of contacts that outlive a session: each is a setting,
 * "anna bob carl", of KEPT_MAX names. */
#ifndef BACKENDS_TWITTER_KEPT_H
#define BACKENDS_TWITTER_KEPT_H

#include <stdbool.h>

#include "backends/twitter/people.h"
#include "backends/twitter/session.h"

#define KEPT_MAX	200

#define KEPT_ADDED	"twitter_added"		/* by the user's own hand */
#define KEPT_ASKED	"twitter_asked"		/* protected: no answer yet */
#define KEPT_BLOCKED	"twitter_blocked"

bool	kept_has(const struct session *, const char *list,
	    const char *contact);
/* At the end; false: the list is full.  One that it has stays. */
bool	kept_add(struct session *, const char *list, const char *contact);
void	kept_remove(struct session *, const char *list, const char *contact);

/* Walk: const char *at = NULL; while (kept_next(s, list, &at, contact)) ...
 * The list must not change meanwhile. */
bool	kept_next(const struct session *, const char *list, const char **at,
	    char contact[CONTACT_SIZE]);

#endif
