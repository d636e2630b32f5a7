/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has the main process been told?  It keeps the list over sessions, with
 * the names that the user has given; what it has of us by contact_watch is told
 * online and no more.  So a login costs nothing, at X or on the roster. */
#include "backends/twitter/contacts_inside.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/avatar.h"
#include "backends/twitter/down.h"
#include "backends/twitter/kept.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/text.h"
#include "util/siphash.h"
#include "util/xalloc.h"

#define STATUS_MAX	300		/* bytes */
#define SHOWN		"twitter_contacts"	/* a setting: mode 1 has told
						 * contacts */

/* ----------------------------------------------------------------- single */

static uint32_t
hash(const char *s)
{
	uint32_t h = s != NULL ? siphash_string(s) : 0;

	return s != NULL && h == 0 ? 1 : h;
}

struct contact *
contacts_get(struct session *s, const char *id)
{
	struct map *all = &s->contacts->all;
	struct contact *c = map_get(all, id);
	size_t n = strlen(id) + 1;

	if (c != NULL || map_count(all) >= CONTACTS_MAX)
		return c;
	c = xcalloc(1, sizeof(*c) + n);
	memcpy(c->id, id, n);
	map_put(all, c->id, c);
	return c;
}

void
contacts_tell(struct session *s, struct contact *c, const char *name,
    const char *subscription)
{
	const struct msg_contact m = { .user = s->user, .contact = c->id,
	    .name = c->renamed ? NULL : name, .subscription = subscription };

	c->told = true;
	if (name != NULL)
		c->name = hash(name);
	kit_notify(METHOD_contact, &m);
}

void
contacts_online(struct session *s, struct contact *c, const char *status)
{
	struct msg_contact_presence m = { .user = s->user, .contact = c->id,
	    .show = "online" };
	struct arena a = { 0 };

	if (status != NULL)
		m.status = text_line(&a, status, STATUS_MAX);
	if (!c->online || (status != NULL && c->status != hash(m.status))) {
		c->online = true;
		c->status = hash(m.status);
		kit_notify(METHOD_contact_presence, &m);
	}
	arena_free(&a);
}

static void
forget(struct session *s, struct contact *c)
{
	map_remove(&s->contacts->all, c->id);
	free(c);
}

void
contacts_drop(struct session *s, const char *id)
{
	struct msg_contact_removed m = { .user = s->user, .contact = id };
	struct contact *c = map_get(&s->contacts->all, id);

	kit_notify(METHOD_contact_removed, &m);
	if (c != NULL)
		forget(s, c);
}

/* --------------------------------------------------------------- followed */

/* The name of one that is on the list already may be the user's own: only
 * another one is told. */
static struct contact *
followed(struct session *s, const struct known *who)
{
	struct contact *c = contacts_get(s, who->contact);
	const char *name = who->person.name;

	if (c == NULL)
		return NULL;
	if (strcmp(session_setting(s, SHOWN, ""), "1") != 0)
		session_keep(s, SHOWN, "1", false);
	if (c->online && c->name == 0)
		c->name = hash(name);
	else if (c->name != hash(name))
		contacts_tell(s, c, name, "to");
	if (kept_has(s, KEPT_ASKED, c->id)) {
		kept_remove(s, KEPT_ASKED, c->id);
		contacts_tell(s, c, NULL, "to");
	}
	if (who->person.picture != NULL &&
	    c->picture != hash(who->person.picture) && avatar_tell(s, who))
		c->picture = hash(who->person.picture);
	return c;
}

void
contacts_seen(struct session *s, const struct known *who, const char *status)
{
	struct contact *c;

	if (session_mode(s) != MODE_CONTACTS || s->contacts == NULL ||
	    (c = followed(s, who)) == NULL)
		return;
	contacts_online(s, c, status);
}

/* Told in any case: contacts_only() comes. */
void
contacts_listed(struct session *s, const struct known *who)
{
	struct contact *c = followed(s, who);

	if (c == NULL)
		return;
	if (!c->told)
		contacts_tell(s, c, NULL, "to");
	contacts_online(s, c, NULL);
}

void
contacts_followed(struct session *s, const struct known *who, bool pending)
{
	struct contact *c;

	if (session_mode(s) != MODE_CONTACTS || s->contacts == NULL)
		return;
	if (!pending) {
		contacts_listed(s, who);
	} else if ((c = contacts_get(s, who->contact)) != NULL) {
		(void)kept_add(s, KEPT_ASKED, c->id);
		contacts_tell(s, c, who->person.name, "ask");
	}
}

void
contacts_unfollowed(struct session *s, const struct known *who)
{
	kept_remove(s, KEPT_ASKED, who->contact);
	kept_remove(s, KEPT_ADDED, who->contact);
	if (s->contacts != NULL)
		contacts_drop(s, who->contact);
}

