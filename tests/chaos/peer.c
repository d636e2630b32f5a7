/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do people on IRC do?  Each is in one channel with the users he talks
 * to, sees them come and go there, and asks by a PING behind each message
 * whether the server has taken it: so he knows which one a refusal is about,
 * too. */
#include <stdlib.h>
#include <string.h>

#include "tests/chaos/load.h"
#include "util/xalloc.h"

#define RETRY		0.5		/* seconds, and as much at random */
#define STEP_TIMEOUT	20.0

enum state { DOWN, CONNECTING, REGISTERING, JOINING, UP };

struct peer {
	struct sock	 sock;
	unsigned	 number;
	enum state	 state;
	double		 due;		/* DOWN: when to connect; or too late */
	uint32_t	*said;		/* not proven yet */
	size_t		 first, last, cap;
};

static struct peer *peers;
static bool *visible;			/* users */
static unsigned up, seen, turn, unproven;

static void
line(struct peer *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&p->sock.out, fmt, ap);
	va_end(ap);
	buf_adds(&p->sock.out, "\r\n");
	sock_send(&p->sock);
}

static void
change(struct peer *p, enum state state)
{
	up += state == UP;
	up -= p->state == UP;
	p->state = state;
	p->due = now + STEP_TIMEOUT;
}

static void
show(unsigned user, bool on, const char *how)
{
	if (visible[user] == on)
		return;
	visible[user] = on;
	seen += on;
	seen -= !on;
	ledger_journal("%s %u", how, user);
}

static void
fall(struct peer *p)
{
	struct message *m;
	bool was_up = p->state == UP;

	sock_close(&p->sock);
	change(p, DOWN);
	p->due = now + RETRY + RETRY * choose(1000) / 1000;
	for (; p->first < p->last; p->first++, unproven--)
		if ((m = ledger_get(p->said[p->first])) != NULL && !m->proven)
			ledger_failed(p->said[p->first], END_SENDER_LOST);
	if (!was_up)
		return;
	for (unsigned u = p->number; u < (unsigned)options.users;
	    u += (unsigned)options.peers)
		show(u, false, "unseen");
}

/* ---- proof */

static void
remember(struct peer *p, uint32_t number)
{
	if (p->first > 1000) {
		memmove(p->said, p->said + p->first,
		    (p->last - p->first) * sizeof(*p->said));
		p->last -= p->first;
		p->first = 0;
	}
	if (p->last == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->said = xreallocarray(p->said, p->cap, sizeof(*p->said));
	}
	p->said[p->last++] = number;
	unproven++;
}

/* The server has taken all up to that one. */
static void
ponged(struct peer *p, uint32_t number)
{
	struct message *m;

	for (; p->first < p->last && p->said[p->first] <= number;
	    p->first++, unproven--)
		if ((m = ledger_get(p->said[p->first])) != NULL)
			m->proven = true;
}

/* The oldest one without an answer is meant. */
static void
refused(struct peer *p, const char *nick)
{
	unsigned user = (unsigned)strtoul(nick + 1, NULL, 10);
	struct message *m = NULL;

	if (p->first < p->last)
		m = ledger_get(p->said[p->first]);
	if (m != NULL && m->user == user)
		ledger_failed(p->said[p->first], END_ERROR);
	else
		ledger_journal("peer %u: nobody's refusal for %s", p->number,
		    nick);
}

/* ---- lines */

/* A user of ours who is in this one's channel: his number, or -1. */
static int
user_of(const struct peer *p, const char *nick)
{
	char *end;
	unsigned long n;

	if (*nick != 'u')
		return -1;
	n = strtoul(nick + 1, &end, 10);
	if (end == nick + 1 || *end != '\0' ||
	    n >= (unsigned long)options.users ||
	    n % (unsigned long)options.peers != p->number)
		return -1;
	return (int)n;
}

static void
names(struct peer *p, char *list)
{
	char *word;

	while ((word = strsep(&list, " ")) != NULL) {
		int user = user_of(p, word + strspn(word, "@+"));

		if (user >= 0)
			show((unsigned)user, true, "seen");
	}
}

static void
numeric(struct peer *p, int number, char **arg, int n)
{
	if (number == 1) {
		line(p, "JOIN #c%u", p->number);
		change(p, JOINING);
	} else if (number == 353 && n > 3) {
		names(p, arg[3]);
	} else if (number == 366 && p->state == JOINING) {
		change(p, UP);
	} else if (number == 433) {
		fall(p);		/* ourselves, not given up yet */
	} else if (number == 401 && n > 1) {
		refused(p, arg[1]);
	} else if (number >= 400 && number != 422) {
		ledger_journal("peer %u: %d %s", p->number, number,
		    n > 1 ? arg[n - 1] : "");
	}
}

