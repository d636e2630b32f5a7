/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: net util */
/* Certificates good and bad, STARTTLS, and handshakes that go wrong. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/unit/net_kit.h"

#define BOTH_SIDES(text) "the certificate of irc.example " text

struct verify_case {
	const char	*label;
	const char	*san;
	int		 from, to;	/* days from now */
	bool		 trusted;
	const char	*name;
	const char	*why;		/* NULL: accepted; * stands for anything */
};

static const struct verify_case verify_cases[] = {
	{ "good name", "DNS:irc.example", -1, 1, true, "irc.example", NULL },
	{ "any case", "DNS:IRC.example", -1, 1, true, "irc.EXAMPLE", NULL },
	{ "absolute name", "DNS:irc.example", -1, 1, true, "irc.example.",
	    NULL },
	{ "one of many", "DNS:a.example,DNS:irc.example", -1, 1, true,
	    "irc.example", NULL },
	{ "wildcard", "DNS:*.example.org", -1, 1, true, "irc.example.org",
	    NULL },
	{ "wildcard too wide", "DNS:*.example.org", -1, 1, true,
	    "a.b.example.org",
	    "the certificate is for *.example.org and not for "
	    "a.b.example.org" },
	{ "part of a wildcard", "DNS:irc*.example.org", -1, 1, true,
	    "irc1.example.org",
	    "the certificate is for irc*.example.org and not for "
	    "irc1.example.org" },
	{ "address", "IP:127.0.0.1", -1, 1, true, NULL, NULL },
	{ "other address", "IP:192.0.2.1,IP:2001:db8::1", -1, 1, true, NULL,
	    "the certificate is for 192.0.2.1, 2001:db8::1 and not for "
	    "127.0.0.1" },
	{ "address as a name", "DNS:127.0.0.1", -1, 1, true, NULL,
	    "the certificate is for 127.0.0.1 and not for 127.0.0.1" },
	{ "wrong name", "DNS:a.example,DNS:b.example", -1, 1, true,
	    "irc.example", "the certificate is for a.example, b.example and "
	    "not for irc.example" },
	{ "many wrong names", "DNS:1.a,DNS:2.a,DNS:3.a,DNS:4.a,DNS:5.a,"
	    "DNS:6.a,DNS:7.a", -1, 1, true, "irc.example",
	    "the certificate is for 1.a, 2.a, 3.a, 4.a, 5.a, ... and not for "
	    "irc.example" },
	{ "common name only", NULL, -1, 1, true, "irc.example",
	    "the certificate is for test server and not for irc.example" },
	{ "terminal codes", "DNS:evil\x1b[2J\x07.example", -1, 1, true,
	    "irc.example", "the certificate is for evil?[2J?.example and not "
	    "for irc.example" },
	{ "expired", "DNS:irc.example", -30, -10, true, "irc.example",
	    BOTH_SIDES("expired on 2*") },
	{ "not yet valid", "DNS:irc.example", 10, 30, true, "irc.example",
	    BOTH_SIDES("is not valid before 2*") },
	{ "self-signed", "DNS:irc.example", -1, 1, false, "irc.example",
	    BOTH_SIDES("is self-signed") },
	{ "no name", "DNS:irc.example", -1, 1, true, "",
	    "\"\" cannot be the name in a certificate" },
};

static void
assert_like(const char *text, const char *pattern)
{
	size_t len = strlen(pattern);

	if (text == NULL || (pattern[len - 1] == '*' ?
	    strncmp(text, pattern, len - 1) : strcmp(text, pattern)) != 0)
		fail_msg("\"%s\" instead of \"%s\"", text != NULL ? text :
		    "(nothing)", pattern);
}

/* The client's view of a server whose certificate is in the door. */
static void
check_verdict(struct door *door, struct tls *tls, const char *name,
    const char *why)
{
	struct end server = { .echo = true }, client = { 0 };

	door_open(door, &server, 1);
	end_connect(&client, "127.0.0.1", door->port, tls, name);
	end_say(&client, "secret");
	RUN_UNTIL(client.closed || end_heard(&client, "secret"));
	if (why == NULL) {
		assert_null(client.why);
	} else {
		assert_like(client.why, why);
		assert_int_equal(client.connected, 0);
		assert_int_equal(buf_len(&client.in), 0);
	}
	pair_close(door, &server, &client);
}

