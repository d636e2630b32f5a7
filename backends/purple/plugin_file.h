/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_file.h - what is in a plug-in's file, without running any of it. */
#ifndef BACKENDS_PURPLE_PLUGIN_FILE_H
#define BACKENDS_PURPLE_PLUGIN_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum plugin_kind {
	PLUGIN_NONE,		/* not a plug-in of libpurple 2 */
	PLUGIN_STANDARD,	/* changes what others do */
	PLUGIN_LOADER,		/* runs scripts */
	PLUGIN_PROTOCOL
};

/* By the description that each plug-in's data holds. */
enum plugin_kind plugin_kind(const void *data, size_t len);
/* Does it hold this string, up to its end? */
bool	plugin_mentions(const void *data, size_t len, const char *string);

/* The same of a file.  mentions may be NULL, and so may the string in it. */
enum plugin_kind plugin_file_kind(const char *path, const char *string,
	    bool *mentions);

#endif
