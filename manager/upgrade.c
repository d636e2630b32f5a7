/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The old program's part: rehearsal, quiet, handing over.  What the successor
 * does is upgrade_heir.c's. */
#include "manager/upgrade_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define REHEARSAL_MAX	10.0	/* seconds */
#define QUIET_STEP	0.005
#define QUIET_MAX	0.1
#define SAID_MAX	4096	/* bytes of a rehearsal's words */

enum upgrade_state {
	IDLE,
	REHEARSING,	/* child runs */
	QUIET,		/* timer looks whether all is settled */
};

struct upgrade {
	struct ev_loop	*loop;
	const struct upgrade_parts *parts;
	void		*ctx;
	enum upgrade_state state;
	struct ev_child	 child;
	struct ev_io	 output;	/* what it says; fd -1: none */
	struct ev_timer	 timer;
	struct buf	 said;
	char		*why;		/* owned; it could not even begin */
	double		 began;		/* of this state */
	double		 rehearsal;	/* seconds it took */
};

static void
set_state(struct upgrade *u, enum upgrade_state state)
{
	u->state = state;
	u->began = clock_now();
	/* What came until now the loop hears of before it is left; what comes
	 * from now on the kernel keeps for the successor. */
	upgrade_hold_signals(state == QUIET);
	ev_child_stop(u->loop, &u->child);
	ev_io_stop(u->loop, &u->output);
	ev_timer_stop(u->loop, &u->timer);
	if (u->output.fd >= 0)
		close(u->output.fd);
	ev_io_set(&u->output, -1, 0);
	buf_free(&u->said);
}

static void
fail(struct upgrade *u, char *why)
{
	char *text = upgrade_failure(why);

	set_state(u, IDLE);
	log_error("upgrade: not upgraded: %s; the old program goes on", why);
	u->parts->failed(u->ctx, text);
	free(text);
	free(why);
}

/* ----------------------------------------------------------------- the tree */

static void
pack_self(const struct upgrade *u, struct packer *p)
{
	pack_map(p, NULL);
	pack_int(p, "version", STATE_VERSION);
	pack_str(p, "program", SPECTRUM_VERSION);
	pack_map(p, "self");
	pack_str(p, "path", upgrade_self.path);
	pack_str(p, "directory", upgrade_self.directory);
	pack_end(p);
	pack_map(p, "facts");
	u->parts->facts(u->ctx, p);
	pack_end(p);
}

static void
pack_everything(const struct upgrade *u, struct packer *p)
{
	pack_self(u, p);
	pack_num(p, "quiet_since", u->began);
	pack_num(p, "rehearsal", u->rehearsal);
	u->parts->pack(u->ctx, p);
	pack_fd(p, "image", upgrade_self.image);
	pack_list(p, "fds");
	for (size_t i = 0; i < p->nfds; i++)
		pack_int(p, NULL, p->fds[i]);
	pack_end(p);
	pack_end(p);
}

/* Where the tree is, to whoever is executed next. */
static void
announce(int state)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", state);
	setenv(STATE_VARIABLE, number, 1);
}

/* -------------------------------------------------------------------- leave */

/* Returns only when it cannot be: why. */
static char *
execute(const struct packer *p)
{
	int state = upgrade_file(buf_data(&p->out), buf_len(&p->out));
	char *why;

	if (state < 0)
		return xasprintf("the state cannot be written: %s",
		    strerror(errno));
	pack_keep_fds(p, true);
	announce(state);
	execve(upgrade_self.path, upgrade_self.argv, environ);
	why = xasprintf("%s cannot be executed: %s", upgrade_self.path,
	    strerror(errno));
	unsetenv(STATE_VARIABLE);
	pack_keep_fds(p, false);
	close(state);
	return why;
}

static void
leave(struct upgrade *u)
{
	double quiet = clock_now() - u->began;
	struct packer p = { 0 };
	char *why;

	ev_timer_stop(u->loop, &u->timer);
	u->parts->freeze(u->ctx, true);
	pack_everything(u, &p);
	log_debug("upgrade: quiet after %.1f ms, packed after %.1f ms: %zu "
	    "bytes, %zu descriptors", quiet * 1e3, (clock_now() -
	    u->began) * 1e3, buf_len(&p.out), p.nfds);
	why = execute(&p);
	pack_free(&p);
	u->parts->freeze(u->ctx, false);
	u->parts->quiet(u->ctx, false);
	fail(u, why);
}

static void
look_around(struct upgrade *u)
{
	/* What was put off to the end of this turn may be output. */
	later_run();
	if (u->state == QUIET && (u->parts->settled(u->ctx) ||
	    clock_now() - u->began > QUIET_MAX))
		leave(u);
}

static void
be_quiet(struct upgrade *u)
{
	u->rehearsal = clock_now() - u->began;
	set_state(u, QUIET);
	u->parts->quiet(u->ctx, true);
	ev_timer_set(&u->timer, 0, QUIET_STEP);
	ev_timer_start(u->loop, &u->timer);
}

/* ---------------------------------------------------------------- rehearsal */

static double
rehearsal_max(const struct upgrade *u)
{
	return u->parts->rehearsal_max > 0 ? u->parts->rehearsal_max :
	    REHEARSAL_MAX;
}

