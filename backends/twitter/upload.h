/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upload.h - one file, on its way to X in pieces.
 * (docs.x.com, Chunked media upload) */
#ifndef BACKENDS_TWITTER_UPLOAD_H
#define BACKENDS_TWITTER_UPLOAD_H

#include "backends/twitter/session.h"
#include "util/buf.h"

struct upload;

struct upload_file {
	struct buf	*data;		/* taken: it is empty then */
	const char	*type;		/* static: image/png */
	const char	*category;	/* static: tweet_image */
	const char	*description;	/* or NULL */
};

/* id: NULL when it went wrong, then code (of the backend protocol) and text say
 * why.  All die when this returns.  The upload is gone by then. */
typedef void upload_done(void *ctx, const char *id, const char *code,
    const char *text);

/* done is called once, later. */
struct upload *upload_start(struct session *, const struct upload_file *,
		    upload_done *, void *ctx);
/* It will not be called.  NULL is fine.  Before the session is gone. */
void	upload_cancel(struct upload *);

#endif
