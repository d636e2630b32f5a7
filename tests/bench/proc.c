/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a tree of processes has used, from /proc. */
#include "proc.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct st {
	pid_t pid, ppid;
	unsigned long ut, stt, cut, cst;
	long rss;
	int threads;
};

static int
slurp(const char *path, char *b, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, b, cap - 1);
	close(fd);
	if (n <= 0)
		return -1;
	b[n] = 0;
	return (int)n;
}

static int
read_stat(pid_t pid, struct st *s)
{
	char path[64], b[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (slurp(path, b, sizeof b) < 0)
		return -1;
	char *p = strrchr(b, ')');
	if (!p)
		return -1;
	int ppid, thr;
	char state;
	unsigned long ut, stt;
	long cut, cst, rss;
	if (sscanf(p + 2,
		"%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld %*d "
		"%*d %d %*d %*u %*u %ld",
		&state, &ppid, &ut, &stt, &cut, &cst, &thr, &rss) != 8)
		return -1;
	*s = (struct st){pid, ppid, ut, stt, (unsigned long)cut,
	    (unsigned long)cst, rss, thr};
	return 0;
}

static size_t
scan(struct st *v, size_t max)
{
	DIR *d = opendir("/proc");
	if (!d)
		return 0;
	size_t n = 0;
	for (struct dirent *e; n < max && (e = readdir(d));)
		if (isdigit((unsigned char)e->d_name[0]) &&
		    !read_stat(atoi(e->d_name), &v[n]))
			n++;
	closedir(d);
	return n;
}

static size_t
tree(const pid_t *roots, size_t nroots, struct st *all, size_t n,
    struct st *out, size_t max)
{
	size_t m = 0;
	for (size_t i = 0; i < n && m < max; i++)
		for (size_t r = 0; r < nroots; r++)
			if (all[i].pid == roots[r]) {
				out[m++] = all[i];
				all[i].pid = -1;
				break;
			}
	for (size_t k = 0; k < m; k++)
		for (size_t i = 0; i < n && m < max; i++)
			if (all[i].pid > 0 && all[i].ppid == out[k].pid) {
				out[m++] = all[i];
				all[i].pid = -1;
			}
	return m;
}

/* Time on a CPU of all live threads, in nanoseconds from the scheduler: the
 * ticks of stat are hundredths of a second, sampled, which is too coarse for
 * processes that run for microseconds at a time.  -1: this kernel has none. */
static double
run_s(pid_t pid)
{
	char path[96], b[128];
	double sum = -1;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *d = opendir(path);
	if (!d)
		return -1;
	for (struct dirent *e; (e = readdir(d));) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat",
		    (int)pid, e->d_name);
		if (slurp(path, b, sizeof b) > 0)
			sum = (sum < 0 ? 0 : sum) + strtod(b, NULL) / 1e9;
	}
	closedir(d);
	return sum;
}

static double
cpu_of(const struct st *s)
{
	double run = run_s(s->pid);

	return run >= 0 ? run : (double)(s->ut + s->stt) /
				    (double)sysconf(_SC_CLK_TCK);
}

static int
fds_of(pid_t pid)
{
	char path[64];
	int n = 0;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *d = opendir(path);
	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));)
		n += isdigit((unsigned char)e->d_name[0]) != 0;
	closedir(d);
	return n;
}

static struct st g_all[PROC_MAX_TREE], g_tree[PROC_MAX_TREE];

size_t
proc_tree(const pid_t *roots, size_t nroots, pid_t *out, size_t max)
{
	size_t n = scan(g_all, PROC_MAX_TREE);
	size_t m = tree(roots, nroots, g_all, n, g_tree, PROC_MAX_TREE);
	for (size_t i = 0; i < m && i < max; i++)
		out[i] = g_tree[i].pid;
	return m < max ? m : max;
}

static double
kb_line(const char *b, const char *key)
{
	const char *p = strstr(b, key);
	return p ? strtod(p + strlen(key), NULL) : 0;
}

void
proc_measure(const pid_t *roots, size_t nroots, pid_t not_this, int want_mem,
    struct proc_use *u)
{
	memset(u, 0, sizeof *u);
	size_t n = scan(g_all, PROC_MAX_TREE);
	size_t m = tree(roots, nroots, g_all, n, g_tree, PROC_MAX_TREE);
	double hz = (double)sysconf(_SC_CLK_TCK),
	       pg = (double)sysconf(_SC_PAGESIZE) / 1048576.0;
	for (size_t i = 0; i < m; i++) {
		struct st *s = &g_tree[i];
		u->cpu_s += (double)(s->cut + s->cst) / hz;
		if (s->pid == not_this)
			continue;
		u->cpu_s += cpu_of(s);
		u->procs++;
		u->threads += s->threads;
		if (!want_mem)
			continue;
		u->rss_mb += (double)s->rss * pg;
		u->fds += fds_of(s->pid);
		char path[64], b[4096];
		snprintf(
		    path, sizeof path, "/proc/%d/smaps_rollup", (int)s->pid);
		if (slurp(path, b, sizeof b) < 0)
			continue;
		u->pss_mb += kb_line(b, "\nPss:") / 1024.0;
		u->anon_mb += kb_line(b, "\nPss_Anon:") / 1024.0;
		u->priv_mb += (kb_line(b, "\nPrivate_Clean:") +
				  kb_line(b, "\nPrivate_Dirty:")) /
			      1024.0;
	}
}

double
proc_cpu(pid_t pid)
{
	struct st s;
	return pid > 0 && !read_stat(pid, &s) ? cpu_of(&s) : 0;
}
