/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.h - lines to and from one IRC server: the socket, lines cut in pieces
 * by TCP, and the queue that keeps us within the server's flood limit. */
#ifndef BACKENDS_IRC_LINK_H
#define BACKENDS_IRC_LINK_H

#include <ev.h>
#include <stdbool.h>

#include "backends/irc/flood.h"
#include "backends/irc/line.h"
#include "backends/irc/up.h"
#include "net/conn.h"
#include "util/buf.h"
#include "util/macros.h"

#define LINK_QUEUE_MAX 200	/* lines waiting */

struct link_events {
	/* May be NULL; see struct conn_events. */
	void	(*attempt)(void *ctx, const struct sockaddr *own,
		    const struct sockaddr *peer);
	void	(*up)(void *ctx);
	void	(*line)(void *ctx, struct line *);
	/* Closed, not by link_close(); link_close() was called already. */
	void	(*down)(void *ctx, const char *why);
	/* Bytes of a line to text, as line_decode() does; and the line that
	 * begins at that place of the buffer to bytes.  NULL: UTF-8. */
	size_t	(*decode)(void *ctx, char *out, size_t size,
		    const char *bytes, size_t len);
	void	(*encode)(void *ctx, struct buf *, size_t at, size_t max);
};

struct link_queued;

/* A member of its owner; fields are link.c's unless said otherwise. */
struct link {
	struct ev_loop	*loop;
	const struct link_events *events;
	void		*ctx;
	struct conn	*conn;		/* NULL: closed */
	struct buf	*tap;		/* tests: takes the place of conn */
	unsigned	 closes;	/* how often; a handler may have closed
					 * it and begun another connection */
	struct buf	 partial;	/* of a line; <= LINE_IN_MAX */
	struct buf	 held;		/* for the next turn; then conn rests */
	struct ev_timer	 next_turn;	/* runs while there is something held */
	const struct flood_limit *limit;
	struct flood	 flood;
	struct link_queued *first, *last;
	struct ev_timer	 pace;		/* runs while something may leave later */
	double		 heard;		/* ev_now() of the last bytes */
	unsigned	 queued;	/* lines; <= LINK_QUEUE_MAX */
	/* Of link_send(), on this connection.  The owner may read them: a line
	 * whose number is above left has not gone anywhere. */
	unsigned long	 taken, left;
	uint16_t	 line_max;	/* the owner may raise it; CR LF counts */
	bool		 open;		/* the queue may move: registered */
};

/* All pointers are borrowed and outlive the link. */
void	link_init(struct link *, struct ev_loop *, const struct flood_limit *,
	    const struct link_events *, void *ctx);
/* Safe from inside its events, and twice.  What was queued never left. */
void	link_close(struct link *);
void	link_connect(struct link *, const struct conn_target *);
/* QUIT was written: nothing that is queued may leave behind it.  What the
 * server still says is heard until it hangs up. */
void	link_finish(struct link *);

/* Stop or start reading. */
void	link_pause(struct link *, bool pause);

/* Send at once, past the queue: registration, PONG and the like.  Params end
 * with NULL; see line_put() for what makes it fail. */
int	link_now(struct link *, const char *command, ...)
	    __attribute__((sentinel));
/* Send when the server's limit allows.  Fails also when the queue is full. */
int	link_send(struct link *, const char *command, ...)
	    __attribute__((sentinel));
/* The same with tags in front, as line_add_tag() makes them; NULL: none.  They
 * do not count as bytes of the line. */
int	link_send_tagged(struct link *, const char *tags, const char *command,
	    ...) __attribute__((sentinel));
/* Would link_send() hand a line to the socket at once, if the limit allows? */
bool	link_is_straight(const struct link *);
/* If the newest line in the queue is this PING, take it out again. */
bool	link_unsend_ping(struct link *, const char *token);
/* Lines of these numbers, as taken counts them, do not leave if they have not
 * yet; their numbers stay used. */
void	link_cancel(struct link *, unsigned long first, unsigned long last);
/* Lines that link_send() would take now. */
unsigned link_space(const struct link *);
/* Is there room for a line that nobody waits for, without delaying others? */
bool	link_is_quiet(const struct link *);
/* Seconds until all that is queued has left, and so many lines more. */
double	link_delay(struct link *, unsigned lines);
/* Lines that would leave within so many seconds if they were queued now. */
unsigned link_room(struct link *, double seconds);
/* Registered: the queue may move. */
void	link_open(struct link *);
/* The limit has other values now: what waits may leave earlier. */
void	link_limit_changed(struct link *);

/* Bytes have come from the server.  For tests; the socket calls it too.  When
 * they become too many bytes for the main process the rest is held back until
 * the next turn: one line about somebody in all rooms is hundreds of
 * messages. */
void	link_feed(struct link *, const char *data, size_t len);

#endif
