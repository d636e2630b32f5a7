/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - what the account's server offers to be done with it (XEP-0050),
 * offered to the user. */
#ifndef BACKENDS_XMPP_COMMAND_H
#define BACKENDS_XMPP_COMMAND_H

#include "backends/kit/kit.h"
#include "backends/xmpp/session.h"
#include "util/arena.h"

#define NS_COMMANDS	"http://jabber.org/protocol/commands"

struct commands;

/* Where one is run. */
struct command_place {
	const char	*jid, *node;
};

/* Rows of session.c's table. */
void	commands_online(struct session *);
void	commands_end(struct session *);

/* By the name that the user has of it.  false: the server offers no such. */
bool	command_find(const struct session *, const char *name,
	    struct command_place *);

/* command_run.c: what the user has begun, and not ended. */
struct runs;
struct runs *runs_create(void);
/* Tells the server that nothing will come of them. */
void	 runs_destroy(struct session *, struct runs *);
struct runs *command_runs(const struct session *);	/* NULL: not yet */

/* command_answer.c: what the server says to it, in words of the protocol; all
 * in the arena or of the stanza.  run: to be continued under this name.
 * false: there is nothing in it. */
bool	command_answer(struct arena *, xmpp_stanza_t *command,
	    const char *run, struct msg_command_result *);
bool	command_may(xmpp_stanza_t *command, const char *action);

#endif
