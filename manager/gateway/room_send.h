/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_send.h - messages from the user's clients to a room or to one of its
 * occupants, from being taken to being shown or answered.  None is lost:
 * each is sent, waits for the room to come back, or gets an error. */
#ifndef MANAGER_GATEWAY_ROOM_SEND_H
#define MANAGER_GATEWAY_ROOM_SEND_H

#include "manager/gateway/room_data.h"
#include "manager/gateway/room_history.h"
#include "manager/gateway/say.h"
#include "util/pack.h"

/* A message as a client sent it; NULL: absent. */
struct room_words {
	const char	*from, *to;	/* addresses of the stanza */
	const char	*id, *origin_id;	/* XEP-0359 */
	const char	*nick;		/* private: to whom; NULL: to all */
	const char	*body, *xhtml, *replaces, *thread, *lang;
	const char	*reply_id, *reply_author, *reply_text;
	const char	*files;		/* of files.h */
	const char	*extra;		/* of raw.h */
	bool		 receipt;	/* asked for (XEP-0184) */
};

/* Its texts: to be copied and packed. */
#define ROOM_WORDS_TEXTS(X) \
	X(from) X(to) X(id) X(origin_id) X(nick) X(body) X(xhtml) \
	X(replaces) X(thread) X(lang) \
	X(reply_id) X(reply_author) X(reply_text) \
	X(files) X(extra)

/* The client is of this room. */
void	room_send(struct room *, const struct room_words *);
/* The room is joined, or an answer has made place: send what waits. */
void	room_sends_flush(struct room *);
/* What the network has taken but not shown will not be shown any more. */
void	room_sends_lost(struct room *);
/* The room is over: all that is under way or waits is answered so. */
void	room_sends_fail(struct room *, enum stanza_error, const char *text);
/* Only the part that waits. */
void	room_sends_fail_waiting(struct room *, enum stanza_error,
	    const char *text);
/* The room goes; answers that still come only free memory. */
void	room_sends_orphan(struct room *);
/* Show what the network took and never echoed.  Returns whether there is
 * more to wait for. */
bool	room_sends_due(struct room *, double now);

/* Over an upgrade: all of them into a list, and one of them back. */
void	room_sends_pack(const struct room *, struct packer *);
void	room_send_unpack(struct room *, const struct packed *);
/* The answer to one that is in flight, ctx is its own; what is needed to find
 * that again (false: nobody waits for it), and how (NULL: it is not there). */
rpc_reply room_send_answered;
bool	room_send_pack_request(const void *ctx, struct packer *);
void	*room_send_of_request(struct user *, const struct packed *);

/* The network has shown one of the user's own: which (by the id given in the
 * request)?  true: it is done, and has been shown to the clients under the
 * stanza id and time of p; false: none such is under way. */
bool	room_send_echoed(struct room *, const char *origin,
	    const struct past *p);

/* It was said: show it to all clients that are in, and remember it.  What
 * lacks a stanza id gets one. */
void	room_said(struct room *, const struct past *);
/* The same without showing it: the network fills in history. */
void	room_was_said(struct room *, const struct past *);

/* The same for what was done to something that was said: history does without
 * it, the archive does not.  It gets a new id, which is written to id, and the
 * time. */
enum { ROOM_ID_SIZE = 40 };
void	room_did(struct room *, struct past *, char id[ROOM_ID_SIZE]);

#endif
