/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* Clients that do not read, say too much, come in crowds or too slowly; the
 * others notice nothing. */
#include "tests/unit/server_kit.h"

/* One client does not read.  It goes, with one line; others do not notice. */
static void
deaf_client(void **state)
{
	struct peer p, q;
	unsigned sent = 0;
	char *text = xmalloc(10001);
	struct xml *x;

	(void)state;
	memset(text, 'z', 10000);
	text[10000] = '\0';
	start((struct server_config){ .many_resources = true,
	    .queue_max = 50000 });
	enter(&p, BIND("deaf"));
	enter(&q, BIND("good"));
	p.deaf = true;
	do {
		x = link_begin(t.link);
		xml_open(x, "message");
		xml_text(x, text);
		xml_close(x);
		assert_true(++sent < 100000);
		if (sent % 3 == 0)
			turn();
	} while (link_end(t.link, "ana@irc.example/deaf", 0) == 0);
	assert_int_equal(say("message", "ana@irc.example/deaf"), -1);
	assert_int_equal(count(&t.seen, "gone"), 0);
	wait_for(count(&t.seen, "(gone ana@irc.example/deaf)") == 1);
	assert_int_equal(count(&logged, "\n"), 1);
	assert_int_equal(count(&logged, "does not read"), 1);
	assert_int_equal(say("message", "ana@irc.example/good"), 0);
	peer_expect(&q, "<message ");
	free(text);
	peer_close(&p);
	peer_close(&q);
}

static bool
tell_big(const char *text)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, "presence");
	xml_text(x, text);
	xml_close(x);
	return link_end(t.link, "ana@irc.example/a", 0) == 0;
}

/* One that reads much at once slowly gets all of it; one that stops in the
 * middle goes. */
static void
slow_client(void **state)
{
	struct peer p;
	char text[1001];

	(void)state;
	memset(text, 'z', 1000);
	text[1000] = '\0';
	start((struct server_config){ .queue_max = 300000, .patience = 0.2 });
	enter(&p, BIND("a"));
	p.deaf = true;
	for (int i = 0; i < 4400; i++)
		assert_true(tell_big(text));
	p.deaf = false;
	for (size_t got = 0; got < 4400 * sizeof(text); turn()) {
		peer_read(&p);
		got += buf_len(&p.in);
		buf_clear(&p.in);
	}
	p.deaf = true;
	while (count(&t.seen, "(gone ana@irc.example/a)") == 0) {
		for (int i = 0; i < 32; i++)
			tell_big(text);
		turn();
	}
	assert_int_equal(count(&logged, "does not read"), 1);
	peer_close(&p);
}

/* What a logged-in client may try: it goes, the other one stays. */
static void
hostile_clients(void **state)
{
	static const struct { const char *text; unsigned times; const char
	    *condition; } rows[] = {
		{ "<a>", 100000, ERROR("policy-violation") },
		{ "<message>0123456789", 1000000, ERROR("policy-violation") },
		{ "<message><body>]]>", 1, ERROR("not-well-formed") },
		{ "<!DOCTYPE x>", 1, ERROR("not-well-formed") },
		{ "<?php x?>", 1, ERROR("restricted-xml") },
		{ "<message a='\xff'/>", 1, ERROR("not-well-formed") },
		{ "x", 1, ERROR("bad-format") },
	};
	struct peer good, p;
	struct buf b = { 0 };

	(void)state;
	start((struct server_config){ .many_resources = true });
	enter(&good, BIND("good"));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		enter(&p, BIND("bad"));
		for (unsigned k = 0; k < rows[i].times; k++)
			buf_adds(&b, rows[i].text);
		peer_send_bytes(&p, buf_data(&b), buf_len(&b));
		buf_free(&b);
		peer_expect(&p, rows[i].condition);
		wait_for(count(&t.seen, "(gone ana@irc.example/bad)") == 1);
		if (count(&logged, "\n") != 1)
			fail_msg("%zu: %s", i, text_of(&logged));
		peer_close(&p);
	}
	peer_send(&good, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	peer_close(&good);
}

static void
crowds(void **state)
{
	struct peer p[6];

	(void)state;
	start((struct server_config){ .clients_max = 4,
	    .clients_per_address = 2, .many_resources = true });
	enter(&p[0], BIND("0"));
	open_stream(&p[1]);
	open_stream(&p[2]);
	for (int i = 3; i < 6; i++) {
		peer_connect(&p[i], server_port(t.link));
		peer_expect_end(&p[i]);
		peer_close(&p[i]);
	}
	assert_int_equal(count(&logged, "\n"), 1);
	assert_int_equal(count(&logged, "too many connections"), 1);
	peer_close(&p[1]);
	turns(0.02);
	enter(&p[1], BIND("1"));	/* logging in makes room */
	enter(&p[3], BIND("3"));
	peer_connect(&p[4], server_port(t.link));
	peer_expect_end(&p[4]);
	assert_int_equal(count(&logged, "limit is reached"), 1);
	for (int i = 0; i < 5; i++)
		peer_close(&p[i]);
}

/* A guest may be anybody, and does not make room. */
static void
guests_count(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ .clients_per_address = 1 });
	t.answer = "guest";
	enter(&p, BIND("0"));
	peer_connect(&q, server_port(t.link));
	peer_expect_end(&q);
	peer_close(&q);
	link_trust(t.link, "ana@irc.example");
	open_stream(&q);
	peer_close(&q);
	peer_close(&p);
	turns(0.02);
	t.answer = "guest";
	enter(&p, BIND("0"));
	link_close(t.link, "ana@irc.example", "not-authorized", "Wrong");
	assert_int_equal(count(&logged, "login of ana@irc.example from"), 1);
	peer_close(&p);
}

