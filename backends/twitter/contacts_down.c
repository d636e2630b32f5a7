/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user does with the list of contacts, and what that does on X. */
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/act.h"
#include "backends/twitter/contacts_inside.h"
#include "backends/twitter/down.h"
#include "backends/twitter/kept.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/page.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

/* A change of the list that waits for X. */
struct change {
	struct task	 task;
	char		 id[PAGE_ID_MAX + 1];	/* of the person */
	char		 contact[CONTACT_SIZE];
	bool		 named;		/* by the user */
	bool		 blocked;	/* what is asked */
};

/* X itself needs nothing to be done: answered.  Nobody of such a name is on X:
 * nor is that asked. */
static struct change *
begin(const struct kit_call *call, struct session *s, const char *contact)
{
	struct change *c;

	if (strcmp(contact, CONTACT) == 0) {
		kit_reply(call, NULL);
		return NULL;
	}
	if (!people_is_name(contact)) {
		kit_error(call, ERR_NOT_FOUND,
		    "There is nobody of that name on X.");
		return NULL;
	}
	c = task_begin(s, call, sizeof(*c), NULL);
	memcpy(c->contact, contact, strlen(contact) + 1);
	return c;
}

static void
take(struct change *c, const struct known *who)
{
	memcpy(c->id, who->person.id, strlen(who->person.id) + 1);
	memcpy(c->contact, who->contact, sizeof(c->contact));
}

/* ----------------------------------------------------------------- follow */

/* Told before the answer: the main process then knows whether this one has
 * agreed yet. */
static void
tell_added(struct session *s, const struct change *change, bool pending)
{
	const struct known *who = people_by_id(change->id);
	struct contact *c = contacts_get(s, change->contact);

	if (c == NULL)
		return;
	contacts_tell(s, c, change->named || who == NULL ? NULL :
	    who->person.name, pending ? "ask" : "to");
	if (change->named)
		c->renamed = true;
	if (!pending)
		contacts_online(s, c, NULL);
}

static void
added(struct session *s, const struct api_answer *a, const char *id, void *ctx)
{
	struct change *c = ctx;
	bool pending = json_is_true(json_object_get(json_object_get(a->json,
	    "data"), "pending_follow"));

	(void)id;
	if (a->outcome != API_OK) {
		task_refused(&c->task, a);
		return;
	}
	(void)kept_add(s, KEPT_ADDED, c->contact);
	if (pending)
		(void)kept_add(s, KEPT_ASKED, c->contact);
	else
		kept_remove(s, KEPT_ASKED, c->contact);
	tell_added(s, c, pending);
	task_reply(&c->task, NULL);
}

static void
add(struct session *s, const struct api_answer *a, const struct known *who,
    void *ctx)
{
	struct change *c = ctx;

	if (a->outcome != API_OK) {
		task_refused(&c->task, a);
	} else if (strcmp(who->person.id, s->id) == 0) {
		task_error(&c->task, ERR_NOT_ACCEPTABLE,
		    "That is you yourself.");
	} else {
		take(c, who);
		act(s, ACT_FOLLOW, c->id, true, added, c);
	}
}

void
down_contact_add(const struct kit_call *call, const struct msg_contact_add *m)
{
	struct session *s = session_for(call, m->user);
	struct change *c = s ? begin(call, s, m->contact) : NULL;

	if (c == NULL)
		return;
	c->named = m->name != NULL && *m->name != '\0';
	people_find(s, m->contact, add, c);
}

/* --------------------------------------------------------------- unfollow */

/* It is off the list already, and nobody looks at the answer. */
static void
not_removed(struct session *s, struct change *c, const struct api_answer *a)
{
	char *text = xasprintf("You have removed %s from your list, but still "
	    "follow @%s: %s", c->contact, c->contact, a->text);

	notice(s, text);
	free(text);
	task_refused(&c->task, a);
}

