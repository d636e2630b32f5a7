/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sqlite.h - what the files of the SQLite engine share; for nobody else. */
#ifndef MANAGER_STORE_SQLITE_H
#define MANAGER_STORE_SQLITE_H

#include <sqlite3.h>

#include "manager/store/engine.h"

enum statement {
	GET_USER, GET_SETTINGS, GET_CONTACTS, GET_USERS, GET_ONLINE, FIND_UIN,
	CHANGE_USER, ADD_USER, PUT_PASSWORD,
	REMOVE_ICONS_OF, REMOVE_CONTACTS_OF, REMOVE_SETTINGS_OF, REMOVE_USER,
	SET_ONLINE, SET_SETTING, FORGET_SETTING,
	CHANGE_CONTACT, ADD_CONTACT, SET_ICON, FORGET_ICON,
	REMOVE_CONTACT_SETTINGS, REMOVE_CONTACT,
	NSTATEMENTS
};

struct sqlite {
	struct engine	 engine;
	sqlite3		*db;
	char		*prefix;	/* letters, digits and _ */
	sqlite3_stmt	*statements[NSTATEMENTS];	/* NULL: not yet used */
};

/* Put the prefix where the text has '@'.  Caller frees. */
char	*sqlite_prefixed(const struct sqlite *, const char *sql);
/* Remember what went wrong; returns -1. */
int	 sqlite_failed(struct sqlite *, const char *doing);
/* Run statements that return nothing of interest. */
int	 sqlite_run(struct sqlite *, const char *sql) MUST_CHECK;

extern const struct engine_ops sqlite_ops;

#endif
