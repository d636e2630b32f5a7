/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade.h - the main process executes its successor, and nobody is
 * disconnected: sockets and pipes stay open, and what is known of them goes
 * over as a tree of facts (util/pack.h).  No step can end the service:
 *
 *	rehearse	a child runs the program on disk with our settings;
 *			meanwhile we serve
 *	quiet		no new work is taken, what was begun is finished
 *	leave		freeze, pack, execve(2)
 *	adopt		the successor reads the tree and goes on where we were;
 *			when it cannot, it executes the old program again, which
 *			reads the same tree
 *
 * The process id stays the same all the time. */
#ifndef MANAGER_UPGRADE_H
#define MANAGER_UPGRADE_H

#include <ev.h>
#include <stdbool.h>

#include "util/pack.h"

/* ------------------------------------------------------- how we were started */

/* First of all in main(), before anything changes argv.  Copies. */
void	 upgrade_remember(char **argv);
/* The file to be executed: found when the first of us was started, so that a
 * package manager may replace it. */
const char *upgrade_program(void);

/* -------------------------------------------------------------- the old one */

struct upgrade_parts {
	double	rehearsal_max;		/* seconds; 0: 10 */
	/* What a rehearsal compares with its settings, into the open map. */
	void	(*facts)(void *ctx, struct packer *);
	/* Take no new work, or do again. */
	void	(*quiet)(void *ctx, bool);
	/* Is all that was begun finished?  If not within 100 ms, it goes on
	 * without. */
	bool	(*settled)(void *ctx);
	/* Nothing changes any more, or does again; false may follow pack(). */
	void	(*freeze)(void *ctx, bool);
	/* All that a successor needs, into the open map. */
	void	(*pack)(void *ctx, struct packer *);
	/* It was not to be, and all goes on: what to answer, in words. */
	void	(*failed)(void *ctx, const char *text);
};

struct upgrade;

/* The parts are borrowed. */
struct upgrade	*upgrade_create(struct ev_loop *, const struct upgrade_parts *,
		    void *ctx);
/* An upgrade under way is forgotten. */
void		 upgrade_destroy(struct upgrade *);	/* NULL is fine */
/* Begin; the end is failed(), from the loop, or another program.  -1: one is
 * under way. */
int		 upgrade_start(struct upgrade *) MUST_CHECK;
bool		 upgrade_is_running(const struct upgrade *);

/* ------------------------------------------------------------ the successor */

struct heir;

/* What was handed over to us; NULL: nothing, we are the first.  Signals that
 * end or disturb a process are blocked until upgrade_done(). */
struct heir	*upgrade_inherit(void);
/* Is this a tree that we understand?  -1 and *why (caller frees). */
int	 upgrade_check(const struct heir *, char **why) MUST_CHECK;
/* Only to be rehearsed: compare, and end with what upgrade_rehearsed() returns;
 * why NULL: we could take over.  Frees the heir. */
bool		 upgrade_is_rehearsal(const struct heir *);
int		 upgrade_rehearsed(struct heir *, const char *why) MUST_CHECK;
/* The root of the tree.  Descriptors in it are closed on exec again. */
const struct packed *upgrade_state(const struct heir *);
/* We cannot go on from there: execute the old program again.  Nothing may have
 * been killed or removed yet; what was closed does no harm.  Ends the process
 * when we are the old program already. */
void		 upgrade_give_back(struct heir *, const char *why) NORETURN;
/* We serve.  Frees all, logs, and returns what to answer to whoever asked for
 * the upgrade (caller frees). */
char		*upgrade_done(struct heir *) MUST_CHECK;

#endif
