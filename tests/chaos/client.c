/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a user's XMPP client do?  It logs in with PLAIN, uses XEP-0198 so
 * that it knows what its server has taken, resumes, and says again under its
 * old id what was not taken. */
#include <stdlib.h>
#include <string.h>

#include "tests/chaos/load.h"
#include "util/xalloc.h"

#define NS_SM		"urn:xmpp:sm:3"
#define NS_SASL		"urn:ietf:params:xml:ns:xmpp-sasl"
#define RETRY		0.5		/* seconds, and as much at random */
#define STEP_TIMEOUT	20.0

enum state { DOWN, CONNECTING, GREETED, AUTHENTICATED, AGAIN, RESUMING,
	BINDING, ENABLING, UP };

struct client {
	struct sock	 sock;
	unsigned	 number, in;	/* stanzas received: XEP-0198's h */
	enum state	 state;
	bool		 registered, asked;	/* asked: <r/> is out */
	double		 due;		/* DOWN: when to connect; or too late */
	double		 rejoin;	/* when to join the room again, or 0 */
	struct frame	 frame;
	char		 session[128];	/* to resume, or "" */
	uint32_t	*sent;		/* not acknowledged; 0: no message */
	size_t		 first, last, cap;
	unsigned	 acked;
};

static struct client *clients;
static unsigned up, settled, turn;

static void
put(struct client *c, const char *text)
{
	buf_adds(&c->sock.out, text);
	sock_send(&c->sock);
}

static void
change(struct client *c, enum state state)
{
	up += state == UP;
	up -= c->state == UP;
	c->state = state;
	c->due = now + STEP_TIMEOUT;
}

static void
fall(struct client *c)
{
	sock_close(&c->sock);
	change(c, DOWN);
	c->due = now + RETRY + RETRY * choose(1000) / 1000;
}

/* ---- what the server has not confirmed */

static void
remember(struct client *c, uint32_t number)
{
	if (c->last == c->cap && c->first > c->cap / 2) {
		memmove(c->sent, c->sent + c->first,
		    (c->last - c->first) * sizeof(*c->sent));
		c->last -= c->first;
		c->first = 0;
	} else if (c->last == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->sent = xreallocarray(c->sent, c->cap, sizeof(*c->sent));
	}
	c->sent[c->last++] = number;
}

static void
confirmed(struct client *c, unsigned h)
{
	struct message *m;

	for (; c->acked != h && c->first < c->last; c->acked++)
		if ((m = ledger_get(c->sent[c->first++])) != NULL)
			m->proven = true;
	c->asked = false;
}

static void
write_message(struct client *c, uint32_t number)
{
	buf_addf(&c->sock.out, "<message to='p%u@%s' type='chat' id='x%010u'>"
	    "<body>x%u the quick brown fox jumps over the lazy dog</body>"
	    "</message>", c->number % (unsigned)options.peers,
	    options.gateway, number, number);
	sock_send(&c->sock);
}

static void
ask(struct client *c)
{
	if (c->asked)
		return;
	c->asked = true;
	put(c, "<r xmlns='" NS_SM "'/>");
}

/* ---- logging in */

static void
open_stream(struct client *c)
{
	c->frame = (struct frame){ 0 };
	buf_clear(&c->sock.in);
	buf_addf(&c->sock.out, "<?xml version='1.0'?><stream:stream to='%s' "
	    "version='1.0' xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>",
	    options.domain);
	sock_send(&c->sock);
}

static void
authenticate(struct client *c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char plain[64] = { 0 };
	char text[128];
	size_t len, n = 0;

	len = 1 + (size_t)snprintf((char *)plain + 1, sizeof(plain) - 1,
	    "u%u%cpw", c->number, '\0');
	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)plain[i] << 16 |
		    (unsigned)plain[i + 1] << 8 | plain[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			text[n++] = digits[v >> shift & 63];
		if (i + 1 >= len)
			text[n - 2] = '=';
		if (i + 2 >= len)
			text[n - 1] = '=';
	}
	text[n] = '\0';
	buf_addf(&c->sock.out, "<auth xmlns='" NS_SASL "' mechanism='PLAIN'>"
	    "%s</auth>", text);
	sock_send(&c->sock);
	change(c, AUTHENTICATED);
}

static void
bind_resource(struct client *c)
{
	put(c, "<iq type='set' id='bind'><bind "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>c</resource>"
	    "</bind></iq>");
	change(c, BINDING);
}

static void
join(struct client *c)
{
	c->rejoin = 0;
	buf_addf(&c->sock.out, "<presence to='#c%u@%s/u%u'>"
	    "<x xmlns='http://jabber.org/protocol/muc'>"
	    "<history maxstanzas='0'/></x></presence>",
	    c->number % (unsigned)options.peers, options.gateway, c->number);
	remember(c, 0);
	sock_send(&c->sock);
}

/* Everybody may know that we are here. */
static void
appear(struct client *c)
{
	buf_addf(&c->sock.out, "<presence/><presence to='%s'/>",
	    options.gateway);
	remember(c, 0);
	remember(c, 0);
	join(c);
}

