/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: net util */
/* Many bytes, many connections, slow readers, and ends of every kind. */
#include "tests/unit/net_kit.h"

#define MEGABYTE (1024u * 1024)

/* Each test that says so runs over both. */
static struct tls *server_tls, *client_tls;

static unsigned char
pattern(size_t at)
{
	return (unsigned char)(at * 2654435761u >> 13);
}

static void
queue_pattern(struct end *e, size_t len)
{
	char *to = buf_reserve(conn_out(e->conn), len);

	for (size_t i = 0; i < len; i++)
		to[i] = (char)pattern(i);
	buf_added(conn_out(e->conn), len);
	conn_send(e->conn);
}

static void
check_pattern(const struct end *e, size_t len)
{
	const char *in = buf_data(&e->in);

	assert_int_equal(buf_len(&e->in), len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)in[i] != pattern(i))
			fail_msg("byte %zu is wrong", i);
}

static void
open_secure(struct door *door, struct end *server, struct end *client,
    bool secure)
{
	door->tls = secure ? server_tls : NULL;
	pair_open(door, server, client, secure ? client_tls : NULL);
	door->tls = NULL;
}

static void
slow_reader(bool secure)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };
	size_t queued, total = 10 * MEGABYTE;

	open_secure(&door, &server, &client, secure);
	conn_pause(client.conn);
	queue_pattern(&server, total);
	assert_int_equal(conn_queued(server.conn), total);
	/* Until the kernel's buffers are full: the rest waits with us. */
	do {
		queued = conn_queued(server.conn);
		kit_wait(0.2);
	} while (conn_queued(server.conn) != queued);
	assert_true(queued > 0 && queued < total);
	assert_int_equal(buf_len(&client.in), 0);
	assert_int_equal(server.drained, 0);

	conn_resume(client.conn);
	while (buf_len(&client.in) < total && !client.closed) {
		conn_pause(client.conn);
		kit_turn();
		conn_resume(client.conn);
		kit_turn();
	}
	check_pattern(&client, total);
	assert_int_equal(conn_queued(server.conn), 0);
	RUN_UNTIL(server.drained == 1);
	assert_null(conn_out(server.conn)->mem);
	pair_close(&door, &server, &client);
}

static void
slow_reader_plain(void **state)
{
	(void)state;
	slow_reader(false);
}

static void
slow_reader_tls(void **state)
{
	(void)state;
	slow_reader(true);
}

static void
pause_at_data(struct end *e, const char *what)
{
	if (strcmp(what, "data") == 0)
		conn_pause(e->conn);
}

/* What TLS has read and not delivered is not announced by the kernel. */
static void
pause_in_callback(bool secure)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { .hook = pause_at_data };
	size_t total = 200 * 1024, before;

	open_secure(&door, &server, &client, secure);
	queue_pattern(&server, total);
	do {
		before = buf_len(&client.in);
		conn_resume(client.conn);
		RUN_UNTIL(buf_len(&client.in) > before);
		before = buf_len(&client.in);
		kit_turn();
		assert_int_equal(buf_len(&client.in), before);
	} while (before < total);
	check_pattern(&client, total);
	pair_close(&door, &server, &client);
}

static void
pause_in_callback_plain(void **state)
{
	(void)state;
	pause_in_callback(false);
}

static void
pause_in_callback_tls(void **state)
{
	(void)state;
	pause_in_callback(true);
}

/* Three small records are one read; each pause must hold back the others. */
static void
pause_between_records(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };

	(void)state;
	open_secure(&door, &server, &client, true);
	conn_pause(client.conn);
	for (int i = 0; i < 3; i++) {
		end_say(&server, "record");
		later_run();
	}
	kit_wait(0.1);
	client.hook = pause_at_data;
	for (size_t i = 1; i <= 3; i++) {
		conn_resume(client.conn);
		conn_pause(client.conn);
		conn_resume(client.conn);
		RUN_UNTIL(buf_len(&client.in) == i * 6);
		kit_wait(0.05);
		assert_int_equal(buf_len(&client.in), i * 6);
	}
	pair_close(&door, &server, &client);
}

static int loud_fd, loud_calls;

static void
more_at_data(struct end *e, const char *what)
{
	char chunk[65536] = { 0 };

	(void)e;
	if (strcmp(what, "data") != 0)
		return;
	loud_calls++;
	assert_true(send(loud_fd, chunk, sizeof(chunk), MSG_NOSIGNAL |
	    MSG_DONTWAIT) != 0);
}

/* A peer whose bytes never end does not keep the turn to itself. */
static void
loud_peer_waits(void **state)
{
	struct door door = { 0 };
	struct end server = { .hook = more_at_data };
	char chunk[65536] = { 0 };

	(void)state;
	door_open(&door, &server, 1);
	loud_fd = raw_connect(door.port);
	RUN_UNTIL(server.connected);
	assert_true(send(loud_fd, chunk, sizeof(chunk), 0) > 0);
	RUN_UNTIL(loud_calls > 0);
	for (int i = 0; i < 5; i++) {
		loud_calls = 0;
		kit_turn();
		assert_true(loud_calls <= 8);
	}
	close(loud_fd);
	end_finish(&server);
	door_close(&door);
}

