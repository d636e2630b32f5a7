/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row per command.  A handler starts with a line that has enough params
 * and, where it needs one, a sender whose name could be somebody's. */
#include "backends/irc/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/adhoc.h"
#include "backends/irc/batch.h"
#include "backends/irc/cap.h"
#include "backends/irc/console.h"
#include "backends/irc/history.h"
#include "backends/irc/label.h"
#include "backends/irc/message.h"
#include "backends/irc/netsplit.h"
#include "backends/irc/nick.h"
#include "backends/irc/numerics.h"
#include "backends/irc/register.h"
#include "backends/irc/replies.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/sasl.h"
#include "backends/irc/tagmsg.h"
#include "backends/irc/unwelcome.h"
#include "backends/irc/watch.h"
#include "util/xalloc.h"

#define BAN_TO_KICK	5.0	/* seconds */

struct member *
events_member(struct network *n, struct channel *c, const char *nick)
{
	struct member *m;

	if (!nick_is_valid(nick))
		return NULL;
	if ((m = channel_member(c, n->is.casemap, nick)) != NULL)
		return m;
	if (map_count(&n->people) >= NETWORK_PEOPLE_MAX)
		return NULL;
	return channel_add(c, &n->people, n->is.casemap, nick);
}

void
events_away(struct network *n, struct person *p, bool away, const char *status)
{
	struct channel *c;
	struct member *m;
	size_t at = 0;

	if (p->away == away && status == NULL)
		return;
	p->away = away;
	while ((c = map_next(&n->channels, &at)) != NULL)
		if ((m = map_get(&c->members, p->key)) != NULL)
			room_show_member(n, c, m, status);
}

void
events_account(struct network *n, struct person *p, const char *account)
{
	struct channel *c;
	struct member *m;
	size_t at = 0;

	/* "*" is what IRCv3 says for nobody, "0" what WHOX does. */
	if (strcmp(account, "*") == 0 || strcmp(account, "0") == 0 ||
	    strlen(account) >= NICK_BYTES_MAX)
		account = "";
	if (strcmp(p->account ? p->account : "", account) == 0)
		return;
	xreplace(&p->account, *account ? account : NULL);
	while ((c = map_next(&n->channels, &at)) != NULL)
		if ((m = map_get(&c->members, p->key)) != NULL && m->shown &&
		    room_account(n, p, m) != NULL)
			room_show_member(n, c, m, NULL);
}

void
events_bot(struct network *n, struct person *p)
{
	struct channel *c;
	struct member *m;
	size_t at = 0;

	if (p->bot)
		return;
	p->bot = true;
	while ((c = map_next(&n->channels, &at)) != NULL)
		if ((m = map_get(&c->members, p->key)) != NULL && m->shown)
			room_show_member(n, c, m, NULL);
}

/* The channel of the line, when we are in it. */
static struct channel *
joined(const struct network *n, const char *name)
{
	struct channel *c = network_channel(n, name);

	return c != NULL && c->state >= CHANNEL_NAMING ? c : NULL;
}

/* ---- coming and going */

static void
on_join(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[0]);
	struct member *m;
	bool known;

	if (network_is_me(n, l->nick)) {
		network_know_host(n, l->user, l->host);
		if (c == NULL)
			console_join_answered(n);
		if (c == NULL && isupport_is_channel(&n->is, l->params[0]) &&
		    channel_is_valid(n, l->params[0]))
			room_forced(n, l->params[0]);
		else if (c != NULL && c->state < CHANNEL_NAMING)
			room_entered(n, c);
		if (c != NULL)
			history_begin(n, c, l);
		return;
	}
	watch_seen(n, l->nick, true);
	if (c == NULL || c->state < CHANNEL_NAMING)
		return;
	known = channel_member(c, n->is.casemap, l->nick) != NULL;
	if ((m = events_member(n, c, l->nick)) == NULL)
		return;
	if (l->nparams >= 3)		/* extended-join */
		events_account(n, m->person, l->params[1]);
	if (known)
		return;
	netsplit_back(n, c, l);
	room_show_member(n, c, m, NULL);
}

