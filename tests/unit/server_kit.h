/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server_kit.h - a server for clients, and clients played by hand. */
#ifndef TESTS_UNIT_SERVER_KIT_H
#define TESTS_UNIT_SERVER_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "manager/xmpp/server.h"
#include "net/conn.h"
#include "tests/unit/peer.h"
#include "util/log.h"
#include "util/xalloc.h"

#define HEADER "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' to='Irc.Example' " \
	"version='1.0'>"
#define AUTH(text) "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' " \
	"mechanism='PLAIN'>" text "</auth>"
#define ANA_PW "AGFuYQBwdw=="		/* \0ana\0pw */
#define ERROR(condition) "<stream:error><" condition " xmlns=" \
	"'urn:ietf:params:xml:ns:xmpp-streams'/>"
#define BIND(resource) "<iq type='set' id='b'><bind xmlns=" \
	"'urn:ietf:params:xml:ns:xmpp-bind'><resource>" resource \
	"</resource></bind></iq>"

static struct {
	struct link	*link;
	struct buf	 seen;		/* events, one after the other */
	uint64_t	 id;		/* of the last login */
	const char	*answer;	/* "": yes; "guest"; a condition; NULL:
					 * later */
	unsigned	 ups;
} t;

static struct buf logged;

static UNUSED void
keep_log(enum log_level level, const char *line)
{
	if (level <= LOG_INFO)
		buf_addf(&logged, "%s\n", line);
}

static UNUSED const char *
text_of(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return buf_data(b);
}

static UNUSED unsigned
count(struct buf *b, const char *what)
{
	unsigned n = 0;

	for (const char *s = text_of(b); (s = strstr(s, what)) != NULL; s++)
		n++;
	return n;
}

static UNUSED void
up(void *ctx)
{
	assert_ptr_equal(ctx, &t);
	t.ups++;
}

static UNUSED void
stanza(void *ctx, struct arena *a, const struct stanza *s,
    const struct jid *from, const struct jid *to)
{
	(void)ctx, (void)a;
	buf_addf(&t.seen, "[%s>%s ", from->full, to->full);
	stanza_write(&t.seen, s, "jabber:client");
	buf_addc(&t.seen, ']');
}

static UNUSED void
login(void *ctx, uint64_t client, const char *user, const char *password)
{
	(void)ctx;
	t.id = client;
	buf_addf(&t.seen, "{%s:%s}", user, password);
	if (t.answer != NULL && strcmp(t.answer, "guest") == 0)
		link_login_guest(t.link, client);
	else if (t.answer != NULL)
		link_login_result(t.link, client, *t.answer ? t.answer : NULL,
		    *t.answer ? "sorry" : NULL);
}

static UNUSED void
gone(void *ctx, const char *full)
{
	(void)ctx;
	buf_addf(&t.seen, "(gone %s)", full);
}

static const struct link_events events = {
	.up = up, .stanza = stanza, .login = login, .gone = gone,
};

static UNUSED void
start(struct server_config cfg)
{
	char *why = NULL;

	cfg.domain = "IRC.example";
	cfg.address = "127.0.0.1";
	t.link = server_create(loop, &cfg, &events, &t, &why);
	if (t.link == NULL)
		fail_msg("%s", why);
	t.answer = "";
}

static UNUSED int
set_up(void **state)
{
	(void)state;
	t.link = NULL;
	t.ups = 0;
	loop_start();
	log_capture(keep_log);
	return 0;
}

static UNUSED int
tear_down(void **state)
{
	(void)state;
	link_destroy(t.link);
	buf_free(&t.seen);
	buf_free(&logged);
	loop_stop();
	log_capture(NULL);
	return 0;
}

static UNUSED void
open_stream(struct peer *p)
{
	peer_connect(p, server_port(t.link));
	peer_send(p, HEADER);
	peer_expect(p, "</stream:features>");
}

static UNUSED void
authenticate(struct peer *p, const char *auth)
{
	open_stream(p);
	peer_send(p, auth);
	peer_expect(p, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	peer_forget(p);
	peer_send(p, HEADER);
	peer_expect(p, "</stream:features>");
	peer_forget(p);
}

static UNUSED void
bind_as(struct peer *p, const char *bind)
{
	peer_send(p, bind);
	peer_expect(p, "</jid></bind></iq>");
	peer_forget(p);
}

/* Ana's stream with this resource, ready. */
static UNUSED void
enter(struct peer *p, const char *bind)
{
	authenticate(p, AUTH(ANA_PW));
	bind_as(p, bind);
	buf_clear(&t.seen);
	buf_clear(&logged);
}

static UNUSED int
say(const char *name, const char *to)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, name);
	xml_attr(x, "to", to);
	xml_close(x);
	return link_end(t.link, to, 0);
}

#define server_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