static void
verify_names(void **state)
{
	const struct verify_case *v;
	char *trust;
	struct door door = { 0 };
	struct tls *tls, *other = kit_client(true, NULL);

	(void)state;
	for (size_t i = 0; i < LENGTH(verify_cases); i++) {
		v = &verify_cases[i];
		printf("%s\n", v->label);
		door.tls = kit_server(v->san, v->from, v->to, &trust);
		tls = kit_client(true, trust);
		check_verdict(&door, v->trusted ? tls : other, v->name,
		    v->why);
		tls_destroy(tls);
		free(trust);
	}
	tls_destroy(other);
}

/* One certificate and no other, whoever signed it; and how to say which. */
static void
pinned(void **state)
{
	struct door door = { .tls = kit_server("DNS:other", -30, -10, NULL) };
	struct tls *tls = kit_client(true, NULL), *again = door.tls;
	struct end server = { .echo = true }, client = { 0 };
	char pin[65] = "";
	const char *at;

	(void)state;
	for (int round = 0; round < 3; round++) {
		struct conn_target target = { .host = "127.0.0.1",
			.tls = tls, .tell_pin = true, .timeout = 10 };

		door.tls = again;
		door_open(&door, &server, 1);
		target.port = door.port;
		target.pin = round > 0 ? pin : NULL;
		client.conn = conn_connect(loop, &target, &end_events,
		    &client);
		end_say(&client, "secret");
		RUN_UNTIL(client.closed || end_heard(&client, "secret"));
		if (round == 0) {
			at = strstr(client.why, "fingerprint: ");
			assert_non_null(at);
			memcpy(pin, at + strlen("fingerprint: "), 64);
			assert_int_equal(strspn(pin, "0123456789abcdef"), 64);
		} else if (round == 1) {
			assert_null(client.why);
			pin[0] = pin[0] == '0' ? '1' : '0';
		} else {
			assert_non_null(strstr(client.why, "not the one"));
			assert_int_equal(buf_len(&client.in), 0);
			assert_int_equal(buf_len(&server.in), 0);
		}
		door.tls = NULL;
		pair_close(&door, &server, &client);
		server = (struct end){ .echo = true };
		client = (struct end){ 0 };
	}
	tls_destroy(again);
	tls_destroy(tls);
}

static void
unverified(void **state)
{
	struct door door = { .tls = kit_server("DNS:other", -30, -10, NULL) };
	struct tls *tls = kit_client(false, NULL);

	(void)state;
	assert_true(tls_expired(door.tls));
	check_verdict(&door, tls, "irc.example", NULL);
	tls_destroy(tls);
}

/* A server's TLS of an authority's making; trust is the authority's file. */
static struct tls *
issued(int ca_to, char **trust, struct kit_cert *leaf)
{
	struct kit_cert ca = cert_make("Honest \"Joe\"\n", NULL, -30, ca_to,
	    NULL);
	char *path, *why = NULL;
	struct tls *tls;

	*leaf = cert_make("irc", "DNS:irc.example", -30, 1, &ca);
	/* Ours first or last: what the key says counts. */
	path = cert_write("chain.pem", "kic", leaf, &ca);
	tls = tls_server(path, NULL, NULL, &why);
	assert_null(why);
	free(path);
	*trust = cert_write("ca.pem", "c", &ca, NULL);
	cert_free(&ca);
	return tls;
}

