/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PRIVMSG and NOTICE: what people say to the user, and the echo of what the user
 * said.  The way out is in said.c. */
#include "backends/irc/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/irc/console.h"
#include "backends/irc/ctcp.h"
#include "backends/irc/format.h"
#include "backends/irc/room.h"

#define OLD_MS		60000		/* a delay worth telling */

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

void
message_received(struct network *n, struct line *l)
{
	const char *target = without_status(&n->is, l->params[0]);
	bool own = network_is_me(n, l->nick);
	char *text = (char *)(uintptr_t)l->params[1];
	struct heard h = { .n = n, .line = l, .text = text };

	if (!nick_is_valid(l->nick) || n->state == NETWORK_REGISTERING ||
	    *text == '\0')
		return;
	if (isupport_is_channel(&n->is, target)) {
		h.channel = network_channel(n, target);
		if (h.channel == NULL)
			return;
	} else if (is_server(l)) {
		console_tell(n, text);
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
