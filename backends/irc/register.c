/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a connection become a registered one: who we say we are, and what
 * is done once the server has said welcome. */
#include "backends/irc/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/apply.h"
#include "backends/irc/cap.h"
#include "backends/irc/nick.h"
#include "backends/irc/outbox.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/sasl.h"
#include "backends/irc/settings.h"
#include "backends/irc/source.h"
#include "util/log.h"
#include "util/xalloc.h"

static bool
has_password(const struct network *n)
{
	return network_is_fixed(n) && n->password != NULL &&
	    *n->password != '\0';
}

/* ---- begin and end */

/* WEBIRC: who is behind this connection.  The password is one that this server
 * has given to us; no other may hear it. */
static void
say_webirc(struct network *n)
{
	const struct irc_config *c = &n->irc->config;
	const char *password = config_webirc(c, network_is_fixed(n) ? NULL :
	    n->server->host);
	char host[SOURCE_HOST_MAX], address[INET6_ADDRSTRLEN];

	if (password == NULL)
		return;
	source_host(host, n->irc->instance, n->user);
	source_address(address, &c->prefix, n->irc->instance, n->user);
	link_now(&n->link, "WEBIRC", password, c->webirc_name, host, address,
	    NULL);
}

static void
say_password(struct network *n)
{
	const char *own = settings_get(n, "server_password");

	if (own != NULL)
		link_now(&n->link, "PASS", own, NULL);
	else if (has_password(n) && n->irc->config.send_pass)
		link_now(&n->link, "PASS", n->password, NULL);
}

/* What of the nick may be the name of an account on a machine. */
void
register_username(const struct network *n, char out[USERNAME_MAX])
{
	const char *own = settings_get(n, "username");
	size_t len = 0;

	if (own != NULL) {
		snprintf(out, USERNAME_MAX, "%s", own);
		return;
	}
	for (const char *c = n->wanted; *c && len < 10; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9'))
			out[len++] = *c;
	out[len] = '\0';
	if (len == 0)
		strcpy(out, "user");
}

const char *
register_realname(const struct network *n)
{
	const char *real = settings_get(n, "realname");

	if (real == NULL)
		real = n->irc->config.realname;
	return real ? real : n->wanted;
}

void
register_begin(struct network *n)
{
	char user[USERNAME_MAX];

	say_webirc(n);
	cap_begin(n);
	say_password(n);
	link_now(&n->link, "NICK", n->nick, NULL);
	register_username(n, user);
	link_now(&n->link, "USER", user, "0", "*", register_realname(n), NULL);
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

/* What the server of the last connection could do, this one need not: 005
 * follows.  Channels are filed by the mapping of before until then. */
static void
forget_isupport(struct network *n)
{
	enum casemap map = n->is.casemap;

	isupport_init(&n->is);
	n->is.casemap = map;
}

void
network_know_host(struct network *n, const char *user, const char *host)
{
	size_t ulen = user ? strlen(user) : n->user_len;
	size_t len = strlen(n->nick) + 1 + ulen + 1 + strlen(host);

	if (*host == '\0' || len >= 400)
		return;
	n->user_len = (uint16_t)ulen;
	n->prefix_len = (uint16_t)len;
}

void
register_welcome(struct network *n, struct line *l)
{
	if (n->state != NETWORK_REGISTERING || !sasl_allows_welcome(n))
		return;
	forget_isupport(n);
	/* The server may have cut the nick, or have given another. */
	if (nick_is_valid(l->params[0]))
		xreplace(&n->nick, l->params[0]);
	/* Until our own JOIN shows the host: the longest there is. */
	n->user_len = 10;
	n->prefix_len = (uint16_t)(strlen(n->nick) + 1 + 10 + 1 + 63);
	n->ctcp = (struct flood){ .tokens = 4,
		.then = ev_now(n->irc->loop) };
	nick_welcome(n);
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