static void
on_part(struct network *n, struct line *l)
{
	struct channel *c = joined(n, l->params[0]);
	struct member *m;

	if (c == NULL)
		return;
	if ((m = channel_member(c, n->is.casemap, l->nick)) == NULL)
		return;
	/* What we leave ourselves is not in the table any more. */
	room_member_gone(n, c, m, network_is_me(n, l->nick) ? "removed" :
	    "left", NULL, l->params[1]);
}

/* Kicked by whoever has just set a ban: that is how IRC bans. */
static const char *
how_kicked(const struct network *n, const struct channel *c, const char *by)
{
	bool banned = c->banned_by != NULL &&
	    ev_now(n->irc->loop) - c->banned_at < BAN_TO_KICK &&
	    casemap_equal(n->is.casemap, c->banned_by, by);

	return banned ? "banned" : "kicked";
}

static void
on_kick(struct network *n, struct line *l)
{
	struct channel *c = joined(n, l->params[0]);
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_KICK,
	    l->params[0], l->params[1]);
	struct member *m;

	if (c != NULL &&
	    (m = channel_member(c, n->is.casemap, l->params[1])) != NULL)
		room_member_gone(n, c, m, how_kicked(n, c, l->nick), l->nick,
		    l->params[2]);
	if (a != NULL) {
		up_result(a->request, METHOD_room_moderate, NULL);
		await_done(&n->awaits, a);
	}
}

static void
on_quit(struct network *n, struct line *l)
{
	struct person *p = people_find(&n->people, n->is.casemap, l->nick);
	bool split = netsplit_has(n, l);
	char key[NAME_MAX_BYTES];
	struct channel *c;
	struct member *m;
	size_t at = 0;

	nick_gone(n, l->nick);
	if (network_is_me(n, l->nick))
		return;			/* the socket will close */
	watch_seen(n, l->nick, false);
	if (p == NULL)
		return;
	/* The last of these takes the person along. */
	snprintf(key, sizeof(key), "%s", p->key);
	while ((c = map_next(&n->channels, &at)) != NULL) {
		if ((m = map_get(&c->members, key)) == NULL)
			continue;
		if (split)
			netsplit_count(n, c, l);
		room_member_gone(n, c, m, "quit", NULL, l->params[0]);
	}
}

static void
on_nick(struct network *n, struct line *l)
{
	struct person *p = people_find(&n->people, n->is.casemap, l->nick);
	const char *nick = l->params[0];
	struct channel *c;
	struct member *m;
	struct await *a;
	size_t at = 0;

	if (!nick_is_valid(nick))
		return;
	if (network_is_me(n, l->nick)) {
		n->prefix_len = (uint16_t)(n->prefix_len + strlen(nick) -
		    strlen(n->nick));
		xreplace(&n->nick, nick);
		nick_settled(n);	/* what we have now was meant */
		a = await_find(&n->awaits, n->is.casemap, AWAIT_NICK, NULL,
		    NULL);
		if (a != NULL) {
			xreplace(&n->wanted, nick);
			up_result(a->request, METHOD_room_nick, NULL);
			await_done(&n->awaits, a);
		}
	}
	watch_renamed(n, l->nick, nick);
	nick_gone(n, l->nick);
	if (p == NULL)
		return;
	p = people_rename(&n->people, &n->channels, n->is.casemap, p, nick);
	while ((c = map_next(&n->channels, &at)) != NULL)
		if ((m = map_get(&c->members, p->key)) != NULL)
			room_renamed(n, c, l->nick, m);
}

static void
on_away(struct network *n, struct line *l)
{
	struct person *p = people_find(&n->people, n->is.casemap, l->nick);

	bool away = *l->params[0] != '\0';

	watch_away(n, l->nick, away, away ? l->params[0] : NULL);
	if (p != NULL)
		events_away(n, p, away, away ? l->params[0] : NULL);
}

static void
on_account(struct network *n, struct line *l)
{
	struct person *p = people_find(&n->people, n->is.casemap, l->nick);

	if (p != NULL)
		events_account(n, p, l->params[0]);
}

