/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net_kit.h - for tests with real sockets: a loop that runs until something is
 * true, two ends of a connection that remember what they were told, and
 * certificates made on the spot. */
#ifndef TESTS_NET_KIT_H
#define TESTS_NET_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "net/conn.h"
#include "net/listener.h"
#include "util/buf.h"
#include "util/later.h"
#include "util/xalloc.h"

#define PATIENCE 100.0	/* seconds; the sanitizers are slow */

static struct ev_loop *loop;
static ev_prepare kit_prepare;
static char kit_dir[] = "/tmp/test-net.XXXXXX";

static void
kit_later(struct ev_loop *l, ev_prepare *w, int revents)
{
	(void)l, (void)w, (void)revents;
	later_run();
}

static int
kit_setup(void **state)
{
	(void)state;
	loop = ev_loop_new(EVFLAG_AUTO);
	ev_prepare_init(&kit_prepare, kit_later);
	ev_prepare_start(loop, &kit_prepare);
	ev_unref(loop);
	assert_non_null(mkdtemp(kit_dir));
	return 0;
}

static int
kit_teardown(void **state)
{
	char *command = xasprintf("rm -rf %s", kit_dir);

	(void)state;
	later_run();
	assert_int_equal(system(command), 0);
	free(command);
	return 0;
}

static inline char *
kit_path(const char *name)
{
	return xasprintf("%s/%s", kit_dir, name);
}

/* One turn at a time until the condition holds; fails after PATIENCE. */
#define RUN_UNTIL(condition) \
	do { \
		ev_tstamp limit = ev_time() + PATIENCE; \
		while (!(condition)) { \
			if (ev_time() > limit) \
				fail_msg("never: %s", #condition); \
			kit_turn(); \
		} \
	} while (0)

static void
kit_wake(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)l, (void)w, (void)revents;
}

static inline void
kit_turn(void)
{
	ev_timer wake;

	ev_timer_init(&wake, kit_wake, 0.1, 0.);
	ev_timer_start(loop, &wake);
	ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &wake);
}

static inline void
kit_wait(double seconds)
{
	ev_tstamp end = ev_time() + seconds;

	do {
		kit_turn();
	} while (ev_time() < end);
}

/* One end of a connection. */
struct end {
	struct conn	*conn;
	struct buf	 in;
	int		 connected, secured, drained, closed;
	char		*why;
	bool		 echo;
	/* Called first in each callback; may destroy. */
	void		(*hook)(struct end *, const char *what);
};

static void
end_hook(struct end *e, const char *what)
{
	if (e->hook != NULL)
		e->hook(e, what);
}

static void
end_connected(void *ctx)
{
	struct end *e = ctx;

	assert_int_equal(e->closed, 0);
	e->connected++;
	end_hook(e, "connected");
}

static void
end_secured(void *ctx)
{
	struct end *e = ctx;

	assert_int_equal(e->closed, 0);
	e->secured++;
	end_hook(e, "secured");
}

static void
end_data(void *ctx, const char *data, size_t len)
{
	struct end *e = ctx;

	assert_true(len > 0);
	assert_int_equal(e->connected, 1);
	assert_int_equal(e->closed, 0);
	if (e->echo) {
		buf_add(conn_out(e->conn), data, len);
		conn_send(e->conn);
	} else {
		buf_add(&e->in, data, len);
	}
	end_hook(e, "data");
}

static void
end_drained(void *ctx)
{
	struct end *e = ctx;

	e->drained++;
	assert_int_equal(conn_queued(e->conn), 0);
	end_hook(e, "drained");
}

static void
end_closed(void *ctx, const char *why)
{
	struct end *e = ctx;

	e->closed++;
	assert_non_null(why);
	free(e->why);
	e->why = xstrdup(why);
	end_hook(e, "closed");
}

static const struct conn_events end_events = {
	.connected = end_connected, .secured = end_secured, .data = end_data,
	.drained = end_drained, .closed = end_closed,
};

static inline void
end_say(struct end *e, const char *text)
{
	buf_adds(conn_out(e->conn), text);
	conn_send(e->conn);
}

static inline bool
end_heard(const struct end *e, const char *text)
{
	return buf_len(&e->in) == strlen(text) &&
	    memcmp(buf_data(&e->in), text, strlen(text)) == 0;
}

static inline void
end_finish(struct end *e)
{
	conn_destroy(e->conn);
	buf_free(&e->in);
	free(e->why);
	*e = (struct end){ 0 };
	later_run();
}

/* A listener that accepts into ends, in order. */
struct door {
	struct listener	*listener;
	struct tls	*tls;
	double		 timeout;
	struct end	*ends;
	size_t		 n, max;
	char		 port[8];
};

