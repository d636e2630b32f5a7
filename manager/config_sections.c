/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What backends are told of the configuration: everything that is not a
 * secret of the main process, as strings.  And in which line each key is. */
#include "manager/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static struct pairs *
section_for(struct sections *all, const char *name)
{
	struct section *s;

	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->v[i].name, name) == 0)
			return &all->v[i].pairs;
	}
	all->v = xreallocarray(all->v, all->n + 1, sizeof(*all->v));
	s = &all->v[all->n++];
	s->name = xstrdup(name);
	s->pairs = (struct pairs){ 0 };
	return &s->pairs;
}

static struct pair *
find(const struct pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->v[i].key, key) == 0)
			return &pairs->v[i];
	}
	return NULL;
}

/* Takes the value. */
static void
append(struct pairs *pairs, const char *key, char *value)
{
	struct pair *p;

	pairs->v = xreallocarray(pairs->v, pairs->n + 1, sizeof(*pairs->v));
	p = &pairs->v[pairs->n++];
	p->key = xstrdup(key);
	p->value = value;
}

/* A key that is there already gets one more line.  Takes the value. */
static void
add(struct sections *all, const char *section, const char *key, char *value)
{
	struct pairs *pairs;
	struct pair *p;
	char *both;

	if (*value == '\0') {
		free(value);
		return;
	}
	pairs = section_for(all, section);
	if ((p = find(pairs, key)) == NULL) {
		append(pairs, key, value);
		return;
	}
	both = xasprintf("%s\n%s", p->value, value);
	free((char *)p->value);
	free(value);
	p->value = both;
}

static void
add_line(struct sections *all, const struct config_line *line)
{
	struct pairs *pairs = section_for(all, line->section);

	if (find(pairs, line->key) == NULL)
		append(pairs, line->key, xasprintf("%d", line->number));
}

static void
add_row(struct sections *all, const struct config *c,
    const struct setting *row)
{
	const void *member = (const char *)c + row->offset;
	const struct config_list *list;
	char *value = NULL;

	switch (row->type) {
	case SETTING_TYPE_STRING:
	case SETTING_TYPE_ENUM:
		value = xstrdup(*(char *const *)member);
		break;
	case SETTING_TYPE_BOOL:
		value = xstrdup(*(const bool *)member ? "1" : "0");
		break;
	case SETTING_TYPE_INT:
		value = xasprintf("%ld", *(const long *)member);
		break;
	case SETTING_TYPE_LIST:
		list = member;
		for (size_t i = 0; i < list->n; i++)
			add(all, row->section, row->key, xstrdup(list->v[i]));
		return;
	}
	add(all, row->section, row->key, value);
}

void
config_sections_fill(struct config *c, const struct config_lines *lines)
{
	const unsigned hidden = SETTING_SECRET | SETTING_PRIVATE;
	const struct config_line *line;

	for (size_t i = 0; i < config_nsettings; i++) {
		if ((config_settings[i].flags & hidden) == 0)
			add_row(&c->all, c, &config_settings[i]);
	}
	for (size_t i = 0; i < lines->n; i++) {
		line = &lines->v[i];
		add_line(&c->lines, line);
		if (line->row == NULL)
			add(&c->all, line->section, line->key,
			    xstrdup(line->value));
	}
}

void
config_sections_free(struct sections *all)
{
	struct pairs *pairs;

	for (size_t i = 0; i < all->n; i++) {
		pairs = &all->v[i].pairs;
		for (size_t j = 0; j < pairs->n; j++) {
			free((char *)pairs->v[j].key);
			free((char *)pairs->v[j].value);
		}
		free(pairs->v);
		free((char *)all->v[i].name);
	}
	free(all->v);
	*all = (struct sections){ 0 };
}
