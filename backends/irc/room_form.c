/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a room: the user's settings for it, whether he is in it or not,
 * and, if he is, the modes of the channel. */
#include "backends/irc/configure.h"
#include "backends/irc/down.h"
#include "backends/irc/modes.h"
#include "backends/irc/session.h"

/* False: it has been answered. */
static bool
find(struct irc *irc, request_t request, const char *user, const char *room,
    struct configured *c)
{
	*c = (struct configured){ .session = session_find(irc, user),
		.scope = SETTING_ROOM, .id = room };
	if (c->session == NULL)
		up_error(request, ERR_NOT_CONNECTED, "not logged in");
	return c->session != NULL;
}

/* The channel, if the user is in it. */
static struct channel *
channel_of(const struct configured *c, struct network **n)
{
	char name[NAME_MAX_BYTES];
	const char *code, *why;
	struct channel *channel;

	*n = session_resolve(c->session, c->id, false, NULL, name, &code,
	    &why);
	if (*n == NULL || (*n)->state != NETWORK_ONLINE)
		return NULL;
	channel = network_channel(*n, name);
	return channel != NULL && channel->state == CHANNEL_JOINED ? channel :
	    NULL;
}

void
down_room_config(struct irc *irc, request_t request,
    const struct msg_room_config *m)
{
	struct arena a = { 0 };
	struct fields f = { 0 };
	struct msg_room_config_result r = { 0 };
	struct channel *channel;
	struct configured c;
	struct network *n;

	if (!find(irc, request, m->user, m->room, &c))
		return;
	if ((channel = channel_of(&c, &n)) != NULL) {
		modes_get(n, request, channel);
		return;
	}
	configure_put(&c, &a, &f, NULL);
	r.fields.v = f.v;
	r.fields.n = f.n;
	up_result(request, METHOD_room_config, &r);
	arena_free(&a);
}

void
down_room_config_set(struct irc *irc, request_t request,
    const struct msg_room_config_set *m)
{
	const char *late, *wrong;
	struct arena a = { 0 };
	struct channel *channel;
	struct configured c;
	struct network *n;

	if (!find(irc, request, m->user, m->room, &c))
		return;
	if (configure_take(&c, &a, &m->values, &late, &wrong) == -1)
		up_error(request, ERR_NOT_ACCEPTABLE, wrong);
	else if ((channel = channel_of(&c, &n)) != NULL)
		modes_set(n, request, channel, &m->values);
	else
		up_result(request, METHOD_room_config_set, NULL);
	arena_free(&a);
}