void
contacts_block(struct session *s, const struct known *who, bool blocked)
{
	const struct msg_contact m = { .user = s->user,
	    .contact = who->contact,
	    .blocked = blocked ? TRI_TRUE : TRI_FALSE };

	if (blocked)
		(void)kept_add(s, KEPT_BLOCKED, who->contact);
	else
		kept_remove(s, KEPT_BLOCKED, who->contact);
	/* A stranger would get on the list by that. */
	if (s->contacts != NULL &&
	    map_get(&s->contacts->all, who->contact) != NULL)
		kit_notify(METHOD_contact, &m);
}

bool
contacts_blocked(const struct session *s, const char *contact)
{
	return kept_has(s, KEPT_BLOCKED, contact);
}

/* --------------------------------------------------------- the whole list */

static void
tell_kept(struct session *s, const char *list, const char *subscription)
{
	const char *at = NULL;
	char id[CONTACT_SIZE];
	struct contact *c;

	while (kept_next(s, list, &at, id))
		if ((c = contacts_get(s, id)) != NULL)
			contacts_tell(s, c, NULL, subscription);
}

/* Take away who is told or was found on the list, except these; and who is on
 * it without our knowing, by contacts_end. */
static void
only(struct session *s, const char (*ids)[CONTACT_SIZE], size_t n, bool asked)
{
	const struct msg_contacts_end end = { .user = s->user };
	const struct msg_contact x = { .user = s->user, .contact = CONTACT };
	struct map these = { 0 };
	struct contact *c;
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		map_put(&these, ids[i], (void *)(uintptr_t)ids[i]);
	while ((c = map_next(&s->contacts->all, &at)) != NULL)
		if (map_get(&these, c->id) == NULL &&
		    !(asked && kept_has(s, KEPT_ASKED, c->id)))
			contacts_drop(s, c->id);
	map_finish(&these);
	if (asked)
		tell_kept(s, KEPT_ASKED, "ask");
	kit_notify(METHOD_contact, &x);
	kit_notify(METHOD_contacts_end, &end);
}

void
contacts_only(struct session *s, const char (*ids)[CONTACT_SIZE], size_t n)
{
	only(s, ids, n, true);
}

/* Mode 1 is over: what it has put on the list goes. */
static void
leave(struct session *s)
{
	char (*ids)[CONTACT_SIZE] = xcalloc(KEPT_MAX, sizeof(*ids));
	const char *at = NULL;
	size_t n = 0;

	while (n < KEPT_MAX && kept_next(s, KEPT_ADDED, &at, ids[n]))
		n++;
	tell_kept(s, KEPT_ADDED, NULL);
	only(s, (const char (*)[CONTACT_SIZE])ids, n, false);
	free(ids);
	session_keep(s, SHOWN, NULL, false);
}

/* What is on the list is not known any more, except to the main process. */
static void
forget_all(struct session *s)
{
	struct contact *c;
	size_t at = 0;

	while ((c = map_next(&s->contacts->all, &at)) != NULL)
		forget(s, c);
}

/* ------------------------------------------------------------------- life */

static void
enter(struct session *s, enum mode mode)
{
	s->contacts->mode = mode;
	if (mode == MODE_CONTACTS) {
		contacts_read_begin(s);
		return;
	}
	contacts_read_stop(s);
	if (strcmp(session_setting(s, SHOWN, ""), "1") == 0)
		leave(s);
}

void
contacts_up(struct session *s)
{
	s->contacts = xcalloc(1, sizeof(*s->contacts));
	enter(s, session_mode(s));
}

void
contacts_setting(struct session *s, const char *name)
{
	enum mode mode = session_mode(s);

	if (strcmp(name, "mode") != 0 || s->contacts == NULL ||
	    mode == s->contacts->mode)
		return;
	if (mode == MODE_CONTACTS)
		forget_all(s);
	enter(s, mode);
}

void
contacts_end(struct session *s)
{
	if (s->contacts == NULL)
		return;
	contacts_read_end(s);
	forget_all(s);
	map_finish(&s->contacts->all);
	free(s->contacts);
	s->contacts = NULL;
}

void
down_contact_watch(const struct kit_call *call,
    const struct msg_contact_watch *m)
{
	struct session *s = session_find(m->user);
	struct contact *c;

	(void)call;
	if (s == NULL || s->contacts == NULL)
		return;
	for (size_t i = 0; i < m->contacts.n; i++)
		if (strcmp(m->contacts.v[i], CONTACT) != 0 &&
		    strlen(m->contacts.v[i]) < CONTACT_SIZE &&
		    (c = contacts_get(s, m->contacts.v[i])) != NULL)
			contacts_online(s, c, NULL);
	for (size_t i = 0; i < m->gone.n; i++)
		if ((c = map_get(&s->contacts->all, m->gone.v[i])) != NULL)
			forget(s, c);
}
