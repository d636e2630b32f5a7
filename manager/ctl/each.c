/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload, upgrade: the same question to each instance that runs.  Others have
 * nothing to do: they read their file and their program when they start. */
#include "manager/ctl/ctl.h"

static int
ask_each(struct ctl *ctl, const struct ctl_instance *v, size_t n, char *word)
{
	int code = CTL_OK, one;

	ctl->named = n > 1;
	for (size_t i = 0; i < n; i++) {
		/* One that was named says so itself. */
		if (n > 1 && ctl_instance_pid(&v[i]) == 0)
			continue;
		one = ctl_query(ctl, &v[i], &word, 1);
		if (code == CTL_OK)
			code = one;
	}
	return code;
}

int
ctl_reload(struct ctl *ctl, struct ctl_instance *v, size_t n)
{
	char word[] = "reload";

	return ask_each(ctl, v, n, word);
}

int
ctl_upgrade(struct ctl *ctl, struct ctl_instance *v, size_t n)
{
	char word[] = "upgrade";

	return ask_each(ctl, v, n, word);
}