static void
too_slow(void **state)
{
	struct peer p, q, r;

	(void)state;
	start((struct server_config){ .login_timeout = 1 });
	t.answer = NULL;
	peer_connect(&p, server_port(t.link));
	open_stream(&q);
	open_stream(&r);
	peer_send(&r, AUTH(ANA_PW));
	while (p.fd != -1) {
		peer_send(&p, " ");	/* activity is no progress */
		turns(0.01);
	}
	assert_int_equal(peer_count(&p, ERROR("connection-timeout")), 1);
	peer_expect(&q, ERROR("connection-timeout"));
	peer_expect(&r, "<temporary-auth-failure/>");
	peer_expect(&r, ERROR("connection-timeout"));
	peer_expect_end(&p);
	peer_expect_end(&q);
	peer_expect_end(&r);
	assert_int_equal(count(&logged, "\n"), 3);
	peer_close(&p);
	peer_close(&q);
	peer_close(&r);
}

/* A client that says something is not asked.  False: this machine is so slow
 * that it was silent for long. */
static bool
is_heard(struct peer *p)
{
	ev_tstamp said = ev_time(), now;
	bool slow = false;

	start((struct server_config){ .idle_timeout = 0.1 });
	enter(p, BIND("r"));
	for (int i = 0; i < 15; i++, said = now) {
		peer_send(p, " ");
		turns(0.02);
		slow |= (now = ev_time()) - said > 0.06;
	}
	peer_read(p);
	if (buf_len(&p->in) == 0)
		return true;
	assert_true(slow);
	peer_close(p);
	link_destroy(t.link);
	turns(0.02);
	return false;
}

static void
idle_clients(void **state)
{
	struct peer p;

	(void)state;
	while (!is_heard(&p))
		continue;
	for (int i = 0; i < 3; i++) {
		peer_expect(&p, "<iq type='get' id='alive' from='irc.example' "
		    "to='ana@irc.example/r'><ping xmlns='urn:xmpp:ping'/>"
		    "</iq>");
		peer_forget(&p);
		peer_send(&p, "<iq type='error' id='alive'/>");
	}
	assert_int_equal(buf_len(&t.seen), 0);
	peer_expect(&p, ERROR("connection-timeout"));
	peer_expect_end(&p);
	assert_int_equal(count(&t.seen, "gone"), 1);
	assert_int_equal(count(&logged, "\n"), 1);
	peer_close(&p);
}

static void
pauses(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ .many_resources = true });
	enter(&p, BIND("r"));
	link_pause(t.link);
	peer_send(&p, "<presence/>");
	peer_connect(&q, server_port(t.link));
	peer_send(&q, HEADER);
	turns(0.05);
	assert_int_equal(buf_len(&t.seen), 0);
	link_resume(t.link);
	wait_for(count(&t.seen, "<presence/>") == 1);
	peer_expect(&q, "</stream:features>");
	peer_close(&p);
	peer_close(&q);
}

static void
shuts_down(void **state)
{
	struct peer p, q;

	(void)state;
	start((struct server_config){ 0 });
	enter(&p, BIND("r"));
	peer_connect(&q, server_port(t.link));
	turns(0.02);
	assert_int_equal(say("message", "ana@irc.example/r"), 0);
	link_shutdown(t.link);
	assert_false(link_is_up(t.link));
	peer_expect(&p, "<message to='ana@irc.example/r'/>"
	    ERROR("system-shutdown") "</stream:error></stream:stream>");
	peer_expect(&q, ERROR("system-shutdown"));
	peer_expect_end(&p);
	peer_expect_end(&q);
	assert_int_equal(count(&t.seen, "gone"), 1);
	peer_close(&p);
	peer_close(&q);
	link_destroy(t.link);
	turns(0.02);
	/* With clients in every state. */
	start((struct server_config){ 0 });
	enter(&p, BIND("r"));
	t.answer = NULL;
	open_stream(&q);
	peer_send(&q, AUTH(ANA_PW));
	wait_for(count(&t.seen, "{") == 1);
	link_destroy(t.link);
	t.link = NULL;
	peer_expect_end(&p);
	peer_expect_end(&q);
	assert_int_equal(count(&t.seen, "gone"), 0);
	peer_close(&p);
	peer_close(&q);
}

static void
cannot_start(void **state)
{
	struct server_config cfg = { .domain = "irc.example",
	    .address = "127.0.0.1", .cert = "/nonexistent.pem" };
	char *why = NULL;

	(void)state;
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	assert_non_null(strstr(why, "/nonexistent.pem"));
	free(why);
	cfg.cert = NULL;
	cfg.tls_port = 1;
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	free(why);
	cfg.tls_port = 0;
	cfg.domain = "a@b";
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	free(why);
	cfg.domain = "b";
	cfg.address = "192.0.2.1";
	assert_null(server_create(loop, &cfg, &events, &t, &why));
	free(why);
	turns(0.01);
	assert_int_equal(t.ups, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(deaf_client),
		server_test(slow_client),
		server_test(hostile_clients),
		server_test(crowds),
		server_test(guests_count),
		server_test(too_slow),
		server_test(idle_clients),
		server_test(pauses),
		server_test(shuts_down),
		server_test(cannot_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