static void
enroll(struct client *c)
{
	buf_addf(&c->sock.out, "<presence/><iq type='set' id='reg' to='%s'>"
	    "<query xmlns='jabber:iq:register'><username>u%u</username>"
	    "<password></password></query></iq>", options.gateway, c->number);
	remember(c, 0);
	remember(c, 0);
	sock_send(&c->sock);
}

/* A new session; what the old one left is said again, old ids and all. */
static void
begin(struct client *c)
{
	uint32_t *again = xcalloc(c->last - c->first + 1, sizeof(*again));
	size_t n = 0;

	while (c->first < c->last) {
		again[n] = c->sent[c->first++];
		n += again[n] != 0;
	}
	c->first = c->last = 0;
	c->in = c->acked = 0;
	change(c, UP);
	if (c->registered)
		appear(c);
	else
		enroll(c);
	for (size_t i = 0; i < n; i++) {
		write_message(c, again[i]);
		remember(c, again[i]);
	}
	free(again);
	c->asked = false;
	ask(c);
}

static void
resumed(struct client *c, const char *s, size_t len)
{
	const char *h = frame_attr(s, len, "h");
	bool joined = true;

	confirmed(c, h ? (unsigned)strtoul(h, NULL, 10) : c->acked);
	change(c, UP);
	for (size_t i = c->first; i < c->last; i++) {
		if (c->sent[i] != 0) {
			write_message(c, c->sent[i]);
			continue;
		}
		/* Something of ours that was no message: as good as this. */
		put(c, "<presence/>");
		joined = false;
	}
	if (!joined && c->registered)
		appear(c);
	ask(c);
}

/* ---- what the server says */

static void
answer_iq(struct client *c, const char *s, size_t len)
{
	const char *id = frame_attr(s, len, "id");
	const char *from = frame_attr(s, len, "from");

	if (id == NULL || from == NULL)
		return;
	if (frame_has(s, len, "urn:xmpp:ping"))
		buf_addf(&c->sock.out, "<iq type='result' id='%s' to='%s'/>",
		    id, from);
	else
		buf_addf(&c->sock.out, "<iq type='error' id='%s' to='%s'>"
		    "<error type='cancel'><service-unavailable "
		    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		    "</iq>", id, from);
	remember(c, 0);
	sock_send(&c->sock);
}

static void
heard(struct client *c, const char *s, size_t len, const char *type)
{
	const char *id = frame_attr(s, len, "id");
	const char *body = memmem(s, len, "<body>i", 7);

	if (strcmp(type, "error") == 0) {
		if (id != NULL && *id == 'x')
			ledger_failed((uint32_t)strtoul(id + 1, NULL, 10),
			    frame_has(s, len, "may have been delivered") ?
			    END_UNSURE : END_ERROR);
		if (id != NULL && *id == 'x' && !frame_has(s, len, "may have"))
			ledger_journal("error %s %.*s", id, (int)len, s);
	} else if (body != NULL) {
		ledger_got(TO_XMPP, (uint32_t)strtoul(body + 7, NULL, 10), id,
		    frame_has(s, len, "urn:xmpp:delay"));
	}
	(void)c;
}

static void
seen(struct client *c, const char *s, size_t len, const char *type)
{
	const char *from = frame_attr(s, len, "from");

	if (strcmp(type, "subscribe") == 0 && from != NULL) {
		buf_addf(&c->sock.out, "<presence type='subscribed' "
		    "to='%s'/>", from);
		remember(c, 0);
		sock_send(&c->sock);
	} else if ((strcmp(type, "unavailable") == 0 ||
	    strcmp(type, "error") == 0) && from != NULL && *from == '#' &&
	    c->registered) {
		const char *nick = strchr(from, '/');

		/* Out of the room: in again. */
		if (nick == NULL || strtoul(nick + 2, NULL, 10) == c->number)
			client_rejoin(c->number);
	}
}

static void
stanza(struct client *c, const char *s, size_t len)
{
	const char *type = frame_attr(s, len, "type");

	type = type ? type : "";
	c->in++;
	if (frame_is(s, len, "message")) {
		heard(c, s, len, type);
	} else if (frame_is(s, len, "presence")) {
		seen(c, s, len, type);
	} else if (strcmp(type, "get") == 0 || strcmp(type, "set") == 0) {
		answer_iq(c, s, len);
	} else if (!c->registered && frame_attr(s, len, "id") != NULL &&
	    strcmp(frame_attr(s, len, "id"), "reg") == 0) {
		if (strcmp(type, "result") != 0) {
			fall(c);	/* and try again */
			return;
		}
		c->registered = true;
		settled++;
		appear(c);
	}
}

static void
enabled(struct client *c, const char *s, size_t len)
{
	const char *id = frame_attr(s, len, "id");

	snprintf(c->session, sizeof(c->session), "%s", id ? id : "");
	begin(c);
}

