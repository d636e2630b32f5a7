/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The admin's commands about backends, and about memory. */
#include "manager/gateway/admin_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/xalloc.h"

#define BACKENDS_MAX	1024

/* ----------------------------------------------------------------- backends */

static struct backend_info *
all_backends(const struct gateway *gw, size_t *n)
{
	struct backend_info *info = xcalloc(BACKENDS_MAX, sizeof(*info));

	*n = pool_backends(gw->pool, info, BACKENDS_MAX);
	if (*n > BACKENDS_MAX)
		*n = BACKENDS_MAX;
	return info;
}

static void
print_backend(struct buf *out, const struct backend_info *b)
{
	buf_addf(out, "%u: pid %ld, %s%s, %u users, %.0f s, %ld KB, %lu "
	    "messages to it, %lu from it, %zu bytes queued, %lu restarts\n",
	    b->id, (long)b->pid, b->state, b->alone ? " for one user" : "",
	    b->users, b->age, b->rss_kb, b->sent, b->received, b->queued,
	    b->restarts);
	if (b->last_exit[0] != '\0')
		buf_addf(out, "   last exit: %s\n", b->last_exit);
	if (b->last_words[0] != '\0')
		buf_addf(out, "   last words: %s\n", b->last_words);
}

void
cmd_backends(struct run *r)
{
	size_t n;
	struct backend_info *b = all_backends(r->gw, &n);

	for (size_t i = 0; i < n; i++)
		print_backend(&r->out, &b[i]);
	free(b);
	if (pool_crashes(r->gw->pool) > 0) {
		buf_adds(&r->out, "Crashed, by process id:\n");
		pool_crash_report(r->gw->pool, &r->out);
	}
}

void
cmd_backends_count(struct run *r)
{
	buf_addf(&r->out, "%u", pool_ready_count(r->gw->pool));
}

void
cmd_crashed_backends(struct run *r)
{
	pool_crashed_pids(r->gw->pool, &r->out);
}

void
cmd_crashed_backends_count(struct run *r)
{
	buf_addf(&r->out, "%lu", pool_crashes(r->gw->pool));
}

void
cmd_crash_report(struct run *r)
{
	pool_crash_report(r->gw->pool, &r->out);
}

void
cmd_restart_backend(struct run *r)
{
	char *end;
	unsigned long id = strtoul(r->argv[0], &end, 10);

	if (*end != '\0' || pool_restart(r->gw->pool, (unsigned)id) < 0)
		buf_addf(&r->out, "Error: There is no backend '%s'",
		    r->argv[0]);
	else
		buf_addf(&r->out, "Backend %lu is being replaced.", id);
}

void
cmd_restart_backends(struct run *r)
{
	unsigned n = pool_restart_all(r->gw->pool);

	buf_addf(&r->out, "%u backend%s being replaced, one after the other.",
	    n, n == 1 ? " is" : "s are");
}

/* ------------------------------------------------------------------- memory */

struct memory {
	long	res, shr;	/* KB */
};

static struct memory
own_memory(void)
{
	long size = 0, res = 0, shr = 0, page = sysconf(_SC_PAGESIZE) / 1024;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f != NULL) {
		if (fscanf(f, "%ld %ld %ld", &size, &res, &shr) != 3)
			res = shr = 0;
		fclose(f);
	}
	return (struct memory){ res * page, shr * page };
}

static long
backends_memory(const struct gateway *gw)
{
	size_t n;
	struct backend_info *b = all_backends(gw, &n);
	long sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += b[i].rss_kb;
	free(b);
	return sum;
}

void
cmd_res_memory(struct run *r)
{
	buf_addf(&r->out, "%ld", own_memory().res + backends_memory(r->gw));
}

void
cmd_shr_memory(struct run *r)
{
	buf_addf(&r->out, "%ld", own_memory().shr);
}

void
cmd_used_memory(struct run *r)
{
	struct memory own = own_memory();

	buf_addf(&r->out, "%ld", own.res - own.shr + backends_memory(r->gw));
}

void
cmd_average_memory(struct run *r)
{
	size_t users = admin_online(r->gw);

	buf_addf(&r->out, "%ld",
	    users ? backends_memory(r->gw) / (long)users : 0);
}
