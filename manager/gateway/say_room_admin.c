/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a room's lists are written. */
#include "manager/gateway/say_room_admin.h"

#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"

void
say_room_affiliations(struct gateway *gw, const char *from, const char *to,
    const char *id, enum affiliation affiliation,
    const struct msg_room_affiliations_result *result)
{
	struct xml *x = say_result_begin_to(gw, from, to, id);
	struct arena scratch = { 0 };
	const char *jid;

	xml_open_ns(x, "query", NS_MUC_ADMIN);
	for (size_t i = 0; result != NULL && i < result->rows.n; i++) {
		const struct msg_affiliation *row = &result->rows.v[i];

		/* A mask of the network need not be an address. */
		jid = name_to_jid(gw, &scratch, row->target);
		xml_open(x, "item");
		xml_attr(x, "affiliation", affiliation_name(affiliation));
		xml_attr(x, "jid", jid ? jid : row->target);
		if (row->reason != NULL)
			xml_element(x, "reason", NULL, row->reason);
		xml_close(x);
	}
	arena_free(&scratch);
	say_end(gw, x, to, 0);
}

void
say_room_roles(const struct down *d, const struct room *room, enum role role)
{
	struct xml *x = say_result_begin(d);
	const struct occupant *o;
	size_t at = 0;

	xml_open_ns(x, "query", NS_MUC_ADMIN);
	while ((o = map_next(&room->occupants, &at)) != NULL) {
		if (o->role != role)
			continue;
		xml_open(x, "item");
		xml_attr(x, "affiliation", affiliation_name(o->affiliation));
		xml_attr(x, "nick", o->resource);
		xml_attr(x, "role", role_name(role));
		xml_close(x);
	}
	say_end(d->gw, x, d->from->full, 0);
}
