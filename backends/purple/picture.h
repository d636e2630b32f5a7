/* SPDX-License-Identifier: GPL-2.0-or-later */
/* picture.h - what kind of picture are these bytes?  Nothing is decoded. */
#ifndef BACKENDS_PURPLE_PICTURE_H
#define BACKENDS_PURPLE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#define PICTURE_MAX	(256 * 1024)	/* bytes; of the backend protocol */

struct picture {
	const char	*type;		/* media type: a literal */
	const char	*format;	/* "png": a literal */
	unsigned	 width, height;	/* 0: not found */
};

/* By its content, whatever it calls itself; false: none that we know. */
bool	picture_probe(const void *data, size_t len, struct picture *);

#endif
