/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Will it help to come again, and when?  Whoever goes on knocking at a door that
 * was shut for good has all of the gateway shut out in the end. */
#include "backends/irc/unwelcome.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util/macros.h"
#include "util/xalloc.h"

#define HOLD		10.0	/* seconds for all users of that server */
#define BACKOFF_MAX	300.0	/* seconds, once it has complained */

static const struct {
	const char	*words;
	enum unwelcome	 means;
} texts[] = {
	/* An operator's word for one connection, whatever he says besides. */
	{ "Killed (",		UNWELCOME_NOT },
	{ "too fast",		UNWELCOME_NOW },
	{ "throttl",		UNWELCOME_NOW },
	{ "too many connections", UNWELCOME_NOW },
	{ "too many host connections", UNWELCOME_NOW },
	{ "too many user connections", UNWELCOME_NOW },
	{ "no more connections", UNWELCOME_NOW },
	{ "sessions exceeded",	UNWELCOME_NOW },
	{ "session limit exceeded", UNWELCOME_NOW },
	{ "try again later",	UNWELCOME_NOW },
	{ "K-line",		UNWELCOME_EVER }, { "K:line", UNWELCOME_EVER },
	{ "klined",		UNWELCOME_EVER },
	{ "G-line",		UNWELCOME_EVER }, { "G:line", UNWELCOME_EVER },
	{ "glined",		UNWELCOME_EVER },
	{ "Z-line",		UNWELCOME_EVER }, { "Z:line", UNWELCOME_EVER },
	{ "zlined",		UNWELCOME_EVER },
	{ "D-line",		UNWELCOME_EVER }, { "X-line", UNWELCOME_EVER },
	{ "R-line",		UNWELCOME_EVER }, { "E-line", UNWELCOME_EVER },
	{ "akill",		UNWELCOME_EVER },
	{ "autokill",		UNWELCOME_EVER },
	{ "banned",		UNWELCOME_EVER },
	{ "blacklist",		UNWELCOME_EVER },
	{ "dnsbl",		UNWELCOME_EVER },
	{ "not authorized to connect", UNWELCOME_EVER },
	{ "not authorised to connect", UNWELCOME_EVER },
};

/* From the beginning of a word on: "free-line.example", our own address in the
 * text, is no E-line. */
static bool
has_words(const char *text, const char *words)
{
	for (const char *at = text; (at = strcasestr(at, words)) != NULL; at++)
		if (at == text || !isalnum((unsigned char)at[-1]))
			return true;
	return false;
}

enum unwelcome
unwelcome_means(const char *text)
{
	for (size_t i = 0; i < LENGTH(texts); i++)
		if (has_words(text, texts[i].words))
			return texts[i].means;
	return UNWELCOME_NOT;
}

static void
not_now(struct network *n)
{
	if (n->later)
		return;			/* one complaint a connection */
	n->backoff.failures += 3;
	n->backoff.max = BACKOFF_MAX;
	n->later = true;
	turn_hold(&n->irc->turns, n->irc->loop, &n->irc->connects,
	    n->server->host, HOLD);
}

void
unwelcome_error(struct network *n, const char *text)
{
	/* After our QUIT it is our own words that come back. */
	if (n->state == NETWORK_QUITTING)
		return;
	/* A numeric before it may have said it better. */
	if (n->fatal == NULL || n->last_error == NULL)
		xreplace(&n->last_error, text);
	switch (unwelcome_means(text)) {
	case UNWELCOME_EVER:
		n->fatal = "other";
		break;
	case UNWELCOME_NOW:
		not_now(n);
		break;
	case UNWELCOME_NOT:
		break;
	}
}

void
unwelcome_banned(struct network *n, const char *text)
{
	if (n->state != NETWORK_REGISTERING && n->state != NETWORK_ONLINE)
		return;
	xreplace(&n->last_error, text);
	n->fatal = "other";
	network_lost(n, "banned from the server");
}