static void
door_accept(void *ctx, int fd)
{
	struct door *d = ctx;
	struct end *e;

	assert_true(d->n < d->max);
	e = &d->ends[d->n++];
	e->conn = conn_accept(loop, fd, d->tls, d->timeout, &end_events, e);
}

static inline void
door_open(struct door *d, struct end *ends, size_t max)
{
	char *why = NULL;

	d->ends = ends;
	d->max = max;
	d->listener = listener_create(loop, "127.0.0.1", 0, door_accept, d,
	    &why);
	if (d->listener == NULL)
		fail_msg("%s", why);
	snprintf(d->port, sizeof(d->port), "%u", listener_port(d->listener));
}

static inline void
door_close(struct door *d)
{
	listener_destroy(d->listener);
	tls_destroy(d->tls);
	*d = (struct door){ 0 };
	later_run();
}

static inline void
end_connect(struct end *e, const char *host, const char *port,
    struct tls *tls, const char *name)
{
	const struct conn_target target = {
		.host = host, .port = port, .tls = tls, .tls_name = name,
		.timeout = PATIENCE,
	};

	e->conn = conn_connect(loop, &target, &end_events, e);
	assert_non_null(e->conn);
}

/* A plain blocking socket to the door, for peers that misbehave. */
static inline int
raw_connect(const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static inline void
raw_say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
}

/* Close with a reset instead of an orderly end. */
static inline void
raw_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* A connected client and server, up and ready. */
static inline void
pair_open(struct door *door, struct end *server, struct end *client,
    struct tls *tls)
{
	door_open(door, server, 1);
	end_connect(client, "127.0.0.1", door->port, tls, NULL);
	RUN_UNTIL(client->connected && server->connected);
}

static inline void
pair_close(struct door *door, struct end *server, struct end *client)
{
	end_finish(server);
	end_finish(client);
	door_close(door);
}

/* A certificate and its key. */
struct kit_cert {
	X509		*cert;
	EVP_PKEY	*key;
};

static inline void
cert_extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* san is "DNS:irc.example,IP:127.0.0.1" or NULL; days from now; signed by
 * issuer or by itself. */
static inline struct kit_cert
cert_make(const char *cn, const char *san, int from, int to,
    const struct kit_cert *issuer)
{
	static long serial;
	struct kit_cert c = { X509_new(), EVP_EC_gen("P-256") };
	X509_NAME *name;

	assert_non_null(c.cert);
	assert_non_null(c.key);
	X509_set_version(c.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(c.cert), from * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(c.cert), to * 86400L);
	X509_set_pubkey(c.cert, c.key);
	name = X509_get_subject_name(c.cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(c.cert, issuer != NULL ?
	    X509_get_subject_name(issuer->cert) : name);
	if (san != NULL)
		cert_extend(c.cert, NID_subject_alt_name, san);
	else
		cert_extend(c.cert, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(c.cert, issuer != NULL ? issuer->key : c.key,
	    EVP_sha256()) > 0);
	return c;
}

static inline void
cert_free(struct kit_cert *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
}

/* The parts named in order: c certificate, k key, e key encrypted with
 * "secret", i certificate of the issuer. */
static inline char *
cert_write(const char *file, const char *parts, const struct kit_cert *c,
    const struct kit_cert *issuer)
{
	char *path = kit_path(file);
	FILE *f = fopen(path, "w");
	int ok = 1;

	assert_non_null(f);
	for (; *parts != '\0'; parts++) {
		switch (*parts) {
		case 'c':
			ok &= PEM_write_X509(f, c->cert);
			break;
		case 'i':
			ok &= PEM_write_X509(f, issuer->cert);
			break;
		case 'k':
			ok &= PEM_write_PKCS8PrivateKey(f, c->key, NULL, NULL,
			    0, NULL, NULL);
			break;
		case 'e':
			ok &= PEM_write_PKCS8PrivateKey(f, c->key,
			    EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
			break;
		}
	}
	assert_int_equal(ok, 1);
	fclose(f);
	return path;
}

/* A server side for the names, and the file to trust it by. */
static inline struct tls *
kit_server(const char *san, int from, int to, char **trust)
{
	struct kit_cert c = cert_make("test server", san, from, to, NULL);
	char *path = cert_write("server.pem", "ck", &c, NULL), *why = NULL;
	struct tls *tls = tls_server(path, NULL, NULL, &why);

	if (tls == NULL)
		fail_msg("%s", why);
	free(path);
	path = cert_write("trust.pem", "c", &c, NULL);
	if (trust != NULL)
		*trust = path;
	else
		free(path);
	cert_free(&c);
	return tls;
}

static inline struct tls *
kit_client(bool verify, const char *ca)
{
	char *why = NULL;
	struct tls *tls = tls_client(verify, ca, &why);

	if (tls == NULL)
		fail_msg("%s", why);
	return tls;
}

#endif
