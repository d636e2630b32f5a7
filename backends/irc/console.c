/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the server say to the user, and the user to the server?  Commands
 * that would pull the ground from under us, or have a better way, are taken
 * over here; everything else goes as it was typed. */
#include "backends/irc/console.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/ask.h"
#include "backends/irc/format.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/whois.h"
#include "util/xalloc.h"

#define GATHER		0.3		/* seconds */
#define LISTEN		30.0		/* seconds after a command */
#define TEXT_MAX	(8 * 1024)	/* bytes of one message */
#define LINES_MAX	10		/* of one message to the server */

/* There while something is to be said, answers are awaited, or much was said
 * of late. */
struct console {
	struct buf	 text;		/* to be said, <= 8 KiB */
	struct ev_timer	 due;		/* runs while there is some */
	struct flood	 flood;		/* limits what is said */
	double		 until;		/* ev_now(): answers are awaited */
	double		 join;		/* a JOIN's deadline, 0: none waits */
	unsigned	 dropped;	/* lines that were too many */
	bool		 asked;		/* some of it is an answer */
	bool		 gateway;	/* to what the gateway was told */
};

/* Messages of one server to the user. */
static const struct flood_limit limit = { .burst = 10, .rate = 0.5 };

/* ---- to the user */

static void
send_text(struct network *n)
{
	struct console *c = n->console;
	static struct buf scratch;
	struct msg_message m = {
		.user = n->user, .kind = "chat", .headline = !c->asked,
		.from = c->gateway ? "" : network_id(n),
	};

	if (c->dropped > 0)
		buf_addf(&c->text, "\n(%u more lines)", c->dropped);
	buf_addc(&c->text, '\0');
	m.body = format_plain(buf_data(&c->text), &scratch);
	if (*m.body != '\0')
		up_notify(METHOD_message, &m);
	buf_free(&c->text);
	c->asked = false;
	c->dropped = 0;
}

static void
arm(struct network *n, double wait)
{
	ev_timer_stop(n->irc->loop, &n->console->due);
	ev_timer_set(&n->console->due, wait, 0);
	ev_timer_start(n->irc->loop, &n->console->due);
}

static void
on_due(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct network *n = w->data;
	double now = ev_now(loop);

	(void)revents;
	if (flood_take(&n->console->flood, &limit, now))
		send_text(n);
	else
		arm(n, flood_wait(&n->console->flood, &limit, now, 1));
}

static struct console *
begin(struct network *n)
{
	if (n->console == NULL) {
		n->console = xcalloc(1, sizeof(*n->console));
		ev_init(&n->console->due, on_due);
		n->console->due.data = n;
		flood_init(&n->console->flood, &limit, ev_now(n->irc->loop));
	}
	return n->console;
}

void
console_expire(struct network *n, double now)
{
	struct console *c = n->console;

	/* A new one could say as much at once as this one. */
	if (c == NULL || now < c->until || buf_len(&c->text) > 0 ||
	    flood_wait(&c->flood, &limit, now, (unsigned)limit.burst) > 0)
		return;
	free(c);
	n->console = NULL;
}

void
console_finish(struct network *n)
{
	if (n->console == NULL)
		return;
	ev_timer_stop(n->irc->loop, &n->console->due);
	if (buf_len(&n->console->text) > 0)
		send_text(n);
	free(n->console);
	n->console = NULL;
}

static void
gather(struct network *n, const char *text)
{
	struct console *c = begin(n);

	if (buf_len(&c->text) + strlen(text) > TEXT_MAX) {
		c->dropped++;
		return;
	}
	if (buf_len(&c->text) > 0)
		buf_addc(&c->text, '\n');
	buf_adds(&c->text, text);
	if (!ev_is_active(&c->due))
		arm(n, GATHER);
}

bool
console_is_open(const struct network *n)
{
	return n->irc->config.motd || !network_is_fixed(n);
}

static bool
listens(const struct network *n)
{
	return n->console != NULL &&
	    ev_now(n->irc->loop) < n->console->until;
}

void
console_tell(struct network *n, const char *text)
{
	if (listens(n))
		n->console->asked = true;
	else if (!console_is_open(n))
		return;
	gather(n, text);
}

