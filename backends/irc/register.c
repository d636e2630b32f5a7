/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a connection become a registered one?  Old servers ignore or refuse
 * CAP, so nothing waits for its answer except what was promised by one. */
#include "backends/irc/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/message.h"
#include "backends/irc/outbox.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define NICK_TRIES_MAX	7
#define SASL_CHUNK	400

static const struct {
	const char	*name;
	enum cap	 cap;
} caps[] = {
	{ "multi-prefix",	CAP_MULTI_PREFIX },
	{ "server-time",	CAP_SERVER_TIME },
	{ "echo-message",	CAP_ECHO_MESSAGE },
	{ "away-notify",	CAP_AWAY_NOTIFY },
	{ "extended-join",	CAP_EXTENDED_JOIN },
	{ "message-tags",	CAP_MESSAGE_TAGS },
	{ "chghost",		CAP_CHGHOST },
	{ "account-notify",	CAP_ACCOUNT_NOTIFY },
	{ "account-tag",	CAP_ACCOUNT_TAG },
	{ "setname",		CAP_SETNAME },
	{ "invite-notify",	CAP_INVITE_NOTIFY },
	{ "userhost-in-names",	CAP_USERHOST_IN_NAMES },
	{ "sasl",		CAP_SASL },
};

static bool
has_password(const struct network *n)
{
	return network_is_fixed(n) && n->password != NULL &&
	    *n->password != '\0';
}