static void
authorities(void **state)
{
	char *trust, *path;
	struct kit_cert leaf;
	struct door door = { .tls = issued(1, &trust, &leaf) };
	struct tls *tls = kit_client(true, trust);

	(void)state;
	assert_false(tls_expired(door.tls));
	check_verdict(&door, tls, "irc.example", NULL);
	tls_destroy(tls);
	free(trust);
	cert_free(&leaf);

	door.tls = issued(1, &trust, &leaf);
	tls = kit_client(true, NULL);
	check_verdict(&door, tls, "irc.example", BOTH_SIDES("is from an "
	    "unknown authority, \"Honest \"Joe\"?\""));
	tls_destroy(tls);
	free(trust);
	cert_free(&leaf);

	door.tls = issued(-10, &trust, &leaf);
	tls = kit_client(true, trust);
	check_verdict(&door, tls, "irc.example", "the authority \"Honest "
	    "\"Joe\"?\" behind the certificate of irc.example expired on 2*");
	tls_destroy(tls);
	free(trust);

	/* One who was told to trust this very certificate does. */
	cert_free(&leaf);
	door.tls = issued(1, &trust, &leaf);
	path = cert_write("leaf.pem", "c", &leaf, NULL);
	tls = kit_client(true, path);
	check_verdict(&door, tls, "irc.example", NULL);
	tls_destroy(tls);
	free(path);
	free(trust);
	cert_free(&leaf);
}

static void
authorities_missing(void **state)
{
	char *why = NULL, *path = kit_path("empty");

	(void)state;
	assert_null(tls_client(true, "/nonexistent/ca.pem", &why));
	assert_string_equal(why, "/nonexistent/ca.pem: No such file or "
	    "directory");
	free(why);
	fclose(fopen(path, "w"));
	assert_null(tls_client(true, path, &why));
	assert_like(strrchr(why, ':'), ": no certificate authorities in it");
	free(why);
	free(path);
}

/* ---- STARTTLS: the server's end asks for it when it reads STARTTLS. */

static struct tls *upgrade, *client_upgrade;

static void
server_upgrades(struct end *e, const char *what)
{
	if (strcmp(what, "data") != 0 || conn_is_tls(e->conn) ||
	    !end_heard(e, "STARTTLS\n"))
		return;
	buf_clear(&e->in);
	end_say(e, "PROCEED\n");
	conn_start_tls(e->conn, upgrade, NULL);
	end_say(e, "behind TLS");
}

static void
client_upgrades(struct end *e, const char *what)
{
	if (strcmp(what, "data") != 0 || conn_is_tls(e->conn))
		return;
	assert_true(end_heard(e, "PROCEED\n"));
	buf_clear(&e->in);
	conn_start_tls(e->conn, client_upgrade, "irc.example");
	end_say(e, "also behind TLS");
}

static void
starttls(void **state)
{
	char *trust;
	struct door door = { 0 };
	struct end server = { .hook = server_upgrades };
	struct end client = { .hook = client_upgrades };

	(void)state;
	upgrade = kit_server("DNS:irc.example", -1, 1, &trust);
	client_upgrade = kit_client(true, trust);
	pair_open(&door, &server, &client, NULL);
	end_say(&client, "STARTTLS\n");
	RUN_UNTIL(client.secured && server.secured);
	assert_true(conn_is_tls(client.conn));
	assert_true(conn_is_tls(server.conn));
	assert_int_equal(client.connected, 1);
	RUN_UNTIL(end_heard(&client, "behind TLS") &&
	    end_heard(&server, "also behind TLS"));
	pair_close(&door, &server, &client);
	tls_destroy(upgrade);
	tls_destroy(client_upgrade);
	free(trust);
}

static void
starttls_wrong_name(void **state)
{
	char *trust;
	struct tls *theirs = kit_server("DNS:other.example", -1, 1, &trust);
	struct tls *ours = kit_client(true, trust);
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };

	(void)state;
	pair_open(&door, &server, &client, NULL);
	conn_start_tls(server.conn, theirs, NULL);
	conn_start_tls(client.conn, ours, "irc.example");
	end_say(&client, "secret");
	RUN_UNTIL(client.closed && server.closed);
	assert_string_equal(client.why, "the certificate is for other.example "
	    "and not for irc.example");
	assert_int_equal(client.secured, 0);
	assert_int_equal(buf_len(&server.in), 0);
	pair_close(&door, &server, &client);
	tls_destroy(theirs);
	tls_destroy(ours);
	free(trust);
}

static void
destroy_when_secured(struct end *e, const char *what)
{
	if (strcmp(what, "secured") == 0) {
		conn_destroy(e->conn);
		e->conn = NULL;
	}
}

