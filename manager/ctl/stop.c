/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop: ask politely and watch.  All are told first, so that many take no
 * longer than one; nobody is killed. */
#include "manager/ctl/ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "manager/daemon.h"

#define TICKS		20	/* in a second */

/* When the process began, by the kernel's clock: with its number that is who
 * it is.  0: it has ended, whether or not its parent has noticed, or nobody
 * knows. */
static unsigned long long
process_start(pid_t pid)
{
	unsigned long long start = 0;
	char path[64], text[1024], state = 'Z', *at;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	/* proc(5): its name is in brackets, and may have some itself. */
	if ((at = strrchr(text, ')')) == NULL ||
	    sscanf(at, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
	    "%*d %*d %*d %*d %*d %*d %llu", &state, &start) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : start;
}

/* It gives its pid file away a moment before it ends. */
static bool
has_stopped(const struct ctl_instance *one)
{
	return daemon_running(one->pidfile) != one->stopping &&
	    (one->started == 0 ||
	    process_start(one->stopping) != one->started);
}

void
ctl_stop_signal(struct ctl_instance *one)
{
	one->stopping = ctl_instance_pid(one);
	one->started = one->stopping > 0 ? process_start(one->stopping) : 0;
	if (one->stopping == 0 || kill(one->stopping, SIGTERM) == 0 ||
	    errno == ESRCH)
		return;
	fprintf(stderr, "%s (process %ld): %s\n", one->jid,
	    (long)one->stopping, strerror(errno));
}

bool
ctl_stop_one(struct ctl_instance *one)
{
	const struct timespec tick = { .tv_nsec = 1000000000L / TICKS };

	printf("Stopping \"%s\": ", one->path);
	fflush(stdout);
	if (one->stopping == 0) {
		printf("Not running\n");
		return true;
	}
	for (int i = 1; i <= one->patience * TICKS; i++) {
		if (has_stopped(one)) {
			printf(" OK\n");
			return true;
		}
		nanosleep(&tick, NULL);
		if (i % TICKS == 0) {
			putchar('.');
			fflush(stdout);
		}
	}
	printf(" ERROR (timeout)\n");
	return false;
}

int
ctl_stop(struct ctl *ctl, struct ctl_instance *v, size_t n)
{
	(void)ctl;
	for (size_t i = 0; i < n; i++)
		ctl_stop_signal(&v[i]);
	for (size_t i = 0; i < n; i++)
		ctl_stop_one(&v[i]);
	return CTL_OK;		/* as the C++ program did; the text tells */
}
