/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures at hand, least recently used ones going first. */
#include "manager/gateway/avatar.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define KEPT_BYTES	(16 << 20)	/* of one instance */
#define KEPT_MAX	5000

struct avatars {
	TAILQ_HEAD(avatar_list, avatar) list;
	struct map	 by_id;
	size_t		 bytes;
};

static void
forget(struct avatars *all, struct avatar *a)
{
	map_remove(&all->by_id, a->id);
	TAILQ_REMOVE(&all->list, a, entry);
	all->bytes -= a->len;
	later_free(a);
}

static struct avatar *
find(struct gateway *gw, const char *id)
{
	struct avatar *a = gw->avatars != NULL && id != NULL ?
	    map_get(&gw->avatars->by_id, id) : NULL;

	if (a == NULL)
		return NULL;
	TAILQ_REMOVE(&gw->avatars->list, a, entry);
	TAILQ_INSERT_HEAD(&gw->avatars->list, a, entry);
	return a;
}

const struct avatar *
avatar_find(struct gateway *gw, const char *id)
{
	return find(gw, id);
}

/* Only what can stand in an attribute and is what it is for. */
static void
set_type(struct avatar *a, const char *type)
{
	size_t n = type ? strlen(type) : 0;

	if (n < 7 || n >= sizeof(a->type) || strncmp(type, "image/", 6) != 0)
		type = "image/png";
	snprintf(a->type, sizeof(a->type), "%s", type);
}

static struct avatars *
all_of(struct gateway *gw)
{
	if (gw->avatars == NULL) {
		gw->avatars = xcalloc(1, sizeof(*gw->avatars));
		TAILQ_INIT(&gw->avatars->list);
	}
	return gw->avatars;
}

const struct avatar *
avatar_keep(struct gateway *gw, const char *type, const void *data, size_t len)
{
	struct avatars *all = all_of(gw);
	char id[AVATAR_ID_SIZE];
	struct avatar *a;

	if (len == 0 || len > AVATAR_MAX)
		return NULL;
	digest_hex(data, len, id);
	if ((a = find(gw, id)) != NULL) {
		if (type != NULL)
			set_type(a, type);
		a->published = false;
		return a;
	}
	while (!TAILQ_EMPTY(&all->list) && (all->bytes + len > KEPT_BYTES ||
	    map_count(&all->by_id) >= KEPT_MAX))
		forget(all, TAILQ_LAST(&all->list, avatar_list));
	a = xcalloc(1, sizeof(*a) + len);
	memcpy(a->id, id, sizeof(a->id));
	set_type(a, type);
	a->len = len;
	memcpy(a->data, data, len);
	all->bytes += len;
	TAILQ_INSERT_HEAD(&all->list, a, entry);
	map_put(&all->by_id, a->id, a);
	return a;
}

const struct avatar *
avatar_publish(struct user *user, const void *data, size_t len)
{
	struct gateway *gw = user->gw;
	struct avatar *before = find(gw, user->published), *a;
	char id[AVATAR_ID_SIZE];

	if (len == 0 || len > AVATAR_MAX)
		return NULL;
	digest_hex(data, len, id);
	if (before != NULL && before->published && strcmp(before->id, id) != 0)
		forget(gw->avatars, before);
	xreplace(&user->published, id);
	if ((a = find(gw, id)) == NULL) {
		(void)avatar_keep(gw, NULL, data, len);
		a = find(gw, id);
		a->published = true;	/* its type comes with the metadata */
	}
	return a;
}

void
avatars_destroy(struct gateway *gw)
{
	struct avatars *all = gw->avatars;

	if (all == NULL)
		return;
	while (!TAILQ_EMPTY(&all->list))
		forget(all, TAILQ_FIRST(&all->list));
	map_finish(&all->by_id);
	free(all);
	gw->avatars = NULL;
}

/* ------------------------------------------------------------------- base64 */

char *
avatar_encode(const void *data, size_t len)
{
	unsigned char *text = xmalloc((len + 2) / 3 * 4 + 1);

	EVP_EncodeBlock(text, data, (int)len);
	return (char *)text;
}

struct bin
avatar_decode(struct arena *a, const char *text)
{
	static const struct bin none;
	size_t n = strlen(text), len = 0;
	unsigned char *in = arena_alloc(a, n + 1), *out;
	int got;

	for (size_t i = 0; i < n; i++) {
		if (strchr(" \t\r\n", text[i]) == NULL)
			in[len++] = (unsigned char)text[i];
	}
	out = arena_alloc(a, len / 4 * 3 + 3);
	if (len == 0 || len % 4 != 0 || len > AVATAR_MAX / 3 * 4 ||
	    (got = EVP_DecodeBlock(out, in, (int)len)) < 0)
		return none;
	/* RFC 4648 4: the last group may lack one byte or two, no more. */
	for (int i = 0; i < 2 && in[len - 1] == '='; i++, len--)
		got--;
	if (in[len - 1] == '=')
		return none;
	return (struct bin){ out, (size_t)got };
}
