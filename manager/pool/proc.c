/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the kernel say of a process?  Nothing of a dead one. */
#include "manager/pool/proc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The first line of one of its files, without the newline; "": none. */
static void
read_file(pid_t pid, const char *name, char *line, size_t size)
{
	char path[48];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	line[0] = '\0';
	if (pid <= 0 || (f = fopen(path, "re")) == NULL)
		return;
	if (fgets(line, (int)size, f) == NULL)
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
}

long
proc_rss_kb(pid_t pid)
{
	char line[128];
	long pages = 0;

	read_file(pid, "statm", line, sizeof(line));
	if (sscanf(line, "%*d %ld", &pages) != 1)
		return 0;
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

void
proc_name(pid_t pid, char *name, size_t size)
{
	read_file(pid, "comm", name, size);
}

bool
proc_is_stopped(pid_t pid)
{
	char line[256], *end;

	read_file(pid, "stat", line, sizeof(line));
	/* Behind the name, which may have blanks and brackets in it. */
	end = strrchr(line, ')');
	return end != NULL && end[1] == ' ' && (end[2] == 'T' || end[2] == 't');
}
