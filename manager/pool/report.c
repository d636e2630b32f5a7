/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How did backends die?  A ring of the latest deaths, in words. */
#include "manager/pool/report.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "manager/pool/clock.h"
#include "util/utf8.h"

void
report_status(int status, struct buf *out)
{
	if (WIFSIGNALED(status)) {
		const char *name = sigdescr_np(WTERMSIG(status));

		buf_addf(out, "signal %d (%s%s)", WTERMSIG(status),
		    name != NULL ? name : "unknown",
		    WCOREDUMP(status) ? ", core dumped" : "");
		return;
	}
	buf_addf(out, "exit %d", WEXITSTATUS(status));
	/* What a shell and env(1) say with these. */
	if (WEXITSTATUS(status) == 127)
		buf_adds(out, " (command not found)");
	else if (WEXITSTATUS(status) == 126)
		buf_adds(out, " (command cannot be executed)");
}

static void
copy(char *to, size_t size, const char *from)
{
	size_t n = utf8_cut(from, strlen(from), size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

void
report_add(struct report *r, pid_t pid, unsigned id, unsigned users,
    const char *how, const char *words)
{
	struct report_entry *e = &r->ring[r->added++ % REPORT_KEPT];

	e->pid = pid;
	e->id = id;
	e->users = users;
	e->when = clock_now();
	copy(e->how, sizeof(e->how), how);
	copy(e->words, sizeof(e->words), words);
	if (pid != 0)
		r->crashes++;
}

static unsigned long
oldest(const struct report *r)
{
	return r->added > REPORT_KEPT ? r->added - REPORT_KEPT : 0;
}

void
report_print(const struct report *r, struct buf *out)
{
	double now = clock_now();

	for (unsigned long i = oldest(r); i < r->added; i++) {
		const struct report_entry *e = &r->ring[i % REPORT_KEPT];

		if (e->pid != 0)
			buf_addf(out, "%d", (int)e->pid);
		else
			buf_addc(out, '-');
		buf_addf(out, " id %u: %s, %u user%s, %.0f s ago%s%s\n", e->id,
		    e->how, e->users, e->users == 1 ? "" : "s", now - e->when,
		    e->words[0] != '\0' ? ": " : "", e->words);
	}
}

void
report_print_pids(const struct report *r, struct buf *out)
{
	for (unsigned long i = oldest(r); i < r->added; i++) {
		const struct report_entry *e = &r->ring[i % REPORT_KEPT];

		if (e->pid != 0)
			buf_addf(out, "%d\n", (int)e->pid);
	}
}