static void
on_chghost(struct network *n, struct line *l)
{
	if (network_is_me(n, l->nick))
		network_know_host(n, l->params[0], l->params[1]);
}

/* ---- changing a channel */

static void
mode_done(struct network *n, const char *channel, const char *about)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_MODE,
	    channel, about);

	if (a == NULL)
		return;
	up_result(a->request, METHOD_room_moderate, NULL);
	await_done(&n->awaits, a);
}

static void
set_rank(struct network *n, struct channel *c, const char *nick, int rank,
    bool on)
{
	struct member *m = channel_member(c, n->is.casemap, nick);
	uint8_t before;

	if (m == NULL)
		return;
	before = m->ranks;
	m->ranks = (uint8_t)(on ? before | 1u << rank :
	    before & ~(1u << rank));
	if (m->ranks != before)
		room_show_member(n, c, m, NULL);
}

/* "Mode +lk 20 key by nick" */
static void
tell_mode(struct network *n, struct channel *c, const struct line *l)
{
	static struct buf text;

	buf_clear(&text);
	buf_adds(&text, "Mode");
	for (unsigned i = 1; i < l->nparams; i++)
		buf_addf(&text, " %s", l->params[i]);
	buf_addf(&text, " by %s", l->nick);
	buf_addc(&text, '\0');
	room_notice(n, c, buf_data(&text));
}

static void
on_mode(struct network *n, struct line *l)
{
	struct channel *c = joined(n, l->params[0]);
	bool on = true, others = false;
	unsigned param = 2;

	if (c == NULL)
		return;
	for (const char *letter = l->params[1]; *letter != '\0'; letter++) {
		int rank = isupport_prefix_mode(&n->is, *letter);
		int kind = isupport_mode_kind(&n->is, *letter);

		if (*letter == '+' || *letter == '-') {
			on = *letter == '+';
			continue;
		}
		others |= rank < 0;
		if (*letter == 'c' && kind == 3)
			c->plain = on;
		if (rank < 0 && kind != 0 && kind != 1 && !(kind == 2 && on))
			continue;
		if (param >= l->nparams)
			break;
		if (rank >= 0)
			set_rank(n, c, l->params[param], rank, on);
		mode_done(n, l->params[0], l->params[param]);
		/* So that it can be joined again. */
		if (*letter == 'k' && kind == 1 && (!on ||
		    strcmp(l->params[param], "*") != 0))
			xreplace(&c->key, on ? l->params[param] : NULL);
		if (*letter == 'b' && on) {
			xreplace(&c->banned_by, l->nick);
			c->banned_at = ev_now(n->irc->loop);
		}
		param++;
	}
	if (others)			/* the rest is shown by roles */
		tell_mode(n, c, l);
}

static void
on_topic(struct network *n, struct line *l)
{
	struct channel *c = joined(n, l->params[0]);
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_TOPIC,
	    l->params[0], NULL);

	if (c != NULL) {
		xreplace(&c->topic, *l->params[1] ? l->params[1] : NULL);
		xreplace(&c->topic_by, nick_is_valid(l->nick) ? l->nick : NULL);
		c->topic_time = 0;
		room_topic(n, c);
	}
	if (a != NULL && network_is_me(n, l->nick)) {
		up_result(a->request, METHOD_room_subject_set, NULL);
		await_done(&n->awaits, a);
	}
}

/* invite-notify: an operator has asked somebody else in. */
static void
tell_invited(struct network *n, struct channel *c, const struct line *l)
{
	char text[2 * NICK_BYTES_MAX + 64];

	if (c == NULL || c->state < CHANNEL_NAMING ||
	    !nick_is_valid(l->params[0]))
		return;
	snprintf(text, sizeof(text), "%s has invited %s", l->nick,
	    l->params[0]);
	room_notice(n, c, text);
}

static void
on_invite(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);
	char *peer;
	struct msg_room_invited invited = { .user = n->user };

	if (!channel_is_valid(n, l->params[1]))
		return;
	if (!network_is_me(n, l->params[0])) {
		tell_invited(n, c, l);
		return;
	}
	peer = xstrdup(network_contact_id(n, l->nick));
	invited.peer = peer;
	invited.room = c ? c->id : network_contact_id(n, l->params[1]);
	up_notify(METHOD_room_invited, &invited);
	free(peer);
}