static bool
wants_sasl(const struct network *n)
{
	const struct irc_config *c = &n->irc->config;

	return has_password(n) && c->sasl != SASL_OFF && !c->send_pass;
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

/* ---- capabilities */

static void
cap_end(struct network *n)
{
	if (n->state == NETWORK_REGISTERING)
		link_now(&n->link, "CAP", "END", NULL);
}

static bool
is_cap(const char *token, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(token, name, len) == 0;
}

/* The bits of a list of capabilities; -name goes to *minus, and sasl without
 * PLAIN among its mechanisms does not count. */
static unsigned
parse_caps(const char *list, unsigned *minus)
{
	unsigned bits = 0;

	for (;;) {
		size_t len, name;
		bool negative;

		list += strspn(list, " ");
		if (*list == '\0')
			return bits;
		len = strcspn(list, " ");
		negative = *list == '-';
		name = strcspn(list, "= ");
		for (size_t i = 0; i < LENGTH(caps); i++) {
			if (!is_cap(list + negative, name - negative,
			    caps[i].name))
				continue;
			if (negative)
				*minus |= caps[i].cap;
			else if (caps[i].cap != CAP_SASL || name == len ||
			    memmem(list + name, len - name, "PLAIN", 5))
				bits |= caps[i].cap;
		}
		list += len;
	}
}

/* Ask for the offered ones that we use and have not. */
static bool
request_caps(struct network *n, unsigned offered)
{
	char list[400];		/* of all of them, and of a line */
	size_t len = 0;

	for (size_t i = 0; i < LENGTH(caps); i++) {
		if (!(offered & caps[i].cap) || (n->caps & caps[i].cap) ||
		    (caps[i].cap == CAP_SASL && !wants_sasl(n)))
			continue;
		len += (size_t)snprintf(list + len, sizeof(list) - len,
		    "%s%s", len ? " " : "", caps[i].name);
	}
	return len > 0 &&
	    link_now(&n->link, "CAP", "REQ", list, NULL) == 0;
}

static void
sasl_failed(struct network *n, const char *text)
{
	if (n->irc->config.sasl == SASL_REQUIRE) {
		xreplace(&n->last_error, text);
		n->fatal = "auth";
		network_lost(n, "SASL failed");
		return;
	}
	message_from(n, network_id(n), text);
	cap_end(n);
}

static void
cap_answered(struct network *n)
{
	if (n->state != NETWORK_REGISTERING)
		return;
	if ((n->caps & CAP_SASL) && wants_sasl(n))
		link_now(&n->link, "AUTHENTICATE", "PLAIN", NULL);
	else if (wants_sasl(n) && n->irc->config.sasl == SASL_REQUIRE)
		sasl_failed(n, "the server offers no SASL PLAIN");
	else
		cap_end(n);
}

void
register_cap(struct network *n, struct line *l)
{
	/* CAP nick SUBCOMMAND [*] :list; some servers forget the colon. */
	bool more = strcmp(l->params[2], "*") == 0 && l->nparams > 3;
	const char *list = l->params[more ? 3 : 2];
	unsigned minus = 0, bits = parse_caps(list, &minus);

	if (strcmp(l->params[1], "LS") == 0) {
		n->caps_offered |= bits;
		if (more || n->state != NETWORK_REGISTERING)
			return;
		if (!request_caps(n, n->caps_offered))
			cap_answered(n);
	} else if (strcmp(l->params[1], "ACK") == 0) {
		n->caps = (n->caps | bits) & ~minus;
		if (!more)
			cap_answered(n);
	} else if (strcmp(l->params[1], "NAK") == 0) {
		cap_answered(n);
	} else if (strcmp(l->params[1], "NEW") == 0) {
		request_caps(n, bits & ~(unsigned)CAP_SASL);
	} else if (strcmp(l->params[1], "DEL") == 0) {
		n->caps &= ~bits;
	}
}

/* ---- SASL PLAIN (RFC 4616, IRCv3 sasl) */

static char *
base64(const char *in, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = xmalloc((len + 2) / 3 * 4 + 1), *to = out;

	for (size_t i = 0; i < len; i += 3) {
		const unsigned char *u = (const unsigned char *)in + i;
		size_t left = len - i;
		unsigned v = (unsigned)u[0] << 16 |
		    (left > 1 ? (unsigned)u[1] << 8 : 0) |
		    (left > 2 ? (unsigned)u[2] : 0);

		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[v & 63] : '=';
	}
	*to = '\0';
	return out;
}

void
register_authenticate(struct network *n, struct line *l)
{
	struct buf plain = { 0 };
	char *text, chunk[SASL_CHUNK + 1];
	size_t len, at = 0;

	if (strcmp(l->params[0], "+") != 0 || !wants_sasl(n) ||
	    n->state != NETWORK_REGISTERING)
		return;
	buf_adds(&plain, n->account);
	buf_addc(&plain, '\0');
	buf_adds(&plain, n->account);
	buf_addc(&plain, '\0');
	buf_adds(&plain, n->password);
	text = base64(buf_data(&plain), buf_len(&plain));
	len = strlen(text);
	/* A last chunk that is full is followed by an empty one, "+". */
	do {
		size_t take = len - at < SASL_CHUNK ? len - at : SASL_CHUNK;

		memcpy(chunk, text + at, take);
		chunk[take] = '\0';
		at += take;
		link_now(&n->link, "AUTHENTICATE", take ? chunk : "+", NULL);
		if (take < SASL_CHUNK)
			break;
	} while (at <= len);
	free(text);
	buf_free(&plain);
}

void
register_sasl_done(struct network *n, struct line *l)
{
	switch (l->numeric) {
	case 900:
		break;			/* logged in as; 903 follows */
	case 903:
		n->identified = true;
		cap_end(n);
		break;
	case 902: case 904: case 905: case 906: case 908:
		if (n->state == NETWORK_REGISTERING)
			sasl_failed(n, l->params[l->nparams > 0 ?
			    l->nparams - 1 : 0]);
		break;
	case 907:			/* already authenticated */
		cap_end(n);
		break;
	}
}

/* ---- begin and end */

void
register_begin(struct network *n)
{
	const char *real = n->irc->config.realname;
	char user[11];
	size_t len = 0;

	link_now(&n->link, "CAP", "LS", "302", NULL);
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

	if (!has_password(n) || n->identified || n->irc->config.send_pass)
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
	if (n->state != NETWORK_REGISTERING)
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
	if (n->away != NULL) {
		link_send(&n->link, "AWAY", n->away, NULL);
		n->is_away = true;
	}
	room_rejoin(n);
	outbox_move(n);
}
