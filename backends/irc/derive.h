/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive.h - keys made of passwords, a slice a loop turn: hundreds of users
 * may log in at once, and whoever else is served must not notice. */
#ifndef BACKENDS_IRC_DERIVE_H
#define BACKENDS_IRC_DERIVE_H

#include <ev.h>

#include "backends/irc/scram.h"

struct derive;

/* Work on it until it is done, then call done(ctx) once; never before this
 * returns.  The scram is borrowed until then. */
struct derive	*derive_start(struct ev_loop *, struct scram *,
		    void (*done)(void *ctx), void *ctx);
/* Not after done.  NULL is fine. */
void		 derive_cancel(struct derive *);

#endif
