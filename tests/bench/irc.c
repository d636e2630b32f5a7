/* SPDX-License-Identifier: GPL-2.0-or-later */
/* irc.c - The IRC server side: just what gateways need. */
#include "gwbench.h"

#include <stdlib.h>
#include <string.h>

struct chan *
chan_get(const char *name)
{
	size_t n = strlen(name);
	struct chan *c = smap_get(&g_chans, name, n);
	if (!c) {
		c = calloc(1, sizeof *c);
		snprintf(c->name, sizeof c->name, "%s", name);
		smap_put(&g_chans, name, n, c);
	}
	return c;
}

static void
chan_del(struct chan *ch, struct ircconn *c)
{
	for (size_t i = 0; i < ch->n; i++)
		if (ch->m[i] == c) {
			ch->m[i] = ch->m[--ch->n];
			break;
		}
	for (size_t i = 0; i < c->nch; i++)
		if (c->ch[i] == ch) {
			c->ch[i] = c->ch[--c->nch];
			break;
		}
}

static void
chan_say(struct chan *ch, struct ircconn *not_to, const char *l, int n)
{
	for (size_t i = 0; i < ch->n; i++)
		if (ch->m[i] != not_to)
			irc_send(ch->m[i], l, (size_t)n);
}

static void
irc_join(struct ircconn *c, const char *name)
{
	struct chan *ch = chan_get(name);
	for (size_t i = 0; i < ch->n; i++)
		if (ch->m[i] == c)
			return;
	if (ch->n == ch->cap) {
		ch->cap = ch->cap ? ch->cap * 2 : 4;
		ch->m = realloc(ch->m, ch->cap * sizeof *ch->m);
	}
	ch->m[ch->n++] = c;
	if (c->nch == c->cch) {
		c->cch = c->cch ? c->cch * 2 : 4;
		c->ch = realloc(c->ch, c->cch * sizeof *c->ch);
	}
	c->ch[c->nch++] = ch;
	char l[512];
	int n = snprintf(l, sizeof l, ":%s!%s@bench.local JOIN %s", c->nick,
	    c->user, ch->name);
	chan_say(ch, NULL, l, n);
	irc_sendf(c, ":irc.bench.local 332 %s %s :a topic", c->nick, ch->name);
	irc_sendf(c, ":irc.bench.local 333 %s %s crier 1700000000", c->nick,
	    ch->name);
	n = 0;
	for (size_t i = 0; i < ch->n + (size_t)o.names_extra; i++) {
		if (!n)
			n = snprintf(l, sizeof l,
			    ":irc.bench.local 353 %s = %s :", c->nick,
			    ch->name);
		if (i < ch->n)
			n += snprintf(
			    l + n, sizeof l - (size_t)n, "%s ", ch->m[i]->nick);
		else
			n += snprintf(l + n, sizeof l - (size_t)n, "extra%zu ",
			    i - ch->n);
		if (n > 420) {
			irc_send(c, l, (size_t)n);
			n = 0;
		}
	}
	if (n)
		irc_send(c, l, (size_t)n);
	irc_sendf(c, ":irc.bench.local 366 %s %s :End of /NAMES list.", c->nick,
	    ch->name);
}

static void
irc_welcome(struct ircconn *c)
{
	c->welcomed = true;
	smap_put(&g_nicks, c->nick, strlen(c->nick), c);
	size_t nl = strlen(c->nick);
	c->u = smap_get(&g_unick, c->nick, nl);
	if (!c->u) { /* "u3_": the user under another nick, since a ghost holds
			the right one */
		while (nl && c->nick[nl - 1] == '_')
			nl--;
		if ((c->u = smap_get(&g_unick, c->nick, nl)))
			c->u->renamed = 1;
	} else {
		if (g_crash && c->u->hit && !c->u->reconnected) {
			c->u->reconnected = 1;
			c->u->t_reconn = now_ns();
		}
		c->u->irc = c;
	}
	irc_sendf(c,
	    ":irc.bench.local 001 %s :Welcome to the bench network "
	    "%s!%s@bench.local",
	    c->nick, c->nick, c->user);
	irc_sendf(c,
	    ":irc.bench.local 002 %s :Your host is irc.bench.local, running "
	    "gwbench",
	    c->nick);
	irc_sendf(c, ":irc.bench.local 003 %s :This server was created today",
	    c->nick);
	irc_sendf(c,
	    ":irc.bench.local 004 %s irc.bench.local gwbench-1 iowx bklmnopstv",
	    c->nick);
	irc_sendf(c,
	    ":irc.bench.local 005 %s CHANTYPES=# PREFIX=(ov)@+ "
	    "CHANMODES=b,k,l,imnpst NICKLEN=30 NETWORK=bench CASEMAPPING=ascii "
	    ":are supported by this server",
	    c->nick);
	irc_sendf(c, ":irc.bench.local 375 %s :- motd", c->nick);
	irc_sendf(c, ":irc.bench.local 372 %s :- hello", c->nick);
	irc_sendf(c, ":irc.bench.local 376 %s :End of /MOTD command.", c->nick);
}

