/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about people, until the plug-in shows a page about them; it does
 * not say to which question the page belongs, and perhaps never comes. */
#include "backends/purple/profile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/purple/contact.h"
#include "backends/purple/profile_fill.h"
#include "backends/purple/room.h"
#include "util/xalloc.h"

#define TIMEOUT		20		/* seconds */
#define WAITING_MAX	50		/* of a session */

struct waiting {
	TAILQ_ENTRY(waiting) entry;
	struct session	*session;
	struct kit_call	 call;
	char		*id;
	guint		 timer;
};

struct profiles {
	TAILQ_HEAD(, waiting) list;
	size_t		 n;
};

static void
drop(struct waiting *w)
{
	struct profiles *all = w->session->profiles;

	TAILQ_REMOVE(&all->list, w, entry);
	all->n--;
	if (w->timer != 0)
		g_source_remove(w->timer);
	free(w->id);
	free(w);
}

static void
answer(const struct kit_call *call, struct session *s, const char *id,
    PurpleNotifyUserInfo *info)
{
	struct msg_profile_result result = { 0 };
	struct arena a = { 0 };

	profile_fill(&a, s, id, info, &result);
	kit_reply(call, &result);
	arena_free(&a);
}

static struct waiting *
find(const struct session *s, const char *id)
{
	struct waiting *w;

	if (s->profiles == NULL)
		return NULL;
	TAILQ_FOREACH(w, &s->profiles->list, entry) {
		if (strcmp(w->id, id) == 0)
			return w;
	}
	return NULL;
}

bool
profile_userinfo(PurpleConnection *gc, const char *who,
    PurpleNotifyUserInfo *info)
{
	struct session *s = session_of_connection(gc);
	const char *id = s != NULL ? contact_id(s->account, who) : NULL;
	struct waiting *w;
	char *copy;
	bool any = false;

	if (id == NULL)
		return false;
	copy = xstrdup(id);
	while ((w = find(s, copy)) != NULL) {
		answer(&w->call, s, copy, info);
		drop(w);
		any = true;
	}
	free(copy);
	return any;
}

/* The list knows something, too; of a stranger nothing is known. */
static void
answer_without(const struct kit_call *call, struct session *s, const char *id,
    const char *code)
{
	if (contact_find(s, id) != NULL)
		answer(call, s, id, NULL);
	else
		kit_error(call, code, NULL);
}

static gboolean
timed_out(gpointer data)
{
	struct waiting *w = data;

	w->timer = 0;
	answer_without(&w->call, w->session, w->id, ERR_TIMEOUT);
	drop(w);
	return G_SOURCE_REMOVE;
}

static void
ask(const struct kit_call *call, struct session *s, const char *who)
{
	PurplePluginProtocolInfo *info = session_protocol(s);
	const char *id = contact_id(s->account, who);
	struct waiting *w;
	bool asked;

	if (id == NULL) {
		kit_error(call, ERR_NOT_FOUND, NULL);
		return;
	}
	if (!PROTOCOL_HAS(info, get_info)) {
		answer_without(call, s, id, ERR_NOT_SUPPORTED);
		return;
	}
	if (s->profiles->n >= WAITING_MAX) {
		kit_error(call, ERR_RATE_LIMITED, NULL);
		return;
	}
	asked = find(s, id) != NULL;
	w = xcalloc(1, sizeof(*w));
	w->session = s;
	w->call = *call;
	w->id = xstrdup(id);
	w->timer = g_timeout_add_seconds(TIMEOUT, timed_out, w);
	TAILQ_INSERT_TAIL(&s->profiles->list, w, entry);
	s->profiles->n++;
	if (!asked)
		serv_get_info(purple_account_get_connection(s->account), who);
}

void
down_profile(const struct kit_call *call, const struct msg_profile *m)
{
	struct session *s = session_for(call, m->user);
	char *who;

	if (s == NULL)
		return;
	if (m->room != NULL)
		who = room_contact(s, m->room, m->contact);
	else
		who = xstrdup_null(contact_buddy_name(s, m->contact));
	if (who != NULL)
		ask(call, s, who);
	else
		kit_error(call, ERR_NOT_FOUND, NULL);
	free(who);
}

/* --------------------------------------------------------------------- life */

static void
begin(struct session *s)
{
	s->profiles = xcalloc(1, sizeof(*s->profiles));
	TAILQ_INIT(&s->profiles->list);
}

static void
end(struct session *s)
{
	struct waiting *w;

	if (s->profiles == NULL)
		return;
	while ((w = TAILQ_FIRST(&s->profiles->list)) != NULL) {
		kit_error(&w->call, ERR_NOT_CONNECTED, NULL);
		drop(w);
	}
	free(s->profiles);
	s->profiles = NULL;
}

const struct module profile_module = { .begin = begin, .end = end };
