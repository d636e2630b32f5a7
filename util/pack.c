/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees of facts in MessagePack.  Counts are written when a map or list ends,
 * so that nobody has to count before; strings bring their NUL along, so that
 * they can be used where they stand. */
#include "util/pack.h"

#include <fcntl.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/xalloc.h"

struct unpacker {
	msgpack_unpacked tree;
};

/* ------------------------------------------------------------------ writing */

void
pack_free(struct packer *p)
{
	buf_free(&p->out);
	free(p->fds);
	memset(p, 0, sizeof(*p));
}

static int
append(void *to, const char *bytes, size_t n)
{
	buf_add(to, bytes, n);
	return 0;
}

static msgpack_packer
begin(struct packer *p, const char *key)
{
	msgpack_packer mp;
	size_t n;

	msgpack_packer_init(&mp, &p->out, append);
	if (p->depth > 0) {
		p->level[p->depth - 1].n++;
		if (p->level[p->depth - 1].map != (key != NULL))
			fatal("pack: %s", key ? key : "a name is missing");
	}
	if (key != NULL) {
		n = strlen(key);
		msgpack_pack_str(&mp, n);
		msgpack_pack_str_body(&mp, key, n);
	}
	return mp;
}

/* The wide form, whose count has room for any number. */
static void
open_level(struct packer *p, const char *key, bool map)
{
	static const char head[2][5] = { { (char)0xdd }, { (char)0xdf } };

	if (p->depth == PACK_DEPTH)
		fatal("pack: too deep");
	begin(p, key);
	buf_add(&p->out, head[map], sizeof(head[map]));
	p->level[p->depth].at = buf_len(&p->out) - 4;
	p->level[p->depth].n = 0;
	p->level[p->depth++].map = map;
}

void
pack_map(struct packer *p, const char *key)
{
	open_level(p, key, true);
}

void
pack_list(struct packer *p, const char *key)
{
	open_level(p, key, false);
}

void
pack_end(struct packer *p)
{
	unsigned char *at;
	uint32_t n;

	if (p->depth == 0)
		fatal("pack: one end too many");
	n = p->level[--p->depth].n;
	at = (unsigned char *)buf_data(&p->out) + p->level[p->depth].at;
	for (int i = 3; i >= 0; i--, n >>= 8)
		at[i] = (unsigned char)n;
}

void
pack_str(struct packer *p, const char *key, const char *s)
{
	msgpack_packer mp;
	size_t n;

	if (s == NULL)
		return;
	n = strlen(s) + 1;
	mp = begin(p, key);
	msgpack_pack_str(&mp, n);
	msgpack_pack_str_body(&mp, s, n);
}

void
pack_bin(struct packer *p, const char *key, const void *bytes, size_t n)
{
	msgpack_packer mp = begin(p, key);

	msgpack_pack_bin(&mp, n);
	if (n > 0)
		msgpack_pack_bin_body(&mp, bytes, n);
}

void
pack_int(struct packer *p, const char *key, int64_t n)
{
	msgpack_packer mp = begin(p, key);

	msgpack_pack_int64(&mp, n);
}

void
pack_num(struct packer *p, const char *key, double n)
{
	msgpack_packer mp = begin(p, key);

	msgpack_pack_double(&mp, n);
}

void
pack_bool(struct packer *p, const char *key, bool yes)
{
	msgpack_packer mp = begin(p, key);

	if (yes)
		msgpack_pack_true(&mp);
	else
		msgpack_pack_false(&mp);
}

void
pack_fd(struct packer *p, const char *key, int fd)
{
	if (fd < 0)
		return;
	pack_int(p, key, fd);
	p->fds = xreallocarray(p->fds, p->nfds + 1, sizeof(*p->fds));
	p->fds[p->nfds++] = fd;
}

void
pack_keep_fds(const struct packer *p, bool keep)
{
	for (size_t i = 0; i < p->nfds; i++)
		fcntl(p->fds[i], F_SETFD, keep ? 0 : FD_CLOEXEC);
}

