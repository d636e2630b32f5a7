/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of them is it, and where does its outcome go?  Doing them is for
 * others. */
#include "backends/twitter/command.h"

void
command_typed(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const struct words *w)
{
	(void)s;
	(void)m;
	(void)w;
	kit_error(call, ERR_NOT_SUPPORTED, NULL);
}
