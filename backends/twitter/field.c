/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this field what it should be?  What it means is for page.c. */
#include "backends/twitter/field.h"

#include <limits.h>
#include <string.h>

#include "backends/twitter/page.h"
#include "backends/twitter/text.h"

#define KEY_MAX		64
#define ADDRESS_MAX	2048

json_t *
field_either(const json_t *json, const char *name, const char *other)
{
	json_t *value = json_object_get(json, name);

	return value != NULL ? value : json_object_get(json, other);
}

const char *
field_string(const json_t *json, const char *name, size_t max)
{
	const json_t *value = json_object_get(json, name);
	size_t n = json_string_length(value);

	return n > 0 && n <= max ? json_string_value(value) : NULL;
}

const char *
field_id(struct arena *a, const json_t *json, const char *name)
{
	const char *id = field_string(json, name, PAGE_ID_MAX);

	return id != NULL && page_is_id(id) ? arena_strdup(a, id) : NULL;
}

const char *
field_key(struct arena *a, const json_t *json, const char *name)
{
	const char *key = field_string(json, name, KEY_MAX);

	if (key == NULL || key[strspn(key, "0123456789-_"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] != '\0')
		return NULL;
	return arena_strdup(a, key);
}

const char *
field_line(struct arena *a, const json_t *json, const char *name, size_t max)
{
	const char *s = json_string_value(json_object_get(json, name));

	if (s == NULL)
		return NULL;
	s = text_line(a, s, max);
	return *s != '\0' ? s : NULL;
}

const char *
field_address(struct arena *a, const json_t *json, const char *name)
{
	const char *s = field_string(json, name, ADDRESS_MAX);

	return s != NULL && text_is_address(s) ? text_line(a, s, ADDRESS_MAX) :
	    NULL;
}

long
field_count(const json_t *json, const char *name)
{
	const json_t *value = json_object_get(json, name);
	json_int_t n = json_integer_value(value);

	return json_is_integer(value) && n >= 0 && n <= LONG_MAX ? (long)n : -1;
}

int64_t
field_time(const json_t *json, const char *name)
{
	const char *s = field_string(json, name, KEY_MAX);

	return s != NULL ? page_time(s) : 0;
}
