/* SPDX-License-Identifier: GPL-2.0-or-later */
/* casemap.h - which names are the same (RFC 1459 2.2, ISUPPORT CASEMAPPING). */
#ifndef BACKENDS_IRC_CASEMAP_H
#define BACKENDS_IRC_CASEMAP_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_BYTES	256	/* longer names of nicks and channels are cut */

enum casemap {
	CASEMAP_RFC1459,	/* {}|~ are the lower case of []\^ */
	CASEMAP_STRICT,		/* strict-rfc1459: {}| of []\ */
	CASEMAP_ASCII,
};

/* By the name ISUPPORT gives; mappings of Unicode count as ascii, because the
 * bytes of non-ASCII letters must not be touched without their tables. */
enum casemap	casemap_parse(const char *name);

/* The lower case of name in out, cut at NAME_MAX_BYTES - 1.  Returns out. */
char	*casemap_fold(enum casemap, char out[NAME_MAX_BYTES], const char *name);
bool	 casemap_equal(enum casemap, const char *, const char *);

#endif