void
console_reply(struct network *n, const char *text)
{
	begin(n)->asked = true;
	gather(n, text);
}

static void
tell_line(struct network *n, const struct line *l)
{
	static struct buf text;

	buf_clear(&text);
	/* The first is our own nick. */
	for (unsigned i = l->nparams > 1; i < l->nparams; i++)
		buf_addf(&text, "%s%s", buf_len(&text) ? " " : "",
		    l->params[i]);
	buf_addc(&text, '\0');
	console_tell(n, buf_data(&text));
}

void
console_answer(struct network *n, const struct line *l)
{
	if (listens(n))
		tell_line(n, l);
}

void
console_numeric(struct network *n, const struct line *l)
{
	if (listens(n) || (l->numeric >= 400 && n->state == NETWORK_ONLINE))
		tell_line(n, l);
}

bool
console_joins_before(const struct network *n, double deadline)
{
	return n->console != NULL && n->console->join > 0 &&
	    n->console->join < deadline;
}

void
console_join_answered(struct network *n)
{
	if (n->console != NULL)
		n->console->join = 0;
}

/* ---- from the user */

struct typed {
	struct network	*n;
	request_t	 request;
	struct line	 line;
	bool		 answered;	/* or somebody else will do it */
};

static void
refuse(struct typed *t, const char *code, const char *why)
{
	if (t->request == 0)		/* one of several lines */
		console_reply(t->n, why);
	up_error(t->request, code, why);
	t->answered = true;
}

static void
on_help(struct typed *t)
{
	console_reply(t->n, "What you write here goes to the IRC server as it "
	    "is, one command a line, with or without a slash: for example\n"
	    "WHOIS NICK\nWHOWAS NICK\nMODE #CHANNEL +b\nTOPIC #CHANNEL\n"
	    "MOTD\nLUSERS\nVERSION\nPRIVMSG NickServ :HELP\n"
	    "Its answers come back from here. NICK changes your nick in all "
	    "rooms of this server; QUIT disconnects.");
}

static void
on_raw(struct typed *t)
{
	const struct line *l = &t->line;

#define P(i) (l->nparams > (i) ? l->params[i] : NULL)
	if (link_send(&t->n->link, l->command, P(0), P(1), P(2), P(3), P(4),
	    P(5), P(6), P(7), P(8), P(9), P(10), P(11), P(12), P(13), P(14),
	    NULL) == -1)
		refuse(t, ERR_RATE_LIMITED, "the IRC server takes commands "
		    "slowly, or this is none");
#undef P
}

/* The room comes as an invitation. */
static void
on_join(struct typed *t)
{
	if (t->line.nparams == 0) {
		refuse(t, ERR_BAD_REQUEST, "JOIN #CHANNEL");
		return;
	}
	on_raw(t);
	if (!t->answered)
		t->n->console->join = room_join_deadline(t->n);
}

static void
on_nick(struct typed *t)
{
	if (!nick_is_valid(t->line.params[0])) {
		refuse(t, ERR_NOT_ACCEPTABLE, "not a nick");
		return;
	}
	t->answered = true;
	ask_nick(t->n, t->request, t->line.params[0]);
}

static void
on_ours(struct typed *t)
{
	refuse(t, ERR_NOT_ALLOWED, "the gateway does that itself");
}

/* PRIVMSG: so that its echo and a refusal are known to be about it. */
static void
on_say(struct typed *t)
{
	const char *target = t->line.params[0];
	const struct msg_send m = { .kind = "chat", .to = target,
		.body = t->line.params[1] };

	if (t->line.nparams < 2 || (!nick_is_valid(target) &&
	    !channel_is_valid(t->n, target))) {
		refuse(t, ERR_BAD_REQUEST, "PRIVMSG NICK :TEXT");
		return;
	}
	t->answered = true;
	said_send(t->n, t->request, &m, target, NULL,
	    ev_now(t->n->irc->loop));
}

static void
on_whois(struct typed *t)
{
	const char *nick = t->line.params[t->line.nparams > 1];

	if (!nick_is_valid(nick)) {
		refuse(t, ERR_BAD_REQUEST, "WHOIS NICK");
		return;
	}
	t->answered = true;
	whois_show(t->n, t->request, nick, NULL, NULL);
}

