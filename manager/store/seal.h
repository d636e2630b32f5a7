/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seal.h - secrets as they stand in the database: XChaCha20-Poly1305 under
 * the key of a file, bound to what they are about so that one row's cannot be
 * put into another's.  A box is nonce and ciphertext.  A password is about the
 * user's JID, a secret setting about JID and name; both are written as text
 * "$sp2$1$" and the box in unpadded URL-safe base64.  146 bytes of password fit
 * the column of 255. */
#ifndef MANAGER_STORE_SEAL_H
#define MANAGER_STORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"

struct seal;

/* Read the key; when the file is not there and make is set, draw a key and
 * write it.  Refuses a file that others may read.  Returns NULL and *why
 * (caller frees). */
struct seal	*seal_open(const char *key_path, bool make, char **why)
		    MUST_CHECK;
void		 seal_close(struct seal *);	/* NULL is fine */

/* In the arena; *size of it. */
void		*seal_box(const struct seal *, struct arena *,
		    const char *about, const void *data, size_t len,
		    size_t *size);
/* Opened in place: the data, *len of it, is inside the box.  NULL: sealed by
 * another key or about something else, or damaged. */
void		*seal_unbox(const struct seal *, const char *about, void *box,
		    size_t size, size_t *len);

/* In the arena.  "" stays "".  about: the JID, for a password. */
const char	*seal_wrap(const struct seal *, struct arena *,
		    const char *about, const char *text);
/* In the arena; what is not sealed is given back as it is.  NULL: sealed by
 * another key or about something else, or damaged. */
const char	*seal_unwrap(const struct seal *, struct arena *,
		    const char *about, const char *stored);
bool		 seal_is_sealed(const char *stored);

/* What the C++ program makes of passwords with database.encryption_key in
 * databases other than SQLite, undone; NULL: that is not such a text. */
const char	*seal_unmask(struct arena *, const char *encryption_key,
		    const char *stored);

#endif
