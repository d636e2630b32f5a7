/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is a backend started?  With three pipes of its own and nothing else of
 * ours, so that a backend that is taken over has nothing to reach for.
 *
 * vfork(), because the main process may be large and page tables cost time to
 * copy; and because the child shares our memory until it executes, it can say
 * why it could not. */
#include "manager/pool/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "util/xalloc.h"

/* An unprivileged user may have 64 MiB of pipes before the kernel makes new
 * ones tiny; with this size a hundred backends stay below. */
#define PIPE_BYTES	(256 * 1024)

/* All that the child needs, made before, as it may not allocate. */
struct plan {
	const struct spawn *spawn;
	char		  **env;
	int		    ends[3];	/* become its 0, 1, 2; all > 2 */
	pid_t		    parent;
	volatile int	    error;	/* why it did not; by the child */
};

/* NULL-terminated; only the array is owned. */
static char **
child_environment(bool stamps)
{
	static char stamped_by_us[] = "JOURNAL_STREAM=0:0";
	char **env;
	size_t n = 0, k = 0;

	while (environ[n] != NULL)
		n++;
	env = xcalloc(n + 2, sizeof(*env));
	for (size_t i = 0; i < n; i++) {
		if (strncmp(environ[i], "JOURNAL_STREAM=", 15) != 0)
			env[k++] = environ[i];
	}
	/* Our log stamps each line, and a level in front is understood. */
	if (!stamps)
		env[k++] = stamped_by_us;
	return env;
}

static void
reset_signals(void)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &act, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All of ours are close-on-exec already; this is for what a library or our
 * own parent left open. */
static void
shut_descriptors(void)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = 3; fd < 4096; fd++)	/* Linux before 5.11 */
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Runs in our memory with us stopped: plain system calls only. */
static void NORETURN
child(struct plan *plan)
{
	const struct spawn *spawn = plan->spawn;
	struct rlimit core;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != plan->parent)
		_exit(1);		/* we died before the line above */
	for (int i = 0; i < 3; i++) {
		if (dup2(plan->ends[i], i) < 0)
			goto fail;
	}
	shut_descriptors();
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = core.rlim_max;	/* for when it hangs */
		setrlimit(RLIMIT_CORE, &core);
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	reset_signals();
	execvpe(spawn->argv[0], spawn->argv, plan->env);
fail:
	plan->error = errno;
	_exit(127);
}

static pid_t
start(struct plan *plan)
{
	sigset_t all, old;
	pid_t pid;

	/* A handler of ours must not run in the child: it would think that it
	 * is us. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = vfork();
	if (pid == 0)
		child(plan);
	if (pid < 0)
		plan->error = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pid > 0 && plan->error != 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		pid = -1;
	}
	return pid;
}

/* A pipe whose ends are not 0, 1 or 2, even when those were closed. */
static int
open_pipe(int fds[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		if ((fds[i] = low[i]) <= STDERR_FILENO) {
			fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
			close(low[i]);
		}
	}
	if (fds[0] < 0 || fds[1] < 0) {
		for (int i = 0; i < 2; i++) {
			if (fds[i] >= 0)
				close(fds[i]);
			fds[i] = -1;
		}
		return -1;
	}
	return 0;
}

static void
close_all(int pipes[3][2])
{
	for (int i = 0; i < 6; i++) {
		if (pipes[i / 2][i % 2] >= 0)
			close(pipes[i / 2][i % 2]);
	}
}

static void
explain(const struct plan *plan, char *why, size_t size)
{
	const char *program = plan->spawn->argv[0];
	const char *setting = "[service] backend: ", *hint;

	switch (plan->error) {
	case ENOENT:
	case ENOTDIR:
		hint = " (or its interpreter)";
		break;
	case EACCES:
	case ENOEXEC:
		hint = ", is it executable?";
		break;
	default:			/* not the admin's fault */
		setting = hint = "";
		break;
	}
	snprintf(why, size, "%scannot execute %s: %s%s", setting, program,
	    strerror(plan->error), hint);
}

int
spawn(const struct spawn *spawn, struct process *process, char *why,
    size_t size)
{
	int pipes[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct plan plan = { .spawn = spawn, .parent = getpid() };
	int mine;

	for (int i = 0; i < 3; i++) {
		if (open_pipe(pipes[i]) < 0) {
			snprintf(why, size, "no pipe: %s", strerror(errno));
			close_all(pipes);
			return -1;
		}
		mine = i == 0;		/* we write to its standard input */
		plan.ends[i] = pipes[i][!mine];
		fcntl(pipes[i][mine], F_SETFL, O_NONBLOCK);
		if (i < 2)
			fcntl(pipes[i][0], F_SETPIPE_SZ, PIPE_BYTES);
	}
	plan.env = child_environment(spawn->stamps);
	process->pid = start(&plan);
	free(plan.env);
	if (process->pid < 0) {
		explain(&plan, why, size);
		close_all(pipes);
		return -1;
	}
	for (int i = 0; i < 3; i++)
		close(plan.ends[i]);
	process->to = pipes[0][1];
	process->from = pipes[1][0];
	process->err = pipes[2][0];
	return 0;
}
