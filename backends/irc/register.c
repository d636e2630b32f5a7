/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a connection become a registered one: who we say we are, and what
 * is done once the server has said welcome. */
#include "backends/irc/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/apply.h"
#include "backends/irc/cap.h"
#include "backends/irc/outbox.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/sasl.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define NICK_TRIES_MAX	7

static bool
has_password(const struct network *n)
{
	return network_is_fixed(n) && n->password != NULL &&
	    *n->password != '\0';
}

/* ---- nicks */

void
register_clean_nick(char out[NICK_BYTES_MAX], const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n < NICK_BYTES_MAX - 8; text++) {
		char c = *text;

		/* A JID's '@' ends what could be a nick. */
		if (c == '@')
			break;
		if ((unsigned char)c <= ' ' || c == 0x7f ||
		    strchr("!,*?.:/'\"#&+~%$<>()=;", c) != NULL)
			c = '_';
		if (n == 0 && ((c >= '0' && c <= '9') || c == '-'))
			out[n++] = '_';
		out[n++] = c;
	}
	n = utf8_cut(out, n, n);
	out[n] = '\0';
	if (!utf8_valid(out, n) || !nick_is_valid(out))
		strcpy(out, "user");
}

/* wanted, wanted_, wanted__, then ever shorter with digits at the end, since a
 * server may cut what is too long and refuse the same nick again. */
static char *
next_nick(const struct network *n)
{
	size_t len = strlen(n->wanted), keep;

	if (n->nick_tries <= 2)
		return xasprintf("%s%.*s", n->wanted, n->nick_tries, "__");
	keep = len > 6 ? utf8_cut(n->wanted, len, 6) : len;
	return xasprintf("%.*s%03u", (int)keep, n->wanted,
	    (unsigned)(rand_unit() * 1000));
}

void
register_nick_refused(struct network *n, struct line *l)
{
	const char *text = l->params[l->nparams > 2 ? l->nparams - 1 : 2];
	char *nick;

	if (++n->nick_tries > NICK_TRIES_MAX) {
		xreplace(&n->last_error, *text ? text : "nick refused");
		n->fatal = l->numeric == 432 ? "settings" : "name_in_use";
		network_lost(n, "nick refused");
		return;
	}
	/* It is the shape that is wrong: go on to the short ones. */
	if (l->numeric == 432 && n->nick_tries < 3)
		n->nick_tries = 3;
	n->regains = l->numeric == 432 ? 0 : REGAIN_TRIES;
	nick = next_nick(n);
	xreplace(&n->nick, nick);
	free(nick);
	link_now(&n->link, "NICK", n->nick, NULL);
}

/* ---- begin and end */

void
register_begin(struct network *n)
{
	const char *real = n->irc->config.realname;
	char user[11];
	size_t len = 0;

	cap_begin(n);
	if (has_password(n) && n->irc->config.send_pass)
		link_now(&n->link, "PASS", n->password, NULL);
	link_now(&n->link, "NICK", n->nick, NULL);
	for (const char *c = n->wanted; *c && len < sizeof(user) - 1; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9'))
			user[len++] = *c;
	user[len] = '\0';
	link_now(&n->link, "USER", len ? user : "user", "0", "*",
	    real ? real : n->wanted, NULL);
}

/* irc_identify: the first word is whom to tell, the rest is what. */
static void
identify(struct network *n)
{
	const char *at = n->irc->config.identify;
	struct buf text = { 0 };
	char *space;

	if (!has_password(n) || n->identified || n->distrusted ||
	    n->irc->config.send_pass)
		return;
	while (*at != '\0') {
		if (strncmp(at, "$password", 9) == 0) {
			buf_adds(&text, n->password);
			at += 9;
		} else if (strncmp(at, "$name", 5) == 0) {
			buf_adds(&text, n->account);
			at += 5;
		} else {
			buf_addc(&text, *at++);
		}
	}
	buf_addc(&text, '\0');
	space = strchr(buf_data(&text), ' ');
	if (space != NULL) {
		*space = '\0';
		said_quietly(n, buf_data(&text), space + 1);
	}
	buf_free(&text);
}

void
register_welcome(struct network *n, struct line *l)
{
	if (n->state != NETWORK_REGISTERING || !sasl_allows_welcome(n))
		return;
	/* The server may have cut the nick, or have given another. */
	if (nick_is_valid(l->params[0]))
		xreplace(&n->nick, l->params[0]);
	/* Until our own JOIN shows the host: the longest there is. */
	n->prefix_len = (uint16_t)(strlen(n->nick) + 1 + 10 + 1 + 63);
	n->ctcp = (struct flood){ .tokens = 4,
		.then = ev_now(n->irc->loop) };
	network_online(n);
	if (n->state != NETWORK_ONLINE)
		return;
	identify(n);
	apply_after_connect(n);
	if (n->away != NULL) {
		link_send(&n->link, "AWAY", n->away, NULL);
		n->is_away = true;
	}
	room_rejoin(n);
	outbox_move(n);
}
