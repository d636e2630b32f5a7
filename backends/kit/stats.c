/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory do we use?  By proc(5); elsewhere nobody knows. */
#include "backends/kit/stats.h"

#include <stdio.h>
#include <unistd.h>

long
stats_rss_kb(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size, resident = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}
