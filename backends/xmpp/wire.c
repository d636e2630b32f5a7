/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls and calls of OpenSSL as libstrophe finds them.  See wire.h. */
#include "backends/xmpp/wire.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

static struct wire *current;

static void
find(void *slot, const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		fatal("the system has no %s", name);
	/* POSIX lets an object pointer be a function; C has no cast for it. */
	memcpy(slot, &function, sizeof(function));
}

/* The function behind the one of this name that is defined here. */
#define REAL(result, name, ...) \
	static result (*real)(__VA_ARGS__); \
	if (real == NULL) \
		find(&real, name)

static bool
is_wire(int fd)
{
	return current != NULL && fd != -1 && fd == current->fd;
}

static bool
is_ours(const SSL *ssl)
{
	return current != NULL && ssl != NULL && ssl == current->ssl;
}

static bool
is_readable(void)
{
	return buf_len(&current->in) > 0 || current->eof;
}

static int
receive(void *data, size_t size)
{
	size_t n = buf_len(&current->in);

	if (n == 0)
		return 0;
	if (n > size)
		n = size;
	memcpy(data, buf_data(&current->in), n);
	buf_consume(&current->in, n);
	return (int)n;
}

static int
transmit(const void *data, size_t len)
{
	if (len > INT_MAX)
		len = INT_MAX;
	current->events->send(current->ctx, data, len);
	return (int)len;
}

/* ------------------------------------------------------------- system calls */

/* Under names of ours, as the headers of the system have their own ways of
 * declaring these. */
int	hook_connect(int, const struct sockaddr *, socklen_t)
	    __asm__("connect");
int	hook_getpeername(int, struct sockaddr *, socklen_t *)
	    __asm__("getpeername");
ssize_t	hook_send(int, const void *, size_t, int) __asm__("send");
ssize_t	hook_recv(int, void *, size_t, int) __asm__("recv");
int	hook_select(int, fd_set *, fd_set *, fd_set *, struct timeval *)
	    __asm__("select");
int	hook_close(int) __asm__("close");

int
hook_close(int fd)
{
	REAL(int, "close", int);

	return is_wire(fd) ? 0 : real(fd);
}

int
hook_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	REAL(int, "connect", int, const struct sockaddr *, socklen_t);

	if (!is_wire(fd))
		return real(fd, to, len);
	errno = EINPROGRESS;
	return -1;
}

int
hook_getpeername(int fd, struct sockaddr *to, socklen_t *len)
{
	REAL(int, "getpeername", int, struct sockaddr *, socklen_t *);

	return is_wire(fd) ? 0 : real(fd, to, len);
}

ssize_t
hook_send(int fd, const void *data, size_t len, int flags)
{
	REAL(ssize_t, "send", int, const void *, size_t, int);

	return is_wire(fd) ? transmit(data, len) : real(fd, data, len, flags);
}

ssize_t
hook_recv(int fd, void *data, size_t size, int flags)
{
	REAL(ssize_t, "recv", int, void *, size_t, int);

	return is_wire(fd) ? receive(data, size) : real(fd, data, size, flags);
}

int
hook_select(int n, fd_set *in, fd_set *out, fd_set *special,
    struct timeval *timeout)
{
	REAL(int, "select", int, fd_set *, fd_set *, fd_set *,
	    struct timeval *);

	if (current == NULL || current->fd == -1)
		return real(n, in, out, special, timeout);
	/* Writing is always possible: it goes into a buffer. */
	if (!is_readable())
		FD_CLR(current->fd, in);
	return 1;
}

/* ------------------------------------------------------------------ OpenSSL */

/* libstrophe makes one for each connection, and loads all authorities of the
 * system into it: 800 KiB and 40 ms.  As it is for show, one is enough. */
static SSL_CTX *shared;

SSL_CTX *
SSL_CTX_new(const SSL_METHOD *method)
{
	REAL(SSL_CTX *, "SSL_CTX_new", const SSL_METHOD *);

	if (current == NULL)
		return real(method);
	if (shared == NULL)
		shared = real(method);
	if (shared != NULL)
		SSL_CTX_up_ref(shared);
	return shared;
}

int
SSL_CTX_set_default_verify_paths(SSL_CTX *ctx)
{
	REAL(int, "SSL_CTX_set_default_verify_paths", SSL_CTX *);

	return ctx == shared && ctx != NULL ? 1 : real(ctx);
}

int
SSL_connect(SSL *ssl)
{
	REAL(int, "SSL_connect", SSL *);

	if (current == NULL || !is_wire(SSL_get_fd(ssl)))
		return real(ssl);
	current->ssl = ssl;
	buf_clear(&current->in);
	current->events->secure(current->ctx);
	return 1;
}

int
SSL_read(SSL *ssl, void *data, int size)
{
	REAL(int, "SSL_read", SSL *, void *, int);

	return is_ours(ssl) ? receive(data, (size_t)size) :
	    real(ssl, data, size);
}

int
SSL_write(SSL *ssl, const void *data, int len)
{
	REAL(int, "SSL_write", SSL *, const void *, int);

	return is_ours(ssl) ? transmit(data, (size_t)len) :
	    real(ssl, data, len);
}

int
SSL_pending(const SSL *ssl)
{
	REAL(int, "SSL_pending", const SSL *);

	/* select() has said it all. */
	return is_ours(ssl) ? 0 : real(ssl);
}

int
SSL_shutdown(SSL *ssl)
{
	REAL(int, "SSL_shutdown", SSL *);

	return is_ours(ssl) ? 1 : real(ssl);
}

/* --------------------------------------------------------------------- life */

void
wire_init(struct wire *w, const struct wire_events *events, void *ctx)
{
	*w = (struct wire){ .events = events, .ctx = ctx, .fd = -1 };
}

void
wire_finish(struct wire *w)
{
	buf_free(&w->in);
	w->fd = -1;
	w->ssl = NULL;
	w->eof = false;
}

void
wire_enter(struct wire *w)
{
	w->outer = current;
	current = w;
}

void
wire_leave(void)
{
	if (buf_len(&current->in) == 0)
		buf_trim(&current->in);
	current = current->outer;
}

/* In place of the socket that libstrophe has made: it is never read or written,
 * so that one is enough for all.  It is taken early, and its number is low, which
 * libstrophe needs: it puts it into an fd_set. */
int
wire_socket(xmpp_conn_t *c, void *fd)
{
	static int stand_in = -1;
	int *slot = fd;

	(void)c;
	if (stand_in == -1)
		stand_in = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (stand_in == -1 || stand_in >= FD_SETSIZE)
		return -1;
	close(*slot);
	*slot = current->fd = stand_in;
	return 0;
}
