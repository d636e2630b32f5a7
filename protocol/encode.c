/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to bytes: walks the schema's tables and packs what is there.
 *
 * A field is there when it is not NULL, 0, false or TRI_ABSENT, or when it is
 * REQUIRED.  Text is made valid on its way out: a plug-in's Latin-1 must not
 * get its backend killed. */
#include "protocol/codec.h"

#include <msgpack.h>
#include <string.h>

#include "protocol/layout.h"
#include "protocol/text.h"

struct encoder {
	msgpack_packer	 packer;
	struct buf	*out;
	size_t		 before;	/* buf_len(out) at the beginning */
	bool		 too_long;
};

typedef bool present(const void *value);
typedef void put(struct encoder *, const struct field *, const void *value);

static void	put_record(struct encoder *, const struct layout *,
		    const void *);

/* Mostly a few bytes, for which there is room. */
static int
append(void *ctx, const char *data, size_t len)
{
	struct buf *out = ctx;

	if (len == 0)
		return 0;
	if (out->mem == NULL || out->cap - out->end < len)
		buf_reserve(out, len);
	memcpy(out->mem + out->end, data, len);
	buf_added(out, len);
	return 0;
}

static void
begin(struct encoder *e, struct buf *out)
{
	msgpack_packer_init(&e->packer, out, append);
	e->out = out;
	e->before = buf_len(out);
	e->too_long = false;
}

static int
finish(struct encoder *e)
{
	if (!e->too_long && buf_len(e->out) - e->before <= PROTOCOL_MESSAGE_MAX)
		return 0;
	buf_truncate(e->out, e->before);
	return -1;
}

/* Is there room for so much more?  Keeps an absurd message from growing the
 * buffer before it is refused. */
static bool
fits(struct encoder *e, size_t n)
{
	if (n > PROTOCOL_MESSAGE_MAX ||
	    buf_len(e->out) - e->before > PROTOCOL_MESSAGE_MAX - n)
		e->too_long = true;
	return !e->too_long;
}

/* Names and codes of ours, known to be short and ASCII. */
static void
put_name(struct encoder *e, const char *s, size_t len)
{
	msgpack_pack_str(&e->packer, len);
	msgpack_pack_str_body(&e->packer, s, len);
}

static void
put_text(struct encoder *e, const char *s)
{
	size_t len = s != NULL ? strlen(s) : 0;

	if (!fits(e, len))
		return;
	msgpack_pack_str(&e->packer, len);
	msgpack_pack_str_body(&e->packer, s, len);
	text_repair(buf_data(e->out) + buf_len(e->out) - len, len);
}

static void
put_pairs(struct encoder *e, const struct pairs *pairs)
{
	size_t n = pairs->v != NULL ? pairs->n : 0;

	if (!fits(e, n))
		return;
	msgpack_pack_map(&e->packer, n);
	for (size_t i = 0; i < n; i++) {
		put_text(e, pairs->v[i].key);
		put_text(e, pairs->v[i].value);
	}
}

/* ------------------------------------------------------------- is it there? */

static bool
have_pointer(const void *value)
{
	/* The first member of every array struct and of bin is its pointer. */
	return *(const void *const *)value != NULL;
}

static bool
have_int(const void *value)
{
	return *(const int64_t *)value != 0;
}

static bool
have_bool(const void *value)
{
	return *(const bool *)value;
}

static bool
have_tri(const void *value)
{
	return *(const enum tri *)value != TRI_ABSENT;
}

/* ------------------------------------------------------------ write it down */

static void
put_str(struct encoder *e, const struct field *f UNUSED, const void *value)
{
	put_text(e, *(const char *const *)value);
}

static void
put_int(struct encoder *e, const struct field *f UNUSED, const void *value)
{
	msgpack_pack_int64(&e->packer, *(const int64_t *)value);
}

static void
put_bool(struct encoder *e, const struct field *f UNUSED, const void *value)
{
	if (*(const bool *)value)
		msgpack_pack_true(&e->packer);
	else
		msgpack_pack_false(&e->packer);
}

static void
put_tri(struct encoder *e, const struct field *f UNUSED, const void *value)
{
	if (*(const enum tri *)value == TRI_TRUE)
		msgpack_pack_true(&e->packer);
	else
		msgpack_pack_false(&e->packer);
}

static void
put_bin(struct encoder *e, const struct field *f UNUSED, const void *value)
{
	const struct bin *bin = value;
	size_t len = bin->data != NULL ? bin->len : 0;

	if (!fits(e, len))
		return;
	msgpack_pack_bin(&e->packer, len);
	msgpack_pack_bin_body(&e->packer, bin->data, len);
}

static void
put_strs(struct encoder *e, const struct field *f UNUSED, const void *value)
{
	const struct strs *strs = value;
	size_t n = strs->v != NULL ? strs->n : 0;

	if (!fits(e, n))
		return;
	msgpack_pack_array(&e->packer, n);
	for (size_t i = 0; i < n; i++)
		put_text(e, strs->v[i]);
}