static int
start_child(const int fds[2], pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
	    POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
	    O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, fds[1], STDERR_FILENO);
	error = posix_spawn(pid, upgrade_self.path, &files, &attr,
	    upgrade_self.argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* Returns why it cannot be, or NULL. */
static char *
spawn(struct upgrade *u, int state)
{
	int fds[2], error;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return xasprintf("no pipe: %s", strerror(errno));
	/* Our end alone does not wait; a program may expect to. */
	fcntl(fds[1], F_SETFL, 0);
	announce(state);
	error = start_child(fds, &pid);
	unsetenv(STATE_VARIABLE);
	close(fds[1]);
	if (error != 0) {
		close(fds[0]);
		return xasprintf("%s cannot be executed: %s",
		    upgrade_self.path, strerror(error));
	}
	ev_io_set(&u->output, fds[0], EV_READ);
	ev_io_start(u->loop, &u->output);
	ev_child_set(&u->child, pid, 0);
	ev_child_start(u->loop, &u->child);
	return NULL;
}

static void
rehearse(struct upgrade *u)
{
	struct packer p = { 0 };
	char *why = NULL;
	int state;

	pack_self(u, &p);
	pack_bool(&p, "rehearsal_only", true);
	pack_end(&p);
	state = upgrade_file(buf_data(&p.out), buf_len(&p.out));
	pack_free(&p);
	if (state < 0)
		why = xasprintf("the state cannot be written: %s",
		    strerror(errno));
	else
		why = spawn(u, state);
	if (state >= 0)
		close(state);
	/* Nobody expects failed() before upgrade_start() has returned. */
	u->why = why;
	ev_timer_set(&u->timer, why != NULL ? 0 : rehearsal_max(u), 0);
	ev_timer_start(u->loop, &u->timer);
}

static void
listen_to(struct upgrade *u)
{
	ssize_t n;

	do {
		n = read(u->output.fd, buf_reserve(&u->said, 1024), 1024);
		if (n > 0)
			buf_added(&u->said, (size_t)n);
		/* Its last words count. */
		if (buf_len(&u->said) > SAID_MAX)
			buf_consume(&u->said, buf_len(&u->said) - SAID_MAX);
	} while (n > 0);
	if (n == 0)
		ev_io_stop(u->loop, &u->output);
}

/* The last line of what it said, "" for nothing; caller frees. */
static char *
last_line(struct upgrade *u)
{
	size_t len = buf_len(&u->said);
	char *text = buf_steal(&u->said), *line = text, *newline;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = '\0';
	while ((newline = strchr(line, '\n')) != NULL)
		line = newline + 1;
	line = xstrdup(line);
	free(text);
	return line;
}

static char *
how_it_ended(int status)
{
	if (WIFSIGNALED(status))
		return xasprintf("%s was killed by signal %d in its rehearsal",
		    upgrade_self.path, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return xasprintf("%s ended its rehearsal with exit code %d",
		    upgrade_self.path, WEXITSTATUS(status));
	return xasprintf("%s is no program that can take over",
	    upgrade_self.path);
}

static void
rehearsed(struct upgrade *u, int status)
{
	char *line;

	listen_to(u);
	line = last_line(u);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	    strncmp(line, REHEARSED_WORD, strlen(REHEARSED_WORD)) == 0) {
		log_info("upgrade: to %s %s", upgrade_self.path,
		    line + strlen(REHEARSED_WORD));
		free(line);
		be_quiet(u);
		return;
	}
	/* A killed one's last words are not why. */
	if (*line == '\0' || !WIFEXITED(status) || WEXITSTATUS(status) == 0) {
		free(line);
		line = how_it_ended(status);
	}
	fail(u, line);
}

static void
no_rehearsal(struct upgrade *u)
{
	char *why = u->why;

	if (why != NULL) {
		u->why = NULL;
		fail(u, why);
		return;
	}
	kill(u->child.pid, SIGKILL);
	fail(u, xasprintf("%s did not end its rehearsal within %g s",
	    upgrade_self.path, rehearsal_max(u)));
}

/* ------------------------------------------------------------------ watchers */

static void
on_output(struct ev_loop *loop, struct ev_io *w, int events)
{
	(void)loop;
	(void)events;
	listen_to(CONTAINER(w, struct upgrade, output));
}

static void
on_child(struct ev_loop *loop, struct ev_child *w, int events)
{
	(void)loop;
	(void)events;
	rehearsed(CONTAINER(w, struct upgrade, child), w->rstatus);
}

static void
on_timer(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct upgrade *u = CONTAINER(w, struct upgrade, timer);

	(void)loop;
	(void)events;
	if (u->state == REHEARSING)
		no_rehearsal(u);
	else
		look_around(u);
}

/* ------------------------------------------------------------------- public */

struct upgrade *
upgrade_create(struct ev_loop *loop, const struct upgrade_parts *parts,
    void *ctx)
{
	struct upgrade *u = xcalloc(1, sizeof(*u));

	u->loop = loop;
	u->parts = parts;
	u->ctx = ctx;
	ev_io_init(&u->output, on_output, -1, 0);
	ev_child_init(&u->child, on_child, 0, 0);
	ev_timer_init(&u->timer, on_timer, 0, 0);
	return u;
}

void
upgrade_destroy(struct upgrade *u)
{
	if (u == NULL)
		return;
	if (u->state == REHEARSING && u->why == NULL)
		kill(u->child.pid, SIGKILL);
	if (u->state == QUIET)
		u->parts->quiet(u->ctx, false);
	set_state(u, IDLE);
	free(u->why);
	later_free(u);
}

int
upgrade_start(struct upgrade *u)
{
	if (u->state != IDLE)
		return -1;
	set_state(u, REHEARSING);
	rehearse(u);
	return 0;
}

bool
upgrade_is_running(const struct upgrade *u)
{
	return u->state != IDLE;
}
