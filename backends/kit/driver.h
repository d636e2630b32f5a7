/* SPDX-License-Identifier: GPL-2.0-or-later */
/* driver.h - between the kit, which does no I/O, and the event loop it runs
 * under.  A driver reads into kit_in(), writes from kit_out(), and asks
 * after each step what is wanted of it. */
#ifndef BACKENDS_KIT_DRIVER_H
#define BACKENDS_KIT_DRIVER_H

#include "backends/kit/kit.h"
#include "util/buf.h"

struct kit_driver {
	/* kit_out() is not empty any more, or kit_finished() has become true:
	 * see to it at the end of this loop turn. */
	void	(*wake)(void);
};

void	kit_init(const struct kit_backend *, const struct kit_driver *);
void	kit_finish(void);		/* frees everything */

/* Bytes go to the end of kit_in(), then kit_received() handles what is whole.
 * It handles no more than a fair share and returns whether to call it again
 * in the next loop turn, be there new bytes or not. */
struct buf *kit_in(void);
bool	kit_received(void);
/* Not while the output queue is long: the kernel's flow control does the
 * rest. */
bool	kit_wants_input(void);

/* The driver writes from the front, consumes, then calls kit_sent(). */
struct buf *kit_out(void);
void	kit_sent(void);

/* Once a second or so. */
void	kit_tick(void);
/* SIGTERM, or the like: log everyone out. */
void	kit_quit(void);
/* End of file or a broken pipe: the main process is gone. */
void	kit_orphaned(void);

/* Nothing is left to do: exit once kit_out() is written.  An orphan does not
 * write. */
bool	kit_finished(void);
int	kit_status(void);		/* exit status then */

#endif
