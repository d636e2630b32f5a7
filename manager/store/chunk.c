/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the archive: a version, then one message after the other, each
 *
 *	length of what follows	4 bytes, little end first like all numbers
 *	time			8
 *	length of id and nick	2 and 2; no nick: 0xffff
 *	id, nick		each with a NUL
 *	data			the rest
 */
#include "manager/store/chunk.h"

#include <string.h>

#define VERSION		1
#define HEAD		12	/* time and two lengths */
#define TEXT_MAX	4096
#define NO_NICK		0xffff

static void
put(char *out, uint64_t n, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		out[i] = (char)(n >> (8 * i) & 0xff);
}

static uint64_t
get(const char *in, unsigned size)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < size; i++)
		n |= (uint64_t)(unsigned char)in[i] << (8 * i);
	return n;
}

static size_t
length(const char *s)
{
	return s == NULL ? 0 : strnlen(s, TEXT_MAX);
}

void
chunk_add(struct buf *b, const struct store_said *said)
{
	size_t id = length(said->id), nick = length(said->nick), texts;
	char *out;

	texts = id + 1 + (said->nick == NULL ? 0 : nick + 1);
	if (buf_len(b) == 0)
		buf_addc(b, VERSION);
	out = buf_reserve(b, 4 + HEAD + texts + said->len);
	put(out, HEAD + texts + said->len, 4);
	put(out + 4, (uint64_t)said->time, 8);
	put(out + 12, id, 2);
	put(out + 14, said->nick == NULL ? NO_NICK : nick, 2);
	out += 4 + HEAD;
	if (id != 0)
		memcpy(out, said->id, id);
	out[id] = '\0';
	out += id + 1;
	if (said->nick != NULL) {
		memcpy(out, said->nick, nick);
		out[nick] = '\0';
		out += nick + 1;
	}
	if (said->len != 0)
		memcpy(out, said->data, said->len);
	buf_added(b, 4 + HEAD + texts + said->len);
}

bool
chunk_next(const void *bytes, size_t len, size_t *at, struct store_said *said)
{
	const char *in = bytes;
	size_t size, id, nick, texts;

	if (*at == 0 && (len == 0 || in[(*at)++] != VERSION))
		return false;
	if (len - *at < 4)
		return false;
	size = (size_t)get(in + *at, 4);
	if (size > len - *at - 4 || size < HEAD)
		return false;
	in += *at + 4;
	id = (size_t)get(in + 8, 2);
	nick = (size_t)get(in + 10, 2);
	texts = id + 1 + (nick == NO_NICK ? 0 : nick + 1);
	if (texts > size - HEAD || in[HEAD + id] != '\0' ||
	    in[HEAD + texts - 1] != '\0')
		return false;
	*said = (struct store_said){
		.id = in + HEAD, .time = (int64_t)get(in, 8),
		.nick = nick == NO_NICK ? NULL : in + HEAD + id + 1,
		.data = in + HEAD + texts, .len = size - HEAD - texts,
	};
	*at += 4 + size;
	return true;
}