/* These words are the server's; who quits is quoted. */
static bool
is_broken(const char *reason)
{
	return strcmp(reason, "Client closed connection") == 0 ||
	    strncmp(reason, "Read error", 10) == 0 ||
	    strncmp(reason, "Write error", 11) == 0;
}

static void
somebody(struct peer *p, const char *nick, const char *command, char **arg,
    int n)
{
	int user = user_of(p, nick), other;

	if (strcmp(command, "PRIVMSG") == 0 && n > 1) {
		/* The nick may be another while the old connection lasts. */
		if (*nick == 'u' && *arg[1] == 'x')
			ledger_got(TO_IRC, (uint32_t)strtoul(arg[1] + 1, NULL,
			    10), NULL, false);
	} else if (user >= 0 && strcmp(command, "JOIN") == 0) {
		show((unsigned)user, true, "seen");
	} else if (user >= 0 && (strcmp(command, "QUIT") == 0 ||
	    strcmp(command, "PART") == 0 || strcmp(command, "NICK") == 0)) {
		if (*command == 'Q' && n > 0 && is_broken(arg[0]))
			ledger_broken((unsigned)user);
		show((unsigned)user, false, "unseen");
	} else if (strcmp(command, "NICK") == 0 && n > 0 &&
	    (other = user_of(p, arg[0])) >= 0) {
		show((unsigned)other, true, "seen");
	}
}

static void
take_line(struct peer *p, char *s)
{
	char *arg[16], *nick = NULL, *command;
	int n = 0;

	if (*s == ':') {
		nick = s + 1;
		s = nick + strcspn(nick, " ");
		if (*s != '\0')
			*s++ = '\0';
		nick[strcspn(nick, "!")] = '\0';
	}
	command = strsep(&s, " ");
	while (s != NULL && n < (int)LENGTH(arg)) {
		if (*s == ':') {
			arg[n++] = s + 1;
			break;
		}
		arg[n++] = strsep(&s, " ");
	}
	if (strcmp(command, "PING") == 0 && n > 0)
		line(p, "PONG :%s", arg[0]);
	else if (strcmp(command, "PONG") == 0 && n > 0 && *arg[n - 1] == 'f')
		ponged(p, (uint32_t)strtoul(arg[n - 1] + 1, NULL, 10));
	else if (*command >= '0' && *command <= '9')
		numeric(p, atoi(command), arg, n);
	else if (nick != NULL)
		somebody(p, nick, command, arg, n);
}

static void
on_readable(void *ctx)
{
	struct peer *p = ctx;
	struct buf *in = &p->sock.in;

	while (p->sock.fd != -1 && buf_len(in) > 0) {
		char *data = buf_data(in);
		char *end = memchr(data, '\n', buf_len(in));

		if (end == NULL)
			return;
		buf_consume(in, (size_t)(end + 1 - data));
		*end = '\0';
		if (end > data && end[-1] == '\r')
			end[-1] = '\0';
		if (*data != '\0')
			take_line(p, data);
	}
}

static void
on_connected(void *ctx)
{
	struct peer *p = ctx;

	change(p, REGISTERING);
	line(p, "NICK p%u", p->number);
	line(p, "USER p%u 0 * :peer", p->number);
}

static void
on_closed(void *ctx)
{
	fall(ctx);
}

/* ---- all of them */

void
peers_start(void)
{
	peers = xcalloc((size_t)options.peers, sizeof(*peers));
	visible = xcalloc((size_t)options.users, sizeof(*visible));
	for (int i = 0; i < options.peers; i++) {
		struct peer *p = &peers[i];

		p->number = (unsigned)i;
		p->sock = (struct sock){ .fd = -1, .connected = on_connected,
			.readable = on_readable, .closed = on_closed,
			.ctx = p };
	}
}

void
peers_tick(void)
{
	for (int i = 0; i < options.peers; i++) {
		struct peer *p = &peers[i];

		if (p->state == DOWN && p->due <= now) {
			change(p, CONNECTING);
			sock_connect(&p->sock, options.irc_port);
		} else if (p->state != UP && p->due <= now) {
			fall(p);
		}
	}
}

bool
peers_say(void)
{
	for (int tries = 0; tries < options.users; tries++) {
		unsigned user = turn++ % (unsigned)options.users;
		struct peer *p = &peers[user % (unsigned)options.peers];
		uint32_t number;

		if (p->state != UP || !visible[user])
			continue;
		number = ledger_sent(TO_XMPP, user);
		remember(p, number);
		line(p, "PRIVMSG u%u :i%u the quick brown fox jumps over "
		    "the lazy dog", user, number);
		line(p, "PING :f%u", number);
		return true;
	}
	return false;
}

unsigned
peers_up(void)
{
	return up;
}

unsigned
peers_see(void)
{
	return seen;
}

unsigned
peers_unproven(void)
{
	return unproven;
}
