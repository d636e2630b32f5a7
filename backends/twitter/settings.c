/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form that the main process shows, and what is usual.  A mode, say, is
 * read by whoever acts on it: session_mode(), deliver.c, timeline.c. */
#include "backends/twitter/settings.h"

#include <string.h>

#include "backends/twitter/config.h"
#include "util/macros.h"

static struct msg_option modes[] = {
	{ .value = "0", .label = "in the chat with twitter.com" },
	{ .value = "1", .label = "in a chat with each author" },
	{ .value = "2", .label = "in the room #twitter" },
};
static struct msg_option sensitives[] = {
	{ .value = "mark", .label = "marked, pictures as links" },
	{ .value = "hide", .label = "not at all" },
	{ .value = "show", .label = "as other posts" },
};
static struct msg_option oauths[] = {
	{ .value = "2", .label = "OAuth 2.0, an address to paste" },
	{ .value = "1", .label = "OAuth 1.0a, a PIN" },
};

/* The last one only where there is a choice. */
static struct msg_field fields[] = {
	{ .var = "mode", .type = "choice", .value = "0",
	    .label = "Show my timeline", .options = { modes, LENGTH(modes) } },
	{ .var = "post_plain", .type = "bool", .value = "0",
	    .label = "Post what I write to twitter.com that is no command" },
	{ .var = "show_replies", .type = "bool", .value = "1",
	    .label = "Show replies of those whom I follow" },
	{ .var = "show_reposts", .type = "bool", .value = "1",
	    .label = "Show reposts" },
	{ .var = "show_mentions", .type = "bool", .value = "0",
	    .label = "Show who mentions me without my following them (costs "
	    "more)" },
	{ .var = "sensitive", .type = "choice", .value = "mark",
	    .label = "Show posts that X calls sensitive",
	    .options = { sensitives, LENGTH(sensitives) } },
	{ .var = "languages", .type = "text",
	    .label = "Show posts in these languages only, such as: en de "
	    "(none: all)" },
	{ .var = "direct", .type = "bool", .value = "1",
	    .label = "Show direct messages" },
	{ .var = "oauth", .type = "choice", .value = "2",
	    .label = "Let this gateway into my account by (from the next "
	    "time on)", .options = { oauths, LENGTH(oauths) } },
};

void
settings_offer(struct msg_initialize_result *say)
{
	bool both = config.consumer_key != NULL && config.client_id != NULL;

	say->settings.v = fields;
	say->settings.n = LENGTH(fields) - (both ? 0 : 1);
}

bool
setting_on(const struct session *s, const char *name)
{
	const char *usual = "0";

	for (size_t i = 0; i < LENGTH(fields); i++)
		if (strcmp(fields[i].var, name) == 0)
			usual = fields[i].value;
	return strcmp(session_setting(s, name, usual), "1") == 0;
}
