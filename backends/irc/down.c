/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests of the main process: find the session, the network, the channel;
 * check the names; hand over. */
#include "backends/irc/down.h"

#include <stdio.h>
#include <string.h>

#include "backends/irc/ask.h"
#include "backends/irc/ctcp.h"
#include "backends/irc/history.h"
#include "backends/irc/outbox.h"
#include "backends/irc/register.h"
#include "backends/irc/room.h"
#include "backends/irc/session.h"
#include "backends/irc/tagmsg.h"
#include "backends/irc/typing.h"
#include "backends/irc/whois.h"

/* Where a request goes.  Found by find(), which answers it if it cannot. */
struct place {
	struct session	*session;
	struct network	*network;
	struct channel	*channel;	/* we are in it */
	char		 name[NAME_MAX_BYTES];	/* on the network */
};

static bool
find_session(struct irc *irc, request_t request, const char *user,
    struct place *p)
{
	p->session = session_find(irc, user);
	if (p->session == NULL)
		up_error(request, ERR_NOT_CONNECTED, "not logged in");
	return p->session != NULL;
}

static bool
find_network(struct irc *irc, request_t request, const char *user,
    const char *id, bool open, const char *nick, struct place *p)
{
	const char *code, *why;

	if (!find_session(irc, request, user, p))
		return false;
	p->network = session_resolve(p->session, id, open, nick, p->name,
	    &code, &why);
	if (p->network == NULL)
		up_error(request, code, why);
	return p->network != NULL;
}

/* Connected, or about to be for the first time: what is queued will leave or
 * fail. */
static bool
is_usable(const struct network *n)
{
	return n->state == NETWORK_ONLINE || (!n->was_online &&
	    (n->state == NETWORK_CONNECTING ||
	    n->state == NETWORK_REGISTERING));
}

/* A channel that the user is in. */
static bool
find_channel(struct irc *irc, request_t request, const char *user,
    const char *id, struct place *p)
{
	if (!find_network(irc, request, user, id, false, NULL, p))
		return false;
	p->channel = network_channel(p->network, p->name);
	if (p->channel != NULL && p->channel->state == CHANNEL_JOINED &&
	    p->network->state == NETWORK_ONLINE)
		return true;
	if (p->channel != NULL)
		up_error(request, ERR_NOT_CONNECTED,
		    "the room is being joined");
	else
		up_error(request, ERR_NOT_FOUND, "you are not in that room");
	return false;
}

/* ---- sessions */

void
down_login(struct irc *irc, request_t request, const struct msg_login *m)
{
	up_result(request, METHOD_login, NULL);
	session_login(irc, m);
}

void
down_logout(struct irc *irc, request_t request, const struct msg_logout *m)
{
	struct session *s = session_find(irc, m->user);

	if (s == NULL)
		up_result(request, METHOD_logout, NULL);
	else
		session_logout(s, request, m->reason);
}

void
down_presence(struct irc *irc, request_t request, const struct msg_presence *m)
{
	struct session *s = session_find(irc, m->user);

	(void)request;
	if (s != NULL)
		session_presence(s, m->show, m->status);
}

void
down_setting(struct irc *irc, request_t request, const struct msg_setting *m)
{
	struct session *s = session_find(irc, m->user);

	(void)request;
	if (s != NULL)
		session_setting(s, m->name, m->value);
}

void
down_stop(struct irc *irc)
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&irc->sessions, &at)) != NULL)
		session_logout(s, 0, "the gateway stops");
}

void
down_pause(struct irc *irc, bool pause)
{
	struct session *s;
	size_t at = 0;

	irc->paused = pause;
	while ((s = map_next(&irc->sessions, &at)) != NULL)
		for (struct network *n = s->networks; n != NULL; n = n->next)
			link_pause(&n->link, pause);
}

/* ---- messages */

static void
send_to_room(struct irc *irc, request_t request, const struct msg_send *m,
    const char *room)
{
	struct place p;

	if (room == NULL)
		up_error(request, ERR_BAD_REQUEST, "through which room?");
	else if (find_network(irc, request, m->user, room, false, NULL, &p))
		outbox_say(p.network, request, m, p.name);
}

/* The server itself; "" is the gateway, where there is one server only. */
static bool
is_console(const struct place *p, const char *id)
{
	return *p->name == '\0' || (network_is_fixed(p->network) &&
	    strcasecmp(id, network_id(p->network)) == 0);
}

static void
send_to_contact(struct irc *irc, request_t request, const struct msg_send *m)
{
	struct place p;

	if (!find_network(irc, request, m->user, m->to, true, NULL, &p))
		return;
	if (is_console(&p, m->to))
		outbox_say(p.network, request, m, "");
	else if (!nick_is_valid(p.name) ||
	    isupport_is_channel(&p.network->is, p.name))
		up_error(request, ERR_NOT_ACCEPTABLE, "not a nick");
	else
		outbox_say(p.network, request, m, p.name);
}

