/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stream.h - one XMPP stream over one connection, either end of it (RFC 6120
 * 4): headers, stanzas in, bytes out, errors, the end.  Who may say what is
 * the owner's business.
 *
 * The owner destroys it, at the latest in closed; it may do so in any callback.
 * After the stream is over, by either side or by an error, the connection lives
 * on for a moment until the last bytes have left. */
#ifndef MANAGER_XMPP_STREAM_H
#define MANAGER_XMPP_STREAM_H

#include <ev.h>

#include "manager/xmpp/parser.h"
#include "net/conn.h"
#include "util/pack.h"

#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

struct stream;

struct stream_events {
	/* The connection is up; nothing has been sent. */
	void	(*connected)(void *ctx);
	/* The TLS handshake begun by stream_start_tls() is done; both headers
	 * are to be sent again. */
	void	(*secured)(void *ctx);
	/* The peer's header. */
	void	(*opened)(void *ctx, struct arena *, const struct stanza *);
	void	(*stanza)(void *ctx, struct arena *, const struct stanza *);
	/* No more of the above: the peer ended the stream or broke the rules
	 * (its fault, and it has been told), or the connection was lost.  why
	 * is for humans.  Comes at most once; never after stream_error() or
	 * stream_close(). */
	void	(*ended)(void *ctx, const char *why, bool fault);
	/* All that was to be sent has left.  May be NULL. */
	void	(*drained)(void *ctx);
	/* The connection is gone.  Comes once and last. */
	void	(*closed)(void *ctx);
};

struct stream_config {
	const char	*ns;		/* of the content: a literal */
	const char	*domain;	/* ours; borrowed while it lives */
	bool		 server;	/* we answer: our header has from, id
					 * and version; else it has to */
	size_t		 stanza_max;	/* bytes */
};

/* Both borrow events for the stream's life. */
struct stream	*stream_connect(struct ev_loop *, const struct conn_target *,
		    const struct stream_config *, const struct stream_events *,
		    void *ctx);
struct stream	*stream_accept(struct ev_loop *, int fd, struct tls *,
		    double tls_timeout, const struct stream_config *,
		    const struct stream_events *, void *ctx);
/* Go on with one that stream_handover() has put into this map; NULL when that
 * cannot be.  Neither connected nor opened come. */
struct stream	*stream_adopt(struct ev_loop *, const struct packed *,
		    const struct stream_config *, const struct stream_events *,
		    void *ctx);
void		 stream_destroy(struct stream *);	/* NULL is fine */

/* Send our header. */
void		 stream_open(struct stream *);
/* Append whole stanzas, then send. */
struct buf	*stream_out(struct stream *);
void		 stream_send(struct stream *);
/* The peer's next bytes are a new header, and so are ours. */
void		 stream_restart(struct stream *, size_t stanza_max);
/* Begin TLS as the accepting side when what is queued has left.  Whatever the
 * peer sent meanwhile is dropped. */
void		 stream_start_tls(struct stream *, struct tls *);
/* End the stream; with an error where condition is not NULL.  text may be
 * NULL.  Nothing happens when it is over already. */
void		 stream_error(struct stream *, const char *condition,
		    const char *text);
void		 stream_close(struct stream *);

/* Take no more in from the end of the stanza that is being read; what has been
 * read beyond, 64 KiB at most, waits here until it is resumed. */
void		 stream_pause(struct stream *);
void		 stream_resume(struct stream *);

/* The callbacks get another ctx from now on. */
void		 stream_set_ctx(struct stream *, void *ctx);
/* The peer has ended it in good order. */
bool		 stream_is_finished(const struct stream *);
/* Nothing of a stanza has been read that is not whole: it can be handed over,
 * if it has no TLS. */
bool		 stream_is_idle(const struct stream *);
/* Into the open map: descriptor, header, bytes that have not left, and those
 * that have come and wait. */
void		 stream_handover(const struct stream *, struct packer *);

/* What a received <stream:error/> says: its condition, and its text or "". */
const char	*stream_error_condition(struct arena *, const struct stanza *,
		    const char **text);

struct conn	*stream_conn(struct stream *);
ev_tstamp	 stream_heard(const struct stream *);	/* last bytes came */

#endif
