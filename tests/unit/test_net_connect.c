/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: net util */
/* From a name to a connection, or to a reason why not; and the sockets that
 * accept. */
#include <sys/resource.h>

#include "net/address.h"
#include "net/resolve.h"
#include "tests/unit/net_kit.h"
#include "util/log.h"

static void
connect_to(struct end *e, const char *host, const char *port,
    const char *source, double timeout)
{
	const struct conn_target target = {
		.host = host, .port = port, .bind = source, .timeout = timeout,
	};

	e->conn = conn_connect(loop, &target, &end_events, e);
	assert_int_equal(e->closed, 0);
}

/* A port that nobody listens on, nor can before the socket is closed. */
static int
closed_port(char *port, size_t size)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(port, size, "%u", ntohs(sin.sin_port));
	return fd;
}

static void
refused(void **state)
{
	struct end client = { 0 };
	char port[8], *want;
	int held = closed_port(port, sizeof(port));

	(void)state;
	connect_to(&client, "127.0.0.1", port, NULL, 5);
	want = xasprintf("127.0.0.1:%s", port);
	assert_string_equal(conn_peer(client.conn), want);
	free(want);
	RUN_UNTIL(client.closed);
	want = xasprintf("cannot connect to 127.0.0.1:%s (127.0.0.1:%s: "
	    "Connection refused)", port, port);
	assert_string_equal(client.why, want);
	free(want);
	assert_string_equal(conn_address(client.conn), "127.0.0.1");
	end_finish(&client);
	close(held);
}

/* A listening socket whose queue is full answers nobody. */
static void
times_out(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0), full[4];
	struct end client = { 0 };
	char port[8], *want;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	for (size_t i = 0; i < LENGTH(full); i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(full[i], (struct sockaddr *)&sin, len);
	}
	snprintf(port, sizeof(port), "%u", ntohs(sin.sin_port));
	connect_to(&client, "127.0.0.1", port, NULL, 0.4);
	RUN_UNTIL(client.closed);
	want = xasprintf("cannot connect to 127.0.0.1:%s (127.0.0.1:%s: "
	    "no answer)", port, port);
	assert_string_equal(client.why, want);
	free(want);
	end_finish(&client);
	/* Destroyed in the middle of it. */
	connect_to(&client, "127.0.0.1", port, NULL, 5);
	kit_turn();
	end_finish(&client);
	for (size_t i = 0; i < LENGTH(full); i++)
		close(full[i]);
	close(fd);
}

struct bad_case {
	const char	*host, *port, *source, *why;
};

static const struct bad_case bad_cases[] = {
	{ "127.0.0.1", "", NULL, "127.0.0.1: \"\" is not a port" },
	{ "127.0.0.1", "0", NULL, "127.0.0.1: \"0\" is not a port" },
	{ "127.0.0.1", "65536", NULL, "127.0.0.1: \"65536\" is not a port" },
	{ "::1", "99999999999999999999", NULL,
	    "::1: \"99999999999999999999\" is not a port" },
	{ "127.0.0.1", "6667x", NULL, "127.0.0.1: \"6667x\" is not a port" },
	{ "127.0.0.1", " 1", NULL, "127.0.0.1: \" 1\" is not a port" },
	{ "127.0.0.1", "http", NULL, "127.0.0.1: \"http\" is not a port" },
	{ "127.0.0.1", "1", "localhost",
	    "\"localhost\" is not an address to connect from" },
	{ "127.0.0.1", "1", "", "\"\" is not an address to connect from" },
	{ "127.0.0.1", "1", "::1", "cannot connect to 127.0.0.1:1 "
	    "(127.0.0.1:1: not of the family of our own address)" },
	{ "127.0.0.1", "1", "192.0.2.7", "cannot connect to 127.0.0.1:1 "
	    "(127.0.0.1:1: Cannot assign requested address)" },
	{ "", "6667", NULL, NULL },
	{ "a..b", "6667", NULL, "a..b: not a host name" },
	{ "nothing.invalid", "6667", NULL, NULL },
	{ "label.of.63.bytes.is.the.longest.and.this."
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.b",
	    "6667", NULL, NULL },
};

static void
bad_targets(void **state)
{
	const struct bad_case *b;

	(void)state;
	for (size_t i = 0; i < LENGTH(bad_cases); i++) {
		struct end client = { 0 };

		b = &bad_cases[i];
		connect_to(&client, b->host, b->port, b->source, 10);
		RUN_UNTIL(client.closed);
		printf("%s\n", client.why);
		if (b->why != NULL)
			assert_string_equal(client.why, b->why);
		assert_int_equal(client.connected, 0);
		end_finish(&client);
	}
}

/* A name of several addresses; only 127.0.0.1 answers. */
static void
by_name(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };

	(void)state;
	door_open(&door, &server, 1);
	connect_to(&client, "many.test", door.port, NULL, 10);
	RUN_UNTIL(client.connected || client.closed);
	assert_null(client.why);
	assert_string_equal(conn_address(client.conn), "127.0.0.1");
	pair_close(&door, &server, &client);
}