static void
put_map(struct encoder *e, const struct field *f UNUSED, const void *value)
{
	put_pairs(e, value);
}

static void
put_sections(struct encoder *e, const struct field *f UNUSED,
    const void *value)
{
	const struct sections *sections = value;
	size_t n = sections->v != NULL ? sections->n : 0;

	if (!fits(e, n))
		return;
	msgpack_pack_map(&e->packer, n);
	for (size_t i = 0; i < n; i++) {
		put_text(e, sections->v[i].name);
		put_pairs(e, &sections->v[i].pairs);
	}
}

/* Every LIST is a struct like this one, only with another pointer. */
struct list {
	const char	*v;
	size_t		 n;
};

static void
put_list(struct encoder *e, const struct field *f, const void *value)
{
	const struct layout *record = f->record();
	const struct list *list = value;
	size_t n = list->v != NULL ? list->n : 0;

	if (!fits(e, n))
		return;
	msgpack_pack_array(&e->packer, n);
	for (size_t i = 0; i < n && !e->too_long; i++)
		put_record(e, record, list->v + i * record->size);
}

static void
put_one(struct encoder *e, const struct field *f, const void *value)
{
	const void *record = *(const void *const *)value;

	if (record != NULL)
		put_record(e, f->record(), record);
	else
		msgpack_pack_nil(&e->packer);
}

static const struct {
	present	*present;
	put	*put;
} types[] = {
	[FIELD_STR]      = { have_pointer, put_str },
	[FIELD_INT]      = { have_int,     put_int },
	[FIELD_BOOL]     = { have_bool,    put_bool },
	[FIELD_TRI]      = { have_tri,     put_tri },
	[FIELD_BIN]      = { have_pointer, put_bin },
	[FIELD_STRS]     = { have_pointer, put_strs },
	[FIELD_MAP]      = { have_pointer, put_map },
	[FIELD_SECTIONS] = { have_pointer, put_sections },
	[FIELD_LIST]     = { have_pointer, put_list },
	[FIELD_ONE]      = { have_pointer, put_one },
};

static void
put_record(struct encoder *e, const struct layout *layout, const void *record)
{
	const char *base = record;
	uint32_t here = 0;

	for (unsigned i = 0; i < layout->count; i++) {
		const struct field *f = &layout->fields[i];

		if (f->required || types[f->type].present(base + f->offset))
			here |= UINT32_C(1) << i;
	}
	msgpack_pack_map(&e->packer, (size_t)__builtin_popcount(here));
	for (; here != 0; here &= here - 1) {
		const struct field *f = &layout->fields[__builtin_ctz(here)];

		put_name(e, f->name, f->name_len);
		types[f->type].put(e, f, base + f->offset);
	}
}

/* ----------------------------------------------------------- whole messages */

static void
put_call(struct encoder *e, enum method m, const void *params)
{
	const char *wire = method_wire(m);

	put_name(e, wire, strlen(wire));
	msgpack_pack_array(&e->packer, 1);
	put_record(e, layout_params(m), params);
}

int
encode_request(struct buf *out, uint32_t id, enum method m, const void *params)
{
	struct encoder e;

	begin(&e, out);
	msgpack_pack_array(&e.packer, 4);
	msgpack_pack_int(&e.packer, REQUEST);
	msgpack_pack_uint32(&e.packer, id);
	put_call(&e, m, params);
	return finish(&e);
}

int
encode_notification(struct buf *out, enum method m, const void *params)
{
	struct encoder e;

	begin(&e, out);
	msgpack_pack_array(&e.packer, 3);
	msgpack_pack_int(&e.packer, NOTIFICATION);
	put_call(&e, m, params);
	return finish(&e);
}

static void
begin_response(struct encoder *e, struct buf *out, uint32_t id)
{
	begin(e, out);
	msgpack_pack_array(&e->packer, 4);
	msgpack_pack_int(&e->packer, RESPONSE);
	msgpack_pack_uint32(&e->packer, id);
}

int
encode_result(struct buf *out, uint32_t id, enum method m, const void *result)
{
	const struct layout *layout = layout_result(m);
	struct encoder e;

	begin_response(&e, out, id);
	msgpack_pack_nil(&e.packer);
	if (result != NULL && layout != NULL)
		put_record(&e, layout, result);
	else
		msgpack_pack_nil(&e.packer);
	return finish(&e);
}

void
encode_error(struct buf *out, uint32_t id, const char *code, const char *text)
{
	struct msg_error error = { .code = code, .text = text };
	struct encoder e;

	begin_response(&e, out, id);
	put_record(&e, layout_failure(), &error);
	msgpack_pack_nil(&e.packer);
	if (finish(&e) == 0)
		return;
	/* Only the text can be that long; the answer must go out. */
	error.text = NULL;
	begin_response(&e, out, id);
	put_record(&e, layout_failure(), &error);
	msgpack_pack_nil(&e.packer);
	if (finish(&e) < 0)
		return;
}
