/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A newer configuration for a running instance: what changes now, and what
 * must wait for a restart? */
#include "manager/config_parts.h"

#include <string.h>

static size_t
member_size(enum setting_type type)
{
	switch (type) {
	case SETTING_TYPE_BOOL:
		return sizeof(bool);
	case SETTING_TYPE_INT:
		return sizeof(long);
	case SETTING_TYPE_LIST:
		return sizeof(struct config_list);
	case SETTING_TYPE_STRING:
	case SETTING_TYPE_ENUM:
		break;
	}
	return sizeof(char *);
}

static bool
same_list(const struct config_list *a, const struct config_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	}
	return true;
}

static bool
same(enum setting_type type, const void *a, const void *b)
{
	switch (type) {
	case SETTING_TYPE_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case SETTING_TYPE_INT:
		return *(const long *)a == *(const long *)b;
	case SETTING_TYPE_LIST:
		return same_list(a, b);
	case SETTING_TYPE_STRING:
	case SETTING_TYPE_ENUM:
		break;
	}
	return strcmp(*(char *const *)a, *(char *const *)b) == 0;
}

static void
swap(void *a, void *b, size_t n)
{
	char old[sizeof(struct config_list)];

	memcpy(old, a, n);
	memcpy(a, b, n);
	memcpy(b, old, n);
}

void
config_reload(struct config *c, struct config *newer, struct buf *report)
{
	const struct setting *row;
	struct sections all = c->all, lines = c->lines;
	void *a, *b;

	for (size_t i = 0; i < config_nsettings; i++) {
		row = &config_settings[i];
		a = (char *)c + row->offset;
		b = (char *)newer + row->offset;
		if (same(row->type, a, b))
			continue;
		if ((row->flags & SETTING_RELOAD) != 0)
			swap(a, b, member_size(row->type));
		if ((row->flags & SETTING_IGNORED) == 0)
			buf_addf(report, "[%s] %s: %s\n", row->section,
			    row->key, (row->flags & SETTING_RELOAD) != 0 ?
			    "changed" : "changes after a restart");
	}
	c->all = newer->all;
	newer->all = all;
	c->lines = newer->lines;
	newer->lines = lines;
}
