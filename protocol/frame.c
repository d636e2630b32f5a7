/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a message ends, before anything is made of it: the one place where the
 * counts and lengths that a peer announces are believed or not.  What the
 * values mean is left to decode.c. */
#include "protocol/frame.h"

#include <stdbool.h>

/* What follows the first byte of a value, by the table of formats in the
 * MessagePack specification. */
struct header {
	size_t		size;	/* of the header, first byte included */
	uint64_t	bytes;	/* payload */
	uint64_t	values;	/* children */
};

static uint64_t
big_endian(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* How many bytes of length or count follow the first byte. */
static size_t
count_bytes(unsigned char first)
{
	switch (first) {
	case 0xc4: case 0xc7: case 0xd9:
		return 1;
	case 0xc5: case 0xc8: case 0xda: case 0xdc: case 0xde:
		return 2;
	case 0xc6: case 0xc9: case 0xdb: case 0xdd: case 0xdf:
		return 4;
	default:
		return 0;
	}
}

/* Headers from 0xc0 to 0xdf.  1: read; 0: cut short; -1: no such format. */
static int
read_long(const unsigned char *p, size_t n, struct header *h)
{
	static const unsigned char fixed[] = {	/* 0xca: numbers */
		4, 8, 1, 2, 4, 8, 1, 2, 4, 8,
		2, 3, 5, 9, 17			/* 0xd4: fixext */
	};
	size_t wide = count_bytes(p[0]);
	uint64_t count;

	if (p[0] == 0xc1)
		return -1;
	h->size = 1 + wide;
	if (n < h->size)
		return 0;
	count = big_endian(p + 1, wide);
	if (p[0] >= 0xde)
		h->values = count * 2;
	else if (p[0] >= 0xdc)
		h->values = count;
	else if (p[0] >= 0xca && p[0] <= 0xd8)
		h->bytes = fixed[p[0] - 0xca];
	else if (p[0] >= 0xc7 && p[0] <= 0xc9)
		h->bytes = count + 1;			/* ext has a type */
	else
		h->bytes = count;
	return 1;
}

static int
read_header(const unsigned char *p, size_t n, struct header *h)
{
	*h = (struct header){ .size = 1 };
	if (p[0] < 0x80 || p[0] >= 0xe0)
		return 1;				/* small integers */
	if (p[0] >= 0xc0)
		return read_long(p, n, h);
	if (p[0] >= 0xa0)
		h->bytes = p[0] & 0x1f;
	else if (p[0] >= 0x90)
		h->values = p[0] & 0x0f;
	else
		h->values = (p[0] & 0x0f) * 2u;
	return 1;
}

static bool
is_container(unsigned char first)
{
	return (first >= 0x80 && first < 0xa0) ||
	    (first >= 0xdc && first < 0xe0);
}

/* One value's header has been read: account for it.  Every value owed takes
 * at least one byte, which bounds counts by the size limit. */
static int
accept(struct frame *f, const struct header *h, bool container,
    const char **why)
{
	uint64_t end = f->at + h->size + h->bytes;

	if (f->depth > 0) {
		f->left[f->depth - 1]--;
		f->owed--;
	}
	if (end + f->owed + h->values > PROTOCOL_MESSAGE_MAX) {
		*why = "message too long";
		return -1;
	}
	if (container && f->depth == PROTOCOL_DEPTH_MAX) {
		*why = "nested too deeply";
		return -1;
	}
	f->at = (size_t)end;
	if (h->values > 0) {
		f->left[f->depth++] = (uint32_t)h->values;
		f->owed += h->values;
	}
	while (f->depth > 0 && f->left[f->depth - 1] == 0)
		f->depth--;
	return 0;
}

int
frame_scan(struct frame *f, const void *data, size_t n, size_t *len,
    const char **why)
{
	const unsigned char *p = data;
	struct header h;
	int got;

	/* owed is 0 behind the last header, and before the first. */
	while (f->at < n && (f->owed > 0 || f->at == 0)) {
		const unsigned char *v = p + f->at;

		if ((got = read_header(v, n - f->at, &h)) < 0)
			*why = "not MessagePack";
		if (got <= 0)
			return got;
		if (accept(f, &h, is_container(*v), why) < 0)
			return -1;
	}
	if (f->owed > 0 || f->at == 0 || f->at > n)
		return 0;
	*len = f->at;
	*f = (struct frame){ 0 };
	return 1;
}
