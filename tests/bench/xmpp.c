/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xmpp.c - The XMPP server side: the component link, users who answer. */
#include "gwbench.h"

#include <string.h>
#include <sys/socket.h>

void
tmpl(struct buf *b, const char *t, const struct user *u, const char *chan,
    const char *room, const char *id)
{
	for (const char *p = t; *p;) {
		const char *l = strchr(p, '{');
		if (!l) {
			buf_add(b, p, strlen(p));
			return;
		}
		buf_add(b, p, (size_t)(l - p));
		const char *r = strchr(l, '}');
		if (!r)
			die("template: unclosed { in %s", t);
		size_t n = (size_t)(r - l - 1);
		const char *k = l + 1, *v = NULL;
		char num[16];
#define IS(s) (n == sizeof s - 1 && !memcmp(k, s, n))
		if (IS("full"))
			v = u->full;
		else if (IS("bare"))
			v = u->bare;
		else if (IS("nick"))
			v = u->nick;
		else if (IS("gw"))
			v = o.domain;
		else if (IS("irc"))
			v = o.irc_name;
		else if (IS("peernick"))
			v = o.peer_nick;
		else if (IS("chan"))
			v = chan;
		else if (IS("room"))
			v = room;
		else if (IS("id"))
			v = id;
		else if (IS("i")) {
			snprintf(num, sizeof num, "%d", u->idx);
			v = num;
		} else
			die("template: unknown {%.*s}", (int)n, k);
#undef IS
		if (!v)
			die("template: {%.*s} has no value here", (int)n, k);
		buf_add(b, v, strlen(v));
		p = r + 1;
	}
}

void
x_send(struct user *u, const char *s, size_t n)
{
	if (!g_x || !g_auth)
		return;
	buf_add(&g_x->out, s, n);
	mark_dirty(g_x);
	g_n.stanzas_out++;
	trace(u, "X>", s, n);
}

void
x_send_tmpl(struct user *u, const char *t, const char *chan, const char *room,
    const char *id)
{
	struct buf b = {0};
	tmpl(&b, t, u, chan, room, id);
	x_send(u, buf_data(&b), buf_size(&b));
	buf_free(&b);
}

static struct user *
user_of_jid(const char *j, size_t n)
{
	const char *at = memchr(j, '@', n);
	return at ? smap_get(&g_unick, j, (size_t)(at - j)) : NULL;
}

static void
x_reply_iq(const char *s, size_t n, struct user *u)
{
	const char *id, *from, *to;
	size_t idn, fn, tn;
	if (!xattr(s, n, "id", &id, &idn)) {
		id = "0";
		idn = 1;
	}
	if (!xattr(s, n, "from", &from, &fn) || !xattr(s, n, "to", &to, &tn))
		return;
	struct buf b = {0};
	const char *head = "<iq type='%s' id='%.*s' from='%.*s' to='%.*s'>";
#define HEAD(t) buf_addf(&b, head, t, (int)idn, id, (int)tn, to, (int)fn, from)
	if (xhas(s, n, "disco#info")) {
		HEAD("result");
		buf_addf(
		    &b, "<query xmlns='http://jabber.org/protocol/disco#info'");
		const char *q = memmem(s, n, "<query", 6), *node;
		size_t nn;
		if (q && xattr(q, (size_t)(s + n - q), "node", &node, &nn))
			buf_addf(&b, " node='%.*s'", (int)nn, node);
		buf_addf(&b,
		    "><identity category='client' type='pc' name='gwbench'/>"
		    "<feature "
		    "var='http://jabber.org/protocol/disco#info'/><feature "
		    "var='http://jabber.org/protocol/muc'/>"
		    "<feature "
		    "var='http://jabber.org/protocol/chatstates'/></query></"
		    "iq>");
	} else if (xhas(s, n, "urn:xmpp:ping")) {
		HEAD("result");
		buf_addf(&b, "</iq>");
	} else {
		HEAD("error");
		buf_addf(&b, "<error type='cancel'><feature-not-implemented "
			     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></"
			     "error></iq>");
	}
#undef HEAD
	x_send(u, buf_data(&b), buf_size(&b));
	buf_free(&b);
}

static void
step_done(void)
{
	g_login_done++;
	login_next();
}

