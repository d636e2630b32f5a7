/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does messages.def say?  Its rows as constant tables, and the way from a
 * name on the wire to a method.
 *
 * A row of fields does not know which struct it belongs to, so every struct
 * gets a function, in which "self" is that struct; its tables are constants
 * all the same. */
#include "protocol/layout.h"

#include <string.h>

#include "util/macros.h"

#define REQUIRED	1
#define OPTIONAL	0

/* ------------------------------------------- required_NAME: how many fields */

#define RECORD(name)				enum { required_##name = 0
#define MESSAGE(name, wire, dir, kind, help)	enum { required_##name = 0
#define RESULT(name, help)		enum { required_##name##_result = 0
#define FIELD(type, name, need, help)		+ need
#define LIST(record, name, need, help)		+ need
#define ONE(record, name, need, help)		+ need
#define END					};
#include "protocol/messages.def"
#undef RECORD
#undef MESSAGE
#undef RESULT
#undef FIELD
#undef LIST
#undef ONE
#undef END

/* ------------------------------------------------ layout_NAME(): the fields */

#define BEGIN_LAYOUT(id, text) \
static const struct layout * \
layout_##id(void) \
{ \
	typedef struct msg_##id self; \
	enum { needed = required_##id }; \
	static const char name_[] = #id; \
	static const char help_[] = text; \
	static const struct field fields[] = {

#define ROW(type, name, need, record, help) \
	{ #name, sizeof(#name) - 1, FIELD_##type, need, offsetof(self, name), \
	    record, help },

#define RECORD(name)				BEGIN_LAYOUT(name, "")
#define MESSAGE(name, wire, dir, kind, help)	BEGIN_LAYOUT(name, help)
#define RESULT(name, help)		BEGIN_LAYOUT(name##_result, help)
#define FIELD(type, name, need, help)	ROW(type, name, need, NULL, help)
#define LIST(record, name, need, help) \
	ROW(LIST, name, need, layout_##record, help)
#define ONE(record, name, need, help) \
	ROW(ONE, name, need, layout_##record, help)
#define END \
		{ .name = NULL } \
	}; \
	static const struct layout layout = { name_, help_, fields, \
	    LENGTH(fields) - 1, needed, sizeof(self) }; \
	_Static_assert(LENGTH(fields) - 1 <= LAYOUT_FIELDS_MAX, \
	    "too many fields"); \
	return &layout; \
}
#include "protocol/messages.def"
#undef RECORD
#undef MESSAGE
#undef RESULT
#undef FIELD
#undef LIST
#undef ONE
#undef END

/* ------------------------------------------------------------------ methods */

#define FIELD(type, name, need, help)
#define LIST(record, name, need, help)
#define ONE(record, name, need, help)
#define END

#define RECORD(name)				layout_##name,
#define MESSAGE(name, wire, dir, kind, help)
#define RESULT(name, help)
static layout_of *const records[] = {
#include "protocol/messages.def"
};
#undef RECORD
#undef MESSAGE
#undef RESULT

#define RECORD(name)
#define MESSAGE(name, wire, dir, kind, help) \
	[METHOD_##name] = { wire, sizeof(wire) - 1, dir, kind, layout_##name },
#define RESULT(name, help)
static const struct {
	const char	*wire;
	size_t		 len;
	enum direction	 direction;
	enum msg_kind	 kind;
	layout_of	*params;
} methods[METHOD_COUNT] = {
#include "protocol/messages.def"
};
#undef MESSAGE
#undef RESULT

#define MESSAGE(name, wire, dir, kind, help)
#define RESULT(name, help)	[METHOD_##name] = layout_##name##_result,
static layout_of *const results[METHOD_COUNT] = {
#include "protocol/messages.def"
};

const char *
method_wire(enum method m)
{
	return m > METHOD_NONE && m < METHOD_COUNT ? methods[m].wire : NULL;
}

enum direction
method_direction(enum method m)
{
	return methods[m].direction;
}

enum msg_kind
method_kind(enum method m)
{
	return methods[m].kind;
}

const struct layout *
layout_params(enum method m)
{
	return methods[m].params();
}

const struct layout *
layout_result(enum method m)
{
	return results[m] != NULL ? results[m]() : NULL;
}

const struct layout *
layout_failure(void)
{
	return layout_error();
}

const struct layout *
layout_record(size_t i)
{
	return i < LENGTH(records) ? records[i]() : NULL;
}

/* ----------------------------------------------------------- name to method */

#define SLOTS 256
#define NAME_MAX_BYTES 64	/* longer than any we know */

_Static_assert(METHOD_COUNT * 2 <= SLOTS, "method_find() wants empty slots");

/* The names are known beforehand, so nobody can choose colliding ones; a
 * stranger's name costs one short walk to an empty slot. */
static unsigned
slot_of(enum direction dir, const char *wire, size_t len)
{
	uint32_t h = 2166136261u ^ (uint32_t)dir;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)wire[i]) * 16777619u;
	return (h ^ h >> 8 ^ h >> 16) % SLOTS;
}

static void
fill_slots(uint8_t slots[SLOTS])
{
	for (unsigned m = METHOD_NONE + 1; m < METHOD_COUNT; m++) {
		unsigned at = slot_of(methods[m].direction, methods[m].wire,
		    methods[m].len);

		while (slots[at] != METHOD_NONE)
			at = (at + 1) % SLOTS;
		slots[at] = (uint8_t)m;
	}
}

enum method
method_find(enum direction dir, const char *wire, size_t len)
{
	static uint8_t slots[SLOTS];
	static bool filled;
	unsigned m;

	if (len > NAME_MAX_BYTES)
		return METHOD_NONE;
	if (!filled) {
		fill_slots(slots);
		filled = true;
	}
	for (unsigned at = slot_of(dir, wire, len);
	    (m = slots[at]) != METHOD_NONE; at = (at + 1) % SLOTS) {
		if (methods[m].direction == dir && methods[m].len == len &&
		    memcmp(methods[m].wire, wire, len) == 0)
			return (enum method)m;
	}
	return METHOD_NONE;
}
