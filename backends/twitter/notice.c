/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/notice.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

/* One trouble that the user knows of. */
struct trouble {
	SLIST_ENTRY(trouble) entry;
	char		*what;
	enum outcome	 outcome;
};

void
notice(struct session *s, const char *text)
{
	struct msg_message m = { .user = s->user, .from = CONTACT,
	    .kind = "chat", .body = text };

	kit_notify(METHOD_message, &m);
}

static void
forget(struct session *s, struct trouble *t)
{
	SLIST_REMOVE(&s->troubles, t, trouble, entry);
	free(t->what);
	free(t);
}

static struct trouble *
find(struct session *s, const char *what)
{
	struct trouble *t;

	SLIST_FOREACH(t, &s->troubles, entry)
		if (strcmp(t->what, what) == 0)
			break;
	return t;
}

void
notice_state(struct session *s, const char *what, const struct api_answer *a)
{
	struct trouble *t = find(s, what);
	char *text = NULL;

	if (a->outcome == API_OK && t != NULL) {
		text = xasprintf("%s: all is well again.", what);
		forget(s, t);
	} else if (a->outcome != API_OK &&
	    (t == NULL || t->outcome != a->outcome)) {
		text = xasprintf("%s: %s", what, a->text);
		if (t == NULL) {
			t = xcalloc(1, sizeof(*t));
			t->what = xstrdup(what);
			SLIST_INSERT_HEAD(&s->troubles, t, entry);
		}
		t->outcome = a->outcome;
	}
	if (text != NULL)
		notice(s, text);
	free(text);
}

void
notice_end(struct session *s)
{
	struct trouble *t;

	while ((t = SLIST_FIRST(&s->troubles)) != NULL)
		forget(s, t);
}