void
down_send(struct irc *irc, request_t request, const struct msg_send *m)
{
	if (strcmp(m->kind, "groupchat") == 0)
		send_to_room(irc, request, m, m->room ? m->room : m->to);
	else if (strcmp(m->kind, "private") == 0)
		send_to_room(irc, request, m, m->room);
	else if (strcmp(m->kind, "chat") == 0)
		send_to_contact(irc, request, m);
	else
		up_error(request, ERR_BAD_REQUEST, "no such kind of message");
}

/* Where something about a message goes: to a room (peer is the room, too), to
 * somebody in it, or to a contact. */
static bool
find_talk(struct irc *irc, request_t request, const char *user,
    const char *peer, const char *room, struct place *p)
{
	p->channel = NULL;
	if (room != NULL) {
		if (!find_channel(irc, request, user, room, p))
			return false;
		if (strcmp(peer, room) == 0)
			return true;
		p->channel = NULL;
		snprintf(p->name, sizeof(p->name), "%s", peer);
	} else if (!find_network(irc, request, user, peer, false, NULL, p)) {
		return false;
	}
	if (!nick_is_valid(p->name) ||
	    isupport_is_channel(&p->network->is, p->name))
		up_error(request, ERR_NOT_ACCEPTABLE, "not a nick");
	else if (p->network->state != NETWORK_ONLINE)
		up_error(request, ERR_NOT_CONNECTED, "not connected");
	else
		return true;
	return false;
}

void
down_chat_state(struct irc *irc, request_t request,
    const struct msg_chat_state *m)
{
	struct place p;

	(void)request;
	if (find_talk(irc, 0, m->user, m->peer, m->room, &p))
		typing_tell(p.network, p.channel ? p.channel->name : p.name,
		    m->state);
}

/* An id that can be a parameter and a tag. */
static bool
is_msgid(request_t request, const char *id)
{
	if (*id != '\0' && *id != ':' && strlen(id) < 256 &&
	    strpbrk(id, " \r\n") == NULL)
		return true;
	up_error(request, ERR_NOT_FOUND, "no such message");
	return false;
}

void
down_react(struct irc *irc, request_t request, const struct msg_react *m)
{
	struct place p;

	if (is_msgid(request, m->id) &&
	    find_talk(irc, request, m->user, m->peer, m->room, &p))
		tagmsg_react(p.network, request, p.channel, p.channel ?
		    p.channel->name : p.name, m);
}

void
down_retract(struct irc *irc, request_t request, const struct msg_retract *m)
{
	struct place p;

	if (is_msgid(request, m->id) &&
	    find_talk(irc, request, m->user, m->peer, m->room, &p))
		tagmsg_retract(p.network, request, p.channel ?
		    p.channel->name : p.name, m);
}

void
down_room_history(struct irc *irc, request_t request,
    const struct msg_room_history *m)
{
	struct place p;

	if (find_channel(irc, request, m->user, m->room, &p))
		history_ask(p.network, request, p.channel, m);
}

/* ---- contacts: IRC has no list of them, so the user's own is the list */

static void
take_contact(struct irc *irc, request_t request, const char *user,
    const char *contact)
{
	const struct msg_contact m = { .user = user, .contact = contact,
		.subscription = "both" };
	struct place p;

	if (!find_session(irc, request, user, &p))
		return;
	up_result(request, METHOD_contact_add, NULL);
	up_notify(METHOD_contact, &m);
}

void
down_contact_add(struct irc *irc, request_t request,
    const struct msg_contact_add *m)
{
	take_contact(irc, request, m->user, m->contact);
}

void
down_contact_update(struct irc *irc, request_t request,
    const struct msg_contact_update *m)
{
	struct place p;

	if (find_session(irc, request, m->user, &p))
		up_result(request, METHOD_contact_update, NULL);
}

void
down_contact_remove(struct irc *irc, request_t request,
    const struct msg_contact_remove *m)
{
	struct place p;

	if (find_session(irc, request, m->user, &p))
		up_result(request, METHOD_contact_remove, NULL);
}

void
down_contact_watch(struct irc *irc, request_t request,
    const struct msg_contact_watch *m)
{
	struct session *s = session_find(irc, m->user);

	(void)request;
	if (s != NULL)
		session_watch(s, &m->contacts, &m->gone);
}

/* Somebody who can be asked about: a contact, or an occupant of a room. */
static const char *
find_person(struct irc *irc, request_t request, const char *user,
    const char *contact, const char *room, struct place *p)
{
	const char *nick = room ? contact : p->name;

	if (room != NULL && !find_channel(irc, request, user, room, p))
		return NULL;
	if (room == NULL &&
	    !find_network(irc, request, user, contact, false, NULL, p))
		return NULL;
	if (!nick_is_valid(nick))
		up_error(request, ERR_NOT_ACCEPTABLE, "not a nick");
	else if (p->network->state != NETWORK_ONLINE)
		up_error(request, ERR_NOT_CONNECTED, "not connected");
	else
		return nick;
	return NULL;
}

void
down_profile(struct irc *irc, request_t request, const struct msg_profile *m)
{
	struct place p;
	const char *nick = find_person(irc, request, m->user, m->contact,
	    m->room, &p);

	if (nick != NULL)
		whois_profile(p.network, request, nick);
}

