/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of pairs.  It is looked at when somebody reacts, which is seldom, so
 * it is simply gone through. */
#include "manager/gateway/ids.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define ID_MAX 256		/* longer ones are not kept */

struct ids {
	unsigned	 next, count;
	char		*v[IDS_MAX][2];	/* origin, network */
};

static void
put(struct ids *ids, const char *origin, const char *network)
{
	char **pair = ids->v[ids->next];

	if (strlen(origin) > ID_MAX || strlen(network) > ID_MAX)
		return;
	xreplace(&pair[0], origin);
	xreplace(&pair[1], network);
	ids->next = (ids->next + 1) % IDS_MAX;
	if (ids->count < IDS_MAX)
		ids->count++;
}

void
ids_note(struct user *user, const char *origin, const struct strs *network)
{
	if (origin == NULL || network->n == 0)
		return;
	if (user->ids == NULL)
		user->ids = xcalloc(1, sizeof(*user->ids));
	/* The first piece of a message stands for it: so it goes in last. */
	for (size_t i = network->n; i > 0; i--)
		put(user->ids, origin, network->v[i - 1]);
}

/* Pairs, the oldest first. */
void
ids_pack(const struct user *user, struct packer *p)
{
	const struct ids *ids = user->ids;

	pack_list(p, "ids");
	for (unsigned i = ids ? ids->count : 0; i > 0; i--) {
		char *const *pair = ids->v[(ids->next + IDS_MAX - i) % IDS_MAX];

		pack_str(p, NULL, pair[0]);
		pack_str(p, NULL, pair[1]);
	}
	pack_end(p);
}

void
ids_unpack(struct user *user, const struct packed *facts)
{
	const struct packed *list = packed_get(facts, "ids");

	for (size_t i = 0; i + 1 < packed_count(list); i += 2) {
		const char *origin = packed_str(packed_at(list, i), NULL);
		const char *network = packed_str(packed_at(list, i + 1), NULL);

		if (origin == NULL || network == NULL)
			continue;
		if (user->ids == NULL)
			user->ids = xcalloc(1, sizeof(*user->ids));
		put(user->ids, origin, network);
	}
}

static const char *
other(const struct ids *ids, const char *id, int from)
{
	for (unsigned i = 1; ids != NULL && id != NULL && i <= ids->count; i++) {
		char *const *pair = ids->v[(ids->next + IDS_MAX - i) % IDS_MAX];

		if (strcmp(pair[from], id) == 0)
			return pair[1 - from];
	}
	return id;
}

const char *
ids_network(const struct user *user, const char *id)
{
	return other(user->ids, id, 0);
}

const char *
ids_origin(const struct user *user, const char *id)
{
	return other(user->ids, id, 1);
}

void
ids_free(struct ids *ids)
{
	if (ids == NULL)
		return;
	for (unsigned i = 0; i < IDS_MAX; i++) {
		free(ids->v[i][0]);
		free(ids->v[i][1]);
	}
	free(ids);
}
