/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: protocol util */
/* Any bytes in any chunks into the decoder, in both directions.  What it
 * accepts must survive being written and read again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A block that ends where its bytes end, so that ASan sees every overrun. */
static void
append_tightly(struct buf *b, const uint8_t *data, size_t n)
{
	size_t len = buf_len(b);
	char *mem = malloc(len + n);

	if (len > 0)
		memcpy(mem, buf_data(b), len);
	memcpy(mem + len, data, n);
	buf_free(b);
	*b = (struct buf){ mem, 0, len + n, len + n };
}

static void
write_down(struct buf *out, const struct msg *msg)
{
	int ok = 0;

	if (msg->method == METHOD_NONE)
		return;
	if (msg->kind == REQUEST)
		ok = encode_request(out, msg->id, msg->method, msg->params);
	else if (msg->kind == NOTIFICATION)
		ok = encode_notification(out, msg->method, msg->params);
	assert(ok == 0);
}

static void
again(const struct msg *msg, enum direction from)
{
	struct decoder *d = decoder_create(from);
	struct buf first = { 0 }, copy = { 0 }, second = { 0 };
	struct msg read;
	const char *why;

	write_down(&first, msg);
	buf_add(&copy, buf_data(&first), buf_len(&first));
	if (buf_len(&first) > 0) {
		assert(decoder_next(d, &copy, &read, &why) == 1);
		write_down(&second, &read);
		assert(buf_len(&first) == buf_len(&second) &&
		    memcmp(buf_data(&first), buf_data(&second),
		    buf_len(&first)) == 0);
	}
	decoder_destroy(d);
	buf_free(&first);
	buf_free(&second);
	buf_free(&copy);
}

static void
results(struct decoder *d, const struct msg *msg)
{
	enum method m = (enum method)(msg->id % METHOD_COUNT);
	union result result;
	struct buf out = { 0 };
	const char *why = NULL;

	if (decoder_result(d, m, &result, &why) < 0)
		assert(why != NULL && why[0] != '\0');
	else if (encode_result(&out, msg->id, m, &result) < 0)
		abort();
	if (msg->error != NULL)
		encode_error(&out, msg->id, msg->error->code, msg->error->text);
	buf_free(&out);
}

static int
drain(struct decoder *d, struct buf *in, enum direction from)
{
	struct msg msg;
	const char *why = NULL;
	int got;

	while ((got = decoder_next(d, in, &msg, &why)) > 0) {
		if (msg.kind == RESPONSE)
			results(d, &msg);
		else
			again(&msg, from);
	}
	assert(got == 0 || (why != NULL && why[0] != '\0'));
	return got;
}

/* Byte 0: direction, and the chunks' length less one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum direction from;
	struct buf in = { 0 };
	struct decoder *d;
	size_t chunk;

	if (size < 1)
		return 0;
	from = data[0] & 1 ? UP : DOWN;
	chunk = (size_t)(data[0] >> 1) + 1;
	d = decoder_create(from);
	for (size_t at = 1; at < size; at += chunk) {
		append_tightly(&in, data + at,
		    size - at < chunk ? size - at : chunk);
		if (drain(d, &in, from) < 0)
			break;
	}
	decoder_destroy(d);
	buf_free(&in);
	return 0;
}
