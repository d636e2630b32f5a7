/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the server about rooms and people; the list of rooms has its
 * own file, list.c. */
#include "backends/irc/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/console.h"
#include "backends/irc/format.h"
#include "backends/irc/message.h"
#include "backends/irc/room.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define ANSWER_TIMEOUT	20.0
#define CHANGES_MAX	3		/* ranks in one MODE */

struct await *
ask_question(struct network *n, enum await_kind kind, request_t request,
    const char *target, const char *other)
{
	struct await *a;

	a = await_add(&n->awaits, n->is.casemap, kind, request, target, other,
	    ev_now(n->irc->loop) + link_delay(&n->link, 1) + ANSWER_TIMEOUT);
	if (a == NULL)
		up_error(request, ERR_RATE_LIMITED, "too much at once");
	else
		network_arm(n);
	return a;
}

void
ask_take_back(struct network *n, struct await *a)
{
	await_fail(&n->awaits, a, ERR_RATE_LIMITED,
	    "the IRC server takes commands slowly: wait a little");
}

void
ask_topic(struct network *n, request_t request, struct channel *c,
    const char *subject)
{
	struct await *a;

	if (n->is.topic_len != 0 && strlen(subject) > n->is.topic_len) {
		up_error(request, ERR_TOO_LONG, "too long a topic");
		return;
	}
	/* A server need not repeat what does not change. */
	if (strcmp(subject, c->topic ? c->topic : "") == 0) {
		up_result(request, METHOD_room_subject_set, NULL);
		return;
	}
	a = ask_question(n, AWAIT_TOPIC, request, c->name, NULL);
	if (a != NULL &&
	    link_send(&n->link, "TOPIC", c->name, subject, NULL) == -1)
		ask_take_back(n, a);
}

void
ask_invite(struct network *n, request_t request, struct channel *c,
    const char *nick)
{
	struct await *a = ask_question(n, AWAIT_INVITE, request, c->name, nick);

	if (a != NULL &&
	    link_send(&n->link, "INVITE", nick, c->name, NULL) == -1)
		ask_take_back(n, a);
}

void
ask_nick(struct network *n, request_t request, const char *nick)
{
	struct await *a;

	if (strcmp(nick, n->nick) == 0) {
		up_result(request, METHOD_room_nick, NULL);
		return;
	}
	a = ask_question(n, AWAIT_NICK, request, nick, NULL);
	if (a != NULL && link_send(&n->link, "NICK", nick, NULL) == -1)
		ask_take_back(n, a);
}

void
ask_nick_refused(struct network *n, struct await *a, const char *code,
    const char *text)
{
	if (a->request == 0) {
		char *told = xasprintf("You cannot be called %s here: %s",
		    n->wanted, text);

		message_from(n, network_id(n), told);
		free(told);
	}
	await_fail(&n->awaits, a, code, text);
}

/* ---- roles, affiliations, kicks and bans */

static void
kick(struct network *n, request_t request, struct channel *c,
    const char *nick, const char *reason)
{
	struct await *a = ask_question(n, AWAIT_KICK, request, c->name, nick);

	if (a == NULL)
		return;
	if (link_send(&n->link, "KICK", c->name, nick,
	    reason ? reason : n->nick, NULL) == -1)
		ask_take_back(n, a);
}

static void
mask_of(char *out, size_t size, const char *target)
{
	bool whole = strpbrk(target, "!@*") != NULL;

	snprintf(out, size, whole ? "%s" : "%s!*@*", target);
}

static void
ban(struct network *n, request_t request, struct channel *c,
    const char *target, const char *reason, bool on)
{
	char mask[NAME_MAX_BYTES];
	struct await *a;

	mask_of(mask, sizeof(mask), target);
	if ((a = ask_question(n, AWAIT_MODE, request, c->name, mask)) == NULL)
		return;
	if (link_send(&n->link, "MODE", c->name, on ? "+b" : "-b", mask,
	    NULL) == -1) {
		ask_take_back(n, a);
		return;
	}
	/* XEP-0045 9.1: who is banned leaves the room as well. */
	if (on && channel_member(c, n->is.casemap, target) != NULL)
		link_send(&n->link, "KICK", c->name, target,
		    reason ? reason : n->nick, NULL);
}

/* What the words of XEP-0045 mean: one letter to have (the first of these
 * that the server knows; "" for none), and those to lose. */
static const struct {
	const char	*role, *affiliation, *have, *lose;
} changes[] = {
	{ "moderator",	 NULL,		"ho",	"" },
	{ "participant", NULL,		"",	"qaoh" },
	{ "visitor",	 NULL,		"",	"qaohv" },
	{ NULL,		 "owner",	"aq",	"" },
	{ NULL,		 "admin",	"o",	"qa" },
	{ NULL,		 "member",	"v",	"qaoh" },
	{ NULL,		 "none",	"",	"qaohv" },
};

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static int
change_row(const struct msg_room_moderate *m)
{
	for (size_t i = 0; i < LENGTH(changes); i++)
		if (same(changes[i].role, m->role) ||
		    same(changes[i].affiliation, m->affiliation))
			return (int)i;
	return -1;
}

/* "+o-v" and how often the nick must follow; 0: nothing to change, -1: the
 * server has no such rank. */
