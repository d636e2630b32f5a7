/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - one instance's configuration file as a struct.
 * settings.def has a row for every key; from it come the defaults, the checks
 * and what spectrum2.cfg(5) must say.  Keys that are not there belong to the
 * backend and are handed to it as they are. */
#ifndef MANAGER_CONFIG_H
#define MANAGER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/schema.h"
#include "util/buf.h"
#include "util/macros.h"

struct config_list {
	char	**v;		/* owned; a NULL follows the last one */
	size_t	  n;
};

/* An option of the command line, "section.key" and its value: wins over the
 * file; repeated ones of a list are a list. */
struct config_override {
	const char	*name, *value;
};

/* One member section_key per row of settings.def.  All strings are owned and
 * never NULL; an unset one is "". */
struct config {
#define SETTING_STRING(section, key, value, flags, help) \
	char *section##_##key;
#define SETTING_BOOL(section, key, value, flags, help) \
	bool section##_##key;
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
	/* What goes to backends: everything but the rows marked SECRET or
	 * PRIVATE, known and unknown alike, with the known ones' defaults, bools as 1 and 0,
	 * $jid expanded in the known ones, repeated keys joined by newlines.
	 * Nothing for an empty one. */
	struct sections	 all;
	/* Of each key that was given: the number of its line, of a repeated one
	 * that of the first; "0": the command line. */
	struct sections	 lines;
	/* What the command line said, for config_load_again(). */
	char		*jid;		/* or NULL */
	struct config_override *overrides;
	size_t		 noverrides;
};

/* Read and check.  jid: of -j, or NULL.  Returns NULL and *why (caller frees):
 * "FILE:LINE: [section] key: what is wrong; what would be right".  What looks
 * like a slip of the pen but may be a backend's key is a warning in the log. */
struct config	*config_load(const char *path, const char *jid,
		    const struct config_override *, size_t n, char **why)
		    MUST_CHECK;
/* The same file with the same command line, as it is now. */
struct config	*config_load_again(const struct config *, char **why)
		    MUST_CHECK;
/* The same from a text; path is for the messages. */
struct config	*config_parse(const char *text, const char *path,
		    const char *jid, const struct config_override *, size_t n,
		    char **why) MUST_CHECK;
void		 config_destroy(struct config *);	/* NULL is fine */

/* Can the program of [service] backend be executed?  PATH is as backends will
 * have it.  -1 and *why as above: not now. */
int		 config_check_program(const struct config *, char **why)
		    MUST_CHECK;

/* "reload": what settings.def marks RELOAD, and all, become those of the newer
 * one, which keeps the old ones and can be destroyed when nobody borrows them
 * any more.  Adds a line to the report for each setting that has changed,
 * saying of those not marked that they need a restart. */
void		 config_reload(struct config *, struct config *newer,
		    struct buf *report);

/* A complaint about a setting that is wrong now that it is used: "FILE:LINE:
 * [section] key: ...", owned by the caller. */
char		*config_wrong(const struct config *, const char *section,
		    const char *key, const char *fmt, ...) PRINTF(4, 5);

/* Where an instance keeps its things, "$jid" expanded. */
const char	*config_control_path(const struct config *);	/* socket */

/* The rows, for tables and help. */
enum setting_type {
	SETTING_TYPE_STRING, SETTING_TYPE_BOOL, SETTING_TYPE_INT,
	SETTING_TYPE_ENUM, SETTING_TYPE_LIST,
};

enum setting_flags {
	SETTING_RELOAD = 1, SETTING_PRIVATE = 2, SETTING_SECRET = 4,
	SETTING_IGNORED = 8,
};

struct setting {
	const char	*section, *key;
	enum setting_type type;
	const char	*value;		/* default of a string or enum */
	long		 number;	/* default of a bool or int */
	long		 min, max;	/* of an int */
	const char	*values;	/* of an enum, separated by spaces */
	unsigned	 flags;
	const char	*help;
	size_t		 offset;	/* in struct config */
};

extern const struct setting config_settings[];
extern const size_t config_nsettings;
/* The row of a key, or NULL. */
const struct setting *config_row(const char *section, const char *key);

#endif
