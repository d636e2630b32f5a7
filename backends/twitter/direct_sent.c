/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X tells of what was sent from here, too; the user has seen that.  The ids are
 * kept, as the next session may be the one that X tells. */
#include "backends/twitter/direct_inside.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define KEPT		"twitter_dm_sent"	/* setting: ids with blanks */
#define SENT_MAX	50

struct sent {
	const char	*v[SENT_MAX];	/* oldest first, in copy */
	size_t		 n;
	char		*copy;
};

static void
load(const struct session *s, struct sent *sent)
{
	char *rest, *id;

	sent->n = 0;
	sent->copy = xstrdup(session_setting(s, KEPT, ""));
	for (id = strtok_r(sent->copy, " ", &rest);
	    id != NULL && sent->n < SENT_MAX; id = strtok_r(NULL, " ", &rest))
		if (page_is_id(id))
			sent->v[sent->n++] = id;
}

static void
keep(struct session *s, const struct sent *sent)
{
	struct buf b = { 0 };
	char *text;

	for (size_t i = 0; i < sent->n; i++)
		buf_addf(&b, "%s%s", i > 0 ? " " : "", sent->v[i]);
	text = buf_steal(&b);
	session_keep(s, KEPT, sent->n > 0 ? text : NULL, false);
	free(text);
}

void
direct_sent_add(struct session *s, const char *event_id)
{
	struct sent sent;

	load(s, &sent);
	if (sent.n == SENT_MAX)
		memmove(sent.v, sent.v + 1, --sent.n * sizeof(*sent.v));
	sent.v[sent.n++] = event_id;
	keep(s, &sent);
	free(sent.copy);
}

bool
direct_sent_has(const struct session *s, const char *event_id)
{
	struct sent sent;
	bool found = false;

	load(s, &sent);
	for (size_t i = 0; i < sent.n; i++)
		found |= strcmp(sent.v[i], event_id) == 0;
	free(sent.copy);
	return found;
}

void
direct_sent_forget(struct session *s, const char *event_id)
{
	struct sent sent, left = { .n = 0 };

	load(s, &sent);
	for (size_t i = 0; i < sent.n; i++)
		if (page_id_compare(sent.v[i], event_id) > 0)
			left.v[left.n++] = sent.v[i];
	if (left.n < sent.n)
		keep(s, &left);
	free(sent.copy);
}
