/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JID COMMAND...: ask the instance and print what it says. */
#include "manager/ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

int
ctl_query(struct ctl *ctl, const struct ctl_instance *one, char **words,
    size_t n)
{
	struct buf b = { 0 };
	char *line, *answer, *why = NULL;

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i == 0 ? "" : " ", words[i]);
	line = buf_steal(&b);
	if (strpbrk(line, "\r\n") != NULL) {
		fprintf(stderr, "A command is one line.\n");
		free(line);
		return CTL_USAGE;
	}
	answer = ctl_ask(one->control, line, ctl->timeout, &why);
	free(line);
	if (answer == NULL) {
		fprintf(stderr, ctl_instance_pid(one) == 0 ?
		    "%s does not run (%s).\n" : "%s does not answer: %s.\n",
		    one->jid, why);
		free(why);
		return CTL_NO_ANSWER;
	}
	/* The answer has its newline; the C++ program's words for none. */
	fputs(strcmp(answer, "\n") == 0 ? "Empty response\n" : answer, stdout);
	free(answer);
	return CTL_OK;
}