static void
acknowledged(struct client *c, const char *s, size_t len)
{
	const char *h = frame_attr(s, len, "h");

	if (frame_is(s, len, "r")) {
		buf_addf(&c->sock.out, "<a xmlns='" NS_SM "' h='%u'/>", c->in);
		sock_send(&c->sock);
		return;
	}
	if (h != NULL)
		confirmed(c, (unsigned)strtoul(h, NULL, 10));
	if (c->first < c->last)
		ask(c);
}

static void
features(struct client *c, const char *s, size_t len)
{
	if (c->state == GREETED && frame_has(s, len, "PLAIN")) {
		authenticate(c);
	} else if (c->state == AGAIN && *c->session != '\0') {
		buf_addf(&c->sock.out, "<resume xmlns='" NS_SM "' h='%u' "
		    "previd='%s'/>", c->in, c->session);
		sock_send(&c->sock);
		change(c, RESUMING);
	} else if (c->state == AGAIN) {
		bind_resource(c);
	} else {
		fall(c);
	}
}

static void
not_resumed(struct client *c, const char *s, size_t len)
{
	const char *h = frame_attr(s, len, "h");

	if (h != NULL)
		confirmed(c, (unsigned)strtoul(h, NULL, 10));
	*c->session = '\0';
	bind_resource(c);
}

static void
element(struct client *c, const char *s, size_t len)
{
	if (frame_is(s, len, "stream:features")) {
		features(c, s, len);
	} else if (frame_is(s, len, "success")) {
		change(c, AGAIN);
		open_stream(c);
	} else if (c->state == RESUMING && frame_is(s, len, "resumed")) {
		resumed(c, s, len);
	} else if (c->state == RESUMING && frame_is(s, len, "failed")) {
		not_resumed(c, s, len);
	} else if (c->state == BINDING && frame_is(s, len, "iq")) {
		put(c, "<enable xmlns='" NS_SM "' resume='true'/>");
		change(c, ENABLING);
	} else if (c->state == ENABLING && frame_is(s, len, "enabled")) {
		enabled(c, s, len);
	} else if (c->state == UP && (frame_is(s, len, "r") ||
	    frame_is(s, len, "a"))) {
		acknowledged(c, s, len);
	} else if (c->state == UP && (frame_is(s, len, "message") ||
	    frame_is(s, len, "presence") || frame_is(s, len, "iq"))) {
		stanza(c, s, len);
	} else if (frame_is(s, len, "stream:error") ||
	    frame_is(s, len, "failure")) {
		ledger_journal("client %u: %.*s", c->number, (int)len, s);
		fall(c);
	}
}

static void
on_readable(void *ctx)
{
	struct client *c = ctx;
	const char *s;
	size_t len;

	while (c->sock.fd != -1) {
		switch (frame_next(&c->frame, &c->sock.in, &s, &len)) {
		case FRAME_MORE:
			return;
		case FRAME_OPEN:
			break;
		case FRAME_STANZA:
			element(c, s, len);
			break;
		case FRAME_CLOSE:
			fall(c);
			return;
		}
	}
}

static void
on_connected(void *ctx)
{
	struct client *c = ctx;

	change(c, GREETED);
	open_stream(c);
}

static void
on_closed(void *ctx)
{
	fall(ctx);
}

/* ---- all of them */

void
clients_start(void)
{
	clients = xcalloc((size_t)options.users, sizeof(*clients));
	for (int i = 0; i < options.users; i++) {
		struct client *c = &clients[i];

		c->number = (unsigned)i;
		c->sock = (struct sock){ .fd = -1, .connected = on_connected,
			.readable = on_readable, .closed = on_closed,
			.ctx = c };
		c->due = now + i * 0.004;
	}
}

void
clients_tick(void)
{
	for (int i = 0; i < options.users; i++) {
		struct client *c = &clients[i];

		if (c->state == DOWN && c->due <= now) {
			change(c, CONNECTING);
			sock_connect(&c->sock, options.xmpp_port);
		} else if (c->state != UP && c->due <= now) {
			ledger_journal("client %u: stuck in state %d",
			    c->number, c->state);
			*c->session = '\0';
			fall(c);
		} else if (c->state == UP && c->rejoin > 0 &&
		    c->rejoin <= now) {
			join(c);
		}
	}
}

void
clients_drop(unsigned percent)
{
	for (int i = 0; i < options.users; i++)
		if (clients[i].state == UP && choose(100) < percent)
			fall(&clients[i]);
}

void
client_rejoin(unsigned user)
{
	struct client *c = &clients[user];

	if (c->rejoin <= now)
		c->rejoin = now + 2 + choose(1000) / 1000.0;
}

bool
clients_say(void)
{
	for (int tries = 0; tries < options.users; tries++) {
		struct client *c = &clients[turn++ % (unsigned)options.users];
		uint32_t number;

		if (c->state != UP || !c->registered)
			continue;
		number = ledger_sent(TO_IRC, c->number);
		remember(c, number);
		write_message(c, number);
		ask(c);
		return true;
	}
	return false;
}

unsigned
clients_up(void)
{
	return up;
}

unsigned
clients_settled(void)
{
	return settled;
}
