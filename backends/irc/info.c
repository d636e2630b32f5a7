/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is there to know of a connection? */
#include "backends/irc/info.h"

#include <time.h>

#include "backends/irc/cap.h"

#define ROOMS_SHOWN	50

static const char *const states[] = {
	[NETWORK_CONNECTING] = "being made",
	[NETWORK_REGISTERING] = "being made: the server is asked to let you in",
	[NETWORK_ONLINE] = "up",
	[NETWORK_WAITING] = "lost; it will be tried again",
	[NETWORK_QUITTING] = "being closed",
	[NETWORK_OVER] = "closed",
};

static void
put_since(struct buf *out, const struct network *n)
{
	time_t since = (time_t)n->since;
	char text[32];
	struct tm tm;

	gmtime_r(&since, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_addf(out, "Connected since: %s UTC\n", text);
}

static void
put_rooms(struct buf *out, const struct network *n)
{
	const struct channel *c;
	size_t at = 0, shown = 0, all = 0;

	while ((c = map_next(&n->channels, &at)) != NULL)
		all += c->state == CHANNEL_JOINED;
	buf_addf(out, "Rooms: %zu", all);
	at = 0;
	while ((c = map_next(&n->channels, &at)) != NULL &&
	    shown < ROOMS_SHOWN)
		if (c->state == CHANNEL_JOINED)
			buf_addf(out, "%s%s", shown++ ? " " : ": ", c->name);
	buf_adds(out, all > shown ? " ...\n" : "\n");
}

static void
put_online(struct buf *out, const struct network *n, double lag)
{
	put_since(out, n);
	buf_addf(out, "Nick: %s\n", n->nick);
	if (n->identified)
		buf_adds(out, "Logged in to an account (SASL)\n");
	put_rooms(out, n);
	if (lag >= 0)
		buf_addf(out, "Lag: %.0f ms\n", lag * 1000);
	if (n->link.queued > 0)
		buf_addf(out, "Waiting to be sent: %u lines\n",
		    n->link.queued);
	buf_adds(out, "Capabilities:");
	cap_list(n, out);
}

void
info_put(struct buf *out, const struct network *n, double lag)
{
	const struct conn *conn = n->link.conn;

	buf_addf(out, "Connection: %s\nServer: %s, port %s\n",
	    states[n->state], n->server->host, n->server->port);
	if (conn != NULL) {
		const char *tls = conn_tls_words(conn);

		buf_addf(out, "Address: %s\nEncryption: %s\n",
		    conn_address((struct conn *)(uintptr_t)conn),
		    tls ? tls : "none");
	}
	if (n->state == NETWORK_ONLINE)
		put_online(out, n, lag);
	else if (n->lost_why != NULL)
		buf_addf(out, "The last one ended: %s\n", n->lost_why);
}
