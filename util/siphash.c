/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"):
 * one compression round a word, three at the end. */
#include "util/siphash.h"

#include <string.h>

#include "util/rand.h"

#define ROTL(x, b)	(((x) << (b)) | ((x) >> (64 - (b))))

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline void
sip_round(struct state *s)
{
	s->v0 += s->v1; s->v1 = ROTL(s->v1, 13) ^ s->v0; s->v0 = ROTL(s->v0, 32);
	s->v2 += s->v3; s->v3 = ROTL(s->v3, 16) ^ s->v2;
	s->v0 += s->v3; s->v3 = ROTL(s->v3, 21) ^ s->v0;
	s->v2 += s->v1; s->v1 = ROTL(s->v1, 17) ^ s->v2; s->v2 = ROTL(s->v2, 32);
}

/* Little-endian load of eight bytes, whatever the machine is.  Written out, as
 * compilers see that it is one instruction. */
static inline uint64_t
load(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	    (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	    (uint64_t)p[7] << 56;
}

/* The same of fewer than eight. */
static inline uint64_t
load_some(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	while (n-- > 0)
		word = word << 8 | p[n];
	return word;
}

uint64_t
siphash(const uint8_t key[16], const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t k0 = load(key), k1 = load(key + 8), word;
	struct state s = {
		k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573,
	};
	size_t left = len;

	for (; left >= 8; p += 8, left -= 8) {
		word = load(p);
		s.v3 ^= word;
		sip_round(&s);
		s.v0 ^= word;
	}
	word = load_some(p, left) | (uint64_t)(len & 0xff) << 56;
	s.v3 ^= word;
	sip_round(&s);
	s.v0 ^= word;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint32_t
siphash_string(const char *s)
{
	static uint8_t key[16];
	static int ready;
	uint64_t hash;

	if (!ready) {
		rand_bytes(key, sizeof(key));
		ready = 1;
	}
	hash = siphash(key, s, strlen(s));
	return (uint32_t)(hash ^ hash >> 32);
}
