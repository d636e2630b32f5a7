/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JID COMMAND...: ask the instance and print what it says.  A few commands
 * need more than that: more time, or an answer that has no end. */
#include "manager/ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

#define ERROR_WORD "Error:"

static const struct special {
	const char	*name;
	double		 timeout;	/* seconds at least; 0: the usual */
	bool		 follow;	/* print what comes, until it ends */
} specials[] = {
	{ "upgrade", 30, false },	/* longer than its rehearsal may take */
	{ "trace",    0, true },
};

static const struct special *
special_of(const char *name)
{
	for (size_t i = 0; i < LENGTH(specials); i++) {
		if (strcmp(specials[i].name, name) == 0)
			return &specials[i];
	}
	return NULL;
}

static int
unanswered(const struct ctl_instance *one, char *why)
{
	fprintf(stderr, ctl_instance_pid(one) == 0 ?
	    "%s does not run (%s).\n" : "%s does not answer: %s.\n",
	    one->jid, why);
	free(why);
	return CTL_NO_ANSWER;
}

/* Begins this text as an error does? */
static bool
is_error(const char *text, size_t n)
{
	return n >= strlen(ERROR_WORD) &&
	    memcmp(text, ERROR_WORD, strlen(ERROR_WORD)) == 0;
}

struct follower {
	bool	any, failed;
};

static void
print_piece(void *ctx, const char *bytes, size_t n)
{
	struct follower *f = ctx;

	if (!f->any)
		f->failed = is_error(bytes, n);
	f->any = true;
	fwrite(bytes, 1, n, f->failed ? stderr : stdout);
	fflush(stdout);
}

static int
follow(const struct ctl_instance *one, const char *line, double timeout)
{
	struct follower f = { 0 };
	char *why = NULL;

	if (ctl_follow(one->control, line, timeout, print_piece, &f, &why) < 0)
		return unanswered(one, why);
	return f.failed ? CTL_FAILED : CTL_OK;
}

static int
ask(const struct ctl_instance *one, const char *line, double timeout,
    bool named)
{
	char *answer, *why = NULL;
	bool failed;
	FILE *to;

	answer = ctl_ask(one->control, line, timeout, &why);
	if (answer == NULL)
		return unanswered(one, why);
	failed = is_error(answer, strlen(answer));
	to = failed ? stderr : stdout;
	if (named)
		fprintf(to, "%s: ", one->jid);
	/* The answer has its newline; the C++ program's words for none. */
	fputs(strcmp(answer, "\n") == 0 ? "Empty response\n" : answer, to);
	free(answer);
	return failed ? CTL_FAILED : CTL_OK;
}

int
ctl_query(struct ctl *ctl, const struct ctl_instance *one, char **words,
    size_t n)
{
	const struct special *special = special_of(words[0]);
	double timeout = ctl->timeout;
	struct buf b = { 0 };
	char *line;
	int code;

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i == 0 ? "" : " ", words[i]);
	line = buf_steal(&b);
	if (strpbrk(line, "\r\n") != NULL) {
		fprintf(stderr, "A command is one line.\n");
		free(line);
		return CTL_USAGE;
	}
	if (special != NULL && timeout < special->timeout)
		timeout = special->timeout;
	if (special != NULL && special->follow)
		code = follow(one, line, timeout);
	else
		code = ask(one, line, timeout, ctl->named);
	free(line);
	return code;
}
