/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <ev.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/twitter/http.h"
#include "util/later.h"
#include "util/reach.h"

#define PRIVATE		"127.0.0.1"
#define PUBLIC		"127.0.0.2"	/* so to say */

static unsigned port;
static unsigned asked_private;

/* Instead of the one in util. */
bool
reach_is_public(const struct sockaddr *address)
{
	struct sockaddr_in in;

	memcpy(&in, address, sizeof(in));
	return in.sin_family == AF_INET &&
	    in.sin_addr.s_addr == inet_addr(PUBLIC);
}

/* ------------------------------------------------------------------- server */

struct client {
	ev_io	 io;
	bool	 is_public;
};

/* Redirects whoever comes by its public address. */
static void
readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct client *c = (struct client *)w;
	char in[4096], out[512];
	ssize_t n = recv(w->fd, in, sizeof(in), 0);

	(void)events;
	if (n <= 0) {
		ev_io_stop(loop, w);
		close(w->fd);
		free(c);
		return;
	}
	asked_private += !c->is_public;
	if (c->is_public)
		snprintf(out, sizeof(out), "HTTP/1.1 302 Found\r\nLocation: "
		    "http://" PRIVATE ":%u/secret\r\nContent-Length: 0\r\n\r\n",
		    port);
	else
		snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\n"
		    "Content-Length: 6\r\n\r\nsecret");
	assert_int_equal(send(w->fd, out, strlen(out), 0), strlen(out));
}

static void
accepted(struct ev_loop *loop, ev_io *w, int events)
{
	struct sockaddr_in to;
	socklen_t len = sizeof(to);
	struct client *c = calloc(1, sizeof(*c));
	int fd = accept(w->fd, NULL, NULL);

	(void)events;
	assert_true(fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &len), 0);
	c->is_public = to.sin_addr.s_addr == inet_addr(PUBLIC);
	ev_io_init(&c->io, readable, fd, EV_READ);
	ev_io_start(loop, &c->io);
}

/* The port of both addresses. */
static void
serve(ev_io *w, const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = inet_addr(address);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	port = ntohs(at.sin_port);
	ev_io_init(w, accepted, fd, EV_READ);
	ev_io_start(EV_DEFAULT_ w);
}

/* ------------------------------------------------------------------- client */

static long status;
static char body[64];

static void
answered(void *ctx, const struct http_response *r)
{
	(void)ctx;
	status = r->status;
	snprintf(body, sizeof(body), "%s", r->body);
	ev_break(EV_DEFAULT_ EVBREAK_ALL);
}

static void
get(const char *host, bool foreign)
{
	char url[80];

	snprintf(url, sizeof(url), "http://%s:%u/", host, port);
	status = -1;
	http_start(&(struct http_request){ .method = "GET", .url = url,
	    .foreign = foreign }, answered, NULL);
	ev_run(EV_DEFAULT_ 0);
}

static void
turn(struct ev_loop *loop, ev_prepare *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	later_run();
}

/* A connection to an address of this network may be open already: no address
 * that a user gives leads there, not even by way of a public one. */
static void
stays_outside(void **state)
{
	ev_io here, there;
	ev_prepare prepare;

	(void)state;
	serve(&here, PRIVATE);
	serve(&there, PUBLIC);
	http_init(EV_DEFAULT, NULL, false);
	ev_prepare_init(&prepare, turn);
	ev_prepare_start(EV_DEFAULT_ &prepare);
	get(PRIVATE, false);
	assert_int_equal(status, 200);
	assert_string_equal(body, "secret");
	get(PRIVATE, true);
	assert_int_equal(status, 0);
	get(PUBLIC, true);
	assert_int_equal(asked_private, 1);
	assert_int_equal(status, 0);
	ev_io_stop(EV_DEFAULT_ &here);
	ev_io_stop(EV_DEFAULT_ &there);
	ev_prepare_stop(EV_DEFAULT_ &prepare);
	close(here.fd);
	close(there.fd);
	http_finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