void
down_query(struct irc *irc, request_t request, const struct msg_query *m)
{
	struct place p;
	const char *nick = find_person(irc, request, m->user, m->contact,
	    m->room, &p);

	if (nick != NULL)
		ctcp_ask(p.network, request, nick, m->what);
}

/* ---- rooms */

/* What can be in a JOIN's third place without meaning something else. */
static bool
key_is_valid(const char *key)
{
	return key == NULL || (*key != '\0' && *key != ':' &&
	    strlen(key) < 200 && strpbrk(key, " ,\r\n\t") == NULL);
}

void
down_room_join(struct irc *irc, request_t request, const struct msg_room_join *m)
{
	const char *key = m->password && *m->password ? m->password : NULL;
	struct channel *c;
	struct place p;

	if (!find_session(irc, request, m->user, &p))
		return;
	if (!key_is_valid(key)) {
		up_error(request, ERR_NOT_AUTHORIZED, "no such password");
		return;
	}
	if (!find_network(irc, request, m->user, m->room, true, m->nick, &p))
		return;
	if (!channel_is_valid(p.network, p.name))
		up_error(request, ERR_NOT_ACCEPTABLE,
		    "rooms of IRC are called #name");
	else if (!is_usable(p.network) && !p.network->was_online)
		up_error(request, ERR_NETWORK,
		    "the IRC server cannot be reached");
	else {
		room_join(p.network, request, m->room, p.name, key);
		c = network_channel(p.network, p.name);
		if (c != NULL)
			c->history = m->history;
	}
}

void
down_room_leave(struct irc *irc, request_t request,
    const struct msg_room_leave *m)
{
	struct channel *c;
	struct place p;

	if (!find_network(irc, 0, m->user, m->room, false, NULL, &p)) {
		up_result(request, METHOD_room_leave, NULL);
		return;
	}
	c = network_channel(p.network, p.name);
	if (c != NULL && room_is_called(c, m->room))
		room_leave(p.network, c, m->reason);
	outbox_move(p.network);
	up_result(request, METHOD_room_leave, NULL);
}

void
down_room_nick(struct irc *irc, request_t request, const struct msg_room_nick *m)
{
	struct place p;

	if (!find_channel(irc, request, m->user, m->room, &p))
		return;
	if (!nick_is_valid(m->nick) || (p.network->is.nick_len != 0 &&
	    strlen(m->nick) > p.network->is.nick_len))
		up_error(request, ERR_NOT_ACCEPTABLE,
		    "not a nick on this server");
	else
		ask_nick(p.network, request, m->nick);
}

void
down_room_subject_set(struct irc *irc, request_t request,
    const struct msg_room_subject_set *m)
{
	struct place p;

	if (find_channel(irc, request, m->user, m->room, &p))
		ask_topic(p.network, request, p.channel, m->subject);
}

void
down_room_moderate(struct irc *irc, request_t request,
    const struct msg_room_moderate *m)
{
	struct place p;

	if (find_channel(irc, request, m->user, m->room, &p))
		ask_moderate(p.network, request, p.channel, m);
}

void
down_room_affiliations(struct irc *irc, request_t request,
    const struct msg_room_affiliations *m)
{
	struct place p;

	if (find_channel(irc, request, m->user, m->room, &p))
		ask_affiliations(p.network, request, p.channel,
		    m->affiliation);
}

void
down_room_invite(struct irc *irc, request_t request,
    const struct msg_room_invite *m)
{
	struct place room, peer;

	if (!find_channel(irc, request, m->user, m->room, &room))
		return;
	if (!find_network(irc, request, m->user, m->peer, false, NULL, &peer))
		return;
	if (peer.network != room.network)
		up_error(request, ERR_NOT_ACCEPTABLE,
		    "that contact is on another server");
	else if (!nick_is_valid(peer.name))
		up_error(request, ERR_NOT_ACCEPTABLE, "not a nick");
	else
		ask_invite(room.network, request, room.channel, peer.name);
}

/* Any connection to a fixed network can list its rooms. */
static struct network *
any_network(const struct irc *irc)
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&irc->sessions, &at)) != NULL)
		if (s->networks != NULL && irc->config.nservers > 0 &&
		    s->networks->state == NETWORK_ONLINE)
			return s->networks;
	return NULL;
}

void
down_room_list(struct irc *irc, request_t request, const struct msg_room_list *m)
{
	struct network *n = NULL;
	struct session *s;
	struct server server;

	if (m->user == NULL)
		n = any_network(irc);
	else if ((s = session_find(irc, m->user)) == NULL)
		n = NULL;
	else if (irc->config.nservers > 0 || m->network == NULL)
		n = s->networks;
	else if (server_parse(&server, m->network) == 0)
		for (n = s->networks; n != NULL; n = n->next)
			if (server_equal(n->server, &server))
				break;
	if (n == NULL || n->state != NETWORK_ONLINE)
		up_error(request, ERR_NOT_CONNECTED, "not connected");
	else
		ask_list(n, request, m);
}
