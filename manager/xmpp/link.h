/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.h - the way to XMPP, the same for both modes.
 * component.c makes one that is an XEP-0114 stream to an XMPP server, server.c
 * one that is a server for clients.  The gateway does not know which it has,
 * except by link_is_server(). */
#ifndef MANAGER_XMPP_LINK_H
#define MANAGER_XMPP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "manager/xmpp/jid.h"
#include "manager/xmpp/stanza.h"
#include "manager/xmpp/xml.h"
#include "util/pack.h"

struct link;

struct link_events {
	/* Stanzas flow from now on: authenticated, or listening. */
	void	(*up)(void *ctx);
	/* They do not any more; it comes back by itself. */
	void	(*down)(void *ctx, const char *why);
	/* A message, presence or iq, its addresses prepared.  In server mode
	 * from is the client's full JID (never what the client claims), and a
	 * missing to is the server's own domain; for an iq without to it is
	 * the user's bare JID (RFC 6120 8.1.1.1, 10.3.3); to may be of any
	 * domain there, in component mode only of ours.  The stanza and the
	 * addresses die when the callback returns; a is for scratch. */
	void	(*stanza)(void *ctx, struct arena *a, const struct stanza *,
		    const struct jid *from, const struct jid *to);
	/* Server mode: may user (bare JID) log in with this password, which may
	 * be empty?  Answer now or later by link_login_result(). */
	void	(*login)(void *ctx, uint64_t client, const char *user,
		    const char *password);
	/* Server mode: this bound client is gone, whatever it said before.
	 * Comes once for each, from the loop and never from inside a link_
	 * function, and before its full JID can be bound again; not for those
	 * that link_destroy() takes along. */
	void	(*gone)(void *ctx, const char *full);
	/* May be NULL.  Component mode: so much waits to be sent, or to be
	 * taken by a server that is away, that it is time to stop making more;
	 * and false when all of it has left.  May come from inside link_end().
	 */
	void	(*congested)(void *ctx, bool congested);
	/* May be NULL.  So many messages that were kept, see LINK_KEEP, were
	 * given up: they were too old, or too many.  May come from inside a
	 * link_ function. */
	void	(*dropped)(void *ctx, unsigned long stanzas, const char *why);
};

enum link_flags {
	/* Keep it, within bounds of size and age, until it is certain that the
	 * other side has it, and send it again after the link broke: in order,
	 * before anything newer, under its old id, with a note of when it was
	 * said (XEP-0203).  In server mode a message to a bare JID waits until
	 * one of its clients is there.  For messages. */
	LINK_KEEP = 1,
};

/* Write one stanza: begin, write into x (it is at depth 0), end.  to is a full
 * or bare JID and must be the stanza's own.  In server mode a bare JID reaches
 * the user's available resources as RFC 6121 8.5 says; messages only those of
 * non-negative priority, an iq none.  Returns -1 when nobody got it and it was
 * not held: the link is down, the queue full, no such client. */
struct xml	*link_begin(struct link *);
int		 link_end(struct link *, const char *to, unsigned flags);
/* What was written since link_begin(); valid until the next write. */
const char	*link_written(const struct link *, size_t *len);
/* Take back what was written since link_begin(). */
void		 link_abort(struct link *);

bool		 link_is_server(const struct link *);
bool		 link_is_up(const struct link *);
const char	*link_domain(const struct link *);	/* our JID, prepared */
void		 link_destroy(struct link *);		/* NULL is fine */
/* Close politely: stream end tags (server mode: <system-shutdown/> first).
 * Component mode: not before the server has confirmed what is kept, or has had
 * a moment to do so. */
void		 link_shutdown(struct link *);
/* Stop taking stanzas in until resumed: back-pressure.  In component mode none
 * comes but the one that is being read; in server mode what was read already
 * (up to 64 KiB of each client) still does. */
void		 link_pause(struct link *);
void		 link_resume(struct link *);

/* Nothing is half read or half written: a good moment to hand over. */
bool		 link_settled(const struct link *);
/* Do nothing, not even at the end of the turn, until it is thawed. */
void		 link_freeze(struct link *, bool frozen);
/* Only when frozen: into the open map, all that a successor needs to go on, in
 * another process if the descriptors go along: component_adopt(),
 * server_adopt(). */
void		 link_handover(struct link *, struct packer *);

/* All that is kept and not confirmed, in order; in server mode what waits for
 * a bare JID.  ms is when it was said, since 1970. */
typedef void link_kept(void *ctx, int64_t ms, const char *to,
		    const char *stanza, size_t len);
void		 link_each_kept(struct link *, link_kept *, void *ctx);
/* Behind what is kept already: it waits, or is sent at once when the link is up
 * already. */
void		 link_put_kept(struct link *, int64_t ms, const char *to,
		    const char *stanza, size_t len);
/* One line for the admin: state, queue, what is not confirmed. */
void		 link_describe(const struct link *, struct buf *);

/* Server mode only. */

/* condition NULL: welcome.  Otherwise a SASL failure condition (RFC 6120 6.5),
 * with a text for the user.  An unknown client (gone meanwhile) is ignored. */
void		 link_login_result(struct link *, uint64_t client,
		    const char *condition, const char *text);
/* Welcome on trial: who this is is not known yet, so until link_trust() the
 * client gets nothing that is sent to its bare JID, takes over no session, and
 * what it leaves unread goes to nobody else.  It counts as not logged in. */
void		 link_login_guest(struct link *, uint64_t client);
/* All clients of this bare JID are what they claim to be. */
void		 link_trust(struct link *, const char *bare);
/* End all streams of a bare JID, or one of a full JID, with a stream error
 * condition (RFC 6120 4.9.3) and a text; NULL condition: plain end. */
void		 link_close(struct link *, const char *jid,
		    const char *condition, const char *text);
/* Bound clients of this bare JID. */
unsigned	 link_clients(const struct link *, const char *bare);

#endif
