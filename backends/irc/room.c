/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the main process know of a channel?  It hears of occupants once
 * NAMES is complete, ourselves last, then the answer to its room_join, then
 * the subject; from then on every change. */
#include "backends/irc/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/history.h"
#include "backends/irc/tagmsg.h"
#include "util/log.h"
#include "util/xalloc.h"

#define JOIN_TIMEOUT 60.0

/* ---- roles (as biboumi has them) */

static const struct {
	const char	*letters;	/* of the channel modes */
	const char	*role, *affiliation;
} roles[] = {
	{ "qaOyY!",	"moderator",	"owner" },
	{ "o",		"moderator",	"admin" },
	{ "h",		"moderator",	"member" },
	{ "v",		"participant",	"member" },
};

/* The row of the highest rank, -1 for none of them. */
static int
role_row(const struct isupport *is, uint8_t ranks)
{
	for (unsigned i = 0; i < ISUPPORT_PREFIXES && ranks >> i; i++)
		for (int row = 0; (ranks >> i & 1) &&
		    row < (int)LENGTH(roles); row++)
			if (is->prefix_modes[i] != '\0' &&
			    strchr(roles[row].letters, is->prefix_modes[i]))
				return row;
	return -1;
}

const char *
room_role(const struct isupport *is, uint8_t ranks)
{
	int row = role_row(is, ranks);

	return row < 0 ? "participant" : roles[row].role;
}

const char *
room_affiliation(const struct isupport *is, uint8_t ranks)
{
	int row = role_row(is, ranks);

	return row < 0 ? "none" : roles[row].affiliation;
}

/* ---- telling */

bool
room_is_live(const struct channel *c)
{
	return c->state == CHANNEL_JOINED && c->wanted;
}

const char *
room_account(const struct network *n, const struct person *p,
    const struct member *m)
{
	if (p->account != NULL &&
	    !casemap_equal(n->is.casemap, p->account, person_nick(p)))
		return p->account;
	return m->accounted ? "" : NULL;
}

/* What others cannot see by the nick. */
static void
add_badges(struct network *n, struct member *m,
    struct msg_room_occupant *occupant)
{
	static struct buf scratch;
	const char *account = room_account(n, m->person, m);

	occupant->bot = m->person->bot;
	/* Absent is "as before": said once there was something to say. */
	if (account != NULL)
		occupant->account = format_plain(account, &scratch);
	m->accounted = account != NULL && *account != '\0';
}

void
room_show_member(struct network *n, struct channel *c, struct member *m,
    const char *status)
{
	static struct buf scratch;
	const struct person *p = m->person;
	struct msg_room_occupant occupant = {
		.user = n->user, .room = c->id, .nick = person_nick(p),
		.show = p->away ? "away" : "online",
		.status = status ? format_plain(status, &scratch) : NULL,
		.role = room_role(&n->is, m->ranks),
		.affiliation = room_affiliation(&n->is, m->ranks),
		.self = network_is_me(n, person_nick(p)),
	};

	if (!room_is_live(c))
		return;
	if (!network_is_fixed(n))
		occupant.real = network_contact_id(n, person_nick(p));
	add_badges(n, m, &occupant);
	m->shown = true;
	up_notify(METHOD_room_occupant, &occupant);
}

void
room_topic(struct network *n, struct channel *c)
{
	static struct buf scratch;
	struct msg_room_subject subject = {
		.user = n->user, .room = c->id, .nick = c->topic_by,
		.subject = "", .time = c->topic_time,
	};

	if (!room_is_live(c))
		return;
	if (c->topic != NULL)
		subject.subject = format_plain(c->topic, &scratch);
	up_notify(METHOD_room_subject, &subject);
}

void
room_notice(struct network *n, struct channel *c, const char *text)
{
	static struct buf scratch;
	const struct msg_message message = {
		.user = n->user, .from = c->id, .kind = "groupchat",
		.body = format_plain(text, &scratch),
	};

	if (room_is_live(c))
		up_notify(METHOD_message, &message);
}

void
room_renamed(struct network *n, struct channel *c, const char *nick,
    struct member *m)
{
	struct msg_room_occupant occupant = {
		.user = n->user, .room = c->id, .nick = nick,
		.new_nick = person_nick(m->person),
		.show = m->person->away ? "away" : "online",
		.role = room_role(&n->is, m->ranks),
		.affiliation = room_affiliation(&n->is, m->ranks),
		.self = network_is_me(n, person_nick(m->person)),
	};

	if (!room_is_live(c))
		return;
	if (!network_is_fixed(n))
		occupant.real = network_contact_id(n, person_nick(m->person));
	add_badges(n, m, &occupant);
	up_notify(METHOD_room_occupant, &occupant);
}

/* ---- joining */

