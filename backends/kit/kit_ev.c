/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kit under libev: one read per wake-up, one write per loop turn.
 *
 * The pipes are moved away from descriptors 0 and 1 before anything else runs,
 * and nothing started from here inherits them. */
#include "backends/kit/kit_ev.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "backends/kit/driver.h"
#include "util/later.h"
#include "util/log.h"

#define READ_SIZE	(64 * 1024)
#define TICK		1.0	/* seconds */
#define STOP_TICK	0.1

static ev_io reader, writer;
static ev_timer ticker;
static ev_prepare turn_end;
static ev_signal on_term, on_int;

/* Should a library block the loop, the kernel ends us a little later than the
 * kit would. */
static void
stopping(double seconds)
{
	alarm((unsigned)seconds + 1);
	ticker.repeat = STOP_TICK;
	ev_timer_again(EV_DEFAULT_ &ticker);
}

static const struct kit_driver driver = { stopping };

static void
lost(void)
{
	ev_io_stop(EV_DEFAULT_ &reader);
	ev_io_stop(EV_DEFAULT_ &writer);
	kit_orphaned();
}

static void
write_some(void)
{
	struct buf *out = kit_out();
	ssize_t n;

	if (buf_len(out) == 0) {
		ev_io_stop(EV_DEFAULT_ &writer);
		return;
	}
	n = write(writer.fd, buf_data(out), buf_len(out));
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		lost();
		return;
	}
	if (n > 0)
		buf_consume(out, (size_t)n);
	if (buf_len(out) > 0)
		ev_io_start(EV_DEFAULT_ &writer);
	else
		ev_io_stop(EV_DEFAULT_ &writer);
}

/* One write for all that this turn has brought, unless the pipe is known to be
 * full: then the writer's turn comes when it is not. */
static void
flush(void)
{
	if (!ev_is_active(&writer))
		write_some();
	kit_sent();
}

static void
at_turn_end(struct ev_loop *loop, ev_prepare *w, int events)
{
	bool paused = kit_paused();

	(void)w;
	(void)events;
	later_run();
	flush();
	if (kit_paused() != paused) {
		/* Nothing of what this causes may wait for the next event. */
		kit_received();
		later_run();
		flush();
	}
	if (kit_wants_input())
		ev_io_start(loop, &reader);
	else
		ev_io_stop(loop, &reader);
	if (kit_finished())
		ev_break(loop, EVBREAK_ALL);
}

static void
readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct buf *in = kit_in();
	ssize_t n = read(w->fd, buf_reserve(in, READ_SIZE), READ_SIZE);

	(void)loop;
	(void)events;
	if (n > 0) {
		buf_added(in, (size_t)n);
		kit_received();
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		lost();
	}
}

static void
writable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	write_some();
}

static void
ticked(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	kit_tick();
}

static void
signalled(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	kit_quit();
}

/* The end of the pipe on descriptor fd, somewhere else and private. */
static int
move_away(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (moved >= 0 && fcntl(moved, F_SETFL,
	    fcntl(moved, F_GETFL) | O_NONBLOCK) == 0)
		return moved;
	return -1;
}

/* Take the pipes and leave something harmless in their places. */
static int
take_pipes(int *in, int *out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	*in = move_away(STDIN_FILENO);
	*out = move_away(STDOUT_FILENO);
	if (*in < 0 || *out < 0 || null < 0)
		return -1;
	if (dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -1;
	close(null);
	return 0;
}

static void
watch(struct ev_loop *loop, int in, int out)
{
	ev_io_init(&reader, readable, in, EV_READ);
	ev_io_start(loop, &reader);
	ev_io_init(&writer, writable, out, EV_WRITE);
	ev_timer_init(&ticker, ticked, TICK, TICK);
	ev_timer_start(loop, &ticker);
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
	ev_signal_stop(loop, &on_term);
	ev_signal_stop(loop, &on_int);
	ev_prepare_stop(loop, &turn_end);
	close(reader.fd);
	close(writer.fd);
}

static int
serve(const struct kit_backend *backend)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	int in, out, status;

	if (loop == NULL || take_pipes(&in, &out) < 0) {
		fprintf(stderr, "%s: standard input and output: %s\n",
		    backend->program, strerror(errno));
		return EX_OSERR;
	}
	signal(SIGPIPE, SIG_IGN);
	kit_init(backend, &driver);
	watch(loop, in, out);
	ev_run(loop, 0);
	unwatch(loop);
	status = kit_status();
	kit_free();
	later_run();
	return status;
}

static void
usage(FILE *to, const struct kit_backend *backend)
{
	fprintf(to, "usage: %s\n       %s --help | --version\n",
	    backend->program, backend->program);
}

static void
help(const struct kit_backend *backend)
{
	usage(stdout, backend);
	printf("\n%s\n\n"
	    "spectrum2 starts it and speaks spectrum2-backend(7) with it, on\n"
	    "its standard input and output; its settings come from there.\n",
	    backend->about);
}

int
kit_main(int argc, char **argv, const struct kit_backend *backend)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(backend);
		return EX_OK;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", backend->program, SPECTRUM_VERSION);
		return EX_OK;
	}
	if (argc > 1 || isatty(STDIN_FILENO)) {
		usage(stderr, backend);
		return EX_USAGE;
	}
	return serve(backend);
}
