/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How did backends die?  A ring of the latest deaths, in words. */
#include "manager/pool/report.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "manager/pool/clock.h"
#include "util/utf8.h"
#include "util/xalloc.h"

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

void
report_death(struct report *r, unsigned id, const char *how, const char *words)
{
	struct report_last *last;

	if (id >= r->nlast) {
		/* Numbers are the smallest that are free. */
		r->last = xreallocarray(r->last, id + 1, sizeof(*r->last));
		while (r->nlast <= id)
			r->last[r->nlast++] = NULL;
	}
	if (r->last[id] == NULL)
		r->last[id] = xcalloc(1, sizeof(*last));
	last = r->last[id];
	last->deaths++;
	last->when = clock_now();
	copy(last->how, sizeof(last->how), how);
	copy(last->words, sizeof(last->words), words);
}

const struct report_last *
report_last(const struct report *r, unsigned id)
{
	return id < r->nlast ? r->last[id] : NULL;
}

void
report_finish(struct report *r)
{
	for (unsigned i = 0; i < r->nlast; i++)
		free(r->last[i]);
	free(r->last);
	r->last = NULL;
	r->nlast = 0;
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
