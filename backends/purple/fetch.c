/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libcurl on GLib's loop.  Files wait in directories of their own, each with
 * the name under which it is sent on. */
#include "backends/purple/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/kit/kit.h"
#include "backends/purple/directory.h"
#include "backends/purple/filename.h"
#include "util/log.h"
#include "util/reach.h"
#include "util/xalloc.h"

#define PREFIX		"spectrum2-file-"
#define FETCHES_MAX	32		/* of all users */
#define REDIRECTS_MAX	3L
#define CONNECT_SECONDS	15L
#define SECONDS_MAX	300L
#define SLOW_BYTES	1000L		/* a second; slower than that is as */
#define SLOW_SECONDS	30L		/* good as stopped */

struct fetch {
	CURL		*easy;
	char		*path;
	int		 fd;
	int64_t		 max, size;
	fetch_done	*done;
	void		*ctx;
	bool		 too_large, full;
};

static CURLM *multi;
static guint timer;
static unsigned count;
static bool private_too;

/* ------------------------------------------------------------------ files */

/* Not where libpurple's own files are: that is memory. */
static const char *
place(void)
{
	const char *tmp = getenv("TMPDIR");

	return tmp != NULL && *tmp == '/' ? tmp : "/var/tmp";
}

static char *
make_path(const char *name)
{
	char shown[FILENAME_MAX_BYTES], *dir, *path;

	dir = xasprintf("%s/" PREFIX "XXXXXX", place());
	if (mkdtemp(dir) == NULL) {
		log_warn("cannot make %s: %s", dir, strerror(errno));
		free(dir);
		return NULL;
	}
	filename_shown(name, shown);
	path = xasprintf("%s/%s", dir, shown);
	free(dir);
	return path;
}

void
fetch_remove(char *path)
{
	if (path == NULL)
		return;
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(path);
}

/* The last part of the address' path. */
static char *
name_in(const char *url)
{
	const char *s = strstr(url, "://");
	size_t len;
	char *name, *decoded;
	int n = 0;

	s = s ? s + 3 : url;
	len = strcspn(s, "?#");
	name = xstrndup(s, len);
	s = strrchr(name, '/');
	decoded = curl_easy_unescape(NULL, s ? s + 1 : "", 0, &n);
	free(name);
	name = xstrdup(decoded && n > 0 ? decoded : "file");
	curl_free(decoded);
	return name;
}

/* ------------------------------------------------------------------- loop */

static void finish_some(void);

static gboolean
ready(gint fd, GIOCondition condition, gpointer data)
{
	int running, what = 0;

	(void)data;
	if (condition & (G_IO_IN | G_IO_HUP))
		what |= CURL_CSELECT_IN;
	if (condition & G_IO_OUT)
		what |= CURL_CSELECT_OUT;
	if (condition & (G_IO_ERR | G_IO_NVAL))
		what |= CURL_CSELECT_ERR;
	curl_multi_socket_action(multi, fd, what, &running);
	finish_some();
	/* curl itself has replaced or removed this watch, if so. */
	return G_SOURCE_CONTINUE;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *watched)
{
	guint id = GPOINTER_TO_UINT(watched);
	GIOCondition condition = 0;

	(void)easy;
	(void)ctx;
	if (id != 0)
		g_source_remove(id);
	id = 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		condition |= G_IO_IN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		condition |= G_IO_OUT;
	if (condition != 0)
		id = g_unix_fd_add(fd, condition, ready, NULL);
	curl_multi_assign(multi, fd, GUINT_TO_POINTER(id));
	return 0;
}

static gboolean
timed_out(gpointer data)
{
	int running;

	(void)data;
	timer = 0;
	curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_some();
	return G_SOURCE_REMOVE;
}

static int
on_timer(CURLM *m, long ms, void *ctx)
{
	(void)m;
	(void)ctx;
	if (timer != 0)
		g_source_remove(timer);
	timer = ms >= 0 ? g_timeout_add((guint)ms, timed_out, NULL) : 0;
	return 0;
}

/* --------------------------------------------------------------- transfer */

static curl_socket_t
on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)ctx;
	(void)purpose;
	if (!private_too && !reach_is_public(&address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, address->protocol);
}