static int
change_modes(const struct isupport *is, const struct member *m, int row,
    char out[CHANGES_MAX + 3])
{
	const char *have = changes[row].have, *lose = changes[row].lose;
	int count = 0, rank = -1;
	char sign = '\0';

	for (; *have != '\0' && rank < 0; have++)
		rank = isupport_prefix_mode(is, *have);
	if (rank < 0 && *changes[row].have != '\0')
		return -1;
	if (rank >= 0 && !(m->ranks >> rank & 1)) {
		*out++ = '+';
		*out++ = is->prefix_modes[rank];
		count++;
	}
	for (; *lose != '\0' && count < is->modes && count < CHANGES_MAX; lose++) {
		int lost = isupport_prefix_mode(is, *lose);

		if (lost < 0 || lost == rank || !(m->ranks >> lost & 1))
			continue;
		if (sign == '\0')
			*out++ = sign = '-';
		*out++ = *lose;
		count++;
	}
	*out = '\0';
	return count;
}

static void
change(struct network *n, request_t request, struct channel *c,
    struct member *m, int row)
{
	char modes[CHANGES_MAX + 3];
	int count = change_modes(&n->is, m, row, modes);
	struct await *a;
	const char *nick;
	int r;

	/* An operator is a moderator already, whoever has voice takes part. */
	if (same(changes[row].role, room_role(&n->is, m->ranks)) ||
	    same(changes[row].affiliation, room_affiliation(&n->is, m->ranks)))
		count = 0;
	if (count == -1) {
		up_error(request, ERR_NOT_SUPPORTED,
		    "the IRC server has no such rank");
		return;
	}
	if (count == 0) {
		up_result(request, METHOD_room_moderate, NULL);
		return;
	}
	nick = person_nick(m->person);
	if ((a = ask_question(n, AWAIT_MODE, request, c->name, nick)) == NULL)
		return;
	r = link_send(&n->link, "MODE", c->name, modes, nick,
	    count > 1 ? nick : NULL, count > 2 ? nick : NULL, NULL);
	if (r == -1)
		ask_take_back(n, a);
}

void
ask_moderate(struct network *n, request_t request, struct channel *c,
    const struct msg_room_moderate *m)
{
	struct member *who = channel_member(c, n->is.casemap, m->target);
	int row = change_row(m);

	if (strlen(m->target) >= NICK_BYTES_MAX ||
	    strpbrk(m->target, " ,\r\n") || *m->target == '\0')
		up_error(request, ERR_NOT_ACCEPTABLE, "not a nick or mask");
	else if (same(m->affiliation, "outcast"))
		ban(n, request, c, m->target, m->reason, true);
	else if (same(m->affiliation, "none") && who == NULL)
		ban(n, request, c, m->target, NULL, false);
	else if (who == NULL)
		up_error(request, ERR_NOT_FOUND, "nobody of that name here");
	else if (same(m->role, "none"))
		kick(n, request, c, person_nick(who->person), m->reason);
	else if (row < 0)
		up_error(request, ERR_BAD_REQUEST, "no such role");
	else
		change(n, request, c, who, row);
}

/* ---- lists of a room */

static void
members_of(struct network *n, request_t request, const struct channel *c,
    const char *affiliation)
{
	struct msg_room_affiliations_result result = { 0 };
	struct arena arena = { 0 };
	struct member *m;
	size_t at = 0;

	result.rows.v = arena_alloc(&arena,
	    (map_count(&c->members) + 1) * sizeof(*result.rows.v));
	while ((m = map_next(&c->members, &at)) != NULL) {
		if (strcmp(room_affiliation(&n->is, m->ranks), affiliation))
			continue;
		result.rows.v[result.rows.n++] = (struct msg_affiliation){
			.target = arena_strdup(&arena,
			    network_contact_id(n, person_nick(m->person))),
		};
	}
	up_result(request, METHOD_room_affiliations, &result);
	arena_free(&arena);
}

void
ask_affiliations(struct network *n, request_t request, struct channel *c,
    const char *affiliation)
{
	struct await *a;

	if (strcmp(affiliation, "outcast") != 0) {
		members_of(n, request, c, affiliation);
		return;
	}
	a = ask_question(n, AWAIT_BANS, request, c->name, NULL);
	if (a != NULL && link_send(&n->link, "MODE", c->name, "+b", NULL) == -1)
		ask_take_back(n, a);
}

/* me #channel mask [by [when]]: collected as "mask NUL by NUL" */
void
ask_ban_line(struct network *n, struct line *l)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_BANS,
	    l->params[1], NULL);
	static struct buf scratch;
	const char *mask = format_plain(l->params[2], &scratch);

	if (a == NULL)
		console_answer(n, l);
	if (a == NULL || buf_len(&a->text) > ASK_COLLECT_MAX)
		return;
	buf_add(&a->text, mask, strlen(mask) + 1);
	mask = format_plain(l->params[3], &scratch);
	buf_add(&a->text, mask, strlen(mask) + 1);
	a->pieces++;
}

void
ask_ban_end(struct network *n, struct line *l)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_BANS,
	    l->params[1], NULL);
	struct msg_room_affiliations_result result = { 0 };
	const char *at;

	if (a == NULL) {
		console_answer(n, l);
		return;
	}
	result.rows.v = xcalloc(a->pieces + 1, sizeof(*result.rows.v));
	at = buf_data(&a->text);
	for (unsigned i = 0; i < a->pieces; i++) {
		const char *by = at + strlen(at) + 1;

		result.rows.v[result.rows.n++] = (struct msg_affiliation){
			.target = at, .reason = *by ? by : NULL };
		at = by + strlen(by) + 1;
	}
	up_result(a->request, METHOD_room_affiliations, &result);
	free(result.rows.v);
	await_done(&n->awaits, a);
}
