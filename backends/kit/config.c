/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the configuration file say?  A copy of what initialize brought,
 * and the look-up of single values in it. */
#include "backends/kit/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/kit/kit.h"
#include "util/arena.h"

static struct arena arena;
static struct sections config;		/* in the arena */

static void
copy_pairs(struct pairs *to, const struct pairs *from)
{
	to->n = from->n;
	to->v = arena_alloc(&arena, from->n * sizeof(*to->v) + 1);
	for (size_t i = 0; i < from->n; i++) {
		to->v[i].key = arena_strdup(&arena, from->v[i].key);
		to->v[i].value = arena_strdup(&arena, from->v[i].value);
	}
}

const struct sections *
config_keep(const struct sections *from)
{
	config_forget();
	config.n = from->n;
	config.v = arena_alloc(&arena, from->n * sizeof(*config.v) + 1);
	for (size_t i = 0; i < from->n; i++) {
		config.v[i].name = arena_strdup(&arena, from->v[i].name);
		copy_pairs(&config.v[i].pairs, &from->v[i].pairs);
	}
	return &config;
}

void
config_forget(void)
{
	arena_free(&arena);
	config = (struct sections){ 0 };
}

static const char *
find_key(const struct pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->v[i].key, key) == 0)
			return pairs->v[i].value;
	}
	return NULL;
}

const char *
kit_config(const char *section, const char *key, const char *otherwise)
{
	const char *value;

	for (size_t i = 0; i < config.n; i++) {
		if (strcmp(config.v[i].name, section) != 0)
			continue;
		value = find_key(&config.v[i].pairs, key);
		if (value != NULL)
			return value;
	}
	return otherwise;
}

bool
kit_config_bool(const char *section, const char *key, bool otherwise)
{
	static const char *const words[][2] = {
		{ "0", "1" }, { "false", "true" }, { "no", "yes" },
		{ "off", "on" },
	};
	const char *value = kit_config(section, key, "");

	for (size_t i = 0; i < LENGTH(words); i++) {
		if (strcasecmp(value, words[i][0]) == 0)
			return false;
		if (strcasecmp(value, words[i][1]) == 0)
			return true;
	}
	return otherwise;
}

long
kit_config_int(const char *section, const char *key, long otherwise)
{
	const char *value = kit_config(section, key, "");
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	return end == value || *end != '\0' || errno != 0 ? otherwise : n;
}