static void
starttls_destroy(void **state)
{
	struct tls *theirs = kit_server("DNS:irc.example", -1, 1, NULL);
	struct tls *ours = kit_client(false, NULL);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct door door = { 0 };
		struct end server = { 0 }, client = { 0 };
		struct end *victim = i ? &server : &client;
		struct end *other = i ? &client : &server;

		victim->hook = destroy_when_secured;
		pair_open(&door, &server, &client, NULL);
		conn_start_tls(server.conn, theirs, NULL);
		conn_start_tls(client.conn, ours, "irc.example");
		RUN_UNTIL(victim->conn == NULL && other->closed);
		pair_close(&door, &server, &client);
	}
	tls_destroy(theirs);
	tls_destroy(ours);
}

/* Plain bytes behind the request are the handshake's, in one packet or not:
 * they never come out as data. */
static void
starttls_injection(void **state)
{
	struct door door = { 0 };
	struct end server = { .hook = server_upgrades };
	char proceed[64];
	int fd;

	(void)state;
	upgrade = kit_server("DNS:irc.example", -1, 1, NULL);
	door_open(&door, &server, 1);
	fd = raw_connect(door.port);
	raw_say(fd, "STARTTLS\n");
	RUN_UNTIL(server.connected);
	RUN_UNTIL(server.drained || buf_len(&server.in) == 0);
	raw_say(fd, "INJECTED COMMAND\n");
	RUN_UNTIL(server.closed);
	assert_int_equal(buf_len(&server.in), 0);
	assert_int_equal(server.secured, 0);
	assert_string_equal(server.why, "the peer does not speak TLS here");
	/* And what was meant for TLS has not left in the clear. */
	memset(proceed, 0, sizeof(proceed));
	assert_true(recv(fd, proceed, 8, MSG_WAITALL) == 8);
	assert_string_equal(proceed, "PROCEED\n");
	memset(proceed, 0, sizeof(proceed));
	recv(fd, proceed, sizeof(proceed) - 1, 0);
	assert_null(strstr(proceed, "behind TLS"));
	close(fd);
	end_finish(&server);
	door_close(&door);
	tls_destroy(upgrade);
}

/* STARTTLS behind a long plain queue that the peer is slow to take. */
static void
starttls_after_queue(void **state)
{
	struct tls *theirs = kit_server("DNS:irc.example", -1, 1, NULL);
	struct tls *ours = kit_client(false, NULL);
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };
	size_t total = 8u * 1024 * 1024;

	(void)state;
	pair_open(&door, &server, &client, NULL);
	conn_pause(client.conn);
	memset(buf_reserve(conn_out(server.conn), total), 'x', total);
	buf_added(conn_out(server.conn), total);
	conn_send(server.conn);
	conn_start_tls(server.conn, theirs, NULL);
	end_say(&server, "behind TLS");
	kit_wait(0.2);
	conn_resume(client.conn);
	RUN_UNTIL(buf_len(&client.in) == total);
	buf_clear(&client.in);
	conn_start_tls(client.conn, ours, "irc.example");
	RUN_UNTIL(end_heard(&client, "behind TLS"));
	pair_close(&door, &server, &client);
	tls_destroy(theirs);
	tls_destroy(ours);
}

static void
starttls_then_finish(void **state)
{
	struct tls *theirs = kit_server("DNS:irc.example", -1, 1, NULL);
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };

	(void)state;
	pair_open(&door, &server, &client, NULL);
	end_say(&server, "plain");
	conn_start_tls(server.conn, theirs, NULL);
	end_say(&server, "behind TLS");
	conn_finish(server.conn, 5);
	RUN_UNTIL(client.closed);
	assert_true(end_heard(&client, "plain"));
	pair_close(&door, &server, &client);
	tls_destroy(theirs);
}

/* ---- handshakes that are none */

