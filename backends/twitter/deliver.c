/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/deliver.h"

#include <stdlib.h>

#include "backends/twitter/notice.h"
#include "backends/twitter/shortid.h"
#include "backends/twitter/show.h"

void
deliver_text(struct session *s, struct buf *b, const struct post *p,
    bool author)
{
	char id[3];

	shortid_give(&s->shortids, p->id, p->author_id, id);
	show_post(b, p, id, author);
}

void
deliver_post(struct session *s, const struct post *p, bool followed)
{
	struct buf b = { 0 };
	struct msg_message m = { .user = s->user, .from = CONTACT,
	    .kind = "chat", .id = p->id };
	char *text;

	(void)followed;
	deliver_text(s, &b, p, true);
	text = buf_steal(&b);
	m.body = text;
	kit_notify(METHOD_message, &m);
	free(text);
}

void
deliver_made(struct session *s, const char *post_id)
{
	(void)s;
	(void)post_id;
}
