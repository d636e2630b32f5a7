/* SPDX-License-Identifier: GPL-2.0-or-later */
/* channel.h - bytes <-> messages over the two pipes of a backend. */
#ifndef MANAGER_POOL_CHANNEL_H
#define MANAGER_POOL_CHANNEL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/codec.h"
#include "util/buf.h"

/* Each may close the channel; nothing is called after that. */
struct channel_events {
	/* One whole message.  A RESPONSE is still to be read with
	 * decoder_result(channel->decoder, ...). */
	void	(*message)(void *ctx, const struct msg *);
	/* It sent what is no message, or does not read its answers. */
	void	(*garbage)(void *ctx, const char *why);
	/* No more will come, or nothing can be sent any more. */
	void	(*ended)(void *ctx, const char *why);
	/* Below the low-water mark after it was full. */
	void	(*drained)(void *ctx);
};

struct channel {
	struct ev_loop	*loop;
	const struct channel_events *events;
	void		*ctx;
	ev_io		 readable, writable;
	int		 from, to;	/* -1: closed */
	struct decoder	*decoder;
	struct buf	 in, out;
	size_t		 high;		/* bytes in out that mean full */
	uint64_t	 written;	/* bytes since the beginning */
	uint64_t	 unread;	/* of these; known when it is closed */
	bool		 full;		/* from high to high / 2 */
	bool		 dirty;		/* a flush waits for the turn's end */
	bool		 broken;	/* writing failed, not reported yet */
	bool		 held;		/* reading is off */
	bool		 frozen;	/* so is writing */
	unsigned long	 sent, received;	/* messages */
};

/* Takes the descriptors over. */
void	channel_open(struct channel *, struct ev_loop *, int from, int to,
	    size_t high, const struct channel_events *, void *ctx);
/* Close the pipes at once, and take back what the backend has not read: from
 * here on it has had the first .written - .unread bytes and no more.  Memory
 * stays, as callbacks may be using it. */
void	channel_close(struct channel *);
void	channel_finish(struct channel *);	/* closes and frees */

/* To send: encode a message behind channel->out, then call this.  It is
 * written at the end of the loop turn; a closed channel forgets it. */
void	channel_added(struct channel *);
bool	channel_is_open(const struct channel *);
size_t	channel_queued(const struct channel *);
/* Where in the stream the next message begins. */
uint64_t channel_end(const struct channel *);
/* Stop or go on reading, so that the backend has to wait for us. */
void	channel_hold(struct channel *, bool hold);
/* Read and write nothing at all, or go on. */
void	channel_freeze(struct channel *, bool freeze);
/* Go on with what is in .in, .out and .broken, which another process left. */
void	channel_resume(struct channel *);
/* Leave the pipes to somebody else. */
void	channel_abandon(struct channel *);
/* Handle what a dead backend left in the pipe, without waiting for its end. */
void	channel_read_rest(struct channel *);

#endif
