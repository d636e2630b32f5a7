/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a backend, and what do we do then?  The table below is the
 * answer; every change of state goes through it.  Which backend gets which
 * user, and when one is started, is the pool's business. */
#include "manager/pool/backend.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"
#include "manager/pool/command.h"
#include "manager/pool/proc.h"
#include "manager/pool/report.h"
#include "manager/pool/spawn.h"
#include "manager/pool/talk.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/xalloc.h"

#define ABORT_GRACE	2.0	/* s to write a core file */
#define VANISH_GRACE	1.0	/* s from end of file to being dead */
#define DEATH_GRACE	0.5	/* s from SIGKILL to being dead */
#define KILL_AGAIN	5.0	/* s; a killed process may sit in the kernel */

typedef void backend_action(struct backend *);

static backend_action admit, drain, leave, farewell, abort_it, finish, kill_now,
    vanish, shut, insist, died, bury, ignore;

static backend_action *const actions[BACKEND_STATES][BACKEND_EVENTS] = {
	/*                    HELLO   RETIRE  MOVE    STOP      TIMEOUT   GARBAGE   LOST    EXITED */
	[BACKEND_STARTING] = { admit,  leave,  ignore, leave,    kill_now, kill_now, vanish, died   },
	[BACKEND_READY]    = { ignore, drain,  ignore, farewell, abort_it, kill_now, vanish, died   },
	[BACKEND_DRAINING] = { ignore, ignore, leave,  farewell, abort_it, kill_now, vanish, died   },
	[BACKEND_HUNG]     = { ignore, ignore, ignore, ignore,   finish,   ignore,   ignore, died   },
	[BACKEND_STOPPING] = { ignore, ignore, ignore, ignore,   insist,   shut,     shut,   bury   },
	[BACKEND_GONE]     = { ignore, ignore, ignore, ignore,   ignore,   ignore,   ignore, ignore },
};

static const char *const state_names[BACKEND_STATES] = {
	[BACKEND_STARTING] = "starting",
	[BACKEND_READY]    = "ready",
	[BACKEND_DRAINING] = "draining",
	[BACKEND_HUNG]     = "hung",
	[BACKEND_STOPPING] = "stopping",
	[BACKEND_GONE]     = "gone",
};

const char *
backend_state_name(enum backend_state state)
{
	return state_names[state];
}

int
backend_state_parse(const char *name, enum backend_state *state)
{
	for (int s = 0; name != NULL && s < BACKEND_GONE; s++) {
		if (strcmp(name, state_names[s]) == 0) {
			*state = (enum backend_state)s;
			return 0;
		}
	}
	return -1;
}

bool
backend_serves(const struct backend *b)
{
	return b->state == BACKEND_READY || b->state == BACKEND_DRAINING;
}

bool
backend_has_users(const struct backend *b)
{
	return backend_serves(b) || b->state == BACKEND_HUNG;
}

bool
backend_is_idle(const struct backend *b)
{
	return rpc_count(b->rpc) == (b->pinging ? 1 : 0);
}

static void
set_state(struct backend *b, enum backend_state state)
{
	backend_log(b, LOG_DEBUG, "%s -> %s", state_names[b->state],
	    state_names[state]);
	b->state = state;
}

void
backend_event(struct backend *b, enum backend_event event)
{
	actions[b->state][event](b);
}

void
backend_fail(struct backend *b, enum backend_event event, const char *fmt, ...)
{
	va_list ap;

	if (b->state < BACKEND_STOPPING && b->why[0] == '\0') {
		va_start(ap, fmt);
		report_text(b->why, sizeof(b->why), fmt, ap);
		va_end(ap);
	}
	backend_event(b, event);
}

void
backend_changed(struct backend *b, enum log_level level, const char *fmt, ...)
{
	char what[BACKEND_WORDS];
	va_list ap;

	va_start(ap, fmt);
	report_text(what, sizeof(what), fmt, ap);
	va_end(ap);
	backend_log(b, level, "%s", what);
	if (b->owner->changed != NULL)
		b->owner->changed(b, what);
}

static void
set_timer(struct backend *b, double after, double repeat)
{
	ev_timer_stop(b->loop, &b->timer);
	ev_timer_set(&b->timer, after, repeat);
	ev_timer_start(b->loop, &b->timer);
}

