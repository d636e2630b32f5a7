/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - one instance's configuration file as a struct.
 * settings.def has a row for every key; from it come the defaults, the checks,
 * --check-config and spectrum2.cfg(5).  Keys that are not there belong to the
 * backend and are handed to it as they are. */
#ifndef MANAGER_CONFIG_H
#define MANAGER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/schema.h"
#include "util/macros.h"

struct config_list {
	char	**v;		/* owned */
	size_t	  n;
};

/* One member section_key per row of settings.def.  All strings are owned and
 * never NULL; an unset one is "". */
struct config {
#define SETTING_STRING(section, key, value, flags, help)	char *section##_##key;
#define SETTING_BOOL(section, key, value, flags, help)	bool section##_##key;
#define SETTING_INT(section, key, value, min, max, flags, help) \
	long section##_##key;
#define SETTING_ENUM(section, key, value, values, flags, help) \
	char *section##_##key;
#define SETTING_LIST(section, key, flags, help)	\
	struct config_list section##_##key;
#include "manager/settings.def"
#undef SETTING_STRING
#undef SETTING_BOOL
#undef SETTING_INT
#undef SETTING_ENUM
#undef SETTING_LIST
	char		*path;		/* of the file */
	/* What goes to backends: everything but the rows marked SECRET, known
	 * and unknown alike, $jid expanded in the known ones, repeated keys
	 * joined by newlines. */
	struct sections	 all;
};

/* An option of the command line, "section.key" and its value: wins over the
 * file. */
struct config_override {
	const char	*name, *value;
};

/* Read and check.  jid: of -j, or NULL.  Returns NULL and *why (caller frees):
 * "FILE:LINE: [section] key: what is wrong; what would be right". */
struct config	*config_load(const char *path, const char *jid,
		    const struct config_override *, size_t n, char **why)
		    MUST_CHECK;
void		 config_destroy(struct config *);	/* NULL is fine */

/* Where an instance keeps its things, "$jid" expanded. */
const char	*config_control_path(const struct config *);	/* socket */

#endif
