/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PRIVMSG and NOTICE.
 *
 * Where the server echoes our messages the echo is what counts as accepted, and
 * what the room shows.  Where it does not, silence means yes and there is no
 * end to it: so a PING goes behind a message that may well be refused, and its
 * PONG ends the silence.  A message that has no reason to be refused (the last
 * one there was not, and nothing has changed) is accepted when it is handed to
 * the socket. */
#include "backends/irc/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/irc/format.h"
#include "backends/irc/room.h"
#include "backends/irc/split.h"
#include "util/siphash.h"
#include "util/xalloc.h"

#define PIECES_MAX	60		/* of one message */
#define ECHO_TIMEOUT	30.0
#define OLD_MS		60000		/* a delay worth telling */
#define FENCE		"spectrum-"	/* and a number: our PINGs */
#define FENCED_MAX	10
#define MET_SECONDS	300.0

static const struct flood_limit ctcp_limit = { .burst = 4, .rate = 0.2 };

/* ---- who is there */

static uint32_t
nick_hash(const struct network *n, const char *nick)
{
	char key[NAME_MAX_BYTES];

	return siphash_string(casemap_fold(n->is.casemap, key, nick));
}

static bool
has_met(const struct network *n, const char *nick)
{
	uint32_t hash = nick_hash(n, nick);

	for (size_t i = 0; i < LENGTH(n->met); i++)
		if (n->met[i].nick == hash &&
		    n->met[i].until > ev_now(n->irc->loop))
			return true;
	return false;
}

static void
meet(struct network *n, const char *nick)
{
	uint32_t hash = nick_hash(n, nick);
	size_t oldest = 0;

	for (size_t i = 0; i < LENGTH(n->met); i++) {
		if (n->met[i].nick == hash) {
			oldest = i;
			break;
		}
		if (n->met[i].until < n->met[oldest].until)
			oldest = i;
	}
	n->met[oldest].nick = hash;
	n->met[oldest].until = ev_now(n->irc->loop) + MET_SECONDS;
}

/* ---- in */

/* What the message will say, on the way to being told. */
struct heard {
	struct network	*n;
	struct line	*line;
	struct channel	*channel;	/* NULL: to ourselves */
	const char	*text;		/* codes and all, without CTCP's frame */
	bool		 action;
};

static void
fill(struct heard *h, struct msg_message *m)
{
	static struct buf plain, xhtml, action, clean_id;
	static char id[256];
	long long at = line_time(h->line);

	m->user = h->n->user;
	m->body = format_plain(h->text, &plain);
	if (format_is_styled(h->text) && !h->action)
		m->xhtml = format_xhtml(h->text, &xhtml);
	if (h->action) {
		buf_clear(&action);
		buf_addf(&action, "/me %s", m->body);
		buf_addc(&action, '\0');
		m->body = buf_data(&action);
	}
	if (*h->line->tags != '\0') {
		m->id = line_tag(h->line, "msgid", id, sizeof(id));
		if (m->id != NULL)
			m->id = format_plain(m->id, &clean_id);
	}
	if (at > 0 && (double)at < ev_now(h->n->irc->loop) * 1000 - OLD_MS)
		m->time = at;
}

static void
tell_room(struct heard *h, const char *origin, const char *body)
{
	struct msg_message m = { .from = h->channel->id, .kind = "groupchat",
		.nick = h->line->nick, .origin = origin };
	struct member *who;

	if (!room_is_live(h->channel))
		return;
	fill(h, &m);
	if (body != NULL) {
		m.body = body;
		m.xhtml = NULL;
	}
	/* Who talks is there: without away-notify nothing else tells. */
	if (!(h->n->caps & CAP_AWAY_NOTIFY)) {
		who = channel_member(h->channel, h->n->is.casemap,
		    h->line->nick);
		if (who != NULL && who->person->away) {
			who->person->away = false;
			room_show_member(h->n, h->channel, who, NULL);
		}
	}
	up_notify(METHOD_message, &m);
}

static void
tell_private(struct heard *h)
{
	const struct network *n = h->n;
	struct person *p = people_find(&n->people, n->is.casemap,
	    h->line->nick);
	struct msg_message m = { .kind = "chat" };

	h->n->talked = ev_now(n->irc->loop);
	fill(h, &m);
	if (p != NULL && p->via != NULL && room_is_live(p->via)) {
		m.kind = "private";
		m.from = p->via->id;
		m.nick = p->nick;
	} else {
		m.from = network_contact_id(n, h->line->nick);
	}
	if (p == NULL)
		meet(h->n, h->line->nick);
	up_notify(METHOD_message, &m);
}

/* Our own message has come back. */
static void
take_echo(struct heard *h, const char *target)
{
	struct network *n = h->n;
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_ECHO,
	    target, NULL);

	if (a == NULL) {
		/* Said elsewhere under our name (a bouncer behind us).  What
		 * we said ourselves in private is never shown again: it may
		 * be a password. */
		if (h->channel != NULL)
			tell_room(h, NULL, NULL);
		return;
	}
	if (--a->pieces > 0)
		return;
	up_result(a->request, METHOD_send,
	    &(struct msg_send_result){ .echo = h->channel != NULL });
	if (h->channel != NULL && a->request != 0)
		tell_room(h, a->origin, a->body);
	await_done(&n->awaits, a);
}