/* ---- the connection itself */

static void
on_ping(struct network *n, struct line *l)
{
	link_now(&n->link, "PONG", l->params[0], NULL);
}

static void
on_pong(struct network *n, struct line *l)
{
	if (!adhoc_pong(n, l))
		said_fenced(n, l);
}

/* From an operator to all who want to hear it. */
static void
on_wallops(struct network *n, struct line *l)
{
	char *text = xasprintf("%s: %s", l->nick, l->params[0]);

	console_tell(n, text);
	free(text);
}

static void
on_error(struct network *n, struct line *l)
{
	unwelcome_error(n, l->params[0]);
}

#define ANYBODY	1		/* needs a sender who could be somebody */
#define LAST	2		/* counts after our QUIT, too */

static const struct {
	const char	*command;
	unsigned	 params;	/* at least */
	unsigned	 needs;
	void		(*handle)(struct network *, struct line *);
} commands[] = {
	{ "PRIVMSG",		2, ANYBODY | LAST, message_received },
	{ "NOTICE",		2, ANYBODY | LAST, message_received },
	{ "PONG",		1, LAST,	on_pong },
	{ "PING",		0, 0,		on_ping },
	{ "TAGMSG",		1, ANYBODY | LAST, tagmsg_received },
	{ "REDACT",		2, ANYBODY | LAST, tagmsg_redact },
	{ "BATCH",		1, LAST,	batch_line },
	{ "ACK",		0, LAST,	label_ack },
	{ "FAIL",		3, LAST,	replies_fail },
	{ "WARN",		3, 0,		replies_note },
	{ "NOTE",		3, 0,		replies_note },
	{ "JOIN",		1, ANYBODY,	on_join },
	{ "QUIT",		0, ANYBODY,	on_quit },
	{ "PART",		1, ANYBODY,	on_part },
	{ "AWAY",		0, ANYBODY,	on_away },
	{ "NICK",		1, ANYBODY,	on_nick },
	{ "MODE",		2, ANYBODY,	on_mode },
	{ "KICK",		2, ANYBODY,	on_kick },
	{ "TOPIC",		1, 0,		on_topic },
	{ "INVITE",		2, ANYBODY,	on_invite },
	{ "ACCOUNT",		1, ANYBODY,	on_account },
	{ "CHGHOST",		2, ANYBODY,	on_chghost },
	{ "CAP",		3, 0,		cap_line },
	{ "AUTHENTICATE",	1, 0,		sasl_line },
	{ "WALLOPS",		1, ANYBODY,	on_wallops },
	{ "ERROR",		1, LAST,	on_error },
};

/* A part of something larger, or news of yesterday. */
static bool
in_batch(struct network *n, struct line *l)
{
	return batch_keeps(n, l) || (strcmp(l->command, "PRIVMSG") != 0 &&
	    strcmp(l->command, "NOTICE") != 0 &&
	    strcmp(l->command, "BATCH") != 0 &&
	    batch_within(n, l, BATCH_HISTORY) != NULL);
}

void
events_line(struct network *n, struct line *l)
{
	bool last = n->state == NETWORK_QUITTING;

	if (!last && n->state != NETWORK_REGISTERING &&
	    n->state != NETWORK_ONLINE)
		return;			/* nobody listens any more */
	if (!LIST_EMPTY(&n->batches.list) && in_batch(n, l))
		return;
	if (l->numeric >= 0) {
		if (last)
			numerics_refusal(n, l);
		else
			numerics_line(n, l);
		return;
	}
	for (size_t i = 0; i < LENGTH(commands); i++) {
		if (strcmp(commands[i].command, l->command) != 0)
			continue;
		if (l->nparams >= commands[i].params &&
		    (!last || (commands[i].needs & LAST)) &&
		    (!(commands[i].needs & ANYBODY) || nick_is_valid(l->nick)))
			commands[i].handle(n, l);
		return;
	}
}
