/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which settings of rooms are the gateway's own, and how do they look in a
 * form?  Who acts on them is not known here. */
#include "manager/gateway/room_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/form.h"
#include "protocol/scope.h"

static const struct row {
	const char	*name, *label;
	bool		 number;
} rows[] = {
	{ "record_history", "Keep what is said", false },
	{ "persistent", "Stay there while you are offline", false },
	{ "max_history_length", "Messages shown on joining", true },
};

static const struct row *
find(const char *name)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

bool
room_settings_has(const char *name)
{
	return find(name) != NULL;
}

const char *
pairs_value(const struct pairs *pairs, const char *key)
{
	for (size_t i = 0; pairs != NULL && i < pairs->n; i++) {
		if (strcmp(pairs->v[i].key, key) == 0)
			return pairs->v[i].value;
	}
	return NULL;
}

/* ------------------------------------------------------------- what holds */

static const char *
otherwise(const struct gateway *gw, const char *name)
{
	static char length[16];

	if (strcmp(name, "record_history") == 0)
		return gw->config->record_history ? "1" : "0";
	if (strcmp(name, "persistent") == 0)
		return gw->config->persistent ? "1" : "0";
	snprintf(length, sizeof(length), "%u", gw->config->history_max);
	return length;
}

const char *
room_settings_value(const struct room_settings_of *of, const char *name)
{
	if (of->user != NULL)
		return user_setting(of->user, name, NULL);
	for (size_t i = 0; of->record != NULL && i < of->record->nsettings;
	    i++) {
		if (strcmp(of->record->settings[i].name, name) == 0)
			return of->record->settings[i].value;
	}
	return NULL;
}

static const char *
scoped(const struct room_settings_of *of, const char *name, const char *id)
{
	char key[SCOPE_NAME_MAX];

	return scope_name(key, name, id) == 0 ?
	    room_settings_value(of, key) : NULL;
}

/* What holds where nothing is set for this very place, and why. */
static const char *
inherited(const struct room_settings_of *of, const char *name,
    const char **why)
{
	const char *server = of->id ? scope_server(of->id) : NULL;
	char bare[SCOPE_NAME_MAX];
	const char *value;

	*why = "as set without the port";
	if (of->id != NULL && scope_bare(bare, of->id) != NULL &&
	    (value = scoped(of, name, bare)) != NULL)
		return value;
	*why = "as set for its server";
	if (server != NULL && scope_bare(bare, server) != NULL &&
	    scoped(of, name, server) == NULL)
		server = bare;
	if (server != NULL && (value = scoped(of, name, server)) != NULL)
		return value;
	*why = "as in your settings";
	if (of->id != NULL && (value = scoped(of, name, NULL)) != NULL)
		return value;
	*why = "usual here";
	return otherwise(of->gw, name);
}

/* ------------------------------------------------------------------- forms */

static const char *
shown(const char *value)
{
	return strcmp(value, "1") == 0 ? "yes" : "no";
}

static void
put_choice(struct xml *x, const struct row *row, const char *value,
    const char *base, const char *why, struct arena *a)
{
	struct msg_option options[] = {
		{ .value = "", .label = arena_printf(a, "%s (%s)",
		    shown(base), why) },
		{ .value = "1", .label = "yes" },
		{ .value = "0", .label = "no" },
	};
	const struct msg_field field = {
		.var = row->name, .type = "choice", .value = value,
		.label = row->label,
		.options = { options, LENGTH(options) },
	};

	form_field_of(x, &field);
}

void
room_settings_put(struct xml *x, const struct room_settings_of *of,
    const struct pairs *filled)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct row *row = &rows[i];
		const char *typed = pairs_value(filled, row->name), *why;
		const char *base = inherited(of, row->name, &why);
		const char *value = scoped(of, row->name, of->id);

		if (typed != NULL || value == NULL)
			value = typed ? typed : "";
		if (!row->number)
			put_choice(x, row, value, base, why, &a);
		else
			form_field(x, row->name, "text-single",
			    arena_printf(&a, "%s (empty: %s, %s)", row->label,
			    base, why), value, false);
	}
	arena_free(&a);
}

static bool
is_number(const char *value)
{
	size_t len = strspn(value, "0123456789");

	return len > 0 && len <= 4 && value[len] == '\0' &&
	    atoi(value) <= ROOM_HISTORY_LENGTH_MAX;
}

static bool
is_bool(const char *value)
{
	return strcmp(value, "0") == 0 || strcmp(value, "1") == 0 ||
	    strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
}

const char *
room_settings_wrong(struct arena *a, const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const struct row *row = find(pairs->v[i].key);
		const char *value = pairs->v[i].value;

		if (row == NULL || *value == '\0')
			continue;
		if (row->number && !is_number(value))
			return arena_printf(a, "%s: want a number from 0 to "
			    "%d, or nothing.", row->label,
			    ROOM_HISTORY_LENGTH_MAX);
		if (!row->number && !is_bool(value))
			return arena_printf(a, "%s: want yes or no, or "
			    "nothing.", row->label);
	}
	return NULL;
}

const char *
room_settings_kept(const char *value)
{
	if (*value == '\0')
		return NULL;
	if (strcmp(value, "true") == 0)
		return "1";
	return strcmp(value, "false") == 0 ? "0" : value;
}

bool
room_settings_save(struct user *user, const char *id,
    const struct pairs *pairs)
{
	char name[SCOPE_NAME_MAX];
	bool done = true;

	for (size_t i = 0; i < pairs->n; i++) {
		const struct pair *p = &pairs->v[i];
		const char *value = room_settings_kept(p->value), *before;

		if (find(p->key) == NULL)
			continue;
		if (scope_name(name, p->key, id) < 0)
			return false;
		before = user_setting(user, name, NULL);
		if (value == NULL ? before == NULL : before != NULL &&
		    strcmp(value, before) == 0)
			continue;
		done = user_set_setting(user, name, STORE_STRING, value) &&
		    done;
	}
	return done;
}