static void
handshake_of(const char *said, bool leave, const char *why)
{
	struct door door = {
		.tls = kit_server("DNS:irc.example", -1, 1, NULL),
		.timeout = 1,
	};
	struct end server = { 0 };
	int fd;

	door_open(&door, &server, 1);
	fd = raw_connect(door.port);
	raw_say(fd, said);
	if (leave)
		shutdown(fd, SHUT_WR);
	RUN_UNTIL(server.closed);
	assert_like(server.why, why);
	assert_int_equal(server.connected, 0);
	close(fd);
	end_finish(&server);
	door_close(&door);
}

static void
handshake_garbage(void **state)
{
	char record[263] = { 0 };

	(void)state;
	handshake_of("GET / HTTP/1.1\r\n\r\n", false,
	    "the peer does not speak TLS here");
	handshake_of("<?xml version='1.0'?><stream:stream>", false,
	    "the peer does not speak TLS here");
	handshake_of("\x16\x03\x01\x02", false,
	    "TLS handshake not done in time");
	handshake_of("", false, "TLS handshake not done in time");
	handshake_of("", true,
	    "closed by the peer during the TLS handshake");
	handshake_of("\x16\x03\x01", true,
	    "closed by the peer during the TLS handshake");
	/* A record, but of no handshake. */
	memset(record, 'x', sizeof(record) - 1);
	memcpy(record, "\x17\x03\x03\x01\x01", 5);
	handshake_of(record, false, "the peer does not speak TLS here");
}

static void
greet(struct end *e, const char *what)
{
	if (strcmp(what, "connected") == 0)
		end_say(e, "220 plain text here\r\n");
}

static void
client_meets_plain_server(void **state)
{
	struct door door = { 0 };
	struct end server = { .hook = greet }, client = { 0 };
	struct tls *tls = kit_client(true, NULL);

	(void)state;
	door_open(&door, &server, 1);
	end_connect(&client, "127.0.0.1", door.port, tls, NULL);
	RUN_UNTIL(client.closed);
	assert_string_equal(client.why, "the peer does not speak TLS here");
	pair_close(&door, &server, &client);
	tls_destroy(tls);
}

static void
client_meets_silence(void **state)
{
	struct door door = { 0 };
	struct end server = { 0 }, client = { 0 };
	struct tls *tls = kit_client(true, NULL);
	struct conn_target target = { .host = "127.0.0.1", .tls = tls,
		.timeout = 1 };

	(void)state;
	door_open(&door, &server, 1);
	target.port = door.port;
	ev_now_update(loop);		/* making the client took long */
	client.conn = conn_connect(loop, &target, &end_events, &client);
	RUN_UNTIL(client.closed);
	assert_string_equal(client.why, "TLS handshake not done in time");
	pair_close(&door, &server, &client);
	tls_destroy(tls);
}

/* An independent client: plain OpenSSL with the given settings.  Returns what
 * it sees of the server's choice, or NULL when the handshake failed. */
static const char *
foreign_client(struct tls *server_side, int version, const char *alpn,
    size_t alpn_len, char **server_why)
{
	static char chosen[32];
	struct door door = { .tls = server_side };
	struct end server = { 0 };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	const unsigned char *proto = NULL;
	unsigned proto_len = 0;
	int fd, r, error;

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, version);
	ssl = SSL_new(ctx);
	if (alpn_len > 0)
		SSL_set_alpn_protos(ssl, (const unsigned char *)alpn,
		    (unsigned)alpn_len);
	door_open(&door, &server, 1);
	fd = raw_connect(door.port);
	ev_sleep(0.01);
	SSL_set_fd(ssl, fd);
	do {
		struct timeval brief = { .tv_usec = 20000 };

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof(brief));
		r = SSL_connect(ssl);
		error = SSL_get_error(ssl, r);
		kit_turn();
	} while (r != 1 && error == SSL_ERROR_WANT_READ);
	if (r == 1)
		RUN_UNTIL(server.connected);
	else
		RUN_UNTIL(server.closed);
	SSL_get0_alpn_selected(ssl, &proto, &proto_len);
	snprintf(chosen, sizeof(chosen), "%.*s", (int)proto_len,
	    proto != NULL ? (const char *)proto : "");
	*server_why = xstrdup_null(server.why);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	end_finish(&server);
	door.tls = NULL;
	door_close(&door);
	return r == 1 ? chosen : NULL;
}

