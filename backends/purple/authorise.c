/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a request that waits for the user exactly one callback is called, or none
 * when the connection ends first, or the plug-in takes the request back. */
#include "backends/purple/authorise.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/purple/contact.h"
#include "backends/purple/contact_list.h"
#include "backends/purple/text.h"
#include "util/log.h"
#include "util/xalloc.h"

#define WAITING_MAX	100	/* of a session; the oldest are refused */
#define TEXT_MAX	1024	/* bytes */

typedef PurpleAccountRequestAuthorizationCb authorise_answer;

struct waiting {
	TAILQ_ENTRY(waiting) entry;
	char		*id;
	void		*handle;	/* for libpurple; a number */
	authorise_answer yes, no;	/* NULL: an offer of somebody to be
					 * added, with nobody behind it */
	void		*data;		/* of theirs */
};

struct authorise {
	TAILQ_HEAD(, waiting) list;	/* oldest first */
	size_t		 n;
};

static struct waiting *
find(const struct session *s, const char *id)
{
	struct waiting *w;

	if (s->authorise == NULL)
		return NULL;
	TAILQ_FOREACH(w, &s->authorise->list, entry) {
		if (strcmp(w->id, id) == 0)
			return w;
	}
	return NULL;
}

bool
authorise_waiting(const struct session *s, const char *id)
{
	return find(s, id) != NULL;
}

static void
drop(struct session *s, struct waiting *w)
{
	TAILQ_REMOVE(&s->authorise->list, w, entry);
	s->authorise->n--;
	free(w->id);
	free(w);
}

/* It is gone before it is told, as the plug-in may do anything then. */
static void
answer(struct session *s, struct waiting *w, bool yes)
{
	authorise_answer tell = yes ? w->yes : w->no;
	void *data = w->data;

	drop(s, w);
	if (tell != NULL)
		tell(data);
}

/* ---------------------------------------------------------------- up: asked */

static void
say(const struct session *s, const char *id, const char *name,
    const char *text)
{
	char *line = text_line(name, CONTACT_NAME_MAX);
	char *plain = text_plain(text, TEXT_MAX);
	struct msg_contact_request m = {
		.user = s->user, .contact = id, .name = line, .text = plain,
	};

	kit_notify(METHOD_contact_request, &m);
	free(line);
	free(plain);
}

/* NULL: there is no session any more. */
static struct waiting *
add(struct session *s, const char *id)
{
	static size_t serial;
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->id = xstrdup(id);
	if (s->authorise->n >= WAITING_MAX) {
		log_debug("%s: too many requests of contacts: the oldest is "
		    "refused", s->user);
		answer(s, TAILQ_FIRST(&s->authorise->list), false);
	}
	if (s->authorise == NULL) {		/* that ended the session */
		free(w->id);
		free(w);
		return NULL;
	}
	w->handle = GSIZE_TO_POINTER(++serial);
	TAILQ_INSERT_TAIL(&s->authorise->list, w, entry);
	s->authorise->n++;
	return w;
}

static void *
asked(PurpleAccount *account, const char *who, const char *id,
    const char *alias, const char *text, gboolean on_list,
    authorise_answer yes, authorise_answer no, void *data)
{
	struct session *s = session_of(account);
	const char *name = s != NULL ? contact_id(account, who) : NULL;
	struct waiting *w;

	(void)id;
	(void)on_list;
	if (name == NULL || s->authorise == NULL)
		return NULL;
	if ((w = add(s, name)) == NULL)
		return NULL;
	w->yes = yes;
	w->no = no;
	w->data = data;
	say(s, w->id, alias, text);
	return w->handle;
}

void
authorise_offer(PurpleAccount *account, const char *who, const char *name,
    const char *text)
{
	struct session *s = session_of(account);
	const char *id;
	struct waiting *w;

	if (s == NULL || s->authorise == NULL)
		return;
	if (contact_find(s, who) != NULL) {
		log_debug("%s: somebody on the list has added the user",
		    s->user);
		return;
	}
	if ((id = contact_id(account, who)) != NULL && find(s, id) == NULL &&
	    (w = add(s, id)) != NULL)
		say(s, w->id, name, text);
}

static void
offered(PurpleAccount *account, const char *who, const char *id,
    const char *alias, const char *text)
{
	(void)id;
	authorise_offer(account, who, alias, text);
}

/* Taken back: by the plug-in, or as the connection has ended, when end() has
 * done it already. */
static void
closed(void *handle)
{
	struct session *s;
	struct waiting *w;
	size_t at = 0;

	while (handle != NULL && (s = sessions_next(&at)) != NULL) {
		if (s->authorise == NULL)
			continue;
		TAILQ_FOREACH(w, &s->authorise->list, entry) {
			if (w->handle == handle) {
				drop(s, w);
				return;
			}
		}
	}
}

/* ----------------------------------------------------------- down: answered */

/* How many have been answered? */
static size_t
answer_all(const char *user, const char *id, bool yes)
{
	struct session *s;
	struct waiting *w;
	size_t n = 0;

	/* Looked up each time, as a callback may end the session. */
	while (n <= WAITING_MAX && (s = session_find(user)) != NULL &&
	    (w = find(s, id)) != NULL) {
		answer(s, w, yes);
		n++;
	}
	return n;
}

static bool
respond(const struct kit_call *call, const char *user, const char *contact,
    bool yes)
{
	struct session *s = session_for(call, user);
	const char *id;
	char *copy;
	size_t n;

	if (s == NULL)
		return false;
	if ((id = contact_id(s->account, contact)) == NULL)
		id = contact;
	copy = xstrdup(id);
	n = answer_all(user, copy, yes);
	free(copy);
	if (n == 0)
		kit_error(call, ERR_NOT_FOUND,
		    "That request is not open any more.");
	return n > 0;
}

void
down_contact_allow(const struct kit_call *call,
    const struct msg_contact_allow *m)
{
	struct session *s;
	PurpleBuddy *buddy;

	if (!respond(call, m->user, m->contact, true))
		return;
	/* Of XMPP both are on each other's roster then, and see each other. */
	s = session_find(m->user);
	if (s != NULL && contact_find(s, m->contact) == NULL &&
	    text_is_id(m->contact)) {
		buddy = contact_list_add(s, m->contact, NULL, NULL);
		purple_account_add_buddy(s->account, buddy);
	}
	kit_reply(call, NULL);
}

void
down_contact_deny(const struct kit_call *call,
    const struct msg_contact_deny *m)
{
	if (respond(call, m->user, m->contact, false))
		kit_reply(call, NULL);
}

/* --------------------------------------------------------------------- life */

static PurpleAccountUiOps ops = {
	.notify_added = offered,
	.request_add = offered,
	.request_authorize = asked,
	.close_account_request = closed,
};

static void
init(void)
{
	purple_accounts_set_ui_ops(&ops);
}

static void
begin(struct session *s)
{
	s->authorise = xcalloc(1, sizeof(*s->authorise));
	TAILQ_INIT(&s->authorise->list);
}

static void
end(struct session *s)
{
	struct waiting *w;

	if (s->authorise == NULL)
		return;
	while ((w = TAILQ_FIRST(&s->authorise->list)) != NULL)
		drop(s, w);
	free(s->authorise);
	s->authorise = NULL;
}

const struct module authorise_module = {
	.init = init, .begin = begin, .end = end,
};
