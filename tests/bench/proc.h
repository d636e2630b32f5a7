/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc.h - CPU and memory of a process tree, from /proc */
#ifndef GWB_PROC_H
#define GWB_PROC_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_use {
	double cpu_s; /* user+system of every live process in the tree, plus
			 their reaped children */
	double pss_mb, rss_mb, priv_mb,
	    anon_mb; /* only with want_mem; anon: Pss_Anon, heap and stacks, not
			shared files */
	int procs, threads, fds; /* fds: with want_mem, too */
};
#define PROC_MAX_ROOTS 64
#define PROC_MAX_TREE  8192
/* All live processes that are one of roots[] or descend from one. */
size_t proc_tree(const pid_t *roots, size_t nroots, pid_t *out, size_t max);
/* `not_this` (0: none) is walked through but its own time and memory are not
 * counted; what it reaped from dead children is. */
void proc_measure(const pid_t *roots, size_t nroots, pid_t not_this,
    int want_mem, struct proc_use *u);
double proc_cpu(
    pid_t pid); /* user+system seconds of one process; 0 when gone */
#endif