/* The whole group: a backend may have helpers of its own. */
static void
send_signal(struct backend *b, int sig)
{
	b->killed = sig;
	if (b->pid > 1 && !b->exited)
		kill(-b->pid, sig);
}

/* --------------------------------------------------------------- actions */

static void
ignore(struct backend *b)
{
	(void)b;
}

/* While the channel is open, what is queued may still reach it. */
static void
answer_all(struct backend *b, const char *why)
{
	const struct channel *ch = &b->channel;

	if (channel_is_open(ch))
		rpc_fail(b->rpc, ERR_LOST, why);
	else
		rpc_lost(b->rpc, ch->written - ch->unread, why);
}

/* From here on no user is its own.  Comes last in an action: the callbacks may
 * do anything, also destroy b. */
static void
give_back(struct backend *b)
{
	struct buf words = { 0 };

	backend_words(b, &words);
	buf_addc(&words, '\0');
	answer_all(b, buf_data(&words));
	buf_free(&words);
	if (b->state != BACKEND_GONE)
		b->owner->leaving(b);
}

static void
admit(struct backend *b)
{
	set_state(b, BACKEND_READY);
	b->ready_at = clock_now();
	b->empty_since = b->ready_at;
	set_timer(b, b->limits.ping_interval / BACKEND_TICKS,
	    b->limits.ping_interval / BACKEND_TICKS);
	proc_name(b->pid, b->comm, sizeof(b->comm));
	backend_changed(b, LOG_INFO, "ready after %.0f ms",
	    (b->ready_at - b->born) * 1000);
}

static void
drain(struct backend *b)
{
	static const struct msg_drain nothing;

	b->asked = true;
	b->drain_at = clock_now();
	set_state(b, BACKEND_DRAINING);
	backend_changed(b, LOG_INFO, "draining: %s", b->replace);
	backend_notify(b, METHOD_drain, &nothing);
}

/* The polite way: it is told, and has stop_timeout to do it. */
static void
farewell(struct backend *b)
{
	static const struct msg_exit nothing;

	b->asked = true;
	set_state(b, BACKEND_STOPPING);
	set_timer(b, b->limits.stop_timeout, KILL_AGAIN);
	channel_hold(&b->channel, false);	/* lest it waits for us */
	backend_notify(b, METHOD_exit, &nothing);
}

static void
leave(struct backend *b)
{
	farewell(b);
	give_back(b);
}

static void
kill_now(struct backend *b)
{
	b->asked = false;
	set_state(b, BACKEND_STOPPING);
	channel_close(&b->channel);
	set_timer(b, KILL_AGAIN, KILL_AGAIN);
	send_signal(b, SIGKILL);
	give_back(b);
}

/* SIGABRT so that a core file shows where it hangs.  Its users stay until it is
 * dead: its connections to the network would be in the way of their new ones.
 * A stopped process gets the signal only when it goes on. */
static void
abort_it(struct backend *b)
{
	channel_read_rest(&b->channel);
	if (!backend_serves(b))
		return;			/* what it said was its end */
	b->asked = false;
	backend_changed(b, LOG_WARN, "%s", b->why);
	set_state(b, BACKEND_HUNG);
	channel_close(&b->channel);
	set_timer(b, ABORT_GRACE, 0);
	b->aborted = true;
	send_signal(b, SIGABRT);
	if (b->pid > 1 && !b->exited)
		kill(-b->pid, SIGCONT);
}

/* It has had its time; one that sits in the kernel gets no more of ours. */
static void
finish(struct backend *b)
{
	if (b->killed == SIGKILL) {
		kill_now(b);
		return;
	}
	set_timer(b, DEATH_GRACE, 0);
	send_signal(b, SIGKILL);
}

/* End of file.  Mostly it is exiting and will be reaped in a moment, but one
 * that only closed its pipes is of no use either. */
static void
vanish(struct backend *b)
{
	b->asked = false;
	set_state(b, BACKEND_STOPPING);
	channel_close(&b->channel);
	set_timer(b, VANISH_GRACE, KILL_AGAIN);
	give_back(b);
}

/* It has said its last; its timer and its death are still to come. */
static void
shut(struct backend *b)
{
	channel_close(&b->channel);
}