static void
by_name_in_vain(void **state)
{
	struct end client = { 0 };
	char port[8], *text;
	int held = closed_port(port, sizeof(port));

	(void)state;
	connect_to(&client, "many.test", port, NULL, 10);
	RUN_UNTIL(client.closed);
	for (int i = 1; i <= 3; i++) {
		text = xasprintf("127.0.0.%d:%s: Connection refused", i, port);
		if (strstr(client.why, text) == NULL)
			fail_msg("no \"%s\" in \"%s\"", text, client.why);
		free(text);
	}
	end_finish(&client);
	close(held);
}

static void
from_an_address(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };

	(void)state;
	door_open(&door, &server, 1);
	connect_to(&client, "many.test", door.port, "127.0.0.2", 5);
	RUN_UNTIL(client.connected && server.connected);
	assert_string_equal(conn_address(server.conn), "127.0.0.2");
	assert_true(conn_is_loopback(server.conn));
	pair_close(&door, &server, &client);
}

static struct address got[16];
static size_t got_n;

static void
keep_answer(void *ctx, const struct address *list, size_t n, const char *why)
{
	(void)ctx, (void)why;
	assert_true(n > 0 && n <= LENGTH(got));
	memcpy(got, list, n * sizeof(*list));
	got_n = n;
}

/* The families alternate while there are two, and nobody is made to try a
 * hundred addresses. */
static void
families_take_turns(void **state)
{
	(void)state;
	got_n = 0;
	resolve_start(loop, "both.test", "6667", keep_answer, NULL);
	RUN_UNTIL(got_n > 0);
	assert_int_equal(got_n, 6);
	for (size_t i = 1; i < 4; i++)
		assert_int_not_equal(got[i].sa.ss_family,
		    got[i - 1].sa.ss_family);
	for (size_t i = 4; i < 6; i++)
		assert_int_equal(got[i].sa.ss_family, AF_INET);
	got_n = 0;
	resolve_start(loop, "crowd.test", "6667", keep_answer, NULL);
	RUN_UNTIL(got_n > 0);
	assert_int_equal(got_n, 8);
}

static int answers;

static void
count_answer(void *ctx, const struct address *list, size_t n, const char *why)
{
	answers++;
	if (n == 0)
		assert_non_null(why);
	else
		*(struct address *)ctx = list[0];
}

static void
resolving(void **state)
{
	struct address a;
	struct resolve *r;
	char *text;

	(void)state;
	answers = 0;
	resolve_start(loop, "::1", "5222", count_answer, &a);
	assert_int_equal(answers, 0);
	RUN_UNTIL(answers == 1);
	text = address_text((struct sockaddr *)&a.sa);
	assert_string_equal(text, "[::1]:5222");
	free(text);
	/* Cancelled before an answer that is there, and before one that may
	 * take a while. */
	r = resolve_start(loop, "127.0.0.1", "1", count_answer, &a);
	resolve_cancel(r);
	r = resolve_start(loop, "localhost", "1", count_answer, &a);
	resolve_cancel(r);
	r = resolve_start(loop, "slow.example", "1", count_answer, &a);
	resolve_cancel(r);
	resolve_cancel(NULL);
	resolve_start(loop, "localhost", "1", count_answer, &a);
	RUN_UNTIL(answers == 2);
	kit_wait(0.1);
	assert_int_equal(answers, 2);
}

static void
address_of(const char *literal, char **host, char **text, bool *loopback)
{
	struct address a;

	answers = 0;
	resolve_start(loop, literal, "5222", count_answer, &a);
	later_run();
	assert_int_equal(answers, 1);
	*host = address_host((struct sockaddr *)&a.sa);
	*text = address_text((struct sockaddr *)&a.sa);
	*loopback = address_is_loopback((struct sockaddr *)&a.sa);
}

static void
address_texts(void **state)
{
	static const struct {
		const char	*literal, *host, *text;
		bool		 loopback;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1", "127.0.0.1:5222", true },
		{ "127.255.0.1", "127.255.0.1", "127.255.0.1:5222", true },
		{ "128.0.0.1", "128.0.0.1", "128.0.0.1:5222", false },
		{ "0.0.0.0", "0.0.0.0", "0.0.0.0:5222", false },
		{ "::1", "::1", "[::1]:5222", true },
		{ "::2", "::2", "[::2]:5222", false },
		{ "::ffff:127.0.0.1", "127.0.0.1", "127.0.0.1:5222", true },
		{ "::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1:5222", false },
		{ "2001:db8::0001", "2001:db8::1", "[2001:db8::1]:5222",
		    false },
	};
	char *host, *text;
	bool loopback;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		address_of(cases[i].literal, &host, &text, &loopback);
		assert_string_equal(host, cases[i].host);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(loopback, cases[i].loopback);
		free(host);
		free(text);
	}
}

static void
no_accept(void *ctx, int fd)
{
	(void)ctx;
	close(fd);
}

