/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do a user's settings do to a connection? */
#include "backends/irc/apply.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/ask.h"
#include "backends/irc/nick.h"
#include "backends/irc/register.h"
#include "backends/irc/settings.h"
#include "util/xalloc.h"

static double
least(double a, double b)
{
	return a < b ? a : b;
}

void
apply_settings(struct network *n)
{
	const struct flood_limit *usual = &n->irc->config.flood;
	struct flood_limit own = {
		.burst = settings_number(n, "throttle_burst", usual->burst),
		.rate = settings_number(n, "throttle_rate", usual->rate),
	};

	/* The one network that all use would ban all of them; a burst of 0 is
	 * no limit at all. */
	if (network_is_fixed(n) && usual->burst > 0) {
		own.burst = least(own.burst, usual->burst);
		own.rate = least(own.rate, usual->rate);
	}
	n->throttle = own;
	if (n->link.loop != NULL)
		link_limit_changed(&n->link);
}

bool
apply_realname(struct network *n)
{
	return n->state == NETWORK_ONLINE && (n->caps & CAP_SETNAME) &&
	    link_send(&n->link, "SETNAME", register_realname(n), NULL) == 0;
}

void
apply_nick(struct network *n)
{
	const char *nick = settings_get(n, "nick");

	if (nick == NULL || strcmp(nick, n->wanted) == 0)
		return;
	if (n->state == NETWORK_ONLINE)
		nick_settled(n);
	xreplace(&n->wanted, nick);
	n->renamed = n->state == NETWORK_REGISTERING;
	if (n->state == NETWORK_ONLINE)
		ask_nick(n, 0, nick);
}

/* The text with $nick as it is now; owned. */
static char *
with_nick(const struct network *n, const char *text, size_t len)
{
	static const char variable[] = "$nick";
	const size_t size = sizeof(variable) - 1;
	struct buf out = { 0 };

	for (size_t i = 0; i < len;) {
		if (len - i >= size && memcmp(text + i, variable, size) == 0) {
			buf_adds(&out, n->nick);
			i += size;
		} else {
			buf_addc(&out, text[i++]);
		}
	}
	return buf_steal(&out);
}

/* It takes its turn in the queue, so that a list of them is no flood. */
static void
send_raw(struct network *n, char *text)
{
	struct line l;

	if (line_parse(&l, text) == -1)
		return;
#define P(i)	(l.nparams > (i) ? l.params[i] : NULL)
	link_send(&n->link, l.command, P(0), P(1), P(2), P(3), P(4), P(5),
	    P(6), P(7), P(8), P(9), P(10), P(11), P(12), P(13), P(14), NULL);
#undef P
}

void
apply_after_connect(struct network *n)
{
	const char *at = settings_get(n, "after_connect");

	while (at != NULL && *at != '\0') {
		size_t len = strcspn(at, "\n");
		char *text = with_nick(n, at, len);

		send_raw(n, text);
		explicit_bzero(text, strlen(text));
		free(text);
		at += len + (at[len] == '\n');
	}
}
