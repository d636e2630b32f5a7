/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: protocol util */
/* Every message of the schema there and back, and what a hostile or sloppy
 * peer may send instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/codec.h"
#include "protocol/errors.h"
#include "protocol/layout.h"
#include "util/arena.h"

#define BYTES(literal)	literal, sizeof(literal) - 1

static struct arena arena;
static int serial;

/* -------------------------------------- values for any field, by the tables */

struct list {
	char	*v;
	size_t	 n;
};

static void	fill(const struct layout *, void *record, bool optional);

static char *
text(const char *what)
{
	return arena_printf(&arena, "%s %d \xc3\xa4\xe2\x82\xac", what,
	    serial++);
}

static struct pairs
some_pairs(void)
{
	struct pair *v = arena_alloc(&arena, 2 * sizeof(*v));

	for (int i = 0; i < 2; i++)
		v[i] = (struct pair){ text("key"), text("value") };
	return (struct pairs){ v, 2 };
}

static void
fill_plural(const struct field *f, void *at)
{
	struct section *section = arena_alloc(&arena, sizeof(*section));
	const char **strs = arena_alloc(&arena, 2 * sizeof(*strs));

	strs[0] = text("first");
	strs[1] = "";
	*section = (struct section){ text("section"), some_pairs() };
	if (f->type == FIELD_STRS)
		*(struct strs *)at = (struct strs){ strs, 2 };
	else if (f->type == FIELD_MAP)
		*(struct pairs *)at = some_pairs();
	else
		*(struct sections *)at = (struct sections){ section, 1 };
}

static void
fill_records(const struct field *f, void *at, bool optional)
{
	const struct layout *layout = f->record();
	size_t n = f->type == FIELD_ONE ? 1 : 3;
	char *v = arena_zalloc(&arena, n * layout->size);

	for (size_t i = 0; i < n; i++)
		fill(layout, v + i * layout->size, optional);
	if (f->type == FIELD_ONE)
		*(void **)at = v;
	else
		*(struct list *)at = (struct list){ v, n };
}

static void
fill_field(const struct field *f, void *at, bool optional)
{
	switch (f->type) {
	case FIELD_STR:
		*(const char **)at = text(f->name);
		break;
	case FIELD_INT:
		*(int64_t *)at = serial++ % 2 ? INT64_MIN + serial : serial;
		break;
	case FIELD_BOOL:
		*(bool *)at = true;
		break;
	case FIELD_TRI:
		*(enum tri *)at = serial++ % 2 ? TRI_TRUE : TRI_FALSE;
		break;
	case FIELD_BIN:
		*(struct bin *)at = (struct bin){ "\0\xff\x80z", 4 };
		break;
	case FIELD_STRS:
	case FIELD_MAP:
	case FIELD_SECTIONS:
		fill_plural(f, at);
		break;
	case FIELD_LIST:
	case FIELD_ONE:
		fill_records(f, at, optional);
		break;
	}
}

static void
fill(const struct layout *layout, void *record, bool optional)
{
	memset(record, 0, layout->size);
	for (unsigned i = 0; i < layout->count; i++) {
		const struct field *f = &layout->fields[i];

		if (f->required || optional)
			fill_field(f, (char *)record + f->offset, optional);
	}
}

static void	same(const struct layout *, const void *, const void *);

static void
same_string(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void
same_pairs(const struct pairs *a, const struct pairs *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->v == NULL, b->v == NULL);
	for (size_t i = 0; i < a->n; i++) {
		same_string(a->v[i].key, b->v[i].key);
		same_string(a->v[i].value, b->v[i].value);
	}
}

static void
same_strs(const struct strs *a, const struct strs *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->v == NULL, b->v == NULL);
	for (size_t i = 0; i < a->n; i++)
		same_string(a->v[i], b->v[i]);
}

