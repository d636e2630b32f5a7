/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginnings of PNG (RFC 2083), GIF89a, JPEG (ITU T.81), WebP (RFC 9649)
 * and BMP files. */
#include "backends/purple/picture.h"

#include <stdint.h>
#include <string.h>

#include "util/macros.h"

static unsigned
big16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static unsigned
big32(const uint8_t *p)
{
	return big16(p) << 16 | big16(p + 2);
}

static unsigned
little16(const uint8_t *p)
{
	return (unsigned)p[1] << 8 | p[0];
}

static unsigned
little24(const uint8_t *p)
{
	return (unsigned)p[2] << 16 | little16(p);
}

static unsigned
little32(const uint8_t *p)
{
	return little16(p + 2) << 16 | little16(p);
}

static void
png_size(const uint8_t *p, size_t len, struct picture *out)
{
	if (len < 24 || memcmp(p + 12, "IHDR", 4) != 0)
		return;
	out->width = big32(p + 16);
	out->height = big32(p + 20);
}

static void
gif_size(const uint8_t *p, size_t len, struct picture *out)
{
	if (len < 10)
		return;
	out->width = little16(p + 6);
	out->height = little16(p + 8);
}

static void
bmp_size(const uint8_t *p, size_t len, struct picture *out)
{
	if (len < 26 || little32(p + 14) < 40)
		return;
	out->width = little32(p + 18);
	out->height = little32(p + 22);
	/* Rows from the top are written as a negative height. */
	if (out->height & 0x80000000)
		out->height = -out->height;
}

/* Segments, up to the one that begins the frame. */
static void
jpeg_size(const uint8_t *p, size_t len, struct picture *out)
{
	size_t at = 2;
	uint8_t marker;

	while (at + 9 <= len && p[at] == 0xff) {
		marker = p[at + 1];
		if (marker == 0xff) {		/* a fill byte */
			at++;
			continue;
		}
		/* SOF0 to SOF15, without DHT, JPG and DAC among them. */
		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
		    marker != 0xc8 && marker != 0xcc) {
			out->height = big16(p + at + 5);
			out->width = big16(p + at + 7);
			return;
		}
		if (big16(p + at + 2) < 2)
			return;
		at += 2 + big16(p + at + 2);
	}
}

static void
webp_size(const uint8_t *p, size_t len, struct picture *out)
{
	if (len < 30)
		return;
	if (memcmp(p + 12, "VP8X", 4) == 0) {
		out->width = little24(p + 24) + 1;
		out->height = little24(p + 27) + 1;
	} else if (memcmp(p + 12, "VP8L", 4) == 0 && p[20] == 0x2f) {
		out->width = (little32(p + 21) & 0x3fff) + 1;
		out->height = (little32(p + 21) >> 14 & 0x3fff) + 1;
	} else if (memcmp(p + 12, "VP8 ", 4) == 0 &&
	    memcmp(p + 23, "\x9d\x01\x2a", 3) == 0) {
		out->width = little16(p + 26) & 0x3fff;
		out->height = little16(p + 28) & 0x3fff;
	}
}

static const struct {
	const char	*format, *type;
	const char	*begins;
	size_t		 n;
	const char	*then;		/* at byte 8, or NULL */
	void		(*size)(const uint8_t *, size_t, struct picture *);
} kinds[] = {
	{ "png",  "image/png",  "\x89PNG\r\n\x1a\n", 8, NULL, png_size },
	{ "jpeg", "image/jpeg", "\xff\xd8\xff",     3, NULL, jpeg_size },
	{ "gif",  "image/gif",  "GIF87a",           6, NULL, gif_size },
	{ "gif",  "image/gif",  "GIF89a",           6, NULL, gif_size },
	{ "webp", "image/webp", "RIFF",             4, "WEBP", webp_size },
	{ "bmp",  "image/bmp",  "BM",               2, NULL, bmp_size },
};

bool
picture_probe(const void *data, size_t len, struct picture *out)
{
	*out = (struct picture){ 0 };
	for (size_t i = 0; data != NULL && i < LENGTH(kinds); i++) {
		if (len < 12 || memcmp(data, kinds[i].begins, kinds[i].n) != 0)
			continue;
		if (kinds[i].then != NULL && memcmp((const char *)data + 8,
		    kinds[i].then, 4) != 0)
			continue;
		out->format = kinds[i].format;
		out->type = kinds[i].type;
		kinds[i].size(data, len, out);
		return true;
	}
	return false;
}
