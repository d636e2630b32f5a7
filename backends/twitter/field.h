/* SPDX-License-Identifier: GPL-2.0-or-later */
/* field.h - single fields of what X sends, checked and copied.  Any json may be
 * NULL or of the wrong type: the field is then not there. */
#ifndef BACKENDS_TWITTER_FIELD_H
#define BACKENDS_TWITTER_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/arena.h"

/* X renames tweets to posts, one field at a time. */
json_t		*field_either(const json_t *, const char *name,
		    const char *other);
/* NULL: it is not there, or not a string of [1, max] bytes.  Borrowed. */
const char	*field_string(const json_t *, const char *name, size_t max);
/* An id of digits; one of [0-9A-Za-z_-], of 64 at most. */
const char	*field_id(struct arena *, const json_t *, const char *name);
const char	*field_key(struct arena *, const json_t *, const char *name);
/* In one line, never empty. */
const char	*field_line(struct arena *, const json_t *, const char *name,
		    size_t max);
const char	*field_address(struct arena *, const json_t *, const char *name);
/* -1: it is not there. */
long		 field_count(const json_t *, const char *name);
/* ms since 1970; 0: it is not there. */
int64_t		 field_time(const json_t *, const char *name);

#endif