static void
insist(struct backend *b)
{
	if (b->killed == SIGKILL) {
		if (b->futile++ == 0)
			backend_log(b, LOG_ERROR, "does not die of SIGKILL");
	} else if (b->asked) {
		backend_log(b, LOG_WARN, "has not exited within %g s: killed",
		    b->limits.stop_timeout);
	}
	send_signal(b, SIGKILL);
}

static void
died(struct backend *b)
{
	b->asked = false;
	set_state(b, BACKEND_STOPPING);
	channel_close(&b->channel);
	give_back(b);
	backend_event(b, BACKEND_EXITED);
}

static void
bury(struct backend *b)
{
	set_state(b, BACKEND_GONE);
	ev_timer_stop(b->loop, &b->timer);
	ev_child_stop(b->loop, &b->child);
	channel_close(&b->channel);
	tail_read_rest(&b->tail);
	answer_all(b, "the backend has exited");
	/* Its helpers have nobody to work for.  The number cannot belong to
	 * a stranger: while the group has members it is not used again, and
	 * numbers are given out in turn. */
	if (b->pid > 1)
		kill(-b->pid, SIGKILL);
	b->owner->gone(b);
}

/* --------------------------------------------------------------- watchers */

static void
timer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct backend *b = w->data;

	(void)loop;
	(void)revents;
	if (backend_serves(b))
		backend_tick(b);
	else if (b->state == BACKEND_STARTING)
		backend_fail(b, BACKEND_TIMEOUT, "not ready within %g s",
		    b->limits.start_timeout);
	else
		backend_event(b, BACKEND_TIMEOUT);
}

/* Its last messages are still in the pipe; its end of file too, unless a helper
 * of its own holds the other end. */
static void
take_exit(void *arg)
{
	struct backend *b = arg;

	if (b->state == BACKEND_GONE || b->frozen)
		return;
	channel_read_rest(&b->channel);
	backend_event(b, BACKEND_EXITED);
}

static void
child_cb(struct ev_loop *loop, ev_child *w, int revents)
{
	struct backend *b = w->data;

	(void)revents;
	ev_child_stop(loop, w);
	b->exited = true;
	b->status = w->rstatus;
	if (!b->frozen)
		take_exit(b);
}

/* ---------------------------------------------------------------- in words */

void
backend_words(const struct backend *b, struct buf *out)
{
	/* An exit of its own accord says more than that its pipe closed. */
	if (b->why[0] != '\0' && (!b->exited || b->killed != 0))
		buf_adds(out, b->why);
	else if (b->exited)
		report_status(b->status, out);
	else
		buf_adds(out, "gone");
}

void
backend_end_words(const struct backend *b, struct buf *out)
{
	backend_words(b, out);
	if (b->why[0] == '\0' || !b->exited || b->killed == 0)
		return;			/* the status has been said */
	if (b->aborted && b->killed == SIGKILL)
		buf_adds(out, "; SIGABRT did not help");
	buf_adds(out, "; ended by ");
	report_status(b->status, out);
}