static void
show_all(struct network *n, struct channel *c)
{
	const char *features[TAGMSG_FEATURES];
	struct msg_room_join_result result = { .nick = n->nick,
		.features = { features, tagmsg_features(n, features) } };
	struct member *m, *me = NULL;
	request_t join = c->join;
	size_t at = 0;

	c->join = 0;
	c->lost = false;
	while ((m = map_next(&c->members, &at)) != NULL)
		if (network_is_me(n, person_nick(m->person)))
			me = m;
		else
			room_show_member(n, c, m, NULL);
	/* A server whose NAMES leaves us out has still let us in. */
	if (me == NULL)
		me = channel_add(c, &n->people, n->is.casemap, n->nick);
	if (me != NULL)
		room_show_member(n, c, me, NULL);
	up_result(join, METHOD_room_join, &result);
	room_topic(n, c);
}

double
room_join_deadline(struct network *n)
{
	return ev_now(n->irc->loop) + link_delay(&n->link, 1) + JOIN_TIMEOUT;
}

static void
send_join(struct network *n, struct channel *c)
{
	int r = c->key ?
	    link_send(&n->link, "JOIN", c->name, c->key, NULL) :
	    link_send(&n->link, "JOIN", c->name, NULL);

	if (r == -1) {
		room_refuse(n, c, ERR_RATE_LIMITED, "too much at once");
		return;
	}
	c->state = CHANNEL_JOINING;
	c->deadline = room_join_deadline(n);
	network_arm(n);
}

static struct channel *
add_channel(struct network *n, const char *id, const char *name)
{
	char folded[NAME_MAX_BYTES];
	struct channel *c;

	if (map_count(&n->channels) >= NETWORK_CHANNELS_MAX)
		return NULL;
	c = channel_create(id, name, casemap_fold(n->is.casemap, folded, name));
	map_put(&n->channels, c->folded, c);
	return c;
}

static void
remove_channel(struct network *n, struct channel *c)
{
	up_error(c->join, ERR_NETWORK, "the join was cut short");
	channel_clear(c, &n->people);
	map_remove(&n->channels, c->folded);
	channel_destroy(c);
	if (map_count(&n->channels) == 0 && n->state == NETWORK_ONLINE) {
		n->left = ev_now(n->irc->loop);
		network_arm(n);
	}
}

bool
room_is_called(const struct channel *c, const char *id)
{
	return !c->wanted || strcasecmp(c->id, id) == 0;
}

/* "#foo[" and "#FOO{" are one room, but two addresses: the second would take
 * from the first what is said. */
static void
refuse_twin(request_t request, const struct channel *c)
{
	char text[NAME_MAX_BYTES * 2 + 400];

	snprintf(text, sizeof(text), "you are in this room already, under the "
	    "name %s", c->id);
	up_error(request, ERR_NOT_ALLOWED, text);
}

void
room_join(struct network *n, request_t request, const char *id,
    const char *name, const char *key)
{
	struct channel *c = network_channel(n, name);

	if (c != NULL && !room_is_called(c, id)) {
		refuse_twin(request, c);
		return;
	}
	if (c == NULL && n->is.channel_len != 0 &&
	    strlen(name) > n->is.channel_len) {
		/* Some servers would cut it and join another room. */
		up_error(request, ERR_NOT_ACCEPTABLE,
		    "too long a name for this server");
		return;
	}
	if (c == NULL && (c = add_channel(n, id, name)) == NULL) {
		up_error(request, ERR_NOT_ALLOWED, "too many rooms");
		return;
	}
	/* The newest request is the one whose client still waits. */
	up_error(c->join, ERR_CONFLICT, "joined again meanwhile");
	c->join = request;
	c->wanted = true;
	if (strcmp(c->id, id) != 0)
		xreplace(&c->id, id);
	if (key != NULL)
		xreplace(&c->key, key);
	if (c->state == CHANNEL_JOINED)
		show_all(n, c);
	else if (c->state == CHANNEL_WAITING && n->state == NETWORK_ONLINE)
		send_join(n, c);
}

void
room_forced(struct network *n, const char *name)
{
	struct channel *c = add_channel(n, network_contact_id(n, name), name);
	struct msg_room_invited invited = { .user = n->user,
		.reason = "the IRC server has put you into this room" };

	if (c == NULL)
		return;
	room_entered(n, c);
	invited.room = c->id;
	up_notify(METHOD_room_invited, &invited);
}

void
room_leave(struct network *n, struct channel *c, const char *reason)
{
	if (c->state != CHANNEL_WAITING && n->state == NETWORK_ONLINE) {
		if (reason != NULL && *reason != '\0')
			link_send(&n->link, "PART", c->name, reason, NULL);
		else
			link_send(&n->link, "PART", c->name, NULL);
	}
	remove_channel(n, c);
}

static void
close_one(struct network *n, struct channel *c, const char *why, bool retry)
{
	const struct msg_room_closed closed = {
		.user = n->user, .room = c->id, .reason = why, .retry = retry,
	};

	if (c->wanted && c->join == 0)
		up_notify(METHOD_room_closed, &closed);
}

