/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: net util */
/* Several addresses at a time, from addresses of our own; SRV records from a
 * small name server on loopback. */
#include "net/address.h"
#include "net/srv.h"
#include "tests/unit/net_kit.h"

static void
connect_to(struct end *e, const struct conn_target *target)
{
	e->conn = conn_connect(loop, target, &end_events, e);
}

/* ---- happy eyeballs */

#define STUCK	6

/* Sockets that take part in no handshake, on the port of the door. */
struct swamp {
	int	listening[STUCK], full[STUCK][2];
};

static void
swamp_open(struct swamp *s, const char *port)
{
	for (int i = 0; i < STUCK; i++) {
		struct sockaddr_in sin = { .sin_family = AF_INET,
			.sin_port = htons((uint16_t)atoi(port)),
			.sin_addr.s_addr = htonl(0x7f000202 + (unsigned)i) };

		s->listening[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(bind(s->listening[i],
		    (struct sockaddr *)&sin, sizeof(sin)), 0);
		assert_int_equal(listen(s->listening[i], 0), 0);
		for (int j = 0; j < 2; j++) {
			s->full[i][j] = socket(AF_INET,
			    SOCK_STREAM | SOCK_NONBLOCK, 0);
			(void)!connect(s->full[i][j],
			    (struct sockaddr *)&sin, sizeof(sin));
		}
	}
}

static void
swamp_close(struct swamp *s)
{
	for (int i = 0; i < STUCK; i++) {
		close(s->listening[i]);
		close(s->full[i][0]);
		close(s->full[i][1]);
	}
}

static void
one_answers_of_many(void **state)
{
	struct door door = { 0 };
	struct swamp swamp;
	struct end server = { 0 }, client = { 0 };
	ev_tstamp begun;

	(void)state;
	door_open(&door, &server, 1);
	swamp_open(&swamp, door.port);
	begun = ev_time();
	connect_to(&client, &(struct conn_target){ .host = "swamp.test",
		.port = door.port, .timeout = 15 });
	RUN_UNTIL(client.connected || client.closed);
	assert_null(client.why);
	assert_string_equal(conn_address(client.conn), "127.0.0.1");
	/* Not a fair part of the time each: 250 ms. */
	assert_true(ev_time() - begun < 3);
	end_say(&client, "hello");
	RUN_UNTIL(end_heard(&server, "hello"));
	swamp_close(&swamp);
	pair_close(&door, &server, &client);
}

/* Nobody listens there, and no other test that runs beside this one gets it. */
static int
hold_port(const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

static void
none_answers(void **state)
{
	struct door door = { 0 };
	struct swamp swamp;
	struct end client = { 0 };
	int held;

	(void)state;
	door_open(&door, NULL, 0);
	swamp_open(&swamp, door.port);
	listener_destroy(door.listener);
	door.listener = NULL;
	held = hold_port(door.port);
	connect_to(&client, &(struct conn_target){ .host = "swamp.test",
		.port = door.port, .timeout = 2.5 });
	RUN_UNTIL(client.closed);
	close(held);
	assert_non_null(strstr(client.why, "127.0.0.1:"));
	assert_non_null(strstr(client.why, "Connection refused"));
	assert_non_null(strstr(client.why, "127.0.2.2:"));
	assert_non_null(strstr(client.why, "127.0.2.7:"));
	assert_non_null(strstr(client.why, "no answer"));
	end_finish(&client);
	/* Destroyed while several are under way. */
	connect_to(&client, &(struct conn_target){ .host = "swamp.test",
		.port = door.port, .timeout = 5 });
	kit_wait(0.6);
	end_finish(&client);
	swamp_close(&swamp);
	door_close(&door);
}

/* ---- from where */

static void
own_addresses(void **state)
{
	static const struct {
		const char	*bind, *wished, *to, *from;
	} cases[] = {
		{ "127.0.0.5", NULL, "127.0.0.1", "127.0.0.5" },
		{ "127.0.0.5 ::1", NULL, "127.0.0.1", "127.0.0.5" },
		{ "::1,127.0.0.6", NULL, "127.0.0.1", "127.0.0.6" },
		/* What cannot be had is done without. */
		{ NULL, "2001:db8::7", "127.0.0.1", "127.0.0.1" },
		{ "127.0.0.7", "127.0.0.8", "127.0.0.1", "127.0.0.7" },
		{ NULL, "nonsense", "127.0.0.1", "127.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct door door = { 0 };
		struct end server = { 0 }, client = { 0 };

		door_open(&door, &server, 1);
		connect_to(&client, &(struct conn_target){
			.host = cases[i].to, .port = door.port,
			.bind = cases[i].bind, .wished = cases[i].wished });
		RUN_UNTIL((client.connected && server.connected) ||
		    client.closed);
		assert_null(client.why);
		assert_string_equal(conn_address(server.conn), cases[i].from);
		pair_close(&door, &server, &client);
	}
}

static char *told_own, *told_peer;
static bool told_up;

static void
on_attempt(void *ctx, const struct sockaddr *own, const struct sockaddr *peer)
{
	(void)ctx;
	assert_false(told_up);
	free(told_own);
	free(told_peer);
	told_own = address_text(own);
	told_peer = address_text(peer);
}

static void
on_up(void *ctx)
{
	(void)ctx;
	told_up = true;
}

static void
on_nothing(void *ctx, const char *data, size_t len)
{
	(void)ctx, (void)data, (void)len;
}

static void
on_end(void *ctx, const char *why)
{
	(void)ctx, (void)why;
}

/* Who asks about a connection asks at once. */
static void
attempts_are_told(void **state)
{
	static const struct conn_events events = { .attempt = on_attempt,
		.connected = on_up, .data = on_nothing, .closed = on_end };
	struct door door = { 0 };
	struct end server = { 0 };
	struct conn *c;
	char *peer;

	(void)state;
	door_open(&door, &server, 1);
	c = conn_connect(loop, &(struct conn_target){ .host = "127.0.0.1",
		.port = door.port, .bind = "127.0.0.5" }, &events, NULL);
	assert_null(told_own);
	RUN_UNTIL(told_up && server.connected);
	assert_string_equal(told_own, conn_peer(server.conn));
	peer = xasprintf("127.0.0.1:%s", door.port);
	assert_string_equal(told_peer, peer);
	free(peer);
	free(told_own);
	free(told_peer);
	conn_destroy(c);
	end_finish(&server);
	door_close(&door);
}

/* ---- SRV */

static ev_io dns_io;
static bool dns_deaf;

static size_t
put_name(unsigned char *out, const char *name)
{
	size_t n = 0;

	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		out[n++] = (unsigned char)len;
		memcpy(out + n, name, len);
		n += len;
		name += len;
		name += *name == '.';
	}
	out[n++] = 0;
	return n;
}

static size_t
put_srv(unsigned char *out, unsigned priority, unsigned weight, unsigned port,
    const char *host)
{
	/* A pointer to the name of the question, SRV, IN, a TTL. */
	static const unsigned char head[] = { 0xc0, 12, 0, 33, 0, 1, 0, 0, 0,
		60 };
	size_t len;

	memcpy(out, head, sizeof(head));
	out[12] = (unsigned char)(priority >> 8);
	out[13] = (unsigned char)priority;
	out[14] = (unsigned char)(weight >> 8);
	out[15] = (unsigned char)weight;
	out[16] = (unsigned char)(port >> 8);
	out[17] = (unsigned char)port;
	len = put_name(out + 18, host);
	out[10] = 0;
	out[11] = (unsigned char)(6 + len);
	return 18 + len;
}

/* The zone: _ircs._tcp.good.test, .none.test and .evil.test. */
static void
on_question(struct ev_loop *l, ev_io *w, int revents)
{
	unsigned char m[1500];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t got = recvfrom(w->fd, m, 400, 0, (struct sockaddr *)&from,
	    &from_len);
	size_t at = 12;
	const char *name;

	(void)l, (void)revents;
	if (got < 12 || dns_deaf)
		return;
	name = (char *)m + 12 + 1 + 5 + 1 + 4 + 1;
	while (m[at] != 0)
		at += m[at] + 1u;
	at += 5;
	memset(m + 6, 0, 6);
	m[2] = 0x84;
	m[3] = 0;
	if (strncmp(name, "good", 4) == 0) {
		at += put_srv(m + at, 20, 0, 6697, "Third.example");
		at += put_srv(m + at, 10, 0, 6698, "second.example");
		at += put_srv(m + at, 5, 1, 65535, "first.example");
		at += put_srv(m + at, 30, 5, 6697, "bad host.example");
		at += put_srv(m + at, 30, 5, 0, "noport.example");
		m[7] = 5;
	} else if (strncmp(name, "none", 4) == 0) {
		at += put_srv(m + at, 0, 0, 1, "");
		m[7] = 1;
	} else if (strncmp(name, "evil", 4) == 0) {
		m[7] = 9;		/* and there are none */
	} else {
		m[3] = 3;		/* NXDOMAIN */
	}
	(void)!sendto(w->fd, m, at, 0, (struct sockaddr *)&from, from_len);
}

static void
dns_open(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char *servers;

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	servers = xasprintf("127.0.0.1:%u", ntohs(sin.sin_port));
	setenv("CARES_SERVERS", servers, 1);
	free(servers);
	ev_io_init(&dns_io, on_question, fd, EV_READ);
	ev_io_start(loop, &dns_io);
}

static struct srv_target found[SRV_MAX];
static int found_n;

static void
on_found(void *ctx, const struct srv_target *list, size_t n)
{
	(void)ctx;
	found_n = (int)n;
	memcpy(found, list, n * sizeof(*list));
}

static void
ask(const char *name)
{
	found_n = -1;
	srv_start(loop, name, on_found, NULL);
	assert_int_equal(found_n, -1);
	RUN_UNTIL(found_n >= 0);
}

static void
services(void **state)
{
	struct srv *s;

	(void)state;
	ask("_ircs._tcp.good.test");
	assert_int_equal(found_n, 3);
	assert_string_equal(found[0].host, "first.example");
	assert_string_equal(found[0].port, "65535");
	assert_string_equal(found[1].host, "second.example");
	assert_string_equal(found[1].port, "6698");
	assert_string_equal(found[2].host, "third.example");
	ask("_ircs._tcp.none.test");
	assert_int_equal(found_n, 0);
	ask("_ircs._tcp.evil.test");
	assert_int_equal(found_n, 0);
	ask("_ircs._tcp.unknown.test");
	assert_int_equal(found_n, 0);
	ask("..");
	assert_int_equal(found_n, 0);
	/* Cancelled: nobody is told. */
	found_n = -1;
	s = srv_start(loop, "_ircs._tcp.good.test", on_found, NULL);
	srv_cancel(s);
	srv_cancel(NULL);
	kit_wait(0.2);
	assert_int_equal(found_n, -1);
}

/* Equals are first as often as their share of the weights says (RFC 2782).  The
 * bounds are nine standard deviations away from what is expected. */
static void
services_by_weight(void **state)
{
	static const unsigned weights[] = { 1, 2, 7, 0 };
	const int n = 100000;
	int first[LENGTH(weights)] = { 0 };

	(void)state;
	for (int i = 0; i < n; i++) {
		double lot, lowest = srv_lot(weights[0]);
		size_t lucky = 0;

		for (size_t w = 1; w < LENGTH(weights); w++) {
			if ((lot = srv_lot(weights[w])) < lowest) {
				lowest = lot;
				lucky = w;
			}
		}
		first[lucky]++;
	}
	print_message("%d %d %d %d\n", first[0], first[1], first[2], first[3]);
	assert_in_range(first[0], n / 10 - 900, n / 10 + 900);
	assert_in_range(first[1], n / 5 - 1200, n / 5 + 1200);
	assert_in_range(first[3], 0, 100);
}

static int
setup(void **state)
{
	char *path;
	FILE *f;

	kit_setup(state);
	path = kit_path("hosts");
	f = fopen(path, "w");
	for (int i = 0; i < STUCK; i++)
		fprintf(f, "127.0.2.%d swamp.test\n", i + 2);
	fprintf(f, "127.0.0.1 swamp.test\n");
	fclose(f);
	setenv("CARES_HOSTS", path, 1);
	free(path);
	dns_open();
	return 0;
}

static int
teardown(void **state)
{
	ev_io_stop(loop, &dns_io);
	close(dns_io.fd);
	return kit_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answers_of_many),
		cmocka_unit_test(none_answers),
		cmocka_unit_test(own_addresses),
		cmocka_unit_test(attempts_are_told),
		cmocka_unit_test(services),
		cmocka_unit_test(services_by_weight),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
