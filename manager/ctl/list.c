/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: the JID of each file, without its vhosts. */
#include "manager/ctl/ctl.h"

#include <stdio.h>

int
ctl_list(struct ctl *ctl, struct ctl_instance *v, size_t n)
{
	(void)ctl;
	for (size_t i = 0; i < n; i++) {
		if (!v[i].vhost)
			printf("%s\n", v[i].jid);
	}
	return CTL_OK;
}
