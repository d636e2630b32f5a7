/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of hashes of the last messages of a user. */
#include "manager/gateway/repeats.h"

#include <string.h>

#include "protocol/errors.h"
#include "util/rand.h"
#include "util/siphash.h"
#include "util/xalloc.h"

#define KEPT	64		/* messages of a user */
#define AGE	900		/* seconds; clients give up resuming earlier */
#define UNCERTAIN_AGE	60
#define ID_MIN	8		/* bytes; shorter ones are counters */

struct repeats {
	uint64_t	 mark[KEPT];	/* 0: none */
	uint32_t	 until[KEPT];	/* seconds, wrapping */
	bool		 uncertain[KEPT];
	unsigned	 next;
	uint64_t	 heard[KEPT];	/* of the other direction; 0: none */
	unsigned	 next_heard;
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

enum repeat
repeats_note(struct user *user, const char *to, const char *id,
    const char *body, uint64_t *mark)
{
	uint32_t now = (uint32_t)ev_now(user->gw->loop);
	struct repeats *r = user->repeats;

	*mark = REPEATS_UNKNOWN;
	if (id == NULL || strlen(id) < ID_MIN)
		return REPEAT_NONE;
	*mark = mark_of(to, id, body ? body : "");
	if (r == NULL)
		r = user->repeats = xcalloc(1, sizeof(*r));
	for (unsigned i = 0; i < KEPT; i++) {
		if (r->mark[i] == *mark && (int32_t)(r->until[i] - now) > 0)
			return r->uncertain[i] ? REPEAT_UNCERTAIN :
			    REPEAT_TAKEN;
	}
	r->mark[r->next] = *mark;
	r->until[r->next] = now + AGE;
	r->uncertain[r->next] = false;
	r->next = (r->next + 1) % KEPT;
	return REPEAT_NONE;
}

bool
repeats_heard(struct user *user, const char *from, const char *id,
    const char *body, bool late)
{
	struct repeats *r = user->repeats;
	uint64_t mark;

	if (id == NULL || *id == '\0')
		return false;
	mark = mark_of(from, id, body ? body : "");
	if (r == NULL)
		r = user->repeats = xcalloc(1, sizeof(*r));
	for (unsigned i = 0; i < KEPT && late; i++) {
		if (r->heard[i] == mark)
			return true;
	}
	r->heard[r->next_heard] = mark;
	r->next_heard = (r->next_heard + 1) % KEPT;
	return false;
}

static bool
is_uncertain(const char *code)
{
	return strcmp(code, ERR_LOST) == 0 || strcmp(code, ERR_TIMEOUT) == 0 ||
	    strcmp(code, ERR_UNCERTAIN) == 0;
}

void
repeats_failed(struct user *user, uint64_t mark, const char *code)
{
	uint32_t now = (uint32_t)ev_now(user->gw->loop);
	struct repeats *r = user->repeats;

	for (unsigned i = 0; r != NULL && i < KEPT; i++) {
		if (r->mark[i] != mark)
			continue;
		r->uncertain[i] = is_uncertain(code);
		if (r->uncertain[i])
			r->until[i] = now + UNCERTAIN_AGE;
		else
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
	user->repeats->next_heard %= KEPT;
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
