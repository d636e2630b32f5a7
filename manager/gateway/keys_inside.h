/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys_inside.h - what the files of keys share.
 *	keys.c		when the two accounts are compared
 *	keys_run.c	one comparison, step by step
 *	keys_publish.c	requests to both accounts */
#ifndef MANAGER_GATEWAY_KEYS_INSIDE_H
#define MANAGER_GATEWAY_KEYS_INSIDE_H

#include "manager/gateway/digest.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/keys.h"

#define KEYS_DEVICES_MAX	16	/* of one user */
#define KEYS_DEVICE_SIZE	11	/* 2^31 - 1 and a NUL */

struct scheme {
	const char	*list;		/* node of the devices */
	const char	*prefix;	/* of the node of a device's keys ... */
	bool		 shared;	/* ... which is for all: an item each */
	const char	*name, *ns;	/* element around the devices */
	const char	*setting;
};

struct device {
	char	 id[KEYS_DEVICE_SIZE];
	char	 digest[DIGEST_SIZE];	/* of what is published; "": nothing */
	bool	 listed;		/* in the network's list */
	bool	 gone;			/* it is not to be there: not in the
					 * user's any more, or without keys */
};

/* One comparison; it ends when its user, or its session, does. */
struct run {
	struct gateway	*gw;
	char		*user;		/* bare */
	const struct scheme *scheme;
	struct device	 devices[2 * KEYS_DEVICES_MAX];	/* now, and before */
	size_t		 ndevices, at;
	char		*others;	/* XML: devices there, not ours */
	bool		 ready;		/* keys are published, the list is next */
	bool		 unsure;	/* some question had no answer */
	char	 digest[DIGEST_SIZE];	/* of keys being published */
	char		*payload;	/* what is being published, */
	char		*node;		/* ... where */
	const char	*item;		/* ... and as what; borrowed */
	bool		 open;		/* ... saying who may read it */
	void		(*published)(struct run *, bool worked);
};

struct keys {
	struct user	*user;
	struct run	*run;		/* under way, or NULL */
	ev_timer	 timer;		/* of the next */
	double		 again;		/* seconds from the end of this one, or
					 * from the session's return, to the
					 * next; 0: none is wanted */
	double		 begun;		/* ev_now() of the last one */
	unsigned	 failures;	/* in a row: without an answer */
};

/* NULL: nobody wants it any more, and it is gone. */
struct user	*run_user(struct run *);
/* It is over. */
void		 run_end(struct run *);

/* ---- keys_run.c */
extern const struct scheme keys_schemes[];
extern const size_t keys_nschemes;
void		 run_begin(struct run *);	/* with its scheme */

/* ---- keys_publish.c */
/* The items of a node, or one of them, of the user's own account. */
void		 run_ask_user(struct run *, const char *node, const char *item,
		    iq_answer *);
/* A request of the account on the network; xml is freed. */
void		 run_ask_network(struct run *, struct user *, const char *type,
		    struct buf *xml, rpc_reply *);
/* The gateway is to hear of changes of this node of the user's account. */
void		 run_subscribe(struct run *, const char *node);
/* Into the account on the network; payload is taken, item is borrowed.  done()
 * comes later, if the run is still wanted then. */
void		 run_publish(struct run *, struct user *, const char *node,
		    const char *item, char *payload,
		    void (*done)(struct run *, bool worked));

#endif