static void
answer_ctcp(struct heard *h, const char *command, const char *arguments)
{
	struct network *n = h->n;
	const char *nick = h->line->nick;
	char text[300], date[64];
	time_t now;
	struct tm tm;

	if (strcmp(command, "VERSION") == 0) {
		snprintf(text, sizeof(text), "\1VERSION Spectrum %s\1",
		    SPECTRUM_VERSION);
	} else if (strcmp(command, "PING") == 0) {
		snprintf(text, sizeof(text), "\1PING %.200s\1", arguments);
	} else if (strcmp(command, "TIME") == 0) {
		now = (time_t)ev_now(n->irc->loop);
		gmtime_r(&now, &tm);
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		snprintf(text, sizeof(text), "\1TIME %s\1", date);
	} else if (strcmp(command, "CLIENTINFO") == 0) {
		snprintf(text, sizeof(text),
		    "\1CLIENTINFO ACTION CLIENTINFO PING TIME VERSION\1");
	} else {
		return;
	}
	/* Nobody can make us flood the server, nor fill our own queue. */
	if (nick_is_valid(nick) && link_space(&n->link) > LINK_QUEUE_MAX / 2 &&
	    flood_take(&n->ctcp, &ctcp_limit, ev_now(n->irc->loop)))
		link_send(&n->link, "NOTICE", nick, text, NULL);
}

/* \1COMMAND arguments\1; the end mark may be missing.  Returns false when the
 * line is dealt with. */
static bool
unwrap_ctcp(struct heard *h, char *text, bool own)
{
	char *end = strchr(text + 1, '\1'), *arguments;

	if (end != NULL)
		*end = '\0';
	text++;
	arguments = text + strcspn(text, " ");
	if (*arguments == ' ')
		*arguments++ = '\0';
	if (strcmp(text, "ACTION") == 0) {
		h->text = arguments;
		h->action = true;
		return true;
	}
	if (strcmp(h->line->command, "PRIVMSG") == 0 && !own)
		answer_ctcp(h, text, arguments);
	return false;
}

/* "@#chan" and "+#chan": said to those of a rank, shown in the room. */
static const char *
without_status(const struct isupport *is, const char *target)
{
	const char *t = target;

	while (*t != '\0' && strchr(is->statusmsg, *t) != NULL)
		t++;
	return isupport_is_channel(is, t) ? t : target;
}

/* A server speaking for itself. */
static bool
is_server(const struct line *l)
{
	return *l->host == '\0' && strchr(l->nick, '.') != NULL;
}

void
message_received(struct network *n, struct line *l)
{
	const char *target = without_status(&n->is, l->params[0]);
	bool own = network_is_me(n, l->nick);
	char *text = (char *)(uintptr_t)l->params[1];
	struct heard h = { .n = n, .line = l, .text = text };

	if (!nick_is_valid(l->nick) || n->state != NETWORK_ONLINE ||
	    *text == '\0')
		return;
	if (isupport_is_channel(&n->is, target)) {
		h.channel = network_channel(n, target);
		if (h.channel == NULL)
			return;
	} else if (is_server(l)) {
		if (n->irc->config.motd)
			message_from(n, network_id(n), text);
		return;
	} else if (!network_is_me(n, target) && !own) {
		return;			/* to $* and such */
	}
	if (*text == '\1' && !unwrap_ctcp(&h, text, own))
		return;
	if (own && (n->caps & CAP_ECHO_MESSAGE) &&
	    (!network_is_me(n, target) ||
	    await_find(&n->awaits, n->is.casemap, AWAIT_ECHO, target, NULL)))
		take_echo(&h, target);
	else if (h.channel != NULL)
		tell_room(&h, NULL, NULL);
	else
		tell_private(&h);
}

void
message_from(struct network *n, const char *id, const char *text)
{
	static struct buf scratch;
	const struct msg_message m = {
		.user = n->user, .from = id, .kind = "chat",
		.body = format_plain(text, &scratch),
	};

	if (*m.body != '\0')
		up_notify(METHOD_message, &m);
}

/* ---- out */

static unsigned
count_pieces(const char *body, size_t room)
{
	struct split s;
	const char *piece;
	size_t len;
	unsigned count = 0;

	split_init(&s, body, room);
	while (count <= PIECES_MAX && split_next(&s, &piece, &len))
		count++;
	return count;
}

/* Each piece on its way; the last one bears the request. */
static void
send_pieces(struct network *n, request_t request, const char *target,
    const char *body, unsigned count)
{
	size_t room = split_room(n->link.line_max, n->prefix_len,
	    strlen(target));
	static char text[ISUPPORT_LINE_MAX];
	struct split s;
	const char *piece;
	size_t len;

	split_init(&s, body, room);
	while (split_next(&s, &piece, &len)) {
		snprintf(text, sizeof(text), s.action ? "\1ACTION %.*s\1" :
		    "%.*s", (int)len, piece);
		if (link_send_request(&n->link, --count ? 0 : request,
		    "PRIVMSG", target, text, NULL) == -1) {
			up_error(request, ERR_RATE_LIMITED,
			    "not everything could be sent");
			return;
		}
	}
}

