/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h - a file as bytes: what it is, and how it goes into a request; and
 * the text of a message without the addresses of its files. */
#ifndef BACKENDS_TWITTER_FILES_H
#define BACKENDS_TWITTER_FILES_H

#include <stddef.h>

#include "protocol/schema.h"
#include "util/buf.h"

enum file_kind { FILE_OTHER, FILE_PICTURE, FILE_ANIMATION, FILE_VIDEO };

/* By its first bytes; what a name or a server says may be wrong.  *type: its
 * media type (static) as X writes it, NULL of FILE_OTHER. */
enum file_kind	 files_kind(const void *data, size_t n,
		    const char **type);

/* The body without the lines that are only the address of one of them, and
 * without blanks at its ends; malloced. */
char		*files_text(const char *body, const struct msg_attachment *,
		    size_t n);

/* What the file shows, as far as its name is no name but says that; or NULL. */
const char	*files_description(const struct msg_attachment *);

/* A piece of a file as multipart/form-data (RFC 7578), added to the buffer.
 * boundary: at most 70 letters and digits that are not in the data. */
void		 files_multipart(struct buf *, const char *boundary,
		    unsigned index, const void *data, size_t n);

#endif
