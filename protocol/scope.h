/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scope.h - names of settings that hold for one server or one room.
 *
 * A setting NAME of a user may be overridden as NAME/ID, where ID is that of a
 * server or of a room in lower case (ASCII), with '%' for the last '@': both
 * sides of a pipe look there first, then at the room's server, then at NAME.  Where
 * the server is written with a usual port of IRC, what is set for it without the
 * port holds too, after what is set with it. */
#ifndef PROTOCOL_SCOPE_H
#define PROTOCOL_SCOPE_H

#include <stddef.h>

#include "util/macros.h"

#define SCOPE_NAME_MAX 1024	/* bytes of a name with its NUL */

/* "NAME/ID" for an id; "NAME" for NULL.  -1: too long. */
int		 scope_name(char out[SCOPE_NAME_MAX], const char *name,
		    const char *id) MUST_CHECK;
/* The '@' or '%' before the server in an id, whichever is last; or NULL. */
const char	*scope_separator(const char *id);
/* The id without the port of its server, when that is a usual one of IRC:
 * "#c%host:+6697" is "#c%host" too.  NULL: it has none, or another. */
const char	*scope_bare(char out[SCOPE_NAME_MAX], const char *id);
/* The server in the id of a room or of a person; NULL where none is named. */
const char	*scope_server(const char *id);

#endif
