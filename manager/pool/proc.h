/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc.h - what the kernel says of a process (proc(5)). */
#ifndef MANAGER_POOL_PROC_H
#define MANAGER_POOL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Resident; 0: there is no such process. */
long	proc_rss_kb(pid_t);
/* What it calls it, "" where it says nothing: before it executes a program it
 * is still us. */
void	proc_name(pid_t, char *name, size_t size);
/* By SIGSTOP, a terminal or a debugger. */
bool	proc_is_stopped(pid_t);

#endif