/* Is there a reason to think that the server may refuse it? */
static bool
is_doubtful(const struct network *n, const char *target)
{
	const struct channel *c = network_channel(n, target);

	/* Order: what is answered at once must not overtake what waits. */
	if (await_find(&n->awaits, n->is.casemap, AWAIT_SENT, target, NULL))
		return true;
	if (c != NULL)
		return !c->heard;
	return people_find(&n->people, n->is.casemap, target) == NULL &&
	    !has_met(n, target);
}

/* Messages that wait in the queue share a fence, a few to each. */
static void
move_fence(struct network *n, double deadline)
{
	char fence[32];

	snprintf(fence, sizeof(fence), FENCE "%u", n->fences);
	if (n->fenced >= FENCED_MAX || !link_unsend_ping(&n->link, fence)) {
		n->fences++;
		n->fenced = 0;
	}
	n->fenced++;
	for (struct await *a = n->awaits.first; a != NULL; a = a->next)
		if (a->kind == AWAIT_SENT && a->pieces == n->fences)
			a->deadline = deadline;
}

static void
send_fenced(struct network *n, request_t request, const char *target,
    const char *body, unsigned count)
{
	double deadline = ev_now(n->irc->loop) + link_delay(&n->link) +
	    ECHO_TIMEOUT;
	struct await *a = await_add(&n->awaits, n->is.casemap, AWAIT_SENT,
	    request, target, NULL, deadline);
	char fence[32];

	if (a == NULL) {
		up_error(request, ERR_RATE_LIMITED, "too much at once");
		return;
	}
	move_fence(n, deadline);
	a->pieces = n->fences;
	snprintf(fence, sizeof(fence), FENCE "%u", n->fences);
	send_pieces(n, 0, target, body, count);
	link_send(&n->link, "PING", fence, NULL);
	network_arm(n);
}

void
message_fenced(struct network *n, struct line *l)
{
	const char *token = l->params[l->nparams ? l->nparams - 1 : 0];
	size_t len = sizeof(FENCE) - 1;
	unsigned long number;
	struct await *a;
	struct channel *c;

	if (strncmp(token, FENCE, len) != 0)
		return;
	number = strtoul(token + len, NULL, 10);
	while ((a = await_find(&n->awaits, n->is.casemap, AWAIT_SENT, NULL,
	    NULL)) != NULL && a->pieces <= number) {
		if ((c = network_channel(n, a->target)) != NULL)
			c->heard = true;
		else
			meet(n, a->target);
		up_result(a->request, METHOD_send,
		    &(struct msg_send_result){ 0 });
		await_done(&n->awaits, a);
	}
}

static void
expect_echo(struct network *n, request_t request, const char *target,
    const char *origin, const char *body, unsigned count)
{
	struct await *a = await_add(&n->awaits, n->is.casemap, AWAIT_ECHO,
	    request, target, NULL, ev_now(n->irc->loop) +
	    link_delay(&n->link) + ECHO_TIMEOUT);

	if (a == NULL) {
		up_error(request, ERR_RATE_LIMITED, "too much at once");
		return;
	}
	a->pieces = count;
	a->origin = xstrdup_null(origin);
	if (count > 1)
		a->body = xstrdup(body);
	send_pieces(n, 0, target, body, count);
	network_arm(n);
}

void
message_send(struct network *n, request_t request, const struct msg_send *m,
    const char *target, struct channel *via)
{
	size_t room = split_room(n->link.line_max, n->prefix_len,
	    strlen(target));
	unsigned count = count_pieces(m->body, room);
	struct person *p = people_find(&n->people, n->is.casemap, target);

	if (count == 0) {
		up_error(request, ERR_BAD_REQUEST, "nothing to say");
		return;
	}
	if (count > PIECES_MAX) {
		up_error(request, ERR_TOO_LONG, "too long for IRC");
		return;
	}
	if (count >= link_space(&n->link) || n->awaits.count >= AWAIT_MAX) {
		up_error(request, ERR_RATE_LIMITED,
		    "the IRC server takes messages slowly: wait a little");
		return;
	}
	if (p != NULL)
		p->via = via;
	n->talked = ev_now(n->irc->loop);
	if (n->caps & CAP_ECHO_MESSAGE)
		expect_echo(n, request, target, m->id, m->body, count);
	else if (is_doubtful(n, target))
		send_fenced(n, request, target, m->body, count);
	else
		send_pieces(n, request, target, m->body, count);
}

void
message_quietly(struct network *n, const char *target, const char *text)
{
	if (n->caps & CAP_ECHO_MESSAGE)
		expect_echo(n, 0, target, NULL, text, 1);
	else	/* so that a refusal is known to be about this one */
		send_fenced(n, 0, target, text, 1);
}