static void
irc_line(struct ircconn *c, char *l, size_t n)
{
	g_n.irc_in++;
	trace(c->u, "I<", l, n);
	char *a[16];
	int na = 0;
	char *p = l;
	if (*p == ':') {
		p = strchr(p, ' ');
		if (!p)
			return;
		p++;
	}
	while (*p && na < 16) {
		if (*p == ':' && na) {
			a[na++] = p + 1;
			break;
		}
		a[na++] = p;
		p = strchr(p, ' ');
		if (!p)
			break;
		*p++ = 0;
		while (*p == ' ')
			p++;
	}
	if (!na)
		return;
	const char *cmd = a[0];
#define CMD(s) (!strcasecmp(cmd, s))
	if (CMD("PRIVMSG") && na > 2) {
		if (arrived(c->u, a[2], strlen(a[2])))
			return;
		struct chan *ch = a[1][0] == '#'
				      ? smap_get(&g_chans, a[1], strlen(a[1]))
				      : NULL;
		char m[1024];
		int k =
		    snprintf(m, sizeof m, ":%s!%s@bench.local PRIVMSG %s :%s",
			c->nick, c->user, a[1], a[2]);
		if (ch)
			chan_say(ch, c, m, k);
		else {
			struct ircconn *d =
			    smap_get(&g_nicks, a[1], strlen(a[1]));
			if (d)
				irc_send(d, m, (size_t)k);
		}
	} else if (CMD("PING")) {
		irc_sendf(c, ":irc.bench.local PONG irc.bench.local :%s",
		    na > 1 ? a[1] : "");
	} else if (CMD("CAP") && na > 1) {
		if (!strcasecmp(a[1], "LS") || !strcasecmp(a[1], "LIST"))
			irc_sendf(c, ":irc.bench.local CAP * %s :", a[1]);
		else if (!strcasecmp(a[1], "REQ"))
			irc_sendf(c, ":irc.bench.local CAP * NAK :%s",
			    na > 2 ? a[2] : "");
	} else if (CMD("NICK") && na > 1) {
		struct ircconn *other = smap_get(&g_nicks, a[1], strlen(a[1]));
		if (other && other != c && !other->e.dead) {
			irc_sendf(c,
			    ":irc.bench.local 433 %s %s :Nickname is already "
			    "in use",
			    c->welcomed ? c->nick : "*", a[1]);
			return;
		}
		if (c->welcomed) {
			irc_sendf(c, ":%s!%s@bench.local NICK :%s", c->nick,
			    c->user, a[1]);
			smap_put(&g_nicks, c->nick, strlen(c->nick), NULL);
		}
		snprintf(c->nick, sizeof c->nick, "%s", a[1]);
		if (c->welcomed)
			smap_put(&g_nicks, c->nick, strlen(c->nick), c);
		else if (c->have_user)
			irc_welcome(c);
	} else if (CMD("USER") && na > 1) {
		snprintf(c->user, sizeof c->user, "%s", a[1]);
		c->have_user = true;
		if (c->nick[0] && !c->welcomed)
			irc_welcome(c);
	} else if (CMD("JOIN") && na > 1) {
		char *sv;
		for (char *ch = strtok_r(a[1], ",", &sv); ch;
		     ch = strtok_r(NULL, ",", &sv))
			irc_join(c, ch);
	} else if (CMD("PART") && na > 1) {
		struct chan *ch = smap_get(&g_chans, a[1], strlen(a[1]));
		if (!ch)
			return;
		char m[512];
		int k = snprintf(m, sizeof m, ":%s!%s@bench.local PART %s",
		    c->nick, c->user, a[1]);
		chan_say(ch, NULL, m, k);
		chan_del(ch, c);
	} else if (CMD("WHO") && na > 1) {
		struct chan *ch = smap_get(&g_chans, a[1], strlen(a[1]));
		for (size_t i = 0; ch && i < ch->n; i++)
			irc_sendf(c,
			    ":irc.bench.local 352 %s %s %s bench.local "
			    "irc.bench.local %s H :0 bench",
			    c->nick, a[1], ch->m[i]->user, ch->m[i]->nick);
		for (int i = 0; ch && i < o.names_extra; i++)
			irc_sendf(c,
			    ":irc.bench.local 352 %s %s e bench.local "
			    "irc.bench.local extra%d H :0 bench",
			    c->nick, a[1], i);
		irc_sendf(c, ":irc.bench.local 315 %s %s :End of /WHO list.",
		    c->nick, a[1]);
	} else if (CMD("MODE") && na > 1) {
		if (a[1][0] == '#')
			irc_sendf(
			    c, ":irc.bench.local 324 %s %s +nt", c->nick, a[1]);
		else
			irc_sendf(c, ":irc.bench.local 221 %s +i", c->nick);
	} else if (CMD("QUIT")) {
		irc_sendf(c, "ERROR :Closing link");
		ep_flush(&c->e);
		ep_close(&c->e);
	}
	/* PASS, PONG, AWAY, USERHOST, NOTICE, TOPIC...: not needed */
#undef CMD
}

void
irc_input(struct ircconn *c)
{
	while (!c->e.dead && buf_size(&c->e.in)) {
		char *d = buf_data(&c->e.in),
		     *nl = memchr(d, '\n', buf_size(&c->e.in));
		if (!nl)
			return;
		size_t n = (size_t)(nl - d), eat = n + 1;
		*nl = 0;
		if (n && d[n - 1] == '\r')
			d[--n] = 0;
		c->e.in.off +=
		    eat; /* data stays valid: only the tail is appended to */
		if (n)
			irc_line(c, d, n);
		if (!c->e.dead && c->e.in.off == c->e.in.len)
			c->e.in.off = c->e.in.len = 0;
	}
}

void
irc_gone(struct ircconn *c)
{
	char m[256];
	int k = snprintf(
	    m, sizeof m, ":%s!%s@bench.local QUIT :gone", c->nick, c->user);
	g_n.irc_disc++;
	while (c->nch) {
		struct chan *ch = c->ch[0];
		chan_del(ch, c);
		chan_say(ch, c, m, k);
	}
	if (c->welcomed && smap_get(&g_nicks, c->nick, strlen(c->nick)) == c)
		smap_put(&g_nicks, c->nick, strlen(c->nick), NULL);
	if (c->u && c->u->irc == c) {
		c->u->irc = NULL;
		if (g_crash)
			c->u->hit = 1;
	}
}