static void
same_sections(const struct sections *a, const struct sections *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		same_string(a->v[i].name, b->v[i].name);
		same_pairs(&a->v[i].pairs, &b->v[i].pairs);
	}
}

static void
same_list(const struct layout *layout, const struct list *a,
    const struct list *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->v == NULL, b->v == NULL);
	for (size_t i = 0; i < a->n; i++)
		same(layout, a->v + i * layout->size, b->v + i * layout->size);
}

static void
same_one(const struct layout *layout, const void *a, const void *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		same(layout, a, b);
}

static void
same_bin(const struct bin *a, const struct bin *b)
{
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->data == NULL, b->data == NULL);
	if (a->len > 0)
		assert_memory_equal(a->data, b->data, a->len);
}

static void
same_field(const struct field *f, const void *a, const void *b)
{
	switch (f->type) {
	case FIELD_STR:
		same_string(*(char *const *)a, *(char *const *)b);
		break;
	case FIELD_INT:
		assert_true(*(const int64_t *)a == *(const int64_t *)b);
		break;
	case FIELD_BOOL:
		assert_int_equal(*(const bool *)a, *(const bool *)b);
		break;
	case FIELD_TRI:
		assert_int_equal(*(const enum tri *)a, *(const enum tri *)b);
		break;
	case FIELD_BIN:
		same_bin(a, b);
		break;
	case FIELD_STRS:
		same_strs(a, b);
		break;
	case FIELD_MAP:
		same_pairs(a, b);
		break;
	case FIELD_SECTIONS:
		same_sections(a, b);
		break;
	case FIELD_LIST:
		same_list(f->record(), a, b);
		break;
	case FIELD_ONE:
		same_one(f->record(), *(void *const *)a, *(void *const *)b);
		break;
	}
}

static void
same(const struct layout *layout, const void *a, const void *b)
{
	for (unsigned i = 0; i < layout->count; i++) {
		const struct field *f = &layout->fields[i];

		same_field(f, (const char *)a + f->offset,
		    (const char *)b + f->offset);
	}
}

/* ----------------------------------------------------------- there and back */

/* Decode the one message in the bytes, which arrive one at a time, and then
 * the same with another message behind it. */
static void
decode_slowly(struct decoder *d, const struct buf *bytes, struct buf *in,
    struct msg *msg)
{
	size_t n = buf_len(bytes);
	const char *why;

	for (size_t i = 0; i < n; i++) {
		/* In a block of its own, so that ASan sees every overrun. */
		struct buf tight = { malloc(i + 1), 0, i, i + 1 };

		memcpy(tight.mem, buf_data(bytes), i);
		buf_free(in);
		*in = tight;
		assert_int_equal(decoder_next(d, in, msg, &why), 0);
	}
	buf_free(in);
	buf_add(in, buf_data(bytes), n);
	assert_int_equal(decoder_next(d, in, msg, &why), 1);
}

static void
check_call(enum method m, bool optional)
{
	const struct layout *layout = layout_params(m);
	struct decoder *d = decoder_create(method_direction(m));
	struct buf bytes = { 0 }, in = { 0 };
	union params params;
	struct msg msg;
	const char *why;

	fill(layout, &params, optional);
	if (method_kind(m) == REQUEST)
		assert_int_equal(encode_request(&bytes, UINT32_MAX, m,
		    &params), 0);
	else
		assert_int_equal(encode_notification(&bytes, m, &params), 0);
	decode_slowly(d, &bytes, &in, &msg);
	assert_int_equal(msg.kind, method_kind(m));
	assert_int_equal(msg.method, m);
	assert_int_equal(msg.id, msg.kind == REQUEST ? UINT32_MAX : 0);
	same(layout, &params, msg.params);
	assert_int_equal(decoder_next(d, &in, &msg, &why), 0);
	assert_int_equal(buf_len(&in), 0);
	decoder_destroy(d);
	buf_free(&bytes);
	buf_free(&in);
	arena_free(&arena);
}

