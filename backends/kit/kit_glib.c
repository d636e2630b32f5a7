/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kit under GLib: which source calls what.  All that is not about the loop
 * is in process.c.
 *
 * GLib knows no end of a turn, so the loop is run by hand.  A library that runs
 * one of its own inside a callback makes the pipes wait, which the watch for
 * long turns tells. */
#include "backends/kit/kit_glib.h"

#include <glib-unix.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <sysexits.h>

#include "backends/kit/driver.h"
#include "backends/kit/process.h"
#include "util/clock.h"
#include "util/later.h"
#include "util/log.h"

#define FULL_TURN	0.05	/* seconds: the rest may wait for the next */
#define LONG_TURN	0.25	/* somebody may have noticed */
#define TELL_EVERY	60.0	/* seconds between lines about that */

static struct process process;
static guint reader, writer, ticker, again, on_term, on_int;	/* 0: not there */

/* ------------------------------------------------------------ turns' length */

static struct {
	GPollFunc poll;		/* GLib's own */
	unsigned  number;
	double	  woke;		/* when it began; 0 before the first */
	double	  worked;	/* processor time of this thread by then */
	double	  told;
	unsigned  stalls;
	double	  longest;	/* since the last line */
	double	  busy;		/* of that, on a processor */
} turn;

static double
processor_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What was not on a processor has waited for something, or the machine has too
 * much to do. */
static void
turn_over(double now)
{
	double took = now - turn.woke;

	if (turn.woke == 0 || took < LONG_TURN)
		return;
	turn.stalls++;
	if (took > turn.longest) {
		turn.longest = took;
		turn.busy = processor_time() - turn.worked;
	}
	if (turn.told != 0 && now - turn.told < TELL_EVERY)
		return;
	log_warn("nobody was served for %.0f ms, at work for %.0f ms of them, "
	    "which has happened %u times", turn.longest * 1000,
	    turn.busy * 1000, turn.stalls);
	turn.told = now;
	turn.longest = 0;
}

static gint
timed_poll(GPollFD *fds, guint n, gint timeout)
{
	gint ready;

	turn_over(clock_now());
	ready = turn.poll(fds, n, timeout);
	turn.woke = clock_now();
	turn.number++;
	turn.worked = processor_time();
	return ready;
}

unsigned
kit_glib_turn(bool *full)
{
	*full = turn.woke != 0 && clock_now() - turn.woke > FULL_TURN;
	return turn.number;
}

/* ------------------------------------------------------------------ sources */

static gboolean
ticked(gpointer data)
{
	(void)data;
	process_tick(&process);
	return G_SOURCE_CONTINUE;
}

static gboolean
signalled(gpointer data)
{
	(void)data;
	kit_quit();
	return G_SOURCE_CONTINUE;
}

static gboolean
readable(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	(void)data;
	process_read(&process);
	return G_SOURCE_CONTINUE;
}

static gboolean
go_on(gpointer data)
{
	(void)data;
	again = 0;
	process_go_on(&process);
	return G_SOURCE_REMOVE;
}

static gboolean
writable(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	(void)data;
	process_write(&process);
	return G_SOURCE_CONTINUE;
}

static void
drop(guint *source)
{
	if (*source != 0)
		g_source_remove(*source);
	*source = 0;
}

static void
tick_every(double seconds)
{
	drop(&ticker);
	ticker = g_timeout_add((guint)(seconds * 1000), ticked, NULL);
}

static void
stopping(double seconds)
{
	process_alarm(seconds);
	tick_every(PROCESS_STOP_TICK);
}

static const struct kit_driver driver = { stopping };

/* Adding and removing a source is dear: only where something has changed. */
static void
watch_pipes(void)
{
	if (!process_reads(&process))
		drop(&reader);
	else if (reader == 0)
		reader = g_unix_fd_add(process.in, G_IO_IN | G_IO_HUP,
		    readable, NULL);
	if (process_more(&process) && again == 0)
		again = g_idle_add_full(G_PRIORITY_DEFAULT, go_on, NULL, NULL);
	if (!process.full)
		drop(&writer);
	else if (writer == 0)
		writer = g_unix_fd_add(process.out, G_IO_OUT | G_IO_ERR,
		    writable, NULL);
}

static void
run(void)
{
	GMainContext *loop = g_main_context_default();

	turn.poll = g_main_context_get_poll_func(loop);
	g_main_context_set_poll_func(loop, timed_poll);
	on_term = g_unix_signal_add(SIGTERM, signalled, NULL);
	on_int = g_unix_signal_add(SIGINT, signalled, NULL);
	tick_every(PROCESS_TICK);
	for (;;) {
		process_turn(&process);
		watch_pipes();
		if (kit_finished())
			break;
		g_main_context_iteration(loop, TRUE);
	}
	drop(&reader);
	drop(&writer);
	drop(&ticker);
	drop(&again);
	drop(&on_term);
	drop(&on_int);
	g_main_context_set_poll_func(loop, turn.poll);
}

static int
serve(const struct kit_backend *backend)
{
	int status;

	if (process_open(&process, backend) < 0)
		return EX_OSERR;
	kit_init(backend, &driver);
	run();
	process_close(&process);
	status = kit_status();
	kit_free();
	later_run();
	return status;
}

int
kit_glib_main(int argc, char **argv, const struct kit_backend *backend)
{
	return process_main(argc, argv, backend, serve);
}
