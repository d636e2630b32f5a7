/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PRIVMSG and NOTICE: what people say to the user, and the echo of what the user
 * said.  The way out is in said.c. */
#include "backends/irc/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/irc/batch.h"
#include "backends/irc/console.h"
#include "backends/irc/ctcp.h"
#include "backends/irc/events.h"
#include "backends/irc/format.h"
#include "backends/irc/history.h"
#include "backends/irc/label.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/speech.h"
#include "backends/irc/spoken.h"
#include "backends/irc/typing.h"

#define OLD_MS		60000		/* a delay worth telling */

/* What the message will say, on the way to being told. */
struct heard {
	struct network	*n;
	struct line	*line;
	struct channel	*channel;	/* NULL: to ourselves */
	const char	*text;		/* codes and all, without CTCP's frame */
	bool		 action;
	const struct batch *history;	/* that it comes in, or NULL */
};

#define ID_SIZE 256

/* The message that this one answers.  Quoted where we remember it. */
static struct msg_reply *
reply_of(const struct heard *h)
{
	static struct msg_reply reply;
	static struct buf clean;
	static char id[ID_SIZE];
	const char *target = h->channel ? h->channel->name : h->line->nick;
	const struct spoken_entry *e;

	if (line_tag(h->line, "+draft/reply", id, sizeof(id)) == NULL &&
	    line_tag(h->line, "+reply", id, sizeof(id)) == NULL)
		return NULL;
	if (*id == '\0')
		return NULL;
	e = spoken_find(h->n, target, id);
	reply = (struct msg_reply){ .id = e ? e->id :
	    format_plain(id, &clean) };
	if (e != NULL && e->nick != NULL) {
		reply.author = e->nick;
		reply.text = e->text;
	}
	return &reply;
}

/* What its tags say. */
static void
fill_tags(struct heard *h, struct msg_message *m)
{
	static struct buf clean_id;
	static char id[ID_SIZE];

	m->id = line_tag(h->line, "msgid", id, sizeof(id));
	if (m->id != NULL)
		m->id = *id ? format_plain(id, &clean_id) : NULL;
	m->reply_to = reply_of(h);
}

/* What is said about it later names its id. */
static void
remember(const struct heard *h, const char *target, const char *msgid,
    const char *id, const char *body)
{
	if (msgid != NULL)
		spoken_add(h->n, target, msgid, id, h->line->nick, body);
}

static void
fill(struct heard *h, struct msg_message *m)
{
	static struct buf plain, xhtml, action;
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
	if (*h->line->tags != '\0')
		fill_tags(h, m);
	if (at > 0 && (h->history != NULL ||
	    (double)at < ev_now(h->n->irc->loop) * 1000 - OLD_MS))
		m->time = at;
}

/* Who talks is there: without away-notify nothing else tells. */
static void
show_here(struct heard *h)
{
	struct member *who;

	if ((h->n->caps & CAP_AWAY_NOTIFY) || h->history != NULL)
		return;
	who = channel_member(h->channel, h->n->is.casemap, h->line->nick);
	if (who == NULL || !who->person->away)
		return;
	who->person->away = false;
	room_show_member(h->n, h->channel, who, NULL);
}

/* of: what the user has said that comes back so, or NULL. */
static void
tell_room(struct heard *h, const struct await *of)
{
	static struct buf clean;
	struct msg_message m = { .from = h->channel->id, .kind = "groupchat",
		.nick = h->line->nick };
	const char *ids[SPEECH_LINES_MAX];
	size_t n = 0;

	if (!room_is_live(h->channel))
		return;
	fill(h, &m);
	if (of != NULL) {
		m.origin = of->origin;
		m.body = of->body ? format_plain(of->body, &clean) : m.body;
		m.xhtml = NULL;
		n = said_ids(of, ids, SPEECH_LINES_MAX);
		m.id = n > 0 ? ids[0] : m.id;
	}
	/* Its pieces are one message here, called by the first. */
	for (size_t i = 1; i < n; i++)
		remember(h, h->channel->name, ids[i], m.id, m.body);
	remember(h, h->channel->name, m.id, NULL, m.body);
	show_here(h);
	typing_said(h->n, h->channel, h->line->nick);
	history_heard(h->channel, h->line, m.id);
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
	remember(h, h->line->nick, m.id, NULL, m.body);
	typing_said(h->n, NULL, h->line->nick);
	if (p != NULL && p->via != NULL && room_is_live(p->via)) {
		m.kind = "private";
		m.from = p->via->id;
		m.nick = person_nick(p);
	} else {
		m.from = network_contact_id(n, h->line->nick);
	}
	up_notify(METHOD_message, &m);
}

