/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void
die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("gwbench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

uint64_t
now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
buf_need(struct buf *b, size_t extra)
{
	if (b->len + extra <= b->cap)
		return;
	if (b->off) {
		memmove(b->p, b->p + b->off, b->len - b->off);
		b->len -= b->off;
		b->off = 0;
		if (b->len + extra <= b->cap)
			return;
	}
	size_t c = b->cap ? b->cap : 1024;
	while (c < b->len + extra)
		c *= 2;
	b->p = realloc(b->p, c);
	if (!b->p)
		die("out of memory");
	b->cap = c;
}

void
buf_add(struct buf *b, const void *d, size_t n)
{
	buf_need(b, n);
	if (n)
		memcpy(b->p + b->len, d, n);
	b->len += n;
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	buf_need(b, 512);
	va_start(ap, fmt);
	int n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if ((size_t)n >= b->cap - b->len) {
		buf_need(b, (size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
}

void
buf_eat(struct buf *b, size_t n)
{
	b->off += n;
	if (b->off == b->len)
		b->off = b->len = 0;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	memset(b, 0, sizeof *b);
}

/* ---------------------------------------------------------------- framer */

void
xframer_reset(struct xframer *x)
{
	memset(x, 0, sizeof *x);
}

/* end of the tag that starts at p (which points at '<'): index just past '>',
 * or 0 when the tag is not complete yet */
static size_t
tag_end(const char *p, size_t n)
{
	char q = 0;
	for (size_t i = 1; i < n; i++) {
		char c = p[i];
		if (q) {
			if (c == q)
				q = 0;
		} else if (c == '"' || c == '\'')
			q = c;
		else if (c == '>')
			return i + 1;
	}
	return 0;
}

enum xev
xframer_next(struct xframer *x, struct buf *b, const char **s, size_t *n)
{
	for (;;) {
		const char *d = buf_data(b);
		size_t len = buf_size(b);
		const char *lt = x->scan < len
				     ? memchr(d + x->scan, '<', len - x->scan)
				     : NULL;
		if (!lt) {
			if (!x->in_stanza) {
				buf_eat(b, len);
				x->scan = 0;
			} else
				x->scan = len;
			return X_MORE;
		}
		size_t at = (size_t)(lt - d);
		size_t tl = tag_end(lt, len - at);
		if (!tl) {
			x->scan = at;
			return X_MORE;
		}
		bool closing = lt[1] == '/', selfc = lt[tl - 2] == '/',
		     pi = lt[1] == '?' || lt[1] == '!';
		if (pi) {
			x->scan = at + tl;
			continue;
		}
		if (x->depth == 0) {
			if (closing)
				return X_BAD;
			x->depth = 1;
			*s = lt;
			*n = tl;
			x->scan = at + tl;
			x->start = x->scan;
			/* the caller must copy what it needs before the next
			 * call */
			return X_STREAM_OPEN;
		}
		if (x->depth == 1 && closing)
			return X_STREAM_CLOSE;
		if (x->depth == 1) {
			x->start = at;
			x->in_stanza = true;
		}
		if (closing)
			x->depth--;
		else if (!selfc)
			x->depth++;
		x->scan = at + tl;
		if (x->depth == 1) {
			*s = d + x->start;
			*n = x->scan - x->start;
			size_t eat = x->scan;
			x->scan = 0;
			x->in_stanza = false;
			b->off +=
			    eat; /* data stays valid until more is added */
			if (b->off == b->len) {
				b->off = b->len = 0;
			}
			return X_STANZA;
		}
	}
}

bool
xattr(const char *s, size_t n, const char *name, const char **v, size_t *vn)
{
	size_t nl = strlen(name);
	const char *e = s + n, *p = s + 1;
	while (p < e && *p != ' ' && *p != '>' && *p != '/' && *p != '\n' &&
	       *p != '\t')
		p++;
	while (p < e) {
		while (p < e &&
		       (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
			p++;
		if (p >= e || *p == '>' || *p == '/')
			return false;
		const char *a = p;
		while (p < e && *p != '=' && *p != '>')
			p++;
		if (p >= e || *p != '=')
			return false;
		size_t al = (size_t)(p - a);
		p++;
		if (p >= e)
			return false;
		char q = *p++;
		const char *val = p;
		while (p < e && *p != q)
			p++;
		if (p >= e)
			return false;
		if (al == nl && !memcmp(a, name, nl)) {
			*v = val;
			*vn = (size_t)(p - val);
			return true;
		}
		p++;
	}
	return false;
}

bool
xhas(const char *s, size_t n, const char *needle)
{
	return memmem(s, n, needle, strlen(needle)) != NULL;
}

bool
xname_is(const char *s, size_t n, const char *name)
{
	size_t l = strlen(name);
	return n > l + 1 && !memcmp(s + 1, name, l) &&
	       (s[l + 1] == ' ' || s[l + 1] == '>' || s[l + 1] == '/');
}

/* ---------------------------------------------------------------- SHA-1 */

static void
sha1_block(uint32_t h[5], const unsigned char *p)
{
	uint32_t w[80];
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 80; i++) {
		uint32_t t = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
		w[i] = t << 1 | t >> 31;
	}
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	for (int i = 0; i < 80; i++) {
		uint32_t f, k;
		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5a827999;
		} else if (i < 40) {
			f = b ^ c ^ d;
			k = 0x6ed9eba1;
		} else if (i < 60) {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8f1bbcdc;
		} else {
			f = b ^ c ^ d;
			k = 0xca62c1d6;
		}
		uint32_t t = (a << 5 | a >> 27) + f + e + k + w[i];
		e = d;
		d = c;
		c = b << 30 | b >> 2;
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void
sha1_hex(const void *d, size_t n, char out[41])
{
	uint32_t h[5] = {
	    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	const unsigned char *p = d;
	size_t left = n;
	for (; left >= 64; left -= 64, p += 64)
		sha1_block(h, p);
	unsigned char t[128] = {0};
	memcpy(t, p, left);
	t[left] = 0x80;
	size_t tot = left < 56 ? 64 : 128;
	uint64_t bits = (uint64_t)n * 8;
	for (int i = 0; i < 8; i++)
		t[tot - 1 - (size_t)i] = (unsigned char)(bits >> (8 * i));
	sha1_block(h, t);
	if (tot == 128)
		sha1_block(h, t + 64);
	for (int i = 0; i < 5; i++)
		sprintf(out + 8 * i, "%08x", h[i]);
}

/* ---------------------------------------------------------------- map */

static uint64_t
hash(const char *k, size_t n)
{
	uint64_t h = 1469598103934665603u;
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)k[i]) * 1099511628211u;
	return h ^ h >> 29;
}

static struct smap_ent *
slot(struct smap *m, const char *k, size_t kn)
{
	size_t i = hash(k, kn) & (m->cap - 1);
	while (m->e[i].k && (strncmp(m->e[i].k, k, kn) || m->e[i].k[kn]))
		i = (i + 1) & (m->cap - 1);
	return &m->e[i];
}

void *
smap_get(struct smap *m, const char *k, size_t kn)
{
	if (!m->cap)
		return NULL;
	struct smap_ent *e = slot(m, k, kn);
	return e->k ? e->v : NULL;
}

void
smap_put(struct smap *m, const char *k, size_t kn, void *v)
{
	if (m->n * 2 >= m->cap) {
		struct smap o = *m;
		m->cap = o.cap ? o.cap * 2 : 1024;
		m->e = calloc(m->cap, sizeof *m->e);
		if (!m->e)
			die("out of memory");
		for (size_t i = 0; i < o.cap; i++)
			if (o.e[i].k)
				*slot(m, o.e[i].k, strlen(o.e[i].k)) = o.e[i];
		free(o.e);
	}
	struct smap_ent *e = slot(m, k, kn);
	if (!e->k) {
		e->k = strndup(k, kn);
		m->n++;
	}
	e->v = v;
}
