/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filename.h - names of files that strangers have given them. */
#ifndef BACKENDS_PURPLE_FILENAME_H
#define BACKENDS_PURPLE_FILENAME_H

#include <stddef.h>

#define FILENAME_MAX_BYTES	128

/* For a web server that is to hand it out: letters, digits, - and _, and one
 * ending, which is none that the server would run or a browser take for a page.
 * format: of the picture that it is, "png", or NULL: no picture, whatever it
 * is called.  Returns its media type, a literal. */
const char *filename_public(const char *name, const char *format,
	    char out[static FILENAME_MAX_BYTES]);
/* For a contact: what a file system takes, no directory, never empty. */
void	filename_shown(const char *name, char out[static FILENAME_MAX_BYTES]);

#endif