static void
note_id(const struct heard *h, struct await *a, const char *target)
{
	static struct buf clean;
	char id[ID_SIZE];
	const char *s = line_tag(h->line, "msgid", id, sizeof(id));

	if (s == NULL || *s == '\0')
		return;
	s = format_plain(s, &clean);
	buf_add(&a->text, s, strlen(s) + 1);
	if (h->channel == NULL)
		remember(h, target, s, NULL, a->body ? a->body : h->text);
}

/* Our own message has come back. */
static void
take_echo(struct heard *h, const char *target)
{
	struct network *n = h->n;
	bool labels = n->caps & CAP_LABELED_RESPONSE;
	const char *ids[SPEECH_LINES_MAX];
	struct await *a = labels ? label_said(n, label_of(n, h->line)) :
	    await_find(&n->awaits, n->is.casemap, AWAIT_ECHO, target, NULL);
	struct msg_send_result result = { .echo = h->channel != NULL,
		.delivered = labels && h->channel == NULL };

	if (a == NULL || a->done != NULL) {
		/* Said elsewhere under our name (a bouncer behind us).  What
		 * we said ourselves in private is never shown again: it may
		 * be a password. */
		if (h->channel != NULL)
			tell_room(h, NULL);
		return;
	}
	note_id(h, a, target);
	if (labels)
		a->answered = label_of(n, h->line);
	if (--a->pieces > 0)
		return;
	result.time = line_time(h->line);
	if ((result.ids.n = said_ids(a, ids, SPEECH_LINES_MAX)) > 0)
		result.ids.v = ids;
	up_result(a->request, METHOD_send, &result);
	if (h->channel != NULL && a->request != 0)
		tell_room(h, a);
	await_done(&n->awaits, a);
}

/* \1COMMAND arguments\1; the end mark may be missing.  Returns false when the
 * line is dealt with. */
static bool
unwrap_ctcp(struct heard *h, char *text, bool own)
{
	static struct buf shown;
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
	if (own || (strcmp(h->line->command, "PRIVMSG") == 0 ?
	    ctcp_asked : ctcp_answered)(h->n, h->line->nick, text, arguments))
		return false;
	/* What we cannot answer the user may want to. */
	buf_clear(&shown);
	buf_addf(&shown, "CTCP %s %s", text, arguments);
	buf_addc(&shown, '\0');
	h->text = buf_data(&shown);
	return true;
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

/* What we say to ourselves comes twice: as an echo, and as a message. */
static bool
is_echo(const struct network *n, const struct line *l, const char *target)
{
	if (!(n->caps & CAP_ECHO_MESSAGE))
		return false;
	if (!network_is_me(n, target))
		return true;
	return n->caps & CAP_LABELED_RESPONSE ?
	    label_said(n, label_of(n, l)) != NULL :
	    await_find(&n->awaits, n->is.casemap, AWAIT_ECHO, target, NULL) !=
	    NULL;
}

/* Its tags say who that is, today. */
static void
note_sender(struct network *n, const struct line *l)
{
	struct person *p = people_find(&n->people, n->is.casemap, l->nick);
	char account[NICK_BYTES_MAX + 1];

	if (p == NULL)
		return;
	/* Not every line of those logged in has it; ACCOUNT tells of leaving. */
	if (line_tag(l, "account", account, sizeof(account)) != NULL)
		events_account(n, p, account);
	if (line_tag(l, "bot", account, sizeof(account)) != NULL)
		events_bot(n, p);
}

void
message_received(struct network *n, struct line *l)
{
	const char *target = without_status(&n->is, l->params[0]);
	bool own = network_is_me(n, l->nick);
	char *text = (char *)(uintptr_t)l->params[1];
	struct heard h = { .n = n, .line = l, .text = text,
		.history = batch_within(n, l, BATCH_HISTORY) };

	if (!nick_is_valid(l->nick) || n->state == NETWORK_REGISTERING ||
	    n->state == NETWORK_OVER || *text == '\0')
		return;
	if (h.history == NULL && *l->tags != '\0')
		note_sender(n, l);
	if (isupport_is_channel(&n->is, target)) {
		h.channel = network_channel(n, target);
		if (h.channel == NULL || (h.history != NULL &&
		    history_takes(n, h.channel, l, h.history->label)))
			return;
	} else if (is_server(l)) {
		console_tell(n, text);
		return;
	} else if (!network_is_me(n, target) && !own) {
		return;			/* to $* and such */
	}
	if (*text == '\1' && !unwrap_ctcp(&h, text, own))
		return;
	if (own && h.history == NULL && is_echo(n, l, target))
		take_echo(&h, target);
	else if (h.channel != NULL)
		tell_room(&h, NULL);
	else if (h.history != NULL)
		return;			/* of no room: nobody has asked */
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