static void
check_result(enum method m, bool optional)
{
	const struct layout *layout = layout_result(m);
	struct decoder *d = decoder_create(UP);
	struct buf bytes = { 0 }, in = { 0 };
	union result result, got;
	struct msg msg;
	const char *why;

	if (layout != NULL)
		fill(layout, &result, optional);
	assert_int_equal(encode_result(&bytes, 7, m, &result), 0);
	decode_slowly(d, &bytes, &in, &msg);
	assert_int_equal(msg.kind, RESPONSE);
	assert_int_equal(msg.id, 7);
	assert_int_equal(msg.method, METHOD_NONE);
	assert_null(msg.error);
	assert_int_equal(decoder_result(d, m, &got, &why), 0);
	if (layout != NULL)
		same(layout, &result, &got);
	decoder_destroy(d);
	buf_free(&bytes);
	buf_free(&in);
	arena_free(&arena);
}

static void
every_message(void **state)
{
	(void)state;
	for (enum method m = METHOD_NONE + 1; m < METHOD_COUNT; m++) {
		check_call(m, true);
		check_call(m, false);
		if (method_kind(m) != REQUEST)
			continue;
		check_result(m, true);
		check_result(m, false);
	}
}

static void
every_name(void **state)
{
	(void)state;
	for (enum method m = METHOD_NONE + 1; m < METHOD_COUNT; m++) {
		const char *wire = method_wire(m);

		assert_int_equal(method_find(method_direction(m), wire,
		    strlen(wire)), m);
	}
	assert_null(method_wire(METHOD_NONE));
	assert_null(method_wire(METHOD_COUNT));
	assert_int_equal(method_find(UP, BYTES("room_join")), METHOD_NONE);
	assert_int_equal(method_find(UP, BYTES("")), METHOD_NONE);
	assert_int_equal(method_find(DOWN, BYTES("message")), METHOD_send);
	assert_int_equal(method_find(UP, BYTES("message")), METHOD_message);
}

/* Strings are terminated where they arrived, which must hurt no neighbour. */
static void
messages_in_a_row(void **state)
{
	struct msg_room_leave leave = { .user = "u@h", .room = "r",
	    .reason = "bye" };
	struct decoder *d = decoder_create(DOWN);
	struct buf in = { 0 };
	struct msg msg;
	const char *why;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(encode_request(&in, i, METHOD_room_leave,
		    &leave), 0);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
		assert_int_equal(msg.id, i);
		same(layout_params(METHOD_room_leave), &leave, msg.params);
	}
	assert_int_equal(decoder_next(d, &in, &msg, &why), 0);
	decoder_destroy(d);
	buf_free(&in);
}

static void
errors_are_errors(void **state)
{
	struct decoder *d = decoder_create(UP);
	char *novel = malloc(2 * PROTOCOL_MESSAGE_MAX);
	struct buf in = { 0 };
	struct msg msg;
	const char *why;

	(void)state;
	memset(novel, 'x', 2 * PROTOCOL_MESSAGE_MAX - 1);
	novel[2 * PROTOCOL_MESSAGE_MAX - 1] = '\0';
	encode_error(&in, 1, ERR_CONFLICT, "taken");
	encode_error(&in, 2, ERR_FULL, NULL);
	encode_error(&in, 3, ERR_BANNED, novel);
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_string_equal(msg.error->code, ERR_CONFLICT);
	assert_string_equal(msg.error->text, "taken");
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_string_equal(msg.error->code, ERR_FULL);
	assert_null(msg.error->text);
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_int_equal(msg.id, 3);
	assert_string_equal(msg.error->code, ERR_BANNED);
	decoder_destroy(d);
	buf_free(&in);
	free(novel);
}

/* ----------------------------------------------------------- encoder's side */