static void
x_stanza(const char *s, size_t n)
{
	const char *to, *from, *type;
	size_t tn, fn, tyn;
	g_n.stanzas_in++;
	struct user *u =
	    xattr(s, n, "to", &to, &tn) ? user_of_jid(to, tn) : NULL;
	trace(u, "X<", s, n);
	if (!xattr(s, n, "type", &type, &tyn)) {
		type = "";
		tyn = 0;
	}
	if (!xattr(s, n, "from", &from, &fn)) {
		from = "";
		fn = 0;
	}
#define TYPE(t) (tyn == sizeof t - 1 && !memcmp(type, t, tyn))
	if (xname_is(s, n, "message")) {
		if (arrived(u, s, n))
			return;
		g_n.odd_msgs++;
		if (g_crash && u && xhas(s, n, "<body")) {
			u->told_msg = 1;
			if (!u->t_told)
				u->t_told = now_ns();
		}
		if (g_crash && u && TYPE("error"))
			u->told_err = 1;
		return;
	}
	if (xname_is(s, n, "presence")) {
		if (!u)
			return;
		if (TYPE("subscribe")) {
			struct buf b = {0};
			buf_addf(&b,
			    "<presence type='subscribed' from='%s' to='%.*s'/>",
			    u->bare, (int)fn, from);
			x_send(u, buf_data(&b), buf_size(&b));
			buf_free(&b);
		} else if (!tyn) {
			char want[256];
			int w = snprintf(
			    want, sizeof want, "%s/%s", u->room, u->nick);
			if ((size_t)w == fn && !memcmp(want, from, fn)) {
				if (g_crash && u->hit) {
					u->rejoined = 1;
					if (!u->t_rejoin)
						u->t_rejoin = now_ns();
				}
				if (u->logged == 1) {
					u->logged = 2;
					if (g_login_mode == 2)
						step_done();
				}
			}
			if (u->fan == 1 && fn > 5 + strlen(u->nick) &&
			    !memcmp(from, "#fan", 4) &&
			    !memcmp(from + fn - strlen(u->nick), u->nick,
				strlen(u->nick)) &&
			    from[fn - strlen(u->nick) - 1] == '/') {
				u->fan = 2;
				if (g_login_mode == 3)
					step_done();
			}
		} else if (g_crash && (TYPE("unavailable") || TYPE("error"))) {
			u->told_unavail = 1;
			if (!u->t_told)
				u->t_told = now_ns();
		}
		return;
	}
	if (xname_is(s, n, "iq")) {
		g_n.iq_in++;
		if (TYPE("get") || TYPE("set")) {
			x_reply_iq(s, n, u);
			return;
		}
		if (u && u->registered == 1) {
			const char *id;
			size_t idn;
			if (xattr(s, n, "id", &id, &idn) && idn > 3 &&
			    !memcmp(id, "reg", 3)) {
				if (TYPE("error"))
					note("register error: %.*s", (int)n, s);
				u->registered = 2;
				if (g_login_mode == 1)
					step_done();
			}
		}
	}
#undef TYPE
}

void
x_input(struct ep *e)
{
	const char *s;
	size_t n;
	for (;;) {
		switch (xframer_next(&g_fr, &e->in, &s, &n)) {
		case X_MORE:
			return;
		case X_STREAM_OPEN: {
			snprintf(g_sid, sizeof g_sid, "s%llx",
			    (unsigned long long)now_ns());
			buf_addf(&e->out,
			    "<?xml version='1.0'?><stream:stream "
			    "xmlns='jabber:component:accept' "
			    "xmlns:stream='http://etherx.jabber.org/streams' "
			    "from='%s' id='%s'>",
			    o.domain, g_sid);
			mark_dirty(e);
			break;
		}
		case X_STANZA:
			if (!g_auth && xname_is(s, n, "handshake")) {
				char in[256], h[41];
				int l = snprintf(
				    in, sizeof in, "%s%s", g_sid, o.secret);
				sha1_hex(in, (size_t)l, h);
				if (!xhas(s, n, h))
					die("component handshake: wrong "
					    "secret");
				g_auth = true;
				g_n.comp_conns++;
				buf_addf(&e->out, "<handshake/>");
				mark_dirty(e);
				note("component authenticated");
			} else if (g_auth)
				x_stanza(s, n);
			break;
		case X_STREAM_CLOSE:
		case X_BAD:
			note("component closed its stream");
			buf_eat(&e->in, buf_size(&e->in));
			buf_addf(&e->out, "</stream:stream>");
			ep_flush(e);
			shutdown(e->fd, SHUT_WR);
			return;
		}
	}
}
