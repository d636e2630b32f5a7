/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A backend's process, whatever its loop: one read per wake-up, one write per
 * loop turn.
 *
 * The pipes are moved away from descriptors 0 and 1 before anything else runs,
 * and nothing started from here inherits them. */
#include "backends/kit/process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "backends/kit/driver.h"
#include "util/later.h"
#include "util/log.h"

/* Most processes are idle most of the time, and hundreds of them make a few
 * kilobytes each: buffers grow with what comes and do not stay large. */
#define READ_MIN	((size_t)4 * 1024)
#define READ_MAX	((size_t)64 * 1024)
#define QUIET_TICKS	2

/* -------------------------------------------------------------- descriptors */

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

/* ---------------------------------------------------- what libraries may do */

static struct {
	struct process	*open;		/* NULL: the end is our own */
	pid_t		 pid;
	atomic_uint	 forks;
	unsigned	 forks_told;
} self;

/* Whoever watches us must not take that for a good end. */
static void
at_exit(void)
{
	if (self.open == NULL || getpid() != self.pid)
		return;
	log_error("the process ends: a library has called exit()");
	_exit(EX_SOFTWARE);
}

/* In whatever thread that was. */
static void
forked(void)
{
	atomic_fetch_add(&self.forks, 1);
}

/* As long as somebody has the pipes open, we are not seen to be gone. */
static void
in_child(void)
{
	if (self.open == NULL)
		return;
	close(self.open->in);
	close(self.open->out);
}

static void
watch_libraries(struct process *p)
{
	static bool registered;

	self.open = p;
	self.pid = getpid();
	if (!registered && atexit(at_exit) == 0)
		pthread_atfork(NULL, forked, in_child);
	registered = true;
}

/* The first, the second, the fourth... */
static void
tell_forks(void)
{
	unsigned n = atomic_load(&self.forks);

	if (n == self.forks_told || n < 2 * self.forks_told)
		return;
	log_info("a library has forked: %u processes so far", n);
	self.forks_told = n;
}

/* -------------------------------------------------------------------- pipes */

int
process_open(struct process *p, const struct kit_backend *backend)
{
	*p = (struct process){ .share = READ_MIN };
	if (take_pipes(&p->in, &p->out) < 0) {
		fprintf(stderr, "%s: standard input and output: %s\n",
		    backend->program, strerror(errno));
		return -1;
	}
	signal(SIGPIPE, SIG_IGN);
	watch_libraries(p);
	return 0;
}

void
process_close(struct process *p)
{
	self.open = NULL;
	close(p->in);
	close(p->out);
}

static void
lost(struct process *p)
{
	p->lost = true;
	p->full = false;
	kit_orphaned();
}

void
process_read(struct process *p)
{
	struct buf *in = kit_in();
	ssize_t n = read(p->in, buf_reserve(in, p->share), p->share);

	if (n > 0) {
		p->quiet = 0;
		if ((size_t)n == p->share && p->share < READ_MAX)
			p->share *= 2;
		buf_added(in, (size_t)n);
		kit_received();
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		lost(p);
	}
}

bool
process_more(const struct process *p)
{
	return !p->lost && kit_more();
}

void
process_go_on(struct process *p)
{
	if (!p->lost)
		kit_received();
}

void
process_write(struct process *p)
{
	struct buf *out = kit_out();
	ssize_t n;

	if (buf_len(out) > 0 && !p->lost) {
		n = write(p->out, buf_data(out), buf_len(out));
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			lost(p);
			return;
		}
		if (n > 0) {
			p->quiet = 0;
			buf_consume(out, (size_t)n);
		}
	}
	p->full = buf_len(out) > 0;
}

static void
flush(struct process *p)
{
	if (!p->full)
		process_write(p);
	kit_sent();
}

void
process_turn(struct process *p)
{
	bool paused = kit_paused();

	later_run();
	flush(p);
	if (kit_paused() != paused) {
		/* Nothing of what this causes may wait for the next event. */
		kit_received();
		later_run();
		flush(p);
	}
}

bool
process_reads(const struct process *p)
{
	return kit_wants_input() && !kit_more() && !p->lost;
}

void
process_tick(struct process *p)
{
	kit_tick();
	tell_forks();
	if (++p->quiet != QUIET_TICKS)
		return;
	p->share = READ_MIN;
	buf_trim(kit_in());
	buf_trim(kit_out());
	malloc_trim(0);
}

void
process_alarm(double seconds)
{
	unsigned left = (unsigned)seconds + 1;

#if defined(__SANITIZE_ADDRESS__)
	/* It looks for leaks at the end, which takes its time. */
	left *= 10;
#endif
	alarm(left);
}

/* ------------------------------------------------------------------ options */

static void
usage(FILE *to, const struct kit_backend *backend)
{
	const char *own = backend->options;

	fprintf(to, "usage: %s\n       %s --help | --version%s%s\n",
	    backend->program, backend->program, own != NULL ? " | " : "",
	    own != NULL ? own : "");
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
process_main(int argc, char **argv, const struct kit_backend *backend,
    int (*serve)(const struct kit_backend *))
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
