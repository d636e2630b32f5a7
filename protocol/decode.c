/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes to messages: frame.c finds the end of one, msgpack-c parses it, and
 * here the schema's tables say what goes where.
 *
 * Strings stay where they arrived.  The byte behind a string is the header of
 * the next value, which has been parsed by then, so the NUL goes there; only
 * the last string of a message, behind which another message may begin, is
 * copied. */
#include "protocol/codec.h"

#include <assert.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/frame.h"
#include "protocol/layout.h"
#include "protocol/text.h"
#include "util/arena.h"
#include "util/log.h"
#include "util/xalloc.h"

#define ZONE_CHUNK	4096
/* An element of a list is a map with at least one field that is REQUIRED. */
#define RECORD_BYTES_MIN 4

struct decoder {
	enum direction	 from;
	bool		 hopeless;
	struct frame	 frame;
	size_t		 used;		/* bytes of the message given last */
	msgpack_zone	 zone;		/* of its parse tree */
	struct arena	 arena;		/* of its arrays and records */
	const char	*end;		/* of its bytes */
	const msgpack_object *result;	/* of a RESPONSE */
	union params	 params;
	struct msg_error error;
	const char	*subject;	/* what why is about */
	char		 why[160];
};

typedef int take(struct decoder *, const struct field *,
    const msgpack_object *, void *value);

static int	take_record(struct decoder *, const struct layout *,
		    const msgpack_object *, void *record);

struct decoder *
decoder_create(enum direction from)
{
	struct decoder *d = xcalloc(1, sizeof(*d));

	d->from = from;
	if (!msgpack_zone_init(&d->zone, ZONE_CHUNK))
		fatal("out of memory");
	return d;
}

void
decoder_destroy(struct decoder *d)
{
	if (d == NULL)
		return;
	msgpack_zone_destroy(&d->zone);
	arena_free(&d->arena);
	free(d);
}

static int
refuse(struct decoder *d, const struct field *f, const char *what)
{
	snprintf(d->why, sizeof(d->why), "%s%s%s: %s", d->subject,
	    f != NULL ? ": " : "", f != NULL ? f->name : "", what);
	return -1;
}

static const char *
string(struct decoder *d, const msgpack_object *o)
{
	/* The tree points into the caller's buffer, which is writable. */
	char *s = (char *)(uintptr_t)o->via.str.ptr;
	size_t len = o->via.str.size;

	if (o->type != MSGPACK_OBJECT_STR)
		return NULL;
	if (len == 0)
		return "";	/* msgpack-c leaves ptr undefined then */
	if (!text_valid(s, len))
		return NULL;
	if (s + len == d->end)
		return arena_strndup(&d->arena, s, len);
	s[len] = '\0';
	return s;
}

/* An empty array is not an absent one, so never NULL. */
static void *
array_of(struct decoder *d, size_t n, size_t size)
{
	return arena_alloc(&d->arena, n > 0 ? n * size : 1);
}

/* ----------------------------------------------- one function for each type */

static int
take_str(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	const char *s = string(d, o);

	if (s == NULL)
		return refuse(d, f, "not a string of UTF-8");
	*(const char **)value = s;
	return 0;
}

static int
take_int(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		*(int64_t *)value = o->via.i64;
	else if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
	    o->via.u64 <= INT64_MAX)
		*(int64_t *)value = (int64_t)o->via.u64;
	else
		return refuse(d, f, "not an integer of 64 bits");
	return 0;
}

static int
take_bool(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	if (o->type != MSGPACK_OBJECT_BOOLEAN)
		return refuse(d, f, "neither true nor false");
	*(bool *)value = o->via.boolean;
	return 0;
}

static int
take_tri(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	if (o->type != MSGPACK_OBJECT_BOOLEAN)
		return refuse(d, f, "neither true nor false");
	*(enum tri *)value = o->via.boolean ? TRI_TRUE : TRI_FALSE;
	return 0;
}

static int
take_bin(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	if (o->type != MSGPACK_OBJECT_BIN)
		return refuse(d, f, "not binary data");
	((struct bin *)value)->len = o->via.bin.size;
	((struct bin *)value)->data = o->via.bin.size > 0 ? o->via.bin.ptr : "";
	return 0;
}

static int
take_strs(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	const msgpack_object_array *array = &o->via.array;
	const char **v;

	if (o->type != MSGPACK_OBJECT_ARRAY)
		return refuse(d, f, "not an array of strings");
	v = array_of(d, array->size, sizeof(*v));
	for (uint32_t i = 0; i < array->size; i++) {
		if ((v[i] = string(d, &array->ptr[i])) == NULL)
			return refuse(d, f, "not an array of strings");
	}
	*(struct strs *)value = (struct strs){ v, array->size };
	return 0;
}

