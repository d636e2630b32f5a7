/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kit under libev: which watcher calls what.  All that is not about the
 * loop is in process.c. */
#include "backends/kit/kit_ev.h"

#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "backends/kit/driver.h"
#include "backends/kit/process.h"
#include "util/later.h"

static struct process process;
static ev_io reader, writer;
static ev_timer ticker, again;
static ev_prepare turn_end;
static ev_signal on_term, on_int;

static void
stopping(double seconds)
{
	process_alarm(seconds);
	ticker.repeat = PROCESS_STOP_TICK;
	ev_timer_again(EV_DEFAULT_ &ticker);
}

static const struct kit_driver driver = { stopping };

static void
watch_while(struct ev_loop *loop, ev_io *w, bool wanted)
{
	if (wanted)
		ev_io_start(loop, w);
	else
		ev_io_stop(loop, w);
}

static void
at_turn_end(struct ev_loop *loop, ev_prepare *w, int events)
{
	(void)w;
	(void)events;
	process_turn(&process);
	watch_while(loop, &reader, process_reads(&process));
	watch_while(loop, &writer, process.full);
	if (process_more(&process))
		ev_timer_start(loop, &again);
	if (kit_finished())
		ev_break(loop, EVBREAK_ALL);
}

static void
readable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	process_read(&process);
}

static void
go_on(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	process_go_on(&process);
}

static void
writable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	process_write(&process);
}

static void
ticked(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	process_tick(&process);
}

static void
signalled(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	kit_quit();
}

static void
watch(struct ev_loop *loop)
{
	ev_io_init(&reader, readable, process.in, EV_READ);
	ev_io_init(&writer, writable, process.out, EV_WRITE);
	ev_timer_init(&ticker, ticked, PROCESS_TICK, PROCESS_TICK);
	ev_timer_start(loop, &ticker);
	ev_timer_init(&again, go_on, 0, 0);
	ev_signal_init(&on_term, signalled, SIGTERM);
	ev_signal_start(loop, &on_term);
	ev_signal_init(&on_int, signalled, SIGINT);
	ev_signal_start(loop, &on_int);
	/* After everybody else's end of the turn. */
	ev_prepare_init(&turn_end, at_turn_end);
	ev_set_priority(&turn_end, EV_MINPRI);
	ev_prepare_start(loop, &turn_end);
}

static void
unwatch(struct ev_loop *loop)
{
	ev_io_stop(loop, &reader);
	ev_io_stop(loop, &writer);
	ev_timer_stop(loop, &ticker);
	ev_timer_stop(loop, &again);
	ev_signal_stop(loop, &on_term);
	ev_signal_stop(loop, &on_int);
	ev_prepare_stop(loop, &turn_end);
}

static int
serve(const struct kit_backend *backend)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	int status;

	if (loop == NULL) {
		fprintf(stderr, "%s: no event loop\n", backend->program);
		return EX_OSERR;
	}
	if (process_open(&process, backend) < 0)
		return EX_OSERR;
	kit_init(backend, &driver);
	watch(loop);
	ev_run(loop, 0);
	unwatch(loop);
	process_close(&process);
	status = kit_status();
	kit_free();
	later_run();
	return status;
}

int
kit_main(int argc, char **argv, const struct kit_backend *backend)
{
	return process_main(argc, argv, backend, serve);
}