static void
listen_in_vain(void **state)
{
	struct door door = { 0 };
	char *why = NULL, *want;

	(void)state;
	door_open(&door, NULL, 0);
	assert_null(listener_create(loop, "127.0.0.1",
	    listener_port(door.listener), no_accept, NULL, &why));
	want = xasprintf("127.0.0.1:%s: Address already in use", door.port);
	assert_string_equal(why, want);
	free(want);
	free(why);
	assert_null(listener_create(loop, "192.0.2.1", 0, no_accept, NULL,
	    &why));
	assert_string_equal(why, "192.0.2.1:0: Cannot assign requested "
	    "address");
	free(why);
	assert_null(listener_create(loop, "127.0.0.1", 65536, no_accept, NULL,
	    &why));
	assert_string_equal(why, "127.0.0.1: there is no port 65536");
	free(why);
	assert_null(listener_create(loop, "no address", 0, no_accept, NULL,
	    &why));
	assert_non_null(why);
	free(why);
	listener_destroy(NULL);
	door_close(&door);
}

static void
listen_on_names(void **state)
{
	static const char *const names[] = { "localhost", "::", "0.0.0.0" };

	(void)state;
	for (size_t i = 0; i < LENGTH(names); i++) {
		struct end server = { 0 }, client = { 0 };
		struct door door = { .ends = &server, .max = 1 };
		char *why = NULL;

		door.listener = listener_create(loop, names[i], 0,
		    door_accept, &door, &why);
		assert_null(why);
		assert_true(listener_port(door.listener) > 0);
		snprintf(door.port, sizeof(door.port), "%u",
		    listener_port(door.listener));
		end_connect(&client, "127.0.0.1", door.port, NULL, NULL);
		RUN_UNTIL(server.connected);
		assert_string_equal(conn_address(server.conn), "127.0.0.1");
		assert_true(conn_is_loopback(server.conn));
		pair_close(&door, &server, &client);
	}
}

static int complaints;

static void
count_complaints(enum log_level level, const char *line)
{
	if (level == LOG_ERROR && strstr(line, "Too many open files"))
		complaints++;
}

/* Out of descriptors: no spinning, one line, and all is well afterwards. */
static void
out_of_descriptors(void **state)
{
	struct end servers[3] = { 0 };
	struct door door = { 0 };
	struct rlimit old, low;
	int fds[3], turns = 0;
	ev_tstamp end;

	(void)state;
	log_capture(count_complaints);
	door_open(&door, servers, 3);
	for (size_t i = 0; i < LENGTH(fds); i++)
		fds[i] = raw_connect(door.port);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = (struct rlimit){ (rlim_t)fds[2] + 1, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	end = ev_time() + 1.5;
	while (ev_time() < end) {
		kit_turn();
		turns++;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(door.n, 0);
	assert_int_equal(complaints, 1);
	assert_true(turns < 60);
	RUN_UNTIL(door.n == 3);
	log_capture(NULL);
	for (size_t i = 0; i < LENGTH(fds); i++) {
		close(fds[i]);
		end_finish(&servers[i]);
	}
	door_close(&door);
}

/* Destroyed by the callback while more connections wait. */
static void
close_door(void *ctx, int fd)
{
	struct door *d = ctx;

	d->n++;
	close(fd);
	listener_destroy(d->listener);
	d->listener = NULL;
}

static void
destroy_in_accept(void **state)
{
	struct door door = { 0 };
	char port[8], *why = NULL;
	int one, two;

	(void)state;
	door.listener = listener_create(loop, "127.0.0.1", 0, close_door,
	    &door, &why);
	assert_null(why);
	snprintf(port, sizeof(port), "%u", listener_port(door.listener));
	one = raw_connect(port);
	two = raw_connect(port);
	RUN_UNTIL(door.n == 1);
	kit_turn();
	assert_int_equal(door.n, 1);
	close(one);
	close(two);
}

static int
setup(void **state)
{
	static const char *const both[] = {
		"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1",
		"2001:db8::1",
	};
	char *path;
	FILE *f;

	kit_setup(state);
	path = kit_path("hosts");
	f = fopen(path, "w");
	for (int i = 3; i > 0; i--)
		fprintf(f, "127.0.0.%d many.test\n", i);
	for (size_t i = 0; i < LENGTH(both); i++)
		fprintf(f, "%s both.test\n", both[i]);
	for (int i = 1; i < 30; i++)
		fprintf(f, "127.0.1.%d crowd.test\n", i);
	fprintf(f, "127.0.0.1 localhost\n");
	fclose(f);
	setenv("CARES_HOSTS", path, 1);
	free(path);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(times_out),
		cmocka_unit_test(bad_targets),
		cmocka_unit_test(by_name),
		cmocka_unit_test(by_name_in_vain),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(from_an_address),
		cmocka_unit_test(resolving),
		cmocka_unit_test(address_texts),
		cmocka_unit_test(listen_in_vain),
		cmocka_unit_test(listen_on_names),
		cmocka_unit_test(out_of_descriptors),
		cmocka_unit_test(destroy_in_accept),
	};

	return cmocka_run_group_tests(tests, setup, kit_teardown);
}