static int
take_map(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	const msgpack_object_map *map = &o->via.map;
	struct pair *v;

	if (o->type != MSGPACK_OBJECT_MAP)
		return refuse(d, f, "not a map of strings");
	v = array_of(d, map->size, sizeof(*v));
	for (uint32_t i = 0; i < map->size; i++) {
		v[i].key = string(d, &map->ptr[i].key);
		v[i].value = string(d, &map->ptr[i].val);
		if (v[i].key == NULL || v[i].value == NULL)
			return refuse(d, f, "not a map of strings");
	}
	*(struct pairs *)value = (struct pairs){ v, map->size };
	return 0;
}

static int
take_sections(struct decoder *d, const struct field *f,
    const msgpack_object *o, void *value)
{
	const msgpack_object_map *map = &o->via.map;
	struct section *v;

	if (o->type != MSGPACK_OBJECT_MAP)
		return refuse(d, f, "not a map of maps");
	v = array_of(d, map->size, sizeof(*v));
	for (uint32_t i = 0; i < map->size; i++) {
		if ((v[i].name = string(d, &map->ptr[i].key)) == NULL)
			return refuse(d, f, "not a map of maps");
		if (take_map(d, f, &map->ptr[i].val, &v[i].pairs) < 0)
			return -1;
	}
	*(struct sections *)value = (struct sections){ v, map->size };
	return 0;
}

/* Every LIST is a struct like this one, only with another pointer. */
struct list {
	char	*v;
	size_t	 n;
};

static int
take_list(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	const msgpack_object_array *array = &o->via.array;
	const struct layout *layout = f->record();
	char *v;

	if (o->type != MSGPACK_OBJECT_ARRAY)
		return refuse(d, f, "not an array of maps");
	if (array->size > d->used / RECORD_BYTES_MIN)
		return refuse(d, f, "maps without their fields");
	v = array_of(d, array->size, layout->size);
	for (uint32_t i = 0; i < array->size; i++) {
		if (take_record(d, layout, &array->ptr[i],
		    v + i * layout->size) < 0)
			return -1;
	}
	*(struct list *)value = (struct list){ v, array->size };
	return 0;
}

static int
take_one(struct decoder *d, const struct field *f, const msgpack_object *o,
    void *value)
{
	const struct layout *layout = f->record();
	void *record = arena_alloc(&d->arena, layout->size);

	if (take_record(d, layout, o, record) < 0)
		return -1;
	*(void **)value = record;
	return 0;
}

static take *const takers[] = {
	[FIELD_STR]      = take_str,
	[FIELD_INT]      = take_int,
	[FIELD_BOOL]     = take_bool,
	[FIELD_TRI]      = take_tri,
	[FIELD_BIN]      = take_bin,
	[FIELD_STRS]     = take_strs,
	[FIELD_MAP]      = take_map,
	[FIELD_SECTIONS] = take_sections,
	[FIELD_LIST]     = take_list,
	[FIELD_ONE]      = take_one,
};

/* Which field is meant, looking from *at on: senders that keep the schema's
 * order cost one comparison a field.  The count: none. */
static unsigned
field_find(const struct layout *layout, const msgpack_object *key, unsigned at)
{
	const struct field *fields = layout->fields;

	if (key->type != MSGPACK_OBJECT_STR)
		return layout->count;
	for (unsigned tries = 0; tries < layout->count; tries++, at++) {
		if (at >= layout->count)
			at = 0;
		if (fields[at].name_len == key->via.str.size &&
		    memcmp(fields[at].name, key->via.str.ptr,
		    key->via.str.size) == 0)
			return at;
	}
	return layout->count;
}

static int
missing(struct decoder *d, const struct layout *layout, uint32_t seen)
{
	unsigned i = 0;

	while (!layout->fields[i].required || (seen & UINT32_C(1) << i) != 0)
		i++;
	return refuse(d, &layout->fields[i], "missing");
}

/* Keys we do not know are skipped, nil is as good as absent, and of a key
 * given twice the last one counts. */
static int
take_record(struct decoder *d, const struct layout *layout,
    const msgpack_object *o, void *record)
{
	const msgpack_object_map *map = &o->via.map;
	unsigned at = 0, required = 0;
	uint32_t seen = 0;

	if (o->type != MSGPACK_OBJECT_MAP)
		return refuse(d, NULL, "not a map");
	memset(record, 0, layout->size);
	for (uint32_t i = 0; i < map->size; i++) {
		const msgpack_object *val = &map->ptr[i].val;
		const struct field *f;
		unsigned found;

		found = field_find(layout, &map->ptr[i].key, at);
		if (found == layout->count || val->type == MSGPACK_OBJECT_NIL)
			continue;
		f = &layout->fields[found];
		if (takers[f->type](d, f, val, (char *)record + f->offset) < 0)
			return -1;
		if ((seen & UINT32_C(1) << found) == 0)
			required += f->required;
		seen |= UINT32_C(1) << found;
		at = found + 1;
	}
	return required == layout->required ? 0 : missing(d, layout, seen);
}

