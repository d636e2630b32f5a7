/* SPDX-License-Identifier: GPL-2.0-or-later */
/* driver.h - between the kit, which does no I/O, and the event loop it runs
 * under.  A driver reads into kit_in(), writes from kit_out(), and asks
 * after each step what is wanted of it. */
#ifndef BACKENDS_KIT_DRIVER_H
#define BACKENDS_KIT_DRIVER_H

#include "backends/kit/kit.h"
#include "util/buf.h"

struct kit_driver {
	/* The end has begun: log-outs are under way, and all must be over in
	 * this many seconds.  Called again when it has become more urgent.
	 * From here on kit_tick() wants to be called ten times a second. */
	void	(*stopping)(double seconds);
};

void	kit_init(const struct kit_backend *, const struct kit_driver *);
void	kit_free(void);			/* everything; kit_init() may follow */

/* Bytes go to the end of kit_in(), then kit_received() handles what is whole,
 * except while kit_wants_input() is false: the kernel's flow control does the
 * rest.  When that takes long, as with hundreds of logins at once, kit_more()
 * is true afterwards: call it again when others have had their turn. */
struct buf *kit_in(void);
void	kit_received(void);
bool	kit_more(void);
bool	kit_wants_input(void);

/* At the end of every loop turn the driver writes what the pipe takes from the
 * front, consumes it and calls kit_sent(), in which the backend is paused or
 * resumed; after that it calls kit_received() for what had to wait. */
struct buf *kit_out(void);
void	kit_sent(void);

/* Once a second. */
void	kit_tick(void);
/* SIGTERM, or the like: log everyone out. */
void	kit_quit(void);
/* End of file or a broken pipe: the main process is gone. */
void	kit_orphaned(void);

/* Nothing is left to do, or the time for it is over. */
bool	kit_finished(void);
int	kit_status(void);		/* exit status then */

#endif
