/* SPDX-License-Identifier: GPL-2.0-or-later */
/* component_kit.h - a component link, and its server played by hand. */
#ifndef TESTS_UNIT_COMPONENT_KIT_H
#define TESTS_UNIT_COMPONENT_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "manager/xmpp/component.h"
#include "tests/unit/peer.h"
#include "util/log.h"
#include "util/xalloc.h"

#define HEADER "<?xml version='1.0'?><stream:stream " \
	"xmlns='jabber:component:accept' xmlns:stream=" \
	"'http://etherx.jabber.org/streams' from='gw.example' id='s&amp;1'>"
/* sha1("s&1" "secret") */
#define PROOF "<handshake>fd4390a30605216f119713d27501420273b74cfd</handshake>"

static struct {
	int	 listener;
	unsigned port;
	struct peer server;
	struct link *link;
	unsigned ups, downs, jams;
	unsigned long dropped;
	bool	 jammed;
	char	 why[256];
	struct buf stanzas;
	bool	 destroy_on_down;
} t;

static struct buf logged;

static void
keep_log(enum log_level level, const char *line)
{
	if (level <= LOG_INFO)
		buf_addf(&logged, "%d %s\n", level, line);
}

static const char *
log_text(void)
{
	*buf_reserve(&logged, 1) = '\0';
	return buf_data(&logged);
}

static UNUSED unsigned
log_lines(void)
{
	unsigned n = 0;

	for (const char *s = log_text(); (s = strchr(s, '\n')) != NULL; s++)
		n++;
	return n;
}

static void
up(void *ctx)
{
	assert_ptr_equal(ctx, &t);
	t.ups++;
}

static void
down(void *ctx, const char *why)
{
	(void)ctx;
	t.downs++;
	snprintf(t.why, sizeof(t.why), "%s", why);
	if (t.destroy_on_down) {
		link_destroy(t.link);
		t.link = NULL;
	}
}

static void
stanza(void *ctx, struct arena *a, const struct stanza *s,
    const struct jid *from, const struct jid *to)
{
	(void)ctx;
	(void)a;
	buf_addf(&t.stanzas, "[%s>%s ", from->full, to->full);
	stanza_write(&t.stanzas, s, "jabber:component:accept");
	buf_addc(&t.stanzas, ']');
}

static UNUSED const char *
stanzas(void)
{
	*buf_reserve(&t.stanzas, 1) = '\0';
	return buf_data(&t.stanzas);
}

static void
congested(void *ctx, bool jammed)
{
	(void)ctx;
	assert_true(jammed != t.jammed);
	t.jammed = jammed;
	t.jams += jammed;
}

static void
dropped(void *ctx, unsigned long n, const char *why)
{
	(void)ctx;
	assert_non_null(why);
	t.dropped += n;
}

static const struct link_events events = {
	.up = up, .down = down, .stanza = stanza, .congested = congested,
	.dropped = dropped,
};

static UNUSED void
start(struct component_config cfg)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", t.port);
	cfg.domain = "GW.example";
	cfg.host = "127.0.0.1";
	cfg.port = port;
	cfg.secret = "secret";
	if (cfg.retry_min == 0)
		cfg.retry_min = cfg.retry_max = 0.02;
	t.link = component_create(loop, &cfg, &events, &t);
}

static UNUSED void
shake(void)
{
	peer_accept(&t.server, t.listener);
	peer_expect(&t.server, "to='gw.example'>");
	assert_non_null(strstr(peer_text(&t.server),
	    "<?xml version='1.0'?><stream:stream "
	    "xmlns='jabber:component:accept' "
	    "xmlns:stream='http://etherx.jabber.org/streams' to="));
	peer_send(&t.server, HEADER);
	peer_expect(&t.server, PROOF);
	assert_false(link_is_up(t.link));
	peer_forget(&t.server);
	peer_send(&t.server, "<handshake/>");
	wait_for(link_is_up(t.link));
}

static UNUSED int
set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.server.fd = -1;
	loop_start();
	log_capture(keep_log);
	t.listener = peer_listen(&t.port);
	return 0;
}

static UNUSED int
tear_down(void **state)
{
	(void)state;
	link_destroy(t.link);
	peer_close(&t.server);
	if (t.listener != -1)
		close(t.listener);
	buf_free(&t.stanzas);
	buf_free(&logged);
	loop_stop();
	log_capture(NULL);
	return 0;
}

static UNUSED int
say(const char *body, unsigned flags)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, "message");
	xml_attr(x, "to", "a@b");
	xml_element(x, "body", NULL, body);
	xml_close(x);
	return link_end(t.link, "a@b", flags);
}

/* The server answers the newest ping, or passes it on. */
static UNUSED void
echo(const char *type)
{
	char id[64] = "", line[256];
	const char *s, *last = NULL;

	peer_expect(&t.server, "urn:xmpp:ping'/></iq>");
	for (s = peer_text(&t.server); (s = strstr(s, "id='alive-")) != NULL;
	    last = s += 4)
		continue;
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(last, "'"), last);
	snprintf(line, sizeof(line), "<iq type='%s' id='%s' from='gw.example' "
	    "to='gw.example'><ping xmlns='urn:xmpp:ping'/></iq>", type, id);
	peer_forget(&t.server);
	peer_send(&t.server, line);
}

/* The connection breaks and comes back. */
static UNUSED void
bounce(void)
{
	unsigned downs = t.downs;

	peer_close(&t.server);
	wait_for(t.downs == downs + 1);
	shake();
}

#endif
