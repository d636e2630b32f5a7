/* SPDX-License-Identifier: GPL-2.0-or-later */
/* media.h - files for the user, put where the admin's web server hands them
 * out: below [service] web_directory, at addresses that nobody can guess below
 * web_url.  They go after web_lifetime days. */
#ifndef BACKENDS_PURPLE_MEDIA_H
#define BACKENDS_PURPLE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/purple/module.h"
#include "util/macros.h"

extern const struct module media_module;

struct media {
	char		*url;		/* owned */
	const char	*type;		/* media type: a literal */
	int64_t		 size;
};

/* Are files received at all? */
bool	media_available(void);
int64_t	media_file_max(void);		/* bytes; of pictures: */
int64_t	media_image_max(void);

/* Store these bytes under something like this name (NULL: none).  -1 and *why,
 * a literal for the user: nothing was stored. */
int	media_store_as(const void *data, size_t len, const char *name,
	    struct media *, const char **why) MUST_CHECK;
/* The same, for who needs only the address, malloced. */
int	media_store(const void *data, size_t len, const char *name,
	    char **url) MUST_CHECK;

/* A file that is written by somebody else, of about that size (0: nobody
 * knows): where to, malloced. NULL and *why. */
char	*media_begin(int64_t size, const char **why) MUST_CHECK;
/* It is complete, and gets its name. -1 and *why: it is gone.  Frees path. */
int	media_finish(char *path, const char *name, struct media *,
	    const char **why) MUST_CHECK;
/* It is not wanted.  Frees path; NULL is fine. */
void	media_abandon(char *path);

#endif
