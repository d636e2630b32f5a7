/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.def as an array: what is there to set? */
#include "manager/config_parts.h"

#include <string.h>

#define RELOAD	SETTING_RELOAD
#define PRIVATE	SETTING_PRIVATE
#define SECRET	SETTING_SECRET
#define IGNORED	SETTING_IGNORED

#define ROW(sect, name, kind) \
	.section = #sect, .key = #name, .type = SETTING_TYPE_##kind, \
	.offset = offsetof(struct config, sect##_##name)

const struct setting config_settings[] = {
#define SETTING_STRING(sect, name, def, flag, text) \
	{ ROW(sect, name, STRING), .value = def, .flags = flag, .help = text },
#define SETTING_BOOL(sect, name, def, flag, text) \
	{ ROW(sect, name, BOOL), .number = def, .flags = flag, .help = text },
#define SETTING_INT(sect, name, def, least, most, flag, text) \
	{ ROW(sect, name, INT), .number = def, .min = least, .max = most, \
	    .flags = flag, .help = text },
#define SETTING_ENUM(sect, name, def, words, flag, text) \
	{ ROW(sect, name, ENUM), .value = def, .values = words, \
	    .flags = flag, .help = text },
#define SETTING_LIST(sect, name, flag, text) \
	{ ROW(sect, name, LIST), .flags = flag, .help = text },
#include "manager/settings.def"
};

const size_t config_nsettings = LENGTH(config_settings);

const struct setting *
config_row(const char *section, const char *key)
{
	const struct setting *row;

	for (row = config_settings; row < config_settings + config_nsettings;
	    row++) {
		if (strcmp(row->key, key) == 0 &&
		    strcmp(row->section, section) == 0)
			return row;
	}
	return NULL;
}
