/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message in a room has two names: the one that its author gave it, by which
 * it is corrected (XEP-0308), and the one of the room, by which it is answered,
 * reacted to and taken back. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/room_state.h"
#include "util/xalloc.h"

static void
clear(struct past *p)
{
	free(p->net);
	free(p->id);
	free(p->nick);
	*p = (struct past){ 0 };
}

void
room_past_add(struct room *r, const char *net, const char *id,
    const char *nick)
{
	struct past *p = &r->past[r->npast++ % ROOM_PAST];

	clear(p);
	p->net = xstrdup(net);
	p->id = xstrdup(id != NULL ? id : net);
	p->nick = xstrdup(nick);
}

/* Anybody may give a message the name that the room gave another. */
const struct past *
room_past_of(const struct room *r, const char *name, const char *nick)
{
	unsigned known = r->npast < ROOM_PAST ? r->npast : ROOM_PAST;
	const struct past *p, *by_id = NULL;

	for (unsigned i = 1; i <= known; i++) {
		p = &r->past[(r->npast - i) % ROOM_PAST];
		if (nick != NULL && strcmp(p->nick, nick) != 0)
			continue;
		if (strcmp(p->net, name) == 0)
			return p;
		if (by_id == NULL && strcmp(p->id, name) == 0)
			by_id = p;
	}
	return by_id;
}

const struct past *
room_past_find(const struct room *r, const char *name)
{
	return room_past_of(r, name, NULL);
}

void
room_past_finish(struct room *r)
{
	for (unsigned i = 0; i < ROOM_PAST; i++)
		clear(&r->past[i]);
}
