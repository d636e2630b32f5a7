/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libcurl says what it waits for, libev waits.  An answer is given at the end
 * of the turn, so that libcurl is never called from within itself. */
#include "backends/twitter/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/later.h"
#include "util/log.h"
#include "util/reach.h"
#include "util/xalloc.h"

#define MAX_BYTES	((size_t)2 * 1024 * 1024)
#define TIMEOUT		30.0		/* seconds */
#define CONNECT_TIMEOUT	10L
#define REDIRECTS_MAX	5L
#define CONNECTIONS_MAX	64L
#define PER_HOST_MAX	8L
#define NUMBER_MAX	100000000000	/* of a header */

struct http_call {
	LIST_ENTRY(http_call) entry;
	CURL		*easy;
	struct curl_slist *headers;
	struct buf	 body;		/* of the answer */
	size_t		 max;
	bool		 too_long;
	bool		 over;		/* libcurl is done with it */
	bool		 cancelled;
	char		 why[CURL_ERROR_SIZE];
	http_done	*done;
	void		*ctx;
	struct http_response response;
};

static struct {
	struct ev_loop	*loop;
	CURLM		*multi;
	char		*ca;
	bool		 private_too;
	const char	*proxy, *proxy_user, *proxy_password;
	ev_timer	 timer;
	LIST_HEAD(, http_call) calls;
} http;

/* ------------------------------------------------------------------ answers */

static void
destroy(struct http_call *call)
{
	LIST_REMOVE(call, entry);
	if (!call->over)
		curl_multi_remove_handle(http.multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	buf_free(&call->body);
	free(call);
}

static void
answer(void *object)
{
	struct http_call *call = object;
	struct http_response *r = &call->response;

	buf_addc(&call->body, '\0');
	r->body = buf_data(&call->body);
	r->length = buf_len(&call->body) - 1;
	if (!call->cancelled)
		call->done(call->ctx, r);
	destroy(call);
}

static void
failed(struct http_call *call, CURLcode code)
{
	struct http_response *r = &call->response;
	curl_off_t sent = 0;
	long requests = 0;

	r->status = 0;
	r->too_long = call->too_long;
	if (call->too_long)
		r->error = "the answer is too long";
	else if (*call->why != '\0')
		r->error = call->why;
	else
		r->error = curl_easy_strerror(code);
	curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &requests);
	r->sent = sent > 0 || requests > 0;
}

static void
finished(struct http_call *call, CURLcode code)
{
	struct http_response *r = &call->response;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &r->status);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &r->type);
	if (code != CURLE_OK)
		failed(call, code);
	curl_multi_remove_handle(http.multi, call->easy);
	call->over = true;
	later(answer, call);
}

static void
collect(void)
{
	CURLMsg *msg;
	char *call;
	int left;

	while ((msg = curl_multi_info_read(http.multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call);
		finished((struct http_call *)(void *)call, msg->data.result);
	}
}

/* --------------------------------------------------- what libcurl waits for */

static void
act(int fd, int what)
{
	int running;

	curl_multi_socket_action(http.multi, fd, what, &running);
	collect();
}

static void
ready(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	act(w->fd, (events & EV_READ ? CURL_CSELECT_IN : 0) |
	    (events & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void
due(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	act(CURL_SOCKET_TIMEOUT, 0);
}

static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *unused,
    void *socket)
{
	ev_io *io = socket;

	(void)easy;
	(void)unused;
	if (io != NULL)
		ev_io_stop(http.loop, io);
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(http.multi, fd, NULL);
		later_free(io);
		return 0;
	}
	if (io == NULL) {
		io = xcalloc(1, sizeof(*io));
		curl_multi_assign(http.multi, fd, io);
	}
	ev_io_init(io, ready, fd, (what & CURL_POLL_IN ? EV_READ : 0) |
	    (what & CURL_POLL_OUT ? EV_WRITE : 0));
	ev_io_start(http.loop, io);
	return 0;
}

static int
set_timer(CURLM *multi, long ms, void *unused)
{
	(void)multi;
	(void)unused;
	ev_timer_stop(http.loop, &http.timer);
	if (ms >= 0) {
		ev_timer_set(&http.timer, (double)ms / 1000, 0);
		ev_timer_start(http.loop, &http.timer);
	}
	return 0;
}

/* ------------------------------------------------------------ what comes in */

static size_t
take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct http_call *call = ctx;

	n *= size;
	call->too_long = buf_len(&call->body) + n > call->max;
	if (call->too_long)
		return 0;	/* ends it with an error */
	buf_add(&call->body, data, n);
	return n;
}

static bool
is_header(const char *line, size_t n, const char *name, const char **value)
{
	size_t length = strlen(name);

	if (n <= length || line[length] != ':' ||
	    strncasecmp(line, name, length) != 0)
		return false;
	*value = line + length + 1;
	return true;
}

/* That is never too large to be added to a time. */
static long
number(const char *value)
{
	long n = atol(value);

	return n < -1 ? -1 : n > NUMBER_MAX ? NUMBER_MAX : n;
}

/* libcurl gives each line with its end, but not terminated. */
static size_t
take_header(char *line, size_t size, size_t n, void *ctx)
{
	struct http_response *r = &((struct http_call *)ctx)->response;
	const char *value;
	char copy[256];

	n *= size;
	if (n == 0 || n >= sizeof(copy))
		return n;
	memcpy(copy, line, n);
	copy[n] = '\0';
	if (is_header(copy, n, "x-rate-limit-limit", &value))
		r->limit = number(value);
	else if (is_header(copy, n, "x-rate-limit-remaining", &value))
		r->remaining = number(value);
	else if (is_header(copy, n, "x-rate-limit-reset", &value))
		r->reset = (time_t)number(value);
	else if (is_header(copy, n, "retry-after", &value))
		r->retry_after = number(value);
	else if (is_header(copy, n, "date", &value))
		r->date = curl_getdate(value, NULL);
	return n;
}

/* ----------------------------------------------------- users' own addresses */

/* Looked at here, as a name can have any address, and another one tomorrow. */
static curl_socket_t
open_foreign(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)ctx;
	(void)purpose;
	if (!http.private_too && !reach_is_public(&address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

/* And here: for where it is redirected to libcurl takes a connection to X that
 * is open, whatever else was asked of it. */
static int
ask_foreign(void *ctx, char *to, char *from, int port, int from_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *address = NULL;

	(void)ctx;
	(void)from;
	(void)port;
	(void)from_port;
	if (inet_pton(AF_INET, to, &in.sin_addr) == 1)
		address = (const struct sockaddr *)&in;
	else if (inet_pton(AF_INET6, to, &in6.sin6_addr) == 1)
		address = (const struct sockaddr *)&in6;
	return http.private_too || (address != NULL &&
	    reach_is_public(address)) ? CURL_PREREQFUNC_OK :
	    CURL_PREREQFUNC_ABORT;
}

/* ----------------------------------------------------------------- requests */

static void
add_header(struct http_call *call, const char *name, const char *value)
{
	char *line;

	if (value == NULL)
		return;
	line = xasprintf("%s: %s", name, value);
	call->headers = curl_slist_append(call->headers, line);
	free(line);
}

static void
set_foreign(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_foreign);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, ask_foreign);
	/* One that is open already was looked at for another request, perhaps
	 * not for a foreign one; and a proxy would hide the address. */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void
set_proxy(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_PROXY, http.proxy ? http.proxy : "");
	if (http.proxy_user == NULL)
		return;
	curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, http.proxy_user);
	curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD,
	    http.proxy_password ? http.proxy_password : "");
}