static void
too_long_is_refused(void **state)
{
	char *novel = malloc(PROTOCOL_MESSAGE_MAX + 1);
	struct msg_message message = { .user = "u", .from = "f",
	    .kind = "chat", .body = novel };
	struct buf out = { 0 };
	size_t room;

	(void)state;
	memset(novel, 'x', PROTOCOL_MESSAGE_MAX);
	novel[PROTOCOL_MESSAGE_MAX] = '\0';
	buf_adds(&out, "before");
	assert_int_equal(encode_notification(&out, METHOD_message, &message),
	    -1);
	assert_int_equal(buf_len(&out), 6);
	novel[PROTOCOL_MESSAGE_MAX - 40] = '\0';
	assert_int_equal(encode_notification(&out, METHOD_message, &message),
	    -1);
	assert_int_equal(buf_len(&out), 6);
	novel[PROTOCOL_MESSAGE_MAX - 100] = '\0';
	buf_clear(&out);
	assert_int_equal(encode_notification(&out, METHOD_message, &message),
	    0);
	/* Exactly the limit, and one byte over it. */
	room = PROTOCOL_MESSAGE_MAX - buf_len(&out);
	memset(novel + PROTOCOL_MESSAGE_MAX - 100, 'x', room);
	novel[PROTOCOL_MESSAGE_MAX - 100 + room] = '\0';
	buf_clear(&out);
	assert_int_equal(encode_notification(&out, METHOD_message, &message),
	    0);
	assert_int_equal(buf_len(&out), PROTOCOL_MESSAGE_MAX);
	novel[PROTOCOL_MESSAGE_MAX - 100 + room++] = 'x';
	novel[PROTOCOL_MESSAGE_MAX - 100 + room] = '\0';
	assert_int_equal(encode_notification(&out, METHOD_message, &message),
	    -1);
	buf_free(&out);
	free(novel);
}

static void
bad_text_is_repaired(void **state)
{
	struct msg_log line = { .level = "info",
	    .text = "J\xf6rg \xe2\x82\xac \xc0\x80 \xed\xa0\x80 \xf4\x90" };
	struct decoder *d = decoder_create(UP);
	struct buf in = { 0 };
	struct msg msg;
	const char *why;

	(void)state;
	assert_int_equal(encode_notification(&in, METHOD_log, &line), 0);
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_string_equal(msg.params->log.text,
	    "J?rg \xe2\x82\xac ?? ??? ??");
	decoder_destroy(d);
	buf_free(&in);
}

static void
empty_is_not_absent(void **state)
{
	const char *none[1] = { NULL };
	struct msg_contact contact = { .user = "u", .contact = "c",
	    .groups = { none, 0 }, .name = "", .blocked = TRI_FALSE };
	struct decoder *d = decoder_create(UP);
	struct buf in = { 0 };
	struct msg msg;
	const char *why;

	(void)state;
	assert_int_equal(encode_notification(&in, METHOD_contact, &contact),
	    0);
	contact.groups.v = NULL;
	contact.name = NULL;
	contact.blocked = TRI_ABSENT;
	assert_int_equal(encode_notification(&in, METHOD_contact, &contact),
	    0);
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_non_null(msg.params->contact.groups.v);
	assert_int_equal(msg.params->contact.groups.n, 0);
	assert_string_equal(msg.params->contact.name, "");
	assert_int_equal(msg.params->contact.blocked, TRI_FALSE);
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_null(msg.params->contact.groups.v);
	assert_null(msg.params->contact.name);
	assert_int_equal(msg.params->contact.blocked, TRI_ABSENT);
	decoder_destroy(d);
	buf_free(&in);
}

/* --------------------------------------------------------- what others send */

#define CALL(map)	"\x93\x02\xa9" "attention\x91" map
#define USER		"\xa4user\xa1u"
#define PEER		"\xa4peer\xa1p"