void
backend_log(const struct backend *b, enum log_level level, const char *fmt, ...)
{
	char text[BACKEND_WORDS];
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	report_text(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_line(level, "%s: backend %u (pid %d): %s", b->instance, b->id,
	    (int)b->pid, text);
}

/* ----------------------------------------------------------- start and end */

struct backend *
backend_create(struct ev_loop *loop, const struct backend_start *start)
{
	struct backend *b = xcalloc(1, sizeof(*b));

	b->id = start->id;
	b->instance = xstrdup(start->instance);
	b->owner = start->owner;
	b->pool = start->pool;
	b->places = b->tail.places = start->places;
	b->limits = start->limits;
	b->loop = loop;
	b->state = BACKEND_STARTING;
	b->born = clock_now();
	b->rpc = rpc_create();
	b->channel.from = b->channel.to = -1;
	b->tail.fd = b->tail.file = -1;
	TAILQ_INIT(&b->users);
	ev_timer_init(&b->timer, timer_cb, 0, 0);
	b->timer.data = b;
	ev_child_init(&b->child, child_cb, 0, 0);
	b->child.data = b;
	return b;
}

static int
run(const struct backend_start *start, struct process *process, char *why,
    size_t size)
{
	struct spawn spawn_it = {
		.stamps = start->log_path != NULL,
	};
	const char *bad;
	char **argv = command_split(start->command, start->id, &bad);
	int ok;

	if (argv == NULL) {
		snprintf(why, size, "[service] backend: %s", bad);
		return -1;
	}
	spawn_it.argv = argv;
	ok = spawn(&spawn_it, process, why, size);
	command_free(argv);
	return ok;
}

static void
attach(struct backend *b, const struct process *process, const char *log_path)
{
	char *path = log_path != NULL ? command_expand(log_path, b->id) : NULL;
	char *subject;

	b->pid = process->pid;
	ev_child_set(&b->child, b->pid, 0);
	ev_child_start(b->loop, &b->child);
	channel_open(&b->channel, b->loop, process->from, process->to,
	    b->limits.queue_max, &talk_events, b);
	subject = xasprintf("%s: backend %u (pid %d)", b->instance, b->id,
	    (int)b->pid);
	tail_open(&b->tail, b->loop, process->err, path, subject);
	free(subject);
	free(path);
}

struct backend *
backend_start(struct ev_loop *loop, const struct backend_start *start,
    char *why, size_t size)
{
	struct process process;
	struct backend *b;

	if (run(start, &process, why, size) < 0)
		return NULL;
	b = backend_create(loop, start);
	attach(b, &process, start->log_path);
	backend_changed(b, LOG_DEBUG, "started");
	ev_now_update(loop);		/* the turn may have been a long one */
	set_timer(b, b->limits.start_timeout, 0);
	talk_initialize(b, start->config);
	return b;
}

/* ---------------------------------------------------------------- handover */

void
backend_freeze(struct backend *b, bool freeze)
{
	if (b->frozen == freeze || b->state == BACKEND_GONE)
		return;
	b->frozen = freeze;
	channel_freeze(&b->channel, freeze);
	tail_freeze(&b->tail, freeze);
	if (freeze) {
		b->left = ev_is_active(&b->timer) ?
		    ev_timer_remaining(b->loop, &b->timer) : -1;
		ev_timer_stop(b->loop, &b->timer);
		return;
	}
	if (b->left >= 0)
		set_timer(b, b->left, b->timer.repeat);
	if (b->exited)
		later(take_exit, b);
}

static void
watch_child(struct backend *b)
{
	siginfo_t info = { .si_pid = 0 };

	if (!b->exited) {
		ev_child_set(&b->child, b->pid, 0);
		ev_child_start(b->loop, &b->child);
		/* It may have died when nobody was there to be told. */
		if (waitid(P_PID, (id_t)b->pid, &info, WEXITED | WNOHANG |
		    WNOWAIT) == 0) {
			if (info.si_pid == b->pid)
				ev_feed_signal_event(b->loop, SIGCHLD);
			return;
		}
		ev_child_stop(b->loop, &b->child);
		b->exited = true;	/* and somebody has taken its status */
	}
	later(take_exit, b);
}

void
backend_resume(struct backend *b)
{
	double tick = b->limits.ping_interval / BACKEND_TICKS;

	if (backend_serves(b))
		set_timer(b, b->left > 0 && b->left < tick ? b->left : tick,
		    tick);
	else if (b->left >= 0)
		set_timer(b, b->left,
		    b->state == BACKEND_STOPPING ? KILL_AGAIN : 0);
	watch_child(b);
	channel_resume(&b->channel);
}

void
backend_abandon(struct backend *b)
{
	rpc_abandon(b->rpc);
	channel_abandon(&b->channel);
	tail_abandon(&b->tail);
	b->pid = 0;
	backend_destroy(b);
}

static void
free_backend(void *arg)
{
	struct backend *b = arg;

	channel_finish(&b->channel);
	rpc_destroy(b->rpc);
	free(b->asks);
	free(b->instance);
	free(b);
}

void
backend_destroy(struct backend *b)
{
	if (b == NULL)
		return;
	ev_timer_stop(b->loop, &b->timer);
	ev_child_stop(b->loop, &b->child);
	if (b->state != BACKEND_GONE && !b->exited)
		send_signal(b, SIGKILL);
	b->state = BACKEND_GONE;
	channel_close(&b->channel);
	tail_close(&b->tail);
	answer_all(b, "the service stops");
	later(free_backend, b);
}