static int refills;

static void
refill(struct end *e, const char *what)
{
	if (strcmp(what, "drained") != 0)
		return;
	refills++;
	end_say(e, "more");
}

/* Nor does a producer that always has more to say. */
static void
refill_waits(void **state)
{
	struct door door = { 0 };
	struct end server = { .hook = refill }, client = { 0 };

	(void)state;
	open_secure(&door, &server, &client, false);
	end_say(&server, "some");
	for (int i = 0; i < 20; i++) {
		refills = 0;
		kit_turn();
		assert_true(refills <= 2);
	}
	assert_true(buf_len(&client.in) >= 20);
	pair_close(&door, &server, &client);
}

static void
finish_flushes(bool secure)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };
	size_t total = 4 * MEGABYTE;

	open_secure(&door, &server, &client, secure);
	conn_pause(client.conn);
	/* Never read by the server: would turn its close into a reset. */
	end_say(&client, "unread");
	queue_pattern(&server, total);
	conn_finish(server.conn, PATIENCE);
	end_say(&server, "too late");
	conn_finish(server.conn, PATIENCE);
	kit_wait(0.1);
	assert_int_equal(server.closed, 0);
	conn_resume(client.conn);
	RUN_UNTIL(client.closed);
	check_pattern(&client, total);
	assert_string_equal(client.why, "closed by the peer");
	end_finish(&client);
	RUN_UNTIL(server.closed);
	assert_int_equal(buf_len(&server.in), 0);
	assert_string_equal(server.why, "closed by us");
	pair_close(&door, &server, &client);
}

static void
finish_flushes_plain(void **state)
{
	(void)state;
	finish_flushes(false);
}

static void
finish_flushes_tls(void **state)
{
	(void)state;
	finish_flushes(true);
}

static void
finish_times_out(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };
	ev_tstamp begun;

	(void)state;
	open_secure(&door, &server, &client, false);
	conn_pause(client.conn);
	queue_pattern(&server, 10 * MEGABYTE);
	begun = ev_time();
	conn_finish(server.conn, 0.3);
	RUN_UNTIL(server.closed);
	assert_true(ev_time() - begun < PATIENCE / 2);
	assert_string_equal(server.why,
	    "closed by us, the peer did not take the last bytes");
	pair_close(&door, &server, &client);
}

/* The peer keeps its side open: do not wait for it for ever. */
static void
finish_does_not_linger(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 };
	char got[16];
	int fd;

	(void)state;
	door_open(&door, &server, 1);
	fd = raw_connect(door.port);
	RUN_UNTIL(server.connected);
	end_say(&server, "bye");
	conn_finish(server.conn, 60);
	RUN_UNTIL(server.closed);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 3);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 0);
	close(fd);
	end_finish(&server);
	door_close(&door);
}

static void
half_close(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 };
	int fd;

	(void)state;
	door_open(&door, &server, 1);
	fd = raw_connect(door.port);
	raw_say(fd, "last words");
	shutdown(fd, SHUT_WR);
	RUN_UNTIL(server.closed);
	assert_true(end_heard(&server, "last words"));
	assert_string_equal(server.why, "closed by the peer");
	close(fd);
	end_finish(&server);
	door_close(&door);
}

static void
reset(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 };
	int fd;

	(void)state;
	door_open(&door, &server, 1);
	fd = raw_connect(door.port);
	RUN_UNTIL(server.connected);
	raw_reset(fd);
	RUN_UNTIL(server.closed);
	assert_string_equal(server.why, "Connection reset by peer");
	/* Saying something now must neither crash nor send. */
	end_say(&server, "too late");
	conn_pause(server.conn);
	conn_resume(server.conn);
	conn_finish(server.conn, 1);
	later_run();
	assert_int_equal(server.closed, 1);
	end_finish(&server);
	door_close(&door);
}

/* What the peer said before it went is heard, even when we find out that it
 * went by writing. */
static void
last_words(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 };
	int fd;

	(void)state;
	door_open(&door, &server, 1);
	fd = raw_connect(door.port);
	RUN_UNTIL(server.connected);
	raw_say(fd, "ERROR :you are banned\n");
	shutdown(fd, SHUT_RDWR);
	raw_reset(fd);
	end_say(&server, "one");
	later_run();
	end_say(&server, "two");
	RUN_UNTIL(server.closed);
	assert_true(end_heard(&server, "ERROR :you are banned\n"));
	end_finish(&server);
	door_close(&door);
}

/* Where the next conn_destroy() happens, and to whom. */
static const char *destroy_at;

static void
destroy(struct end *e, const char *what)
{
	if (strcmp(what, destroy_at) != 0)
		return;
	conn_destroy(e->conn);
	e->conn = NULL;
}