static const struct {
	const char	*name;
	const char	*bytes;
	size_t		 len;
	const char	*why;		/* NULL: fine; "": not whole yet */
} strange[] = {
	{ "as it should be", BYTES(CALL("\x82" USER PEER)), NULL },
	{ "another order", BYTES(CALL("\x82" PEER USER)), NULL },
	{ "unknown keys, of any kind", BYTES(CALL("\x86\xa3new\x93\xc0\x01\x80"
	    USER "\x01\x02\xc0\xd4\x05z" PEER "\xa3" "bin\xc4\x01\xff")),
	    NULL },
	{ "bad text under an unknown key", BYTES(CALL("\x83\xa1x\xa1\xff"
	    USER PEER)), NULL },
	{ "a key twice", BYTES(CALL("\x83\xa4user\xa1x" PEER USER)), NULL },
	{ "nil after a value", BYTES(CALL("\x83" USER PEER "\xa4peer\xc0")),
	    NULL },
	{ "nil", BYTES(CALL("\x82" USER "\xa4peer\xc0")),
	    "attention: peer: missing" },
	{ "absent", BYTES(CALL("\x81" PEER)), "attention: user: missing" },
	{ "no fields", BYTES(CALL("\x80")), "attention: user: missing" },
	{ "wrong type", BYTES(CALL("\x82" USER "\xa4peer\x07")),
	    "attention: peer: not a string of UTF-8" },
	{ "Latin-1", BYTES(CALL("\x82" USER "\xa4peer\xa1\xe9")),
	    "attention: peer: not a string of UTF-8" },
	{ "NUL", BYTES(CALL("\x82" USER "\xa4peer\xa3" "a\0b")),
	    "attention: peer: not a string of UTF-8" },
	{ "bytes for text", BYTES(CALL("\x82" USER "\xa4peer\xc4\x01p")),
	    "attention: peer: not a string of UTF-8" },
	{ "params nil", BYTES("\x93\x02\xa9" "attention\xc0"),
	    "attention: its params are not [map]" },
	{ "no params", BYTES("\x93\x02\xa9" "attention\x90"),
	    "attention: its params are not [map]" },
	{ "params by position", BYTES("\x93\x02\xa9" "attention\x92\xa1u\xa1p"),
	    "attention: its params are not [map]" },
	{ "params not a map", BYTES("\x93\x02\xa9" "attention\x91\xa1u"),
	    "attention: not a map" },
	{ "wrong kind", BYTES("\x94\x00\x01\xa9" "attention\x91\x82" USER PEER),
	    "attention: a notification sent as a request" },
	{ "wrong kind the other way", BYTES("\x93\x02\xa3" "ask\x91\x80"),
	    "ask: a request sent as a notification" },
	{ "unknown, then nothing", BYTES("\x93\x02\xa3" "foo\x91\x80"), "" },
	{ "unknown with other params, then one", BYTES("\x93\x02\xa3" "foo\xc0"
	    CALL("\x82" USER PEER)), NULL },
	{ "unknown, then one", BYTES("\x93\x02\xa3" "foo\x91\x80"
	    CALL("\x82" USER PEER)), NULL },
	{ "other way's", BYTES("\x93\x02\xa5" "drain\x91\x80"), "" },
	{ "method a number", BYTES("\x93\x02\x05\x91\x80"),
	    "message: its method is not a string" },
	{ "id negative", BYTES("\x94\x00\xff\xa3" "ask\x91\x80"),
	    "request: its id is not an integer of 32 bits" },
	{ "id of 33 bits", BYTES("\x94\x01\xcf\0\0\0\1\0\0\0\0\xc0\xc0"),
	    "response: its id is not an integer of 32 bits" },
	{ "error a string", BYTES("\x94\x01\x05\xa4" "oops\xc0"),
	    "response: not a map" },
	{ "error without a code", BYTES("\x94\x01\x05\x80\xc0"),
	    "response: code: missing" },
	{ "kind 3", BYTES("\x93\x03\xa9" "attention\x91\x80"),
	    "message: not MessagePack-RPC" },
	{ "request too short", BYTES("\x93\x00\x01\xa3" "ask"),
	    "message: not MessagePack-RPC" },
	{ "notification too long", BYTES("\x94\x02\xa3" "foo\x91\x80\xc0"),
	    "message: not MessagePack-RPC" },
	{ "kind -1", BYTES("\x93\xff\xa3" "foo\x91\x80"),
	    "message: not MessagePack-RPC" },
	{ "empty array", BYTES("\x90"), "message: not MessagePack-RPC" },
	{ "map", BYTES("\x80"), "message: not MessagePack-RPC" },
	{ "printf", BYTES("Hello, world!\n"), "message: not MessagePack-RPC" },
	{ "never used", BYTES("\xc1"), "not MessagePack" },
	{ "never used, inside", BYTES("\x93\x02\xc1"), "not MessagePack" },
	{ "4 G elements", BYTES("\xdd\xff\xff\xff\xff"), "message too long" },
	{ "4 G pairs", BYTES("\x93\x02\xa1x\xdf\xff\xff\xff\xff"),
	    "message too long" },
	{ "string of 4 G", BYTES("\x93\x02\xdb\xff\xff\xff\xff"),
	    "message too long" },
	{ "string of 1 MiB", BYTES("\x93\x02\xdb\x00\x10\x00\x00"),
	    "message too long" },
	{ "counts that sum up", BYTES("\x93\x02\xdd\x00\x0f\x00\x00"
	    "\xdd\x00\x0f\x00\x00"), "message too long" },
	{ "depth 17", BYTES("\x93\x02\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
	    "\x91\x91\x91\x91\x91\x91\x91"), "nested too deeply" },
	{ "depth 17, empty", BYTES("\x93\x02\x91\x91\x91\x91\x91\x91\x91\x91"
	    "\x91\x91\x91\x91\x91\x91\x91\x90"), "nested too deeply" },
	{ "a list of nothings", BYTES("\x93\x02\xa7message\x91\x81"
	    "\xab" "attachments\xdc\0\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	    "message: attachments: maps without their fields" },
	{ "a list of one nothing", BYTES("\x93\x02\xa7message\x91\x81"
	    "\xab" "attachments\x91\0"), "message: not a map" },
};

static void
check_strange(size_t i)
{
	struct decoder *d = decoder_create(UP);
	struct buf in = { 0 };
	const char *why = NULL;
	struct msg msg;
	int got;

	buf_add(&in, strange[i].bytes, strange[i].len);
	got = decoder_next(d, &in, &msg, &why);
	if (strange[i].why == NULL) {
		if (got != 1)
			fail_msg("%s: %s", strange[i].name, why);
		assert_string_equal(msg.params->attention_up.user, "u");
		assert_string_equal(msg.params->attention_up.peer, "p");
		assert_int_equal(decoder_next(d, &in, &msg, &why), 0);
	} else if (strange[i].why[0] == '\0') {
		if (got != 0)
			fail_msg("%s: %d %s", strange[i].name, got, why);
	} else {
		if (got != -1 || strcmp(why, strange[i].why) != 0)
			fail_msg("%s: %d %s", strange[i].name, got, why);
		assert_int_equal(decoder_next(d, &in, &msg, &why), -1);
	}
	decoder_destroy(d);
	buf_free(&in);
}

static void
strange_input(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(strange); i++)
		check_strange(i);
}

static void
unknown_request_is_delivered(void **state)
{
	struct decoder *d = decoder_create(DOWN);
	struct buf in = { 0 };
	struct msg msg;
	const char *why;

	(void)state;
	buf_add(&in, BYTES("\x94\x00\xcd\x01\x02\xa4yoga\x91\x81\xa1z\xc0"));
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_int_equal(msg.kind, REQUEST);
	assert_int_equal(msg.id, 0x102);
	assert_int_equal(msg.method, METHOD_NONE);
	assert_null(msg.params);
	decoder_destroy(d);
	buf_free(&in);
}

static void
numbers_have_limits(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int want;
		int64_t value;
	} cases[] = {
		{ BYTES("\x05"), 0, 5 },
		{ BYTES("\xff"), 0, -1 },
		{ BYTES("\xd3\x80\0\0\0\0\0\0\0"), 0, INT64_MIN },
		{ BYTES("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), 0, INT64_MAX },
		{ BYTES("\xcf\x80\0\0\0\0\0\0\0"), -1, 0 },
		{ BYTES("\xcb\x3f\xf0\0\0\0\0\0\0"), -1, 0 },
		{ BYTES("\xa1" "5"), -1, 0 },
		{ BYTES("\xc3"), -1, 0 },
	};
	union result result;
	struct msg msg;
	const char *why;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct decoder *d = decoder_create(UP);
		struct buf in = { 0 };

		buf_add(&in, BYTES("\x94\x01\x01\xc0\x81\xa6queued"));
		buf_add(&in, cases[i].bytes, cases[i].len);
		assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
		assert_int_equal(decoder_result(d, METHOD_ping, &result, &why),
		    cases[i].want);
		if (cases[i].want == 0)
			assert_true(result.ping.queued == cases[i].value);
		else
			assert_string_equal(why,
			    "ping: queued: not an integer of 64 bits");
		decoder_destroy(d);
		buf_free(&in);
	}
}

static void
nil_results(void **state)
{
	struct decoder *d = decoder_create(UP);
	struct buf in = { 0 };
	union result result;
	struct msg msg;
	const char *why;

	(void)state;
	buf_add(&in, BYTES("\x94\x01\x01\xc0\xc0"));
	assert_int_equal(decoder_next(d, &in, &msg, &why), 1);
	assert_int_equal(decoder_result(d, METHOD_send, &result, &why), 0);
	assert_null(result.send.ids.v);
	assert_int_equal(decoder_result(d, METHOD_logout, &result, &why), 0);
	assert_int_equal(decoder_result(d, METHOD_NONE, &result, &why), 0);
	assert_int_equal(decoder_result(d, METHOD_room_join, &result, &why),
	    -1);
	assert_string_equal(why, "room_join: nick: missing");
	decoder_destroy(d);
	buf_free(&in);
}

/* A message of exactly the limit is read, one byte more is not. */
static void
size_limit_is_exact(void **state)
{
	(void)state;
	for (int over = 0; over < 2; over++) {
		struct decoder *d = decoder_create(UP);
		struct buf in = { 0 };
		struct msg msg;
		const char *why;
		size_t len;

		buf_add(&in, BYTES("\x94\x00\x01\xa7unknown\x91\xdb"));
		len = PROTOCOL_MESSAGE_MAX - buf_len(&in) - 4 + (size_t)over;
		buf_addc(&in, (char)(len >> 24));
		buf_addc(&in, (char)(len >> 16 & 0xff));
		buf_addc(&in, (char)(len >> 8 & 0xff));
		buf_addc(&in, (char)(len & 0xff));
		memset(buf_reserve(&in, len), 'x', len);
		buf_added(&in, len);
		assert_int_equal(decoder_next(d, &in, &msg, &why),
		    over ? -1 : 1);
		decoder_destroy(d);
		buf_free(&in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message),
		cmocka_unit_test(every_name),
		cmocka_unit_test(messages_in_a_row),
		cmocka_unit_test(errors_are_errors),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(bad_text_is_repaired),
		cmocka_unit_test(empty_is_not_absent),
		cmocka_unit_test(strange_input),
		cmocka_unit_test(unknown_request_is_delivered),
		cmocka_unit_test(numbers_have_limits),
		cmocka_unit_test(nil_results),
		cmocka_unit_test(size_limit_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