/* ------------------------------------------------------------------ reading */

struct unpacker *
unpack_open(const void *bytes, size_t len)
{
	struct unpacker *u = xcalloc(1, sizeof(*u));

	msgpack_unpacked_init(&u->tree);
	if (msgpack_unpack_next(&u->tree, bytes, len, NULL) ==
	    MSGPACK_UNPACK_SUCCESS &&
	    u->tree.data.type == MSGPACK_OBJECT_MAP)
		return u;
	unpack_close(u);
	return NULL;
}

void
unpack_close(struct unpacker *u)
{
	if (u == NULL)
		return;
	msgpack_unpacked_destroy(&u->tree);
	free(u);
}

static const msgpack_object *
object(const struct packed *p)
{
	return (const msgpack_object *)(const void *)p;
}

static const struct packed *
packed(const msgpack_object *o)
{
	return (const struct packed *)(const void *)o;
}

const struct packed *
unpack_root(const struct unpacker *u)
{
	return packed(&u->tree.data);
}

static bool
is_named(const msgpack_object_kv *kv, const char *key, size_t n)
{
	return kv->key.type == MSGPACK_OBJECT_STR &&
	    kv->key.via.str.size == n &&
	    memcmp(kv->key.via.str.ptr, key, n) == 0;
}

const struct packed *
packed_get(const struct packed *map, const char *key)
{
	const msgpack_object *o = object(map);
	size_t n;

	if (key == NULL)
		return map;
	if (o == NULL || o->type != MSGPACK_OBJECT_MAP)
		return NULL;
	n = strlen(key);
	for (uint32_t i = 0; i < o->via.map.size; i++) {
		if (is_named(&o->via.map.ptr[i], key, n))
			return packed(&o->via.map.ptr[i].val);
	}
	return NULL;
}

size_t
packed_count(const struct packed *list)
{
	const msgpack_object *o = object(list);

	return o != NULL && o->type == MSGPACK_OBJECT_ARRAY ?
	    o->via.array.size : 0;
}

const struct packed *
packed_at(const struct packed *list, size_t i)
{
	return i < packed_count(list) ?
	    packed(&object(list)->via.array.ptr[i]) : NULL;
}

const char *
packed_str(const struct packed *map, const char *key)
{
	const msgpack_object *o = object(packed_get(map, key));

	if (o == NULL || o->type != MSGPACK_OBJECT_STR ||
	    o->via.str.size == 0 ||
	    o->via.str.ptr[o->via.str.size - 1] != '\0')
		return NULL;
	return o->via.str.ptr;
}

const void *
packed_bin(const struct packed *map, const char *key, size_t *len)
{
	const msgpack_object *o = object(packed_get(map, key));

	*len = 0;
	if (o == NULL || o->type != MSGPACK_OBJECT_BIN)
		return NULL;
	*len = o->via.bin.size;
	return o->via.bin.ptr;
}

int64_t
packed_int(const struct packed *map, const char *key, int64_t otherwise)
{
	const msgpack_object *o = object(packed_get(map, key));

	if (o == NULL || (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER &&
	    o->type != MSGPACK_OBJECT_NEGATIVE_INTEGER))
		return otherwise;
	return o->via.i64;
}

double
packed_num(const struct packed *map, const char *key, double otherwise)
{
	const msgpack_object *o = object(packed_get(map, key));

	if (o != NULL && (o->type == MSGPACK_OBJECT_FLOAT64 ||
	    o->type == MSGPACK_OBJECT_FLOAT32))
		return o->via.f64;
	return otherwise;
}

bool
packed_bool(const struct packed *map, const char *key, bool otherwise)
{
	const msgpack_object *o = object(packed_get(map, key));

	return o != NULL && o->type == MSGPACK_OBJECT_BOOLEAN ?
	    o->via.boolean : otherwise;
}

int
packed_fd(const struct packed *map, const char *key)
{
	int fd = (int)packed_int(map, key, -1);

	return fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}
