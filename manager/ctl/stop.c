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

void
ctl_stop_signal(struct ctl_instance *one)
{
	one->stopping = ctl_instance_pid(one);
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
		if (daemon_running(one->pidfile) != one->stopping) {
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
