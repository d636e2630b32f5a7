/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restart: stop what runs, start all.  One that does not stop is left as it
 * is. */
#include "manager/ctl/ctl.h"

#include <stdio.h>

int
ctl_restart(struct ctl *ctl, struct ctl_instance *v, size_t n)
{
	int code = CTL_OK, started;

	(void)ctl;
	for (size_t i = 0; i < n; i++)
		ctl_stop_signal(&v[i]);
	for (size_t i = 0; i < n; i++) {
		if (!ctl_stop_one(&v[i])) {
			started = CTL_FAILED;
		} else {
			printf("Starting \"%s\": ", v[i].path);
			fflush(stdout);
			started = ctl_start_one(&v[i]);
			printf(started == CTL_OK ? "OK\n" : "ERROR\n");
		}
		if (code == CTL_OK)
			code = started;
	}
	return code;
}
