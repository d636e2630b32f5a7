/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_private.h - what component.c and server.c fill in for link.c. */
#ifndef MANAGER_XMPP_LINK_PRIVATE_H
#define MANAGER_XMPP_LINK_PRIVATE_H

#include "manager/xmpp/kept.h"
#include "manager/xmpp/link.h"

/* NULL where a link has nothing to do. */
struct link_ops {
	/* Where the next stanza is to be written, at the end. */
	struct buf	*(*begin)(struct link *);
	/* It stands there from mark on; take it or cut it off. */
	int		 (*end)(struct link *, const char *to, unsigned flags,
			    size_t mark);
	bool		 (*is_up)(const struct link *);
	void		 (*destroy)(struct link *);
	void		 (*shutdown)(struct link *);
	void		 (*pause)(struct link *, bool);
	void		 (*login_result)(struct link *, uint64_t client,
			    const char *condition, const char *text);
	void		 (*login_guest)(struct link *, uint64_t client);
	void		 (*trust)(struct link *, const char *bare);
	void		 (*close)(struct link *, const char *jid,
			    const char *condition, const char *text);
	unsigned	 (*clients)(const struct link *, const char *bare);
	bool		 (*settled)(const struct link *);
	void		 (*freeze)(struct link *, bool);
	void		 (*handover)(struct link *, struct packer *);
	void		 (*each_kept)(struct link *, link_kept *, void *ctx);
	void		 (*put_kept)(struct link *, const struct kept_item *);
	void		 (*describe)(const struct link *, struct buf *);
};

struct link {
	const struct link_ops *ops;
	const struct link_events *events;
	void		*ctx;
	const char	*domain;	/* prepared; owned by who made it */
	struct xml	 xml;		/* valid while out is not NULL */
	struct buf	*out;		/* between begin and end, else NULL */
	size_t		 mark;
	bool		 server;
};

#define NS_CLIENT	"jabber:client"
#define NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_PING		"urn:xmpp:ping"

/* A message, presence or iq of this namespace? */
bool	 link_is_stanza(const struct stanza *, const char *ns);
/* Write an error answer (RFC 6120 8.3) that says the stanza was not taken;
 * type is one of 8.3.2.  Returns -1 and writes nothing for what must not be
 * answered: results and errors. */
int	 link_bounce(struct buf *, const struct stanza *, const char *from,
	    const char *to, const char *type, const char *condition);

#endif