static void
versions_and_alpn(void **state)
{
	struct tls *tls = kit_server("DNS:irc.example", -1, 1, NULL);
	char *why;

	(void)state;
	assert_string_equal(foreign_client(tls, TLS1_3_VERSION, NULL, 0,
	    &why), "");
	assert_null(why);
	assert_string_equal(foreign_client(tls, TLS1_2_VERSION,
	    "\x02h2\x0bxmpp-client", 15, &why), "xmpp-client");
	assert_null(why);
	assert_null(foreign_client(tls, TLS1_3_VERSION, "\x02h2", 3, &why));
	assert_string_equal(why, "TLS: no application protocol");
	free(why);
	assert_null(foreign_client(tls, TLS1_1_VERSION, NULL, 0, &why));
	assert_string_equal(why, "no TLS version in common (1.2 or later is "
	    "required)");
	free(why);
	tls_destroy(tls);
	ERR_clear_error();
}

/* Our part of the handshake does not fit into a full socket: wait for room,
 * not for bytes. */
static void
handshake_blocked(void **state)
{
	struct tls *tls = kit_server("DNS:irc.example", -1, 1, NULL);
	struct end server = { .echo = true };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	char chunk[1000] = { 0 }, echo[6] = { 0 };
	size_t filler = 0;
	ssize_t n;
	int pair[2], r;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    pair), 0);
	SSL_set_fd(ssl, pair[1]);
	assert_int_equal(SSL_connect(ssl), -1);
	while ((n = send(pair[0], chunk, sizeof(chunk), 0)) > 0)
		filler += (size_t)n;
	server.conn = conn_accept(loop, pair[0], tls, 10, &end_events,
	    &server);
	kit_wait(0.2);
	assert_int_equal(server.closed, 0);
	for (; filler > 0; filler -= (size_t)n) {
		n = recv(pair[1], chunk, filler < sizeof(chunk) ? filler :
		    sizeof(chunk), 0);
		assert_true(n > 0);
	}
	while ((r = SSL_connect(ssl)) != 1) {
		assert_int_equal(SSL_get_error(ssl, r), SSL_ERROR_WANT_READ);
		kit_turn();
	}
	assert_int_equal(SSL_write(ssl, "hello", 5), 5);
	RUN_UNTIL(SSL_read(ssl, echo, 5) == 5);
	assert_string_equal(echo, "hello");
	assert_string_equal(conn_peer(server.conn), "local");
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(pair[1]);
	end_finish(&server);
	tls_destroy(tls);
}

/* A side may go, or change, under the connections made with it. */
static void
side_destroyed_early(void **state)
{
	struct door door = { .tls = kit_server("IP:127.0.0.1", -1, 1, NULL) };
	struct end server = { .echo = true }, client = { 0 };
	struct tls *tls = kit_client(false, NULL);

	(void)state;
	door_open(&door, &server, 1);
	end_connect(&client, "127.0.0.1", door.port, tls, NULL);
	tls_destroy(tls);
	RUN_UNTIL(server.conn != NULL);
	tls_destroy(door.tls);
	door.tls = NULL;
	end_say(&client, "still here");
	RUN_UNTIL(end_heard(&client, "still here"));
	pair_close(&door, &server, &client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verify_names),
		cmocka_unit_test(unverified),
		cmocka_unit_test(pinned),
		cmocka_unit_test(authorities),
		cmocka_unit_test(authorities_missing),
		cmocka_unit_test(starttls),
		cmocka_unit_test(starttls_wrong_name),
		cmocka_unit_test(starttls_destroy),
		cmocka_unit_test(starttls_injection),
		cmocka_unit_test(starttls_after_queue),
		cmocka_unit_test(starttls_then_finish),
		cmocka_unit_test(handshake_garbage),
		cmocka_unit_test(client_meets_plain_server),
		cmocka_unit_test(client_meets_silence),
		cmocka_unit_test(versions_and_alpn),
		cmocka_unit_test(handshake_blocked),
		cmocka_unit_test(side_destroyed_early),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
