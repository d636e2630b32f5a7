/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* The same over TLS, at once or by STARTTLS. */
#include "tests/unit/server_kit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static char directory[64], certificate[96];

struct tls_client_end {
	struct conn	*conn;
	struct buf	 in;
	bool		 up, closed;
};

static void
tls_up(void *ctx)
{
	((struct tls_client_end *)ctx)->up = true;
}

static void
tls_data(void *ctx, const char *data, size_t len)
{
	buf_add(&((struct tls_client_end *)ctx)->in, data, len);
}

static void
tls_closed(void *ctx, const char *why)
{
	(void)why;
	((struct tls_client_end *)ctx)->closed = true;
}

static const struct conn_events tls_events = {
	.connected = tls_up, .secured = tls_up, .data = tls_data,
	.closed = tls_closed,
};

static void
tls_send(struct tls_client_end *p, const char *text)
{
	buf_adds(conn_out(p->conn), text);
	conn_send(p->conn);
}

static void
tls_connect(struct tls_client_end *p, unsigned port, struct tls *tls)
{
	char text[8];
	struct conn_target target = { .host = "127.0.0.1", .port = text,
	    .tls = tls };

	snprintf(text, sizeof(text), "%u", port);
	*p = (struct tls_client_end){ 0 };
	p->conn = conn_connect(loop, &target, &tls_events, p);
	wait_for(p->up);
	p->up = false;
}

static void
tls_finish(struct tls_client_end *p)
{
	conn_destroy(p->conn);
	buf_free(&p->in);
	turn();
}

/* From the header to a bound resource, over what is there. */
static void
tls_login(struct tls_client_end *p)
{
	buf_clear(&p->in);
	tls_send(p, HEADER);
	wait_for(count(&p->in, "</stream:features>") == 1);
	assert_int_equal(count(&p->in, "starttls"), 0);
	assert_int_equal(count(&p->in, "PLAIN"), 1);
	tls_send(p, AUTH(ANA_PW));
	wait_for(count(&p->in, "<success ") == 1);
	tls_send(p, HEADER);
	wait_for(count(&p->in, "<bind ") == 1);
	tls_send(p, BIND("tls"));
	wait_for(count(&p->in, "ana@irc.example/tls") == 1);
	tls_send(p, "<presence/>");
	wait_for(count(&t.seen, "<presence/>") == 1);
	buf_clear(&t.seen);
}

/* Not one of those that the kernel gives to others in a moment. */
static unsigned
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	unsigned port = 10000 + (unsigned)getpid() % 20000;

	for (int fd, r = -1; r == -1; close(fd)) {
		assert_true((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
		sin.sin_port = htons((uint16_t)++port);
		r = bind(fd, (struct sockaddr *)&sin, sizeof(sin));
	}
	return port;
}

static void
over_tls(void **state)
{
	struct server_config cfg = { .cert = certificate, .tls_port = free_port() };
	struct tls *tls;
	struct tls_client_end p;
	struct peer raw;
	char *why = NULL;

	(void)state;
	tls = tls_client(false, NULL, &why);
	assert_non_null(tls);
	start(cfg);
	assert_int_equal(server_tls_port(t.link), cfg.tls_port);
	tls_connect(&p, server_tls_port(t.link), tls);
	tls_login(&p);
	tls_finish(&p);

	tls_connect(&p, server_port(t.link), NULL);
	tls_send(&p, HEADER);
	wait_for(count(&p.in, "<stream:features><starttls "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms ") == 1);
	tls_send(&p, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	wait_for(count(&p.in, "<proceed "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") == 1);
	conn_start_tls(p.conn, tls, "irc.example");
	wait_for(p.up);
	tls_login(&p);
	assert_int_equal(server_reload(t.link, &why), 0);
	assert_int_equal(say("message", "ana@irc.example/tls"), 0);
	wait_for(count(&p.in, "<message ") == 1);
	tls_finish(&p);
	wait_for(count(&t.seen, "gone") == 1);

	/* Bytes that came in the open behind the request are not obeyed. */
	buf_clear(&t.seen);
	buf_clear(&logged);
	open_stream(&raw);
	peer_send(&raw, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
	    HEADER AUTH(ANA_PW));
	peer_expect(&raw, "<proceed ");
	turns(0.05);
	assert_int_equal(buf_len(&t.seen), 0);
	peer_send(&raw, "no handshake at all");
	peer_expect_end(&raw);
	assert_int_equal(count(&logged, "\n"), 1);
	peer_close(&raw);

	buf_clear(&logged);
	peer_connect(&raw, server_tls_port(t.link));
	peer_send(&raw, HEADER);
	peer_expect_end(&raw);
	wait_for(count(&logged, "\n") == 1);
	peer_close(&raw);
	tls_destroy(tls);
}

static int
make_certificate(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	FILE *f;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/test_server.XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(certificate, sizeof(certificate), "%s/cert.pem", directory);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"irc.example", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	f = fopen(certificate, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL,
	    NULL), 1);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
	return 0;
}

static int
remove_certificate(void **state)
{
	(void)state;
	unlink(certificate);
	rmdir(directory);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(over_tls),
	};

	return cmocka_run_group_tests(tests, make_certificate,
	    remove_certificate);
}
