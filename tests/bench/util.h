/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util.h - small helpers shared by the load generator: time, growable buffers,
 * an XMPP stanza framer, SHA-1 (XEP-0114 handshake), a string map. */
#ifndef GWB_UTIL_H
#define GWB_UTIL_H
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

/* ---- time ---- */
uint64_t now_ns(void); /* CLOCK_MONOTONIC */

/* ---- growable byte buffer; consumed from the front ---- */
struct buf {
	char *p;
	size_t off, len, cap;
}; /* live bytes: p[off..len) */
void buf_need(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *d, size_t n);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_eat(struct buf *b, size_t n);
void buf_free(struct buf *b);
static inline size_t
buf_size(const struct buf *b)
{
	return b->len - b->off;
}
static inline char *
buf_data(const struct buf *b)
{
	return b->p + b->off;
}

/* ---- XMPP stream framer: cuts a byte stream into depth-1 elements ---- */
struct xframer {
	size_t scan, start;
	int depth;
	bool in_stanza;
};
enum xev { X_MORE, X_STREAM_OPEN, X_STANZA, X_STREAM_CLOSE, X_BAD };
/* Looks at buf_data(b); on X_STANZA/X_STREAM_OPEN sets *s,*n to the element (or
 * the open tag).  The caller handles it, then calls xframer_eaten(). */
enum xev xframer_next(
    struct xframer *x, struct buf *b, const char **s, size_t *n);
void xframer_reset(struct xframer *x);

/* attribute of the first tag in s[0..n); false when absent. Not unescaped. */
bool xattr(
    const char *s, size_t n, const char *name, const char **v, size_t *vn);
bool xhas(const char *s, size_t n, const char *needle);	  /* memmem */
bool xname_is(const char *s, size_t n, const char *name); /* element name */

/* ---- SHA-1, hex ---- */
void sha1_hex(const void *d, size_t n, char out[41]);

/* ---- string -> pointer map (open addressing, never shrinks) ---- */
struct smap_ent {
	char *k;
	void *v;
};
struct smap {
	struct smap_ent *e;
	size_t cap, n;
};
void *smap_get(struct smap *m, const char *k, size_t kn);
void smap_put(struct smap *m, const char *k, size_t kn,
    void *v); /* v==NULL deletes value */

void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
#endif
