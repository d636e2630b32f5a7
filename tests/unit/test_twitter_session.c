/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter kit protocol util */
/* What a session does when X does not take its token any more.  The server is a
 * few lines in the same loop. */
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

#include "backends/twitter/api.h"
#include "backends/twitter/budget.h"
#include "backends/twitter/config.h"
#include "backends/twitter/http.h"
#include "backends/twitter/renew.h"
#include "util/later.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define USER	"ann@example.org"

static const char *valid;		/* the access token that X takes */
static bool renews;
static int renewals, asked_me;
static enum outcome outcomes[8];
static size_t n_outcomes;

/* --------------------------------------------------------------- the server */

static const char *
answer(const char *request)
{
	bool in = strstr(request, valid) != NULL;

	if (strncmp(request, "POST /2/oauth2/token", 20) == 0) {
		renewals++;
		if (!renews)
			return "400 No\r\n\r\n{\"error\":\"invalid_request\"}";
		valid = "access-2";
		return "200 OK\r\n\r\n{\"access_token\":\"access-2\","
		    "\"refresh_token\":\"refresh-2\",\"expires_in\":7200}";
	}
	if (strstr(request, "/2/users/me") != NULL)
		asked_me++;
	if (!in || strstr(request, "username/odd") != NULL)
		return "401 No\r\n\r\n{\"title\":\"Unauthorized\"}";
	return "200 OK\r\n\r\n{\"data\":{\"id\":\"7\","
	    "\"username\":\"ann\",\"name\":\"Ann\"}}";
}

static void
serve(struct ev_loop *loop, ev_io *w, int events)
{
	char request[4096];
	ssize_t n = read(w->fd, request, sizeof(request) - 1);
	const char *a;

	(void)events;
	request[n > 0 ? n : 0] = '\0';
	a = answer(request);
	if (n > 0 && (write(w->fd, "HTTP/1.1 ", 9) != 9 ||
	    write(w->fd, a, strlen(a)) != (ssize_t)strlen(a)))
		fail_msg("write");
	ev_io_stop(loop, w);
	close(w->fd);
	free(w);
}

static void
welcome(struct ev_loop *loop, ev_io *w, int events)
{
	ev_io *io = xcalloc(1, sizeof(*io));

	(void)events;
	ev_io_init(io, serve, accept(w->fd, NULL, NULL), EV_READ);
	ev_io_start(loop, io);
}

static ev_io listener;

static int
begin(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t size = sizeof(in);
	char url[60], *why;
	struct pair pairs[] = { { "client_id", "me" },
		{ "base_url", url } };
	struct section s = { .name = "twitter", .pairs = { pairs, 2 } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&in, size) < 0 || listen(fd, 9) < 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &size) < 0)
		return -1;
	ev_io_init(&listener, welcome, fd, EV_READ);
	ev_io_start(EV_DEFAULT_ &listener);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d",
	    ntohs(in.sin_port));
	if (config_read(&(struct sections){ &s, 1 }, &why) < 0)
		return -1;
	http_init(EV_DEFAULT, NULL, true);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	sessions_logout_all();
	later_run();
	renew_finish();
	http_finish();
	budget_finish();
	config_finish();
	ev_io_stop(EV_DEFAULT_ &listener);
	close(listener.fd);
	return 0;
}

/* ---------------------------------------------------------------- the tests */

static void
turn(void)
{
	ev_run(EV_DEFAULT_ EVRUN_ONCE);
	later_run();
}

static struct session *
log_in(void)
{
	struct pair tokens = { "tokens", "2 0 access-1 refresh-1" };
	const struct msg_login m = { .user = USER, .account = "ann",
	    .settings = { &tokens, 1 } };

	valid = "access-1";
	renews = true;
	renewals = asked_me = 0;
	n_outcomes = 0;
	session_login(&m);
	while (session_find(USER) != NULL && !session_find(USER)->connected)
		turn();
	assert_non_null(session_find(USER));
	return session_find(USER);
}

static void
done(struct session *s, const struct api_answer *a, void *ctx)
{
	(void)s;
	(void)ctx;
	outcomes[n_outcomes++] = a->outcome;
}

static void
ask(struct session *s, const char *name)
{
	const struct api_request r = { .endpoint = E_user_by_name,
	    .path = { name } };

	api_call(s, &r, done, NULL);
}

/* Many are refused, one asks for a new token, all go on with it. */
static void
one_renewal(void **state)
{
	struct session *s = log_in();

	(void)state;
	valid = "none";
	for (int i = 0; i < 5; i++)
		ask(s, "bob");
	while (n_outcomes < 5)
		turn();
	for (int i = 0; i < 5; i++)
		assert_int_equal(outcomes[i], API_OK);
	assert_int_equal(renewals, 1);
	assert_non_null(strstr(session_setting(s, "tokens", ""),
	    "access-2 refresh-2"));
}

/* Refused for one thing is not refused for all. */
static void
doubt(void **state)
{
	struct session *s = log_in();

	(void)state;
	ask(s, "odd");
	while (n_outcomes < 1 || asked_me < 2 || !LIST_EMPTY(&s->calls))
		turn();
	assert_int_equal(outcomes[0], API_REVOKED);
	assert_ptr_equal(session_find(USER), s);
	assert_true(s->connected);
}

/* All that wait hear of it, and then the session is over. */
static void
revoked(void **state)
{
	struct session *s = log_in();

	(void)state;
	valid = "none";
	renews = false;
	ask(s, "bob");
	ask(s, "bob");
	while (session_find(USER) != NULL)
		turn();
	assert_int_equal(n_outcomes, 2);
	assert_int_equal(outcomes[0], API_REVOKED);
	assert_int_equal(outcomes[1], API_REVOKED);
	assert_int_equal(renewals, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_renewal),
		cmocka_unit_test(doubt),
		cmocka_unit_test(revoked),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
