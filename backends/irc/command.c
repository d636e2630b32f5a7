/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row per command.  Each ends in a question to the server, so that the
 * user gets an error when the server refuses. */
#include "backends/irc/command.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/ask.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/whois.h"
#include "util/xalloc.h"

/* A command as it was typed. */
struct typed {
	struct network	*n;
	request_t	 request;
	double		 came;
	struct channel	*c;		/* NULL: not in a room */
	const char	*peer;
	char		*args;		/* all behind the command */
};

/* Cut the next word off the arguments; "" when there is none. */
static char *
word(struct typed *t)
{
	char *w = t->args + strspn(t->args, " ");
	char *end = w + strcspn(w, " ");

	t->args = end + strspn(end, " ");
	if (*end != '\0')
		*end = '\0';
	return w;
}

static void
usage(struct typed *t, const char *right)
{
	up_error(t->request, ERR_BAD_REQUEST, right);
}

/* Some nick in the first argument, or an error. */
static const char *
nick_of(struct typed *t, const char *right)
{
	const char *nick = word(t);

	if (nick_is_valid(nick))
		return nick;
	usage(t, right);
	return NULL;
}

static void
on_nick(struct typed *t)
{
	const char *nick = nick_of(t, "/nick NEW-NICK");

	if (nick != NULL)
		ask_nick(t->n, t->request, nick);
}

static void
on_topic(struct typed *t)
{
	if (*t->args == '\0')
		usage(t, "/topic TEXT");
	else
		ask_topic(t->n, t->request, t->c, t->args);
}

static void
on_kick(struct typed *t)
{
	const char *nick = nick_of(t, "/kick NICK [REASON]");
	struct msg_room_moderate m = { .role = "none", .target = nick };

	if (nick == NULL)
		return;
	m.reason = *t->args ? t->args : NULL;
	ask_moderate(t->n, t->request, t->c, &m);
}

static void
on_ban(struct typed *t)
{
	struct msg_room_moderate m = { .affiliation = "outcast",
		.target = word(t) };

	m.reason = *t->args ? t->args : NULL;
	ask_moderate(t->n, t->request, t->c, &m);
}

static void
on_invite(struct typed *t)
{
	const char *nick = nick_of(t, "/invite NICK");

	if (nick != NULL)
		ask_invite(t->n, t->request, t->c, nick);
}

static void
on_mode(struct typed *t)
{
	const char *modes = word(t), *one = word(t), *two = word(t);
	const char *three = word(t);

	/* Refusals are shown in the room as they come. */
	if (*modes == '\0' || *modes == ':' || link_send(&t->n->link, "MODE",
	    t->c->name, modes, *one ? one : NULL, *two ? two : NULL,
	    *three ? three : NULL, NULL) == -1)
		usage(t, "/mode +MODES [PARAMETERS]");
	else
		up_result(t->request, METHOD_send,
		    &(struct msg_send_result){ 0 });
}

static void
tell(struct typed *t, const char *target, const char *text, const char *right)
{
	const struct msg_send m = { .body = text };

	if (target == NULL || *text == '\0')
		usage(t, right);
	else
		said_send(t->n, t->request, &m, target, NULL, t->came);
}

static void
on_msg(struct typed *t)
{
	static const char right[] = "/msg NICK TEXT";
	const char *nick = nick_of(t, right);

	if (nick != NULL)
		tell(t, nick, t->args, right);
}

static void
on_nickserv(struct typed *t)
{
	tell(t, "NickServ", t->args, "/ns COMMAND");
}

static void
on_chanserv(struct typed *t)
{
	tell(t, "ChanServ", t->args, "/cs COMMAND");
}

static void
on_whois(struct typed *t)
{
	const char *nick = nick_of(t, "/whois NICK");

	if (nick != NULL)
		whois_show(t->n, t->request, nick,
		    t->c ? t->c->name : NULL, t->peer);
}

static void
on_whowas(struct typed *t)
{
	const char *nick = nick_of(t, "/whowas NICK");

	if (nick != NULL)
		whois_show_past(t->n, t->request, nick,
		    t->c ? t->c->name : NULL, t->peer);
}

static void
on_cancel(struct typed *t)
{
	said_cancel(t->n, t->c ? t->c->name : t->peer);
	up_result(t->request, METHOD_send, &(struct msg_send_result){ 0 });
}

static const struct {
	const char	*name;
	bool		 in_room;	/* makes sense there only */
	void		(*run)(struct typed *);
} commands[] = {
	{ "ban",	true,	on_ban },
	{ "cancel",	false,	on_cancel },
	{ "cs",		false,	on_chanserv },
	{ "invite",	true,	on_invite },
	{ "kick",	true,	on_kick },
	{ "mode",	true,	on_mode },
	{ "msg",	false,	on_msg },
	{ "nick",	false,	on_nick },
	{ "ns",		false,	on_nickserv },
	{ "query",	false,	on_msg },
	{ "topic",	true,	on_topic },
	{ "whois",	false,	on_whois },
	{ "whowas",	false,	on_whowas },
};

bool
command_run(struct network *n, request_t request, struct channel *c,
    const char *peer, const char *body, double came)
{
	struct typed t = { .n = n, .request = request, .came = came, .c = c,
		.peer = peer };
	size_t len = strcspn(body, " ");
	char *copy;

	if (*body != '/' || len < 2 || strpbrk(body, "\r\n") != NULL ||
	    n->state != NETWORK_ONLINE)
		return false;
	for (size_t i = 0; i < LENGTH(commands); i++) {
		if (strlen(commands[i].name) != len - 1 ||
		    memcmp(commands[i].name, body + 1, len - 1) != 0 ||
		    (commands[i].in_room && c == NULL))
			continue;
		copy = xstrdup(body + len);
		t.args = copy + strspn(copy, " ");
		commands[i].run(&t);
		free(copy);
		return true;
	}
	return false;
}