void
room_refuse(struct network *n, struct channel *c, const char *code,
    const char *text)
{
	if (c->join != 0)
		up_error(c->join, code, text);
	else if (c->lost)
		close_one(n, c, text, false);
	c->join = 0;
	remove_channel(n, c);
}

void
room_refuse_all(struct network *n, const char *code, const char *text)
{
	struct channel *c;
	size_t at = 0;

	while ((c = map_next(&n->channels, &at)) != NULL) {
		up_error(c->join, code, text);
		c->join = 0;
	}
}

void
room_close_all(struct network *n, const char *why, bool retry)
{
	struct channel *c;
	size_t at = 0;

	while ((c = map_next(&n->channels, &at)) != NULL) {
		bool told = c->lost && retry;

		if (!told)
			close_one(n, c, why, retry);
		channel_clear(c, &n->people);
		/* A join that has not been answered goes on waiting. */
		c->lost = c->join == 0;
		c->state = CHANNEL_WAITING;
		c->who = false;
		if (!retry) {
			up_error(c->join, ERR_NETWORK, why);
			c->join = 0;
		}
		if (!retry || !c->wanted)
			remove_channel(n, c);
	}
}

void
room_rejoin(struct network *n)
{
	char names[400] = "";
	struct channel *c;
	size_t at = 0, len = 0;

	while ((c = map_next(&n->channels, &at)) != NULL) {
		size_t more = strlen(c->name) + 1;

		if (c->state != CHANNEL_WAITING)
			continue;
		if (c->key != NULL) {
			send_join(n, c);
			continue;
		}
		if (len > 0 && len + more >= sizeof(names)) {
			link_send(&n->link, "JOIN", names, NULL);
			len = 0;
		}
		/* One JOIN for many rooms costs one token of the limit. */
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		    "%s%s", len ? "," : "", c->name);
		c->state = CHANNEL_JOINING;
		c->deadline = room_join_deadline(n);
	}
	if (len > 0)
		link_send(&n->link, "JOIN", names, NULL);
	network_arm(n);
}

bool
room_joins_pending(const struct network *n)
{
	const struct channel *c;
	size_t at = 0;

	while ((c = map_next(&n->channels, &at)) != NULL)
		if (c->state == CHANNEL_JOINING || c->state == CHANNEL_NAMING)
			return true;
	return false;
}

void
room_expire_joins(struct network *n, double now)
{
	struct channel *c;
	size_t at = 0;

	while ((c = map_next(&n->channels, &at)) != NULL) {
		if (c->state == CHANNEL_JOINING && c->deadline <= now)
			room_refuse(n, c, ERR_TIMEOUT,
			    "the IRC server did not answer");
		else if (c->state == CHANNEL_NAMING && c->deadline <= now)
			room_named(n, c);	/* as far as it got */
	}
}

/* ---- being in it */

void
room_entered(struct network *n, struct channel *c)
{
	channel_clear(c, &n->people);
	xreplace(&c->topic, NULL);
	xreplace(&c->topic_by, NULL);
	c->topic_time = 0;
	c->plain = false;
	c->state = CHANNEL_NAMING;
	c->deadline = ev_now(n->irc->loop) + JOIN_TIMEOUT;
	if (channel_add(c, &n->people, n->is.casemap, n->nick) == NULL)
		log_debug("%s: %s has no room for ourselves", n->user, c->id);
	network_arm(n);
}

void
room_named(struct network *n, struct channel *c)
{
	if (c->state != CHANNEL_NAMING)
		return;
	c->state = CHANNEL_JOINED;
	if (c->wanted)
		show_all(n, c);
	history_joined(n, c);
	/* NAMES does not tell who is away; but after a reconnection with many
	 * rooms nobody's message shall wait for that. */
	if (link_is_quiet(&n->link) && map_count(&c->members) > 1 &&
	    map_count(&c->members) <= n->irc->config.who_max &&
	    link_send(&n->link, "WHO", c->name, n->is.whox ?
	    "%tcnfa," ROOM_WHOX : NULL, NULL) == 0)
		c->who = true;
}

void
room_member_gone(struct network *n, struct channel *c, struct member *m,
    const char *how, const char *actor, const char *reason)
{
	static struct buf scratch;
	bool me = network_is_me(n, person_nick(m->person));
	const struct msg_room_occupant_gone gone = {
		.user = n->user, .room = c->id, .nick = person_nick(m->person),
		.how = how, .actor = actor,
		.reason = reason && *reason ?
		    format_plain(reason, &scratch) : NULL,
	};

	if (room_is_live(c))
		up_notify(METHOD_room_occupant_gone, &gone);
	if (me)
		remove_channel(n, c);
	else
		channel_remove(c, &n->people, m);
}
