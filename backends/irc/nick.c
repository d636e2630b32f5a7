/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nick that the user would like may be taken: often by himself, on a
 * connection that the server has not given up yet. */
#include "backends/irc/nick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/said.h"
#include "backends/irc/settings.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define TRIES_MAX	7	/* beside the alternatives */
#define PAUSE		1.0	/* then 2, 4, ... */
#define SLOW_PAUSE	120.0	/* where nobody tells us when it is free */

void
nick_clean(char out[NICK_BYTES_MAX], const char *text)
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

/* ---- before the welcome */

void
nick_begin(struct network *n)
{
	n->nick_tries = n->regains = n->alternative = 0;
	n->nick_watched = false;
	n->regain_at = 0;
	xreplace(&n->nick, n->wanted);
}

/* The next of those that the user has named, or NULL. */
static char *
alternative(struct network *n)
{
	const char *list = settings_get(n, "nick_alternatives");
	char word[NICK_BYTES_MAX];

	for (unsigned i = 0; settings_word(&list, word, sizeof(word)); i++)
		if (i == n->alternative) {
			n->alternative++;
			return xstrdup(word);
		}
	return NULL;
}

/* wanted, wanted_, wanted__, then ever shorter with digits at the end, since a
 * server may cut what is too long and refuse the same nick again. */
static char *
invented(const struct network *n)
{
	size_t len = strlen(n->wanted), keep;

	if (n->nick_tries <= 2)
		return xasprintf("%s%.*s", n->wanted, n->nick_tries, "__");
	keep = len > 6 ? utf8_cut(n->wanted, len, 6) : len;
	return xasprintf("%.*s%03u", (int)keep, n->wanted,
	    (unsigned)(rand_unit() * 1000));
}

void
nick_refused(struct network *n, struct line *l)
{
	const char *text = l->params[l->nparams > 2 ? l->nparams - 1 : 2];
	char *nick = alternative(n);

	if (nick == NULL && ++n->nick_tries > TRIES_MAX) {
		xreplace(&n->last_error, *text ? text : "nick refused");
		n->fatal = l->numeric == 432 ? "settings" : "name_in_use";
		network_lost(n, "nick refused");
		return;
	}
	if (nick == NULL) {
		/* It is the shape that is wrong: go on to the short ones. */
		if (l->numeric == 432 && n->nick_tries < 3)
			n->nick_tries = 3;
		nick = invented(n);
	}
	n->regains = l->numeric == 432 ? 0 : REGAIN_TRIES;
	xreplace(&n->nick, nick);
	free(nick);
	link_now(&n->link, "NICK", n->nick, NULL);
}

/* ---- after it */

void
nick_welcome(struct network *n)
{
	n->regain_at = n->regains > 0 ? ev_now(n->irc->loop) + PAUSE : 0;
	/* Another one was set while we waited for the welcome. */
	if (n->nick_tries == 0 && n->renamed)
		link_send(&n->link, "NICK", n->wanted, NULL);
	n->renamed = false;
}

void
nick_settled(struct network *n)
{
	n->regains = 0;
	n->regain_at = 0;
	if (n->nick_watched)
		link_send(&n->link, "MONITOR", "-", n->wanted, NULL);
	n->nick_watched = false;
}

double
nick_due(const struct network *n)
{
	return n->regain_at;
}

/* Whoever is logged in may have services drive others from his nick, without
 * saying a password: that might not be services at all. */
static void
ask_services(struct network *n, unsigned tries)
{
	char text[NICK_BYTES_MAX + 16];

	if (!n->identified || tries > 2)
		return;
	/* Atheme and Anope know the first; the second is for those who may not
	 * drive out but take back. */
	snprintf(text, sizeof(text), "%s %s", tries == 1 ? "GHOST" : "REGAIN",
	    n->wanted);
	said_quietly(n, "NickServ", text);
}

/* Be told when it is free, where the server does that. */
static bool
watch(struct network *n)
{
	if (n->is.monitor == 0)
		return false;
	if (!n->nick_watched)
		link_send(&n->link, "MONITOR", "+", n->wanted, NULL);
	n->nick_watched = true;
	return true;
}

void
nick_tick(struct network *n, double now)
{
	unsigned tries;

	if (n->regain_at == 0 || now < n->regain_at)
		return;
	if (casemap_equal(n->is.casemap, n->nick, n->wanted)) {
		nick_settled(n);
		return;
	}
	if (n->regains > 0)
		n->regains--;
	tries = REGAIN_TRIES - n->regains;
	n->regain_at = now + PAUSE * (1u << tries);
	ask_services(n, tries);
	link_send(&n->link, "NICK", n->wanted, NULL);
	if (n->regains == 0)
		n->regain_at = watch(n) ? 0 : now + SLOW_PAUSE;
	else if (tries == 1)
		watch(n);
}

void
nick_gone(struct network *n, const char *nick)
{
	if ((n->regain_at == 0 && !n->nick_watched) ||
	    !casemap_equal(n->is.casemap, nick, n->wanted) ||
	    casemap_equal(n->is.casemap, n->nick, n->wanted))
		return;
	link_send(&n->link, "NICK", n->wanted, NULL);
}
