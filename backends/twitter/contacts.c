/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/contacts.h"

#include <stdlib.h>

#include "backends/twitter/fetch.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

void
contacts_seen(struct session *s, const struct known *who, const char *status)
{
	const struct msg_contact m = { .user = s->user,
	    .contact = who->contact, .name = who->person.name,
	    .subscription = "to" };
	const struct msg_contact_presence p = { .user = s->user,
	    .contact = who->contact, .show = "online", .status = status };

	kit_notify(METHOD_contact, &m);
	kit_notify(METHOD_contact_presence, &p);
}

struct refreshing {
	struct task	 task;
	contacts_done	*done;
	void		*ctx;
};

static void
read_page(struct session *s, const struct api_answer *a,
    const struct page *page, void *ctx)
{
	struct refreshing *r = ctx;
	const char **names = xcalloc(page->npeople + 1, sizeof(*names));
	struct followed f = { .contacts = names,
	    .whole = a->outcome == API_OK && page->next == NULL };
	const struct known *k;
	contacts_done *done = r->done;
	void *their = r->ctx;

	for (size_t i = 0; i < page->npeople; i++)
		if ((k = people_by_id(page->people[i].id)) != NULL)
			names[f.n++] = k->contact;
	task_reply(&r->task, NULL);
	done(s, a, &f, their);
	free(names);
}

void
contacts_refresh(struct session *s, contacts_done *done, void *ctx)
{
	struct refreshing *r = task_begin(s, NULL, sizeof(*r), NULL);

	r->done = done;
	r->ctx = ctx;
	fetch(s, &(struct fetch){ .endpoint = E_following, .path = { s->id },
	    .wanted = 1000 }, read_page, r);
}

void
contacts_followed(struct session *s, const struct known *who, bool pending)
{
	(void)pending;
	if (session_mode(s) == MODE_CONTACTS)
		contacts_seen(s, who, NULL);
}

void
contacts_unfollowed(struct session *s, const struct known *who)
{
	const struct msg_contact_removed m = { .user = s->user,
	    .contact = who->contact };

	kit_notify(METHOD_contact_removed, &m);
}

void
contacts_up(struct session *s)
{
	(void)s;
}

void
contacts_end(struct session *s)
{
	(void)s;
}

void
contacts_setting(struct session *s, const char *name)
{
	(void)s;
	(void)name;
}
