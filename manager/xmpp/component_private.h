/* SPDX-License-Identifier: GPL-2.0-or-later */
/* component_private.h - what the files of the component link share.
 *   component.c           its life: connecting, proving, breaking, again
 *   component_send.c      our stanzas: out, kept, confirmed, sent again
 *   component_handover.c  how it goes on in another process */
#ifndef MANAGER_XMPP_COMPONENT_PRIVATE_H
#define MANAGER_XMPP_COMPONENT_PRIVATE_H

#include "manager/xmpp/component.h"
#include "manager/xmpp/kept.h"
#include "manager/xmpp/link_private.h"
#include "manager/xmpp/stream.h"
#include "util/backoff.h"

#define NS_ACCEPT	"jabber:component:accept"
#define BARRIERS_MAX	2

enum state {
	WAITING,		/* for the next try; no stream */
	CONNECTING,
	OPENING,		/* our header is sent, theirs is not here */
	PROVING,		/* the handshake is sent */
	UP,
	ENDING,			/* link_shutdown(): until all is confirmed */
	CLOSING,		/* the stream is over, its connection is not */
	FINISHED,		/* link_shutdown(): no further try */
};

/* A ping to ourselves that has not come back.  What was said before it has
 * been handled when it does. */
struct barrier {
	uint64_t	 number;	/* of the first kept stanza behind it */
	uint64_t	 mark;		/* its end in the bytes of the stream */
	ev_tstamp	 since;
};

struct component {
	struct link	 link;		/* first, see component_of() */
	struct component_config cfg;	/* owns its strings */
	char		*domain;
	struct ev_loop	*loop;
	struct stream	*stream;	/* NULL in WAITING, and once FINISHED */
	ev_timer	 timer;		/* the deadline of the state */
	ev_timer	 keeper;	/* when to look after what is kept */
	struct backoff	 backoff;
	struct buf	 scratch;	/* a stanza written while not UP */
	struct kept	 kept;		/* said with LINK_KEEP, not confirmed */
	struct barrier	 barriers[BARRIERS_MAX];	/* oldest first */
	unsigned	 nbarriers;	/* 0 while not UP */
	uint64_t	 asked;		/* before this one a barrier is on its
					 * way, or has been */
	char		 token[9];	/* whose pings these are */
	ev_tstamp	 last_ping;
	ev_tstamp	 pinged;	/* 0: no ping is unanswered */
	enum state	 state;
	bool		 echoes;	/* pings do come back here */
	bool		 full;		/* told that stanzas are refused */
	bool		 congested;	/* the gateway has been told */
	bool		 stray;		/* told about stanzas of others */
	bool		 paused;
	bool		 frozen;
};

struct component *component_of(const struct link *);

/* component.c */
void	 component_set_state(struct component *, enum state);
void	 component_set_timer(struct component *, double seconds);
/* All but the connection. */
struct component *component_new(struct ev_loop *,
	    const struct component_config *, const struct link_events *,
	    void *ctx);
void	 component_connect(struct component *);
/* Close the stream for good. */
void	 component_finish(struct component *);
extern const struct stream_events component_stream_events;
struct stream_config component_stream_config(const struct component *);

/* component_send.c */
struct buf *component_begin(struct link *);
int	 component_end(struct link *, const char *to, unsigned flags,
	    size_t mark);
/* Ping ourselves, and with that put up a barrier. */
void	 component_ping(struct component *);
/* Is this a ping of ours, or an answer to one?  Then it is done with. */
bool	 component_echo(struct component *, const struct stanza *,
	    const struct jid *from, const struct jid *to);
/* It is up again: what is kept goes out. */
void	 component_resend(struct component *);
/* It is not up any more: no barrier will come back. */
void	 component_unask(struct component *);
/* Tell the gateway when there is too much, or room again. */
void	 component_weigh(struct component *);
void	 component_congest(struct component *, bool congested);
/* The keeper's time has come. */
void	 component_tend(struct component *);
void	 component_put_kept(struct link *, const struct kept_item *);
/* Kept ones are given up: tell those who want to know. */
void	 component_dropped(struct component *, unsigned long n,
	    const char *why);

/* component_handover.c */
bool	 component_settled(const struct link *);
void	 component_freeze(struct link *, bool);
void	 component_handover(struct link *, struct packer *);
void	 component_describe(const struct link *, struct buf *);

#endif
