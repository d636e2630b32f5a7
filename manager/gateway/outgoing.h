/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outgoing.h - a message of a user on its way to the network.
 *
 * From the moment a stanza is taken it is in exactly one state: in the outbox
 * (the session is starting or being recovered), in flight (request sent, not
 * answered), done, or failed, and then its sender gets a stanza error. */
#ifndef MANAGER_GATEWAY_OUTGOING_H
#define MANAGER_GATEWAY_OUTGOING_H

#include <stdbool.h>
#include <sys/queue.h>

#include "manager/gateway/user.h"
#include "util/pack.h"

struct down;

struct outgoing {
	TAILQ_ENTRY(outgoing) entry;	/* in user->outbox */
	struct gateway	*gw;
	int64_t		 number;	/* in the order in which they came; its
					 * name in the store's spool */
	double		 when;		/* ev_now() when it came */
	double		 waits;		/* ev_now() since it is in the outbox */
	uint64_t	 mark;		/* of repeats.h */
	bool		 spooled;	/* the store keeps it, too */
	/* All strings are in data. */
	const char	*user;		/* bare JID */
	const char	*from, *to;	/* of the stanza, for an answer */
	const char	*id;		/* of the stanza, or NULL */
	const char	*kind;		/* chat, groupchat, private: a literal */
	const char	*name;		/* whom, on the network */
	const char	*room;		/* of private, or NULL */
	const char	*body, *xhtml, *replaces, *thread, *lang;
	const char	*reply_id, *reply_author, *reply_text;
	const char	*files;		/* of files.h, or NULL */
	const char	*extra;		/* of raw.h, or NULL */
	bool		 receipt;	/* XEP-0184 asked for */
	bool		 known;		/* .from was one of the user's clients */
	/* Called when it is accepted, before it is freed; may be NULL. */
	void		(*accepted)(const struct outgoing *,
			    const struct msg_send_result *);
	size_t		 used;
	char		 data[];
};

/* What a new one is made of: the stanza's message elements and where to. */
struct outgoing	*outgoing_create(struct user *, const struct down *,
		    const char *kind, const char *name, const char *room);
/* Send it or put it into the outbox; owns it from here on.  Every failure,
 * also of this call, becomes a stanza error to the sender; and when the client
 * that has sent it is gone by then, a message in words to the user, as nobody
 * keeps errors for who is away (RFC 6121 8.5.2.2.1, 8.5.3.2.1). */
void		 outgoing_send(struct user *, struct outgoing *);
/* The session is up: send what waits, in order. */
void		 outgoing_flush(struct user *);
/* What has waited longer than config->spool_age is answered by an error.
 * Returns ev_now() when the next one is due; 0: nothing waits. */
double		 outgoing_expire(struct user *, double now);
/* The same for what has waited so long while a session was wanted. */
void		 outgoing_give_up(struct user *, double now);
/* The session is over because its user has left: what waits goes on waiting for
 * him to come back, as nobody would hear of an error.  As outgoing_fail() when
 * a client is still there. */
void		 outgoing_leave(struct user *, const char *code,
		    const char *text);
/* The session is over: answer what waits by this error. */
void		 outgoing_fail(struct user *, const char *code,
		    const char *text);
/* We stop: likewise for what the store does not keep. */
void		 outgoing_stop(struct user *, const char *code,
		    const char *text);
/* The facts of one, into a map without a name; and back, NULL if they are not
 * whole. */
void		 outgoing_pack(const struct outgoing *, struct packer *);
struct outgoing	*outgoing_unpack(struct gateway *, const struct packed *);
/* It waits, as it did before we were started. */
void		 outgoing_resume(struct user *, struct outgoing *);
/* The answer to one that is in flight; ctx is the struct outgoing. */
rpc_reply	 outgoing_answered;
/* The user object goes; outgoing_fail() has been called if anybody cares. */
void		 outgoing_drop(struct user *);

#endif
