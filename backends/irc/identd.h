/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identd.h - servers ask whose connection this is (RFC 1413).  We answer
 * ourselves, or by a file for oidentd(8), for our own connections only.
 *
 * There is one port and one file for all processes of an instance, so one of
 * them, whichever is first, is the keeper: the others announce their
 * connections to it, and when it dies another one takes its place within a
 * second.  All of them run under the same user id, and nobody else is heard.
 *
 *	identd.c	what there is to be told
 *	identd_keeper.c	which process tells it
 *	identd_answer.c	the port
 *	identd_file.c	the file
 */
#ifndef BACKENDS_IRC_IDENTD_H
#define BACKENDS_IRC_IDENTD_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "util/map.h"

#define IDENT_MAX	20000	/* connections known to a keeper */
#define IDENT_KEY	80	/* "OWN-PORT,PEER-PORT,PEER-ADDRESS" */
#define IDENT_REPLY	33

struct ident {
	struct ident	*next;		/* of the same owner */
	char		 key[IDENT_KEY];
	char		 reply[IDENT_REPLY];
};

struct keeper;
struct answers;

/* Fields are for the files above. */
struct identd {
	struct ev_loop	*loop;
	struct map	 known;		/* key -> struct ident */
	struct keeper	*keeper;
	struct answers	*answers;	/* while we are the keeper, or NULL */
	unsigned	 port;		/* 0: none */
	char		*bind;
	char		*file;		/* or NULL */
	bool		 changed;	/* the file is to be written */
};

/* port 0: no port; file NULL: no file. */
struct identd	*identd_create(struct ev_loop *, unsigned port,
		    const char *bind, const char *file, const char *instance);
void		 identd_destroy(struct identd *);	/* NULL is fine */

/* A connection is being made; the list is its owner's, NULL at first.  Nothing
 * happens where identd is NULL. */
void		 identd_add(struct identd *, struct ident **list,
		    const struct sockaddr *own, const struct sockaddr *peer,
		    const char *reply);
/* All of the list; it is NULL afterwards. */
void		 identd_forget(struct identd *, struct ident **list);
/* A name for the user that he cannot choose: the same one always. */
void		 identd_reply(char out[IDENT_REPLY], const char *instance,
		    const char *user);

/* ---- among the files */
/* Put in, or take out, one whose memory the caller owns. */
bool		 identd_put(struct identd *, struct ident *);
void		 identd_remove(struct identd *, struct ident *);
const struct ident *identd_find(const struct identd *, const char *key);

/* identd_keeper.c */
struct keeper	*keeper_create(struct identd *, const char *instance);
void		 keeper_destroy(struct keeper *);
/* One of ours has been put in or is taken out. */
void		 keeper_tell(struct keeper *, const struct ident *, bool gone);

/* identd_answer.c */
struct answers	*answers_create(struct identd *);
void		 answers_destroy(struct answers *);	/* NULL is fine */
/* The question of a server: "OWN-PORT , PEER-PORT", and its address.  False:
 * it is none. */
bool		 answers_parse(const char *line, const char *address,
		    char key[IDENT_KEY], unsigned ports[2]);

/* identd_file.c: write it, whole or not at all. */
void		 identd_write(struct identd *);

#endif
