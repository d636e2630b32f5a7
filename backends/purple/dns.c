/* SPDX-License-Identifier: GPL-2.0-or-later */
/* c-ares' sockets and its timer as sources of GLib's.  What the answers mean is
 * left to resolve.c.
 *
 * Not GLib's own resolver: it has ten threads, all of which a name server that
 * is silent keeps busy, and a TXT record that is not UTF-8 crashes it. */
#include "backends/purple/dns.h"

#include <arpa/nameser.h>
#include <glib-unix.h>
#include <glib.h>
#include <netdb.h>
#include <sys/socket.h>

#include "net/nameserver.h"

static struct {
	struct nameservers servers;
	GHashTable	*sockets;	/* descriptor -> its source */
	guint		 timer;		/* 0: none */
} channel;

/* What is to be called with the answer that the channel has counted. */
struct question {
	ares_addrinfo_callback	 host;
	ares_callback		 record;
	void			*ctx;
};

/* --------------------------------------------------------------------- loop */

static gboolean
on_timeout(gpointer data);

static void
arm(void)
{
	struct timeval tv;

	if (channel.timer != 0)
		g_source_remove(channel.timer);
	channel.timer = 0;
	if (ares_timeout(channel.servers.ares, NULL, &tv) != NULL)
		channel.timer = g_timeout_add((guint)(tv.tv_sec * 1000 +
		    tv.tv_usec / 1000 + 1), on_timeout, NULL);
}

static gboolean
on_timeout(gpointer data)
{
	(void)data;
	channel.timer = 0;
	ares_process_fd(channel.servers.ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm();
	return G_SOURCE_REMOVE;
}

static gboolean
on_socket(gint fd, GIOCondition condition, gpointer data)
{
	(void)data;
	ares_process_fd(channel.servers.ares,
	    condition & ~(unsigned)G_IO_OUT ? fd : ARES_SOCKET_BAD,
	    condition & G_IO_OUT ? fd : ARES_SOCKET_BAD);
	arm();
	/* Where it is not wanted any more it has been removed already. */
	return G_SOURCE_CONTINUE;
}

static void
on_socket_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
	gpointer key = GINT_TO_POINTER(fd);
	guint source = GPOINTER_TO_UINT(g_hash_table_lookup(channel.sockets,
	    key));
	GIOCondition condition = 0;

	(void)ctx;
	if (source != 0) {
		g_source_remove(source);
		g_hash_table_remove(channel.sockets, key);
	}
	if (!readable && !writable)
		return;
	if (readable)
		condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
	if (writable)
		condition |= G_IO_OUT | G_IO_ERR;
	source = g_unix_fd_add(fd, condition, on_socket, NULL);
	g_hash_table_insert(channel.sockets, key, GUINT_TO_POINTER(source));
}

static int
refresh(void)
{
	if (channel.sockets == NULL)
		channel.sockets = g_hash_table_new(NULL, NULL);
	return nameservers_refresh(&channel.servers, on_socket_state, NULL);
}

/* ---------------------------------------------------------------- questions */

static void
on_host(void *ctx, int status, int timeouts, struct ares_addrinfo *result)
{
	struct question *q = ctx;

	channel.servers.queries--;
	q->host(q->ctx, status, timeouts, result);
	g_free(q);
}

static void
on_record(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
	struct question *q = ctx;

	channel.servers.queries--;
	q->record(q->ctx, status, timeouts, answer, len);
	g_free(q);
}

void
dns_host(const char *host, const char *port, ares_addrinfo_callback answer,
    void *ctx)
{
	struct ares_addrinfo_hints hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_ENVHOSTS,
	};
	struct question *q = g_new0(struct question, 1);
	int status = refresh();

	*q = (struct question){ .host = answer, .ctx = ctx };
	channel.servers.queries++;
	if (status != ARES_SUCCESS) {
		on_host(q, status, 0, NULL);
		return;
	}
	ares_getaddrinfo(channel.servers.ares, host, port, &hints, on_host, q);
	arm();
}

void
dns_record(const char *name, int type, ares_callback answer, void *ctx)
{
	struct question *q = g_new0(struct question, 1);
	int status = refresh();

	*q = (struct question){ .record = answer, .ctx = ctx };
	channel.servers.queries++;
	if (status != ARES_SUCCESS) {
		on_record(q, status, 0, NULL, 0);
		return;
	}
	ares_query(channel.servers.ares, name, ns_c_in, type, on_record, q);
	arm();
}
