/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of hashes of the last messages of a user. */
#include "manager/gateway/repeats.h"

#include <string.h>

#include "util/rand.h"
#include "util/siphash.h"
#include "util/xalloc.h"

#define KEPT	64		/* messages of a user */
#define AGE	900		/* seconds; clients give up resuming earlier */
#define ID_MIN	8		/* bytes; shorter ones are counters */

struct repeats {
	uint64_t	 mark[KEPT];	/* 0: none */
	uint32_t	 when[KEPT];	/* seconds, wrapping */
	unsigned	 next;
};

static uint8_t key[16];		/* drawn at the first use */

static uint64_t
mark_of(const char *to, const char *id, const char *body)
{
	uint64_t part[3], mark;

	if (key[0] == 0) {
		rand_bytes(key, sizeof(key));
		key[0] |= 1;
	}
	part[0] = siphash(key, to, strlen(to));
	part[1] = siphash(key, id, strlen(id));
	part[2] = siphash(key, body, strlen(body));
	mark = siphash(key, part, sizeof(part));
	return mark > REPEATS_UNKNOWN ? mark : 2;
}

uint64_t
repeats_note(struct user *user, const char *to, const char *id,
    const char *body)
{
	uint32_t now = (uint32_t)ev_now(user->gw->loop);
	struct repeats *r = user->repeats;
	uint64_t mark;

	if (id == NULL || strlen(id) < ID_MIN)
		return REPEATS_UNKNOWN;
	mark = mark_of(to, id, body ? body : "");
	if (r == NULL)
		r = user->repeats = xcalloc(1, sizeof(*r));
	for (unsigned i = 0; i < KEPT; i++) {
		if (r->mark[i] == mark && now - r->when[i] < AGE)
			return 0;
	}
	r->mark[r->next] = mark;
	r->when[r->next] = now;
	r->next = (r->next + 1) % KEPT;
	return mark;
}

void
repeats_forget(struct user *user, uint64_t mark)
{
	struct repeats *r = user->repeats;

	for (unsigned i = 0; r != NULL && i < KEPT; i++) {
		if (r->mark[i] == mark)
			r->mark[i] = 0;
	}
}

void
repeats_pack(const struct user *user, struct packer *p)
{
	if (user->repeats != NULL)
		pack_bin(p, "repeats", user->repeats, sizeof(struct repeats));
}

void
repeats_unpack(struct user *user, const struct packed *facts)
{
	size_t len;
	const void *bytes = packed_bin(facts, "repeats", &len);

	/* Another version may remember in another way. */
	if (bytes == NULL || len != sizeof(struct repeats))
		return;
	user->repeats = xcalloc(1, sizeof(struct repeats));
	memcpy(user->repeats, bytes, len);
	user->repeats->next %= KEPT;
}

void
repeats_pack_key(struct packer *p)
{
	pack_bin(p, "repeats_key", key, sizeof(key));
}

void
repeats_unpack_key(const struct packed *facts)
{
	size_t len;
	const void *bytes = packed_bin(facts, "repeats_key", &len);

	if (bytes != NULL && len == sizeof(key))
		memcpy(key, bytes, len);
}
