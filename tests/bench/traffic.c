/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic.c - Numbered, time-stamped messages: sending them, and timing the
 * ones that arrive. */
#include "gwbench.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char g_pad[] =
    "The quick brown fox jumps over the lazy dog and keeps on running through "
    "the quiet forest until nightfall, "
    "when the moon comes up and the owls begin to call from one tree to "
    "another across the whole wide valley below.";

static int
make_body(char *b, size_t cap, char kind, uint64_t seq)
{
	int n = snprintf(b, cap, "gwb:%d:%c:%llu:%llu ", g_phase_no, kind,
	    (unsigned long long)seq, (unsigned long long)now_ns());
	while (n < o.body_len && (size_t)n + 1 < cap) {
		size_t k = (size_t)(o.body_len - n), m = sizeof g_pad - 1;
		if (k > m)
			k = m;
		if (k > cap - 1 - (size_t)n)
			k = cap - 1 - (size_t)n;
		memcpy(b + n, g_pad, k);
		n += (int)k;
	}
	while (n > 0 && b[n - 1] == ' ')
		n--;
	b[n] = 0;
	return n;
}

void
irc_send(struct ircconn *c, const char *s, size_t n)
{
	buf_add(&c->e.out, s, n);
	buf_add(&c->e.out, "\r\n", 2);
	mark_dirty(&c->e);
	g_n.irc_out++;
	trace(c->u, "I>", s, n);
}

void
irc_sendf(struct ircconn *c, const char *fmt, ...)
{
	char b[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(b, sizeof b, fmt, ap);
	va_end(ap);
	if (n > 510)
		n = 510;
	irc_send(c, b, (size_t)n);
}

static void
msg_x2i(struct user *u)
{
	char body[1024], peer[256];
	make_body(body, sizeof body, 'x', T.seq++);
	struct buf b = {0}, p = {0};
	tmpl(&p, o.peer, u, u->chan, u->room, NULL);
	snprintf(peer, sizeof peer, "%.*s", (int)buf_size(&p), buf_data(&p));
	buf_addf(&b,
	    "<message from='%s' to='%s' type='chat' "
	    "id='m%lu'><body>%s</body></message>",
	    u->full, peer, ++g_idc, body);
	x_send(u, buf_data(&b), buf_size(&b));
	buf_free(&b);
	buf_free(&p);
	T.sent++;
	u->x_sent++;
}

static bool
msg_i2x(struct user *u)
{
	char body[1024], l[1200];
	if (!u->irc)
		return false;
	make_body(body, sizeof body, 'i', T.seq++);
	int n = snprintf(l, sizeof l, ":%s!b@bench.local PRIVMSG %s :%s",
	    o.peer_nick, u->nick, body);
	irc_send(u->irc, l, (size_t)n);
	T.sent++;
	u->i_sent++;
	return true;
}

static void
msg_fan(void)
{
	char body[1024], l[1200];
	uint64_t s = T.seq++;
	make_body(body, sizeof body, 'f', s);
	int n = snprintf(
	    l, sizeof l, ":%s!b@bench.local PRIVMSG #fan :%s", "crier", body);
	for (size_t i = 0; i < g_fan->n; i++)
		irc_send(g_fan->m[i], l, (size_t)n);
	T.fan[s & 4095].t = now_ns();
	T.fan[s & 4095].left = (int)g_fan->n;
	T.sent++;
}

void
send_one(void)
{
	if (T.kind == 'f') {
		msg_fan();
		return;
	}
	for (int k = 0; k < o.users; k++) {
		struct user *u = &g_u[T.rr];
		T.rr = (T.rr + 1) % o.users;
		if (g_crash) { /* alternate directions over all users, dead or
				  alive */
			if (T.rr & 1) {
				if (!u->irc) {
					u->i_sent++;
					u->last_lost_i = now_ns();
				} else
					msg_i2x(u);
			} else
				msg_x2i(u);
			return;
		}
		if (u->logged != 2)
			continue;
		if (T.kind == 'x') {
			msg_x2i(u);
			return;
		}
		if (msg_i2x(u))
			return;
	}
}

static void
lat_add(uint64_t ns)
{
	if (!T.recording)
		return;
	if (T.rec_lat_n == T.lat_cap) {
		T.lat_cap = T.lat_cap ? T.lat_cap * 2 : 65536;
		T.lat = realloc(T.lat, T.lat_cap * sizeof *T.lat);
	}
	uint64_t us = ns / 1000;
	T.lat[T.rec_lat_n++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* A text that crossed the gateway.  Returns false when it is not one of ours.
 */
bool
arrived(struct user *u, const char *s, size_t n)
{
	const char *p = memmem(s, n, "gwb:", 4);
	if (!p)
		return false;
	int ph;
	char k;
	unsigned long long seq, t;
	char tmp[96];
	size_t m = (size_t)(s + n - p);
	if (m > 90)
		m = 90;
	memcpy(tmp, p, m);
	tmp[m] = 0;
	if (sscanf(tmp, "gwb:%d:%c:%llu:%llu", &ph, &k, &seq, &t) != 4)
		return false;
	if (!T.on || ph != g_phase_no)
		return true;
	uint64_t now = now_ns();
	if (u && k == 'x')
		u->x_got++;
	if (u && k == 'i')
		u->i_got++;
	if (g_crash) {
		T.got++;
		return true;
	}
	if (k != T.kind)
		return true;
	if (k == 'f') {
		if (T.recording)
			T.rec_got++;
		T.got++;
		if (--T.fan[seq & 4095].left == 0) {
			lat_add(now - T.fan[seq & 4095].t);
			T.fan_done++;
			if (T.closed_loop)
				send_one();
		}
		return true;
	}
	T.got++;
	if (T.recording)
		T.rec_got++;
	lat_add(now - t);
	if (T.closed_loop)
		send_one();
	return true;
}
