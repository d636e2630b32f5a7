/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: what runs, and do all? */
#include "manager/ctl/ctl.h"

#include <stdio.h>

int
ctl_status(struct ctl *ctl, struct ctl_instance *v, size_t n)
{
	bool running;
	int code = CTL_OK;

	(void)ctl;
	for (size_t i = 0; i < n; i++) {
		running = ctl_instance_pid(&v[i]) != 0;
		printf("\"%s\": %s %s\n", v[i].path, v[i].jid,
		    running ? "Running" : "Stopped");
		if (!running)
			code = CTL_STOPPED;
	}
	return code;
}