static size_t
on_data(char *data, size_t size, size_t n, void *ctx)
{
	struct fetch *f = ctx;
	size_t len = size * n;
	ssize_t written;

	if (f->size + (int64_t)len > f->max) {
		f->too_large = true;
		return 0;
	}
	for (size_t at = 0; at < len; at += (size_t)written) {
		written = write(f->fd, data + at, len - at);
		if (written <= 0) {
			f->full = true;
			return 0;
		}
	}
	f->size += (int64_t)len;
	return len;
}

static void
close_fetch(struct fetch *f)
{
	curl_multi_remove_handle(multi, f->easy);
	curl_easy_cleanup(f->easy);
	if (f->fd >= 0)
		close(f->fd);
	count--;
}

static const char *
why_not(const struct fetch *f, CURLcode code, long status)
{
	if (f->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return "it is too large";
	if (f->full)
		return "the gateway has no room for it";
	if (code == CURLE_HTTP_RETURNED_ERROR)
		return status == 404 ? "it is not there" :
		    "its server does not give it";
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "its server is too slow";
	if (code == CURLE_OK && f->size == 0)
		return "it is empty";
	return "its server cannot be reached";
}

static void
finish(struct fetch *f, CURLcode code)
{
	bool good = code == CURLE_OK && f->size > 0;
	const char *why;
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	why = good ? NULL : why_not(f, code, status);
	if (!good)
		log_debug("a file could not be fetched: %s (%s)", why,
		    curl_easy_strerror(code));
	close_fetch(f);
	if (!good) {
		fetch_remove(f->path);
		f->path = NULL;
	}
	f->done(f->ctx, f->path, why);
	free(f);
}

static void
finish_some(void)
{
	CURLMsg *msg;
	char *f;
	int left;

	while ((msg = curl_multi_info_read(multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &f);
		finish((struct fetch *)(void *)f, msg->data.result);
	}
}

/* No cookies, no credentials, no proxy of the environment. */
static int
set_options(struct fetch *f, const char *url)
{
	CURL *e = f->easy;
	int bad = 0;

	bad |= curl_easy_setopt(e, CURLOPT_URL, url);
	bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	bad |= curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)f->max);
	bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	bad |= curl_easy_setopt(e, CURLOPT_TIMEOUT, SECONDS_MAX);
	bad |= curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	bad |= curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* Else a slow resolver is waited for at the end. */
	bad |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(e, CURLOPT_USERAGENT, "spectrum2");
	bad |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_data);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	bad |= curl_easy_setopt(e, CURLOPT_PRIVATE, f);
	return bad == 0 ? 0 : -1;
}

static bool
start_multi(void)
{
	if (multi != NULL)
		return true;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
	    (multi = curl_multi_init()) == NULL)
		return false;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	return true;
}

struct fetch *
fetch_start(const char *url, const char *name, int64_t max,
    fetch_done *done, void *ctx)
{
	struct fetch *f;
	char *own = NULL;

	if (count >= FETCHES_MAX || (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0) || !start_multi())
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->max = max;
	f->done = done;
	f->ctx = ctx;
	if (name == NULL || *name == '\0')
		name = own = name_in(url);
	f->path = make_path(name);
	free(own);
	f->fd = f->path == NULL ? -1 : open(f->path, O_WRONLY | O_CREAT |
	    O_EXCL | O_CLOEXEC, 0600);
	f->easy = f->fd >= 0 ? curl_easy_init() : NULL;
	count++;
	if (f->easy == NULL || set_options(f, url) < 0 ||
	    curl_multi_add_handle(multi, f->easy) != CURLM_OK) {
		fetch_cancel(f);
		return NULL;
	}
	return f;
}

void
fetch_cancel(struct fetch *f)
{
	close_fetch(f);
	fetch_remove(f->path);
	free(f);
}

static void
init(void)
{
	private_too = kit_config_bool("service", "fetch_private", false);
	/* Of processes that were killed: no file is on its way for so long. */
	directory_sweep_old(place(), PREFIX);
}

const struct module fetch_module = { .init = init };
