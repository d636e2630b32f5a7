/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about the gateway itself: how it shows what there is, and what that
 * costs. */
#include <stdio.h>
#include <stdlib.h>

#include "backends/twitter/budget.h"
#include "backends/twitter/run.h"
#include "util/macros.h"

void
run_mode(struct run *r)
{
	static const char *const modes[] = {
		[MODE_ONE] = "Posts come from twitter.com.",
		[MODE_CONTACTS] = "Posts come from their authors.",
		[MODE_ROOM] = "Posts come in the room #twitter: join it.",
	};
	struct session *s = r->task.session;
	size_t mode = (size_t)r->words.number;
	char value[2] = { (char)('0' + mode), '\0' };

	if (mode >= LENGTH(modes)) {
		run_usage(r, WORD_mode);
		return;
	}
	session_keep(s, "mode", value, false);
	/* Before the room, where that may have been typed, is closed. */
	run_say(r, "%s", modes[mode]);
	/* Those who act on it; the main process does not tell it back. */
	session_told(s, "mode", value);
}

void
run_budget(struct run *r)
{
	char *text = budget_text(r->task.session);

	run_text(r, text);
	free(text);
}

/* As it was said to the C++ program. */
void
run_pin(struct run *r)
{
	run_wrong(r, "You are logged in already.  When X wants a PIN, you are "
	    "asked for it.");
}