static void
removed(struct session *s, const struct api_answer *a, const char *id,
    void *ctx)
{
	struct change *c = ctx;
	struct contact *told = map_get(&s->contacts->all, c->contact);

	(void)id;
	kept_remove(s, KEPT_ADDED, c->contact);
	if (told != NULL) {
		map_remove(&s->contacts->all, told->id);
		free(told);
	}
	if (a->outcome != API_OK) {
		not_removed(s, c, a);
		return;
	}
	kept_remove(s, KEPT_ASKED, c->contact);
	task_reply(&c->task, NULL);
}

static void
removing(struct session *s, const struct api_answer *a,
    const struct known *who, void *ctx)
{
	static const struct api_answer ok = { .outcome = API_OK };
	struct change *c = ctx;

	if (a->outcome == API_OK) {
		take(c, who);
		act(s, ACT_FOLLOW, c->id, false, removed, c);
	} else {
		/* Whoever has left X cannot be followed. */
		removed(s, a->outcome == API_NOT_FOUND ? &ok : a, NULL, c);
	}
}

void
down_contact_remove(const struct kit_call *call,
    const struct msg_contact_remove *m)
{
	struct session *s = session_for(call, m->user);
	struct change *c;

	if (s == NULL)
		return;
	if (!people_is_name(m->contact)) {
		kit_reply(call, NULL);	/* there is nothing to be undone */
		return;
	}
	if ((c = begin(call, s, m->contact)) != NULL)
		people_find(s, m->contact, removing, c);
}

/* --------------------------------------------------------------- the rest */

/* Names and groups are kept by the main process. */
void
down_contact_update(const struct kit_call *call,
    const struct msg_contact_update *m)
{
	struct session *s = session_for(call, m->user);
	struct contact *c = s ? map_get(&s->contacts->all, m->contact) : NULL;

	if (s == NULL)
		return;
	if (c != NULL && m->name != NULL)
		c->renamed = true;
	kit_reply(call, NULL);
}

static void
blocked(struct session *s, const struct api_answer *a, const char *id,
    void *ctx)
{
	struct change *c = ctx;
	char *text;

	(void)id;
	if (a->outcome != API_OK) {
		task_refused(&c->task, a);
		return;
	}
	if (!c->blocked) {
		kept_remove(s, KEPT_BLOCKED, c->contact);
		task_reply(&c->task, NULL);
		return;
	}
	text = xasprintf("@%s cannot write to you any more, and nothing of "
	    "@%s is shown here.%s To X's website and to followers this is no "
	    "block: X allows programs no more than that.", c->contact,
	    c->contact, kept_add(s, KEPT_BLOCKED, c->contact) ? "" :
	    " (Posts are, as too many are blocked.)");
	notice(s, text);
	free(text);
	task_reply(&c->task, NULL);
}

static void
blocking(struct session *s, const struct api_answer *a,
    const struct known *who, void *ctx)
{
	static const struct api_answer ok = { .outcome = API_OK };
	struct change *c = ctx;

	if (a->outcome == API_OK) {
		take(c, who);
		act(s, ACT_BLOCK, c->id, c->blocked, blocked, c);
	} else if (a->outcome == API_NOT_FOUND && !c->blocked) {
		blocked(s, &ok, NULL, c);	/* has left X */
	} else {
		task_refused(&c->task, a);
	}
}

void
down_contact_block(const struct kit_call *call,
    const struct msg_contact_block *m)
{
	struct session *s = session_for(call, m->user);
	struct change *c;

	if (s == NULL)
		return;
	if (strcmp(m->contact, CONTACT) == 0 && m->blocked) {
		kit_error(call, ERR_NOT_ALLOWED,
		    "X itself cannot be blocked; log out instead.");
		return;
	}
	if ((c = begin(call, s, m->contact)) == NULL)
		return;
	c->blocked = m->blocked;
	people_find(s, m->contact, blocking, c);
}
