/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.h - all that goes to and from one user, live, for an admin who looks
 * for a fault: stanzas, and messages of the backend protocol.  What people
 * write is shown as its length unless it is asked for; passwords are never
 * shown. */
#ifndef MANAGER_GATEWAY_TRACE_H
#define MANAGER_GATEWAY_TRACE_H

#include "manager/gateway/user.h"
#include "manager/xmpp/stanza.h"

struct trace;

/* One line without a newline; it may not call trace_stop(). */
typedef void trace_line(void *ctx, const char *text);

/* NULL and *why (a literal): user is no JID, or too many traces run. */
struct trace	*trace_start(struct gateway *, const char *user, bool bodies,
		    trace_line *, void *ctx, const char **why) MUST_CHECK;
void		 trace_stop(struct trace *);	/* NULL is fine */

/* ---- what the others tell; each costs one look when nobody traces */
static inline bool
trace_runs(const struct gateway *gw)
{
	return !LIST_EMPTY(&gw->traces);
}

/* A stanza of the user, and one to the user (as written since link_begin()). */
void	 trace_stanza_in(struct gateway *, const char *bare,
	    const struct stanza *, bool secret);
void	 trace_stanza_out(struct gateway *, const char *to);
/* A message to the user's backend, and one from it. */
void	 trace_down(const struct user *, enum method, const void *params);
void	 trace_up(const struct user *, enum method, const void *params);
/* Whatever else happens to the user. */
void	 trace_note(const struct user *, const char *text);

#endif
