/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h - what one user has set, and which of it holds where: for a room
 * before its server, for a server before the user; where nothing is set, the
 * configuration decides.  Names are those of setting.c, and those of one server
 * or room NAME/ID (protocol/scope.h).  The main process keeps them. */
#ifndef BACKENDS_IRC_SETTINGS_H
#define BACKENDS_IRC_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/irc/setting.h"
#include "protocol/schema.h"
#include "util/texts.h"

#define SETTINGS_MAX		500	/* of one user */
#define SETTINGS_BYTES_MAX	(256 * 1024)	/* of all their values */

struct channel;
struct network;

/* Those that come with a login, in place of what there was.  What is none of
 * ours or not valid is passed over. */
void		 settings_load(struct texts *, const struct pairs *);
/* Keep one; value NULL or "": forget it.  -1 and *why (static) when there is no
 * such setting, when it is not right, or when there are too many. */
int		 settings_put(struct texts *, const char *name,
		    const char *value, const char **why) MUST_CHECK;
/* Would so many more, of so many bytes, still be kept? */
bool		 settings_fit(const struct texts *, size_t more,
		    size_t bytes);
/* As it was put; NULL when it was not. */
const char	*settings_own(const struct texts *, const char *name,
		    const char *id);
/* The same, or what was put for the id without a usual port. */
const char	*settings_of(const struct texts *, const char *name,
		    const char *id);
/* Keep one, and the main process is told to keep it for the next login. */
int		 settings_keep(struct texts *, const char *user,
		    const char *name, const char *id, const char *value,
		    const char **why) MUST_CHECK;

/* What holds for a connection or a room of it; NULL: nothing is set.  Borrowed
 * until it is changed.  Has passed setting_take(). */
const char	*settings_get(const struct network *, const char *name);
const char	*settings_get_room(const struct network *,
		    const struct channel *, const char *name);
/* The same for a room by its id, in which the user need not be. */
const char	*settings_get_id(const struct network *, const char *room,
		    const char *name);
bool		 settings_bool(const struct network *, const char *name,
		    bool otherwise);
double		 settings_number(const struct network *, const char *name,
		    double otherwise);
/* Walk a list such as ports: const char *at = settings_get(...); then while
 * (settings_word(&at, out, sizeof(out))).  at NULL is an empty list. */
bool		 settings_word(const char **at, char *out, size_t size);

#endif
