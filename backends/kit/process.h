/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.h - a backend as a process: its options, its two pipes, and what
 * happens once a loop turn.  Shared by the drivers, which bring the loop. */
#ifndef BACKENDS_KIT_PROCESS_H
#define BACKENDS_KIT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/kit/kit.h"

#define PROCESS_TICK		1.0	/* seconds between process_tick()s */
#define PROCESS_STOP_TICK	0.1	/* the same while stopping */

struct process {
	int	in, out;	/* the pipes, non-blocking */
	bool	lost;		/* the main process is gone: watch neither */
	bool	full;		/* out takes no more: wait until it does */
	size_t	share;		/* bytes asked for in one read */
	unsigned quiet;		/* ticks in which nothing came or went */
};

/* Run serve() unless the options ask for something else.  Returns the exit
 * status. */
int	process_main(int argc, char **argv, const struct kit_backend *,
	    int (*serve)(const struct kit_backend *));

/* Take the pipes from descriptors 0 and 1, leaving something harmless there,
 * and give p its values.  -1 with a line on standard error.  Until it is
 * closed, a library that forks or calls exit() is told in the log: a child does
 * not have the pipes, and the exit status is EX_SOFTWARE. */
int	process_open(struct process *p, const struct kit_backend *) MUST_CHECK;
void	process_close(struct process *);

/* in is readable: one read, and what came is handled. */
void	process_read(struct process *);
/* Not all of it: after process_turn(), have this called in the next turn, and
 * do not wait for it. */
bool	process_more(const struct process *);
void	process_go_on(struct process *);
/* The loop turn is over: run what was put off, write once unless the pipe is
 * full.  Afterwards watch out while full, and in while process_reads(). */
void	process_turn(struct process *);
/* out is writable again: one write. */
void	process_write(struct process *);
bool	process_reads(const struct process *);
/* Calls kit_tick(), and gives back the memory that a burst has left. */
void	process_tick(struct process *);

/* The kit's stopping(): should a library block the loop, the kernel ends us a
 * little later than the kit would. */
void	process_alarm(double seconds);

#endif