static void
on_whowas(struct typed *t)
{
	if (!nick_is_valid(t->line.params[0])) {
		refuse(t, ERR_BAD_REQUEST, "WHOWAS NICK");
		return;
	}
	t->answered = true;
	whois_show_past(t->n, t->request, t->line.params[0], NULL, NULL);
}

static void
on_list(struct typed *t)
{
	refuse(t, ERR_NOT_ALLOWED, "rooms are listed by service discovery, "
	    "which your program shows as rooms of this server");
}

static void
on_ping(struct typed *t)
{
	/* Ours mark what has arrived. */
	if (strncasecmp(t->line.params[0], "spectrum", 8) == 0)
		on_ours(t);
	else
		on_raw(t);
}

static void
on_quit(struct typed *t)
{
	const char *why = t->line.nparams ? t->line.params[0] : NULL;

	if (network_is_fixed(t->n)) {
		refuse(t, ERR_NOT_ALLOWED,
		    "to disconnect, log out of the gateway");
		return;
	}
	up_result(t->request, METHOD_send, &(struct msg_send_result){ 0 });
	t->answered = true;
	console_reply(t->n, "Disconnected.");
	room_close_all(t->n, "disconnected at your wish", false);
	network_quit(t->n, why);
}

static const struct {
	const char	*command;
	void		(*run)(struct typed *);
} taken_over[] = {
	{ "AUTHENTICATE",	on_ours },
	{ "CAP",		on_ours },
	{ "HELP",		on_help },
	{ "JOIN",		on_join },
	{ "LIST",		on_list },
	{ "NICK",		on_nick },
	{ "PASS",		on_ours },
	{ "PING",		on_ping },
	{ "PONG",		on_ours },
	{ "PRIVMSG",		on_say },
	{ "QUIT",		on_quit },
	{ "SERVER",		on_ours },
	{ "SERVICE",		on_ours },
	{ "STARTTLS",		on_ours },
	{ "USER",		on_ours },
	{ "WEBIRC",		on_ours },
	{ "WHOIS",		on_whois },
	{ "WHOWAS",		on_whowas },
};

static bool
is_word(const char *s)
{
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s))
			return false;
	return true;
}

static void
run(struct typed *t, char *text)
{
	text += *text == '/';
	if (*text == ':' || *text == '@' ||
	    strlen(text) + 2 > t->n->link.line_max ||
	    line_parse(&t->line, text) == -1 || !is_word(t->line.command)) {
		refuse(t, ERR_BAD_REQUEST, "not a command of IRC; write help");
		return;
	}
	for (size_t i = 0; i < LENGTH(taken_over); i++)
		if (strcmp(taken_over[i].command, t->line.command) == 0) {
			taken_over[i].run(t);
			return;
		}
	on_raw(t);
}

/* Of several lines only the last may be answered by others. */
static void
run_lines(struct typed *t, char *text)
{
	request_t request = t->request;
	char *line, *next = text;

	while ((line = next) != NULL && !t->answered &&
	    t->n->state == NETWORK_ONLINE) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (*line == '\0')
			continue;
		t->request = next == NULL ? request : 0;
		run(t, line);
		if (next != NULL)
			t->answered = false;
	}
	t->request = request;
}

static unsigned
count_lines(const char *body)
{
	unsigned count = 1;

	for (; (body = strchr(body, '\n')) != NULL; body++)
		count++;
	return count;
}

void
console_typed(struct network *n, request_t request, const char *body,
    bool gateway)
{
	struct typed t = { .n = n, .request = request };
	size_t len = strlen(body);
	char *copy;

	if (count_lines(body) > LINES_MAX) {
		up_error(request, ERR_TOO_LONG, "at most 10 commands at once");
		return;
	}
	begin(n)->until = ev_now(n->irc->loop) + LISTEN;
	n->console->gateway = gateway;
	n->talked = ev_now(n->irc->loop);
	copy = xmalloc(len + 1);
	memcpy(copy, body, len + 1);
	run_lines(&t, copy);
	free(copy);
	if (!t.answered)
		up_result(request, METHOD_send,
		    &(struct msg_send_result){ 0 });
}