/* ----------------------------------------------------------- whole messages */

static int
take_id(struct decoder *d, const msgpack_object *o, struct msg *msg)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
	    o->via.u64 > UINT32_MAX)
		return refuse(d, NULL, "its id is not an integer of 32 bits");
	msg->id = (uint32_t)o->via.u64;
	return 0;
}

/* method and [params].  0 as well when the method is unknown. */
static int
take_call(struct decoder *d, const msgpack_object *method,
    const msgpack_object *params, struct msg *msg)
{
	const msgpack_object_array *array = &params->via.array;

	if (method->type != MSGPACK_OBJECT_STR)
		return refuse(d, NULL, "its method is not a string");
	msg->method = method_find(d->from, method->via.str.ptr,
	    method->via.str.size);
	if (msg->method == METHOD_NONE)
		return 0;
	d->subject = method_wire(msg->method);
	if (method_kind(msg->method) != msg->kind)
		return refuse(d, NULL, msg->kind == REQUEST ?
		    "a notification sent as a request" :
		    "a request sent as a notification");
	if (params->type != MSGPACK_OBJECT_ARRAY || array->size != 1)
		return refuse(d, NULL, "its params are not [map]");
	msg->params = &d->params;
	return take_record(d, layout_params(msg->method), &array->ptr[0],
	    &d->params);
}

static int
take_response(struct decoder *d, const msgpack_object *v, struct msg *msg)
{
	d->subject = "response";
	d->result = &v[3];
	if (take_id(d, &v[1], msg) < 0)
		return -1;
	if (v[2].type == MSGPACK_OBJECT_NIL)
		return 0;
	msg->error = &d->error;
	return take_record(d, layout_failure(), &v[2], &d->error);
}

static bool
is_rpc(const msgpack_object *o)
{
	const msgpack_object_array *array = &o->via.array;

	if (o->type != MSGPACK_OBJECT_ARRAY || array->size == 0 ||
	    array->ptr[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return false;
	switch (array->ptr[0].via.u64) {
	case REQUEST:
	case RESPONSE:
		return array->size == 4;
	case NOTIFICATION:
		return array->size == 3;
	default:
		return false;
	}
}

static int
take_message(struct decoder *d, const msgpack_object *o, struct msg *msg)
{
	const msgpack_object *v = o->via.array.ptr;

	*msg = (struct msg){ .method = METHOD_NONE };
	d->subject = "message";
	if (!is_rpc(o))
		return refuse(d, NULL, "not MessagePack-RPC");
	msg->kind = (enum msg_kind)v[0].via.u64;
	switch (msg->kind) {
	case NOTIFICATION:
		return take_call(d, &v[1], &v[2], msg);
	case RESPONSE:
		return take_response(d, v, msg);
	case REQUEST:
	default:
		d->subject = "request";
		if (take_id(d, &v[1], msg) < 0)
			return -1;
		return take_call(d, &v[2], &v[3], msg);
	}
}

/* One whole frame at the front of the buffer. */
static int
parse(struct decoder *d, struct buf *in, size_t len, struct msg *msg,
    const char **why)
{
	msgpack_object root;
	size_t off = 0;

	d->used = len;
	d->end = buf_data(in) + len;
	*why = d->why;
	if (msgpack_unpack(buf_data(in), len, &off, &d->zone, &root) !=
	    MSGPACK_UNPACK_SUCCESS) {
		*why = "not MessagePack";
		return -1;
	}
	return take_message(d, &root, msg);
}

static void
forget(struct decoder *d, struct buf *in)
{
	buf_consume(in, d->used);
	d->used = 0;
	d->result = NULL;
	arena_reset(&d->arena);
	msgpack_zone_clear(&d->zone);
}

int
decoder_next(struct decoder *d, struct buf *in, struct msg *msg,
    const char **why)
{
	size_t len;
	int got;

	if (d->hopeless) {
		*why = "what came before was refused";
		return -1;
	}
	do {
		forget(d, in);
		got = frame_scan(&d->frame, buf_data(in), buf_len(in), &len,
		    why);
		if (got > 0 && parse(d, in, len, msg, why) < 0)
			got = -1;
	} while (got > 0 && msg->kind == NOTIFICATION &&
	    msg->method == METHOD_NONE);
	d->hopeless = got < 0;
	return got;
}

int
decoder_result(struct decoder *d, enum method m, union result *result,
    const char **why)
{
	static const msgpack_object nothing = { .type = MSGPACK_OBJECT_MAP };
	const struct layout *layout = layout_result(m);

	assert(d->result != NULL);
	memset(result, 0, sizeof(*result));
	if (layout == NULL)
		return 0;
	d->subject = method_wire(m);
	*why = d->why;
	return take_record(d, layout, d->result->type == MSGPACK_OBJECT_NIL ?
	    &nothing : d->result, result);
}