static void
destroy_in(const char *what, bool secure, bool in_server)
{
	struct door door = { .tls = secure ? server_tls : NULL };
	struct end server = { 0 }, client = { 0 };
	struct end *victim = in_server ? &server : &client;
	struct end *other = in_server ? &client : &server;

	destroy_at = what;
	victim->hook = destroy;
	door_open(&door, &server, 1);
	end_connect(&client, "127.0.0.1", door.port,
	    secure ? client_tls : NULL, NULL);
	end_say(&client, "to server");
	RUN_UNTIL(server.conn != NULL || server.connected);
	if (server.conn != NULL)
		end_say(&server, "to client");
	if (strcmp(what, "closed") == 0) {
		RUN_UNTIL(client.connected && server.connected);
		conn_finish(other->conn, 5);
	}
	RUN_UNTIL(victim->conn == NULL && other->closed);
	later_run();
	door.tls = NULL;
	pair_close(&door, &server, &client);
}

static void
destroy_in_callbacks(void **state)
{
	static const char *const all[] = {
		"connected", "data", "drained", "closed",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(all) * 4; i++) {
		printf("%s, %s, %s\n", all[i / 4], i & 1 ? "TLS" : "plain",
		    i & 2 ? "server" : "client");
		destroy_in(all[i / 4], i & 1, i & 2);
	}
}

static void
destroy_at_once(void **state)
{
	struct door door = { 0 };
	struct end client = { 0 };

	(void)state;
	door_open(&door, NULL, 0);
	end_connect(&client, "127.0.0.1", door.port, client_tls, NULL);
	end_say(&client, "never sent");
	conn_destroy(client.conn);
	conn_destroy(NULL);
	later_run();
	client.conn = NULL;
	end_connect(&client, "127.0.0.1", door.port, NULL, NULL);
	conn_finish(client.conn, 1);
	assert_int_equal(client.closed, 0);
	RUN_UNTIL(client.closed);
	assert_string_equal(client.why, "closed by us");
	assert_int_equal(client.connected, 0);
	end_finish(&client);
	door_close(&door);
}

#define CROWD 500

static int
echoed(const struct end *ends, const char *text)
{
	int n = 0;

	for (size_t i = 0; i < CROWD; i++)
		n += end_heard(&ends[i], text);
	return n;
}

static void
crowd(bool secure)
{
	struct door door = { .tls = secure ? server_tls : NULL,
	    .timeout = PATIENCE };
	struct end *servers = xcalloc(CROWD, sizeof(*servers));
	struct end *clients = xcalloc(CROWD, sizeof(*clients));

	door_open(&door, servers, CROWD);
	for (size_t i = 0; i < CROWD; i++) {
		servers[i].echo = true;
		end_connect(&clients[i], "127.0.0.1", door.port,
		    secure ? client_tls : NULL, NULL);
		end_say(&clients[i], "hello");
	}
	RUN_UNTIL(echoed(clients, "hello") == CROWD);
	for (size_t i = 0; i < CROWD; i++)
		end_say(&clients[i], " again");
	RUN_UNTIL(echoed(clients, "hello again") == CROWD);
	for (size_t i = 0; i < CROWD; i++) {
		/* An idle connection holds no buffers. */
		assert_null(conn_out(clients[i].conn)->mem);
		end_finish(&clients[i]);
	}
	for (size_t i = 0; i < CROWD; i++) {
		RUN_UNTIL(servers[i].closed);
		end_finish(&servers[i]);
	}
	free(servers);
	free(clients);
	door.tls = NULL;
	door_close(&door);
}

static void
crowd_plain(void **state)
{
	(void)state;
	crowd(false);
}

static void
crowd_tls(void **state)
{
	(void)state;
	crowd(true);
}

static int
setup(void **state)
{
	char *trust;

	kit_setup(state);
	server_tls = kit_server("IP:127.0.0.1", -1, 1, &trust);
	client_tls = kit_client(true, trust);
	free(trust);
	return 0;
}

static int
teardown(void **state)
{
	tls_destroy(server_tls);
	tls_destroy(client_tls);
	return kit_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_reader_plain),
		cmocka_unit_test(slow_reader_tls),
		cmocka_unit_test(pause_in_callback_plain),
		cmocka_unit_test(pause_in_callback_tls),
		cmocka_unit_test(pause_between_records),
		cmocka_unit_test(loud_peer_waits),
		cmocka_unit_test(refill_waits),
		cmocka_unit_test(finish_flushes_plain),
		cmocka_unit_test(finish_flushes_tls),
		cmocka_unit_test(finish_times_out),
		cmocka_unit_test(finish_does_not_linger),
		cmocka_unit_test(half_close),
		cmocka_unit_test(reset),
		cmocka_unit_test(last_words),
		cmocka_unit_test(destroy_in_callbacks),
		cmocka_unit_test(destroy_at_once),
		cmocka_unit_test(crowd_plain),
		cmocka_unit_test(crowd_tls),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