static void
set_options(struct http_call *call, const struct http_request *r)
{
	CURL *easy = call->easy;
	double timeout = r->timeout > 0 ? r->timeout : TIMEOUT;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_URL, r->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_USERAGENT,
	    "spectrum2/" SPECTRUM_VERSION);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(timeout * 1000));
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	if (http.ca != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, http.ca);
	if (r->body != NULL || strcmp(r->method, "POST") == 0) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)r->length);
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
		    r->body ? r->body : "");
	}
	/* On a kept connection that ends without an answer libcurl asks once
	 * more by itself, which posts a second time what was posted. */
	if (strcmp(r->method, "GET") != 0) {
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	}
	if (r->foreign)
		set_foreign(easy);
	else
		set_proxy(easy);
}

struct http_call *
http_start(const struct http_request *r, http_done *done, void *ctx)
{
	struct http_call *call = xcalloc(1, sizeof(*call));

	call->easy = curl_easy_init();
	if (call->easy == NULL)
		fatal("libcurl: out of memory");
	call->done = done;
	call->ctx = ctx;
	call->max = r->max > 0 ? r->max : MAX_BYTES;
	call->response = (struct http_response){ .limit = -1,
		.remaining = -1, .reset = -1, .retry_after = -1, .date = -1 };
	add_header(call, "Authorization", r->authorization);
	add_header(call, "Content-Type", r->content_type);
	/* What libcurl adds by itself, and waits for. */
	call->headers = curl_slist_append(call->headers, "Expect:");
	set_options(call, r);
	LIST_INSERT_HEAD(&http.calls, call, entry);
	curl_multi_add_handle(http.multi, call->easy);
	return call;
}

void
http_cancel(struct http_call *call)
{
	if (call == NULL)
		return;
	call->cancelled = true;
	/* Else its answer is on the way here, and destroys it. */
	if (!call->over)
		destroy(call);
}

/* --------------------------------------------------------------------- life */

void
http_init(struct ev_loop *loop, const char *ca, bool private_too)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	http.loop = loop;
	http.ca = ca != NULL ? xstrdup(ca) : NULL;
	http.private_too = private_too;
	http.multi = curl_multi_init();
	if (http.multi == NULL)
		fatal("libcurl: out of memory");
	LIST_INIT(&http.calls);
	ev_timer_init(&http.timer, due, 0, 0);
	curl_multi_setopt(http.multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(http.multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(http.multi, CURLMOPT_PIPELINING,
	    CURLPIPE_MULTIPLEX);
	curl_multi_setopt(http.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    CONNECTIONS_MAX);
	curl_multi_setopt(http.multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	    PER_HOST_MAX);
}

void
http_proxy(const char *url, const char *user, const char *password)
{
	http.proxy = url;
	http.proxy_user = user;
	http.proxy_password = password;
}

void
http_finish(void)
{
	struct http_call *call;

	if (http.multi == NULL)
		return;
	LIST_FOREACH(call, &http.calls, entry)
		call->cancelled = true;
	later_run();		/* answers on the way */
	while ((call = LIST_FIRST(&http.calls)) != NULL)
		destroy(call);
	ev_timer_stop(http.loop, &http.timer);
	curl_multi_cleanup(http.multi);
	later_run();		/* watchers of its sockets */
	free(http.ca);
	curl_global_cleanup();
}
