/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http.h - requests over HTTP that do not block: libcurl's multi interface on
 * libev.  Connections are kept and shared; one to a server that speaks HTTP/2
 * carries all requests to it. */
#ifndef BACKENDS_TWITTER_HTTP_H
#define BACKENDS_TWITTER_HTTP_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "util/macros.h"

struct http_call;		/* one request that is under way */

struct http_response {
	long		 status;	/* 0: there was no answer */
	const char	*error;		/* then why, for humans; else NULL */
	bool		 too_long;	/* that is why */
	bool		 sent;		/* without an answer: it may have been
					 * done all the same */
	const char	*type;		/* content type, or NULL */
	const char	*body;		/* terminated, may be empty */
	size_t		 length;
	/* Headers of X; absent ones are -1. */
	long		 limit, remaining;
	time_t		 reset;		/* seconds since 1970 by their clock */
	long		 retry_after;	/* seconds */
	time_t		 date;		/* their clock */
};

/* Called once, never before http_start() has returned; what the response points
 * to dies with the call. */
typedef void http_done(void *ctx, const struct http_response *);

struct http_request {
	const char	*method;	/* "GET" "POST" "PUT" "DELETE" */
	const char	*url;
	const char	*authorization;	/* value of that header, or NULL */
	const char	*content_type;	/* of the body, or NULL */
	const void	*body;		/* copied */
	size_t		 length;
	size_t		 max;		/* bytes of an answer; 0: 2 MiB */
	double		 timeout;	/* seconds; 0: 30 */
	bool		 foreign;	/* an address that a user has given:
					 * none of this host or its network,
					 * redirects are followed */
};

/* ca: file of certificates, or NULL for the system's.  private_too: addresses
 * of this host and its network are foreign ones like others (tests). */
void		 http_init(struct ev_loop *, const char *ca,
		    bool private_too);
/* For all but foreign addresses, that it would hide from us: libcurl's address
 * of a proxy, NULL for none whatever the environment says; user and password or
 * NULL.  Borrowed until http_finish(). */
void		 http_proxy(const char *url, const char *user,
		    const char *password);
/* Those under way are forgotten.  Harmless without http_init(). */
void		 http_finish(void);

struct http_call *http_start(const struct http_request *, http_done *,
		    void *ctx);
/* The answer will not come.  NULL is fine; not after the answer. */
void		 http_cancel(struct http_call *);

#endif
