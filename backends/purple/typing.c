/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On XMPP "composing" holds until something else is said, on the network for as
 * long as its plug-in says.  So one clock, which runs only while somebody
 * types, repeats ours and ends theirs. */
#include "backends/purple/typing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/purple/conversation.h"
#include "backends/purple/core.h"
#include "backends/purple/peer.h"
#include "backends/purple/room.h"
#include "util/xalloc.h"

#define TYPISTS_MAX	64		/* of one session, both ways */
#define HOLDS		120		/* seconds: who is gone types no more */

struct typist {
	LIST_ENTRY(typist) entry;
	bool		 ours;
	gint64		 until;		/* seconds, g_get_monotonic_time() */
	gint64		 repeat;	/* ours: when to say it again, or 0 */
	char		 contact[];	/* id; ours: the plug-in's name */
};

struct typing {
	LIST_HEAD(, typist) list;
	unsigned	 count;
};

static guint clock_id;

static gint64
now(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

static struct typist *
find(const struct session *s, bool ours, const char *contact)
{
	struct typist *t;

	if (s->typing == NULL)
		return NULL;
	LIST_FOREACH(t, &s->typing->list, entry) {
		if (t->ours == ours && strcmp(t->contact, contact) == 0)
			return t;
	}
	return NULL;
}

static void
drop(struct session *s, struct typist *t)
{
	LIST_REMOVE(t, entry);
	free(t);
	if (--s->typing->count > 0)
		return;
	free(s->typing);
	s->typing = NULL;
}

static gboolean tick(gpointer);

static struct typist *
add(struct session *s, bool ours, const char *contact)
{
	size_t size = strlen(contact) + 1;
	struct typist *t;

	if (s->typing == NULL)
		s->typing = xcalloc(1, sizeof(*s->typing));
	if (s->typing->count >= TYPISTS_MAX)
		return NULL;
	t = xcalloc(1, sizeof(*t) + size);
	memcpy(t->contact, contact, size);
	t->ours = ours;
	t->until = now() + HOLDS;
	LIST_INSERT_HEAD(&s->typing->list, t, entry);
	s->typing->count++;
	if (clock_id == 0)
		clock_id = g_timeout_add_seconds(1, tick, NULL);
	return t;
}

/* ----------------------------------------------------------------- theirs */

static void
tell(struct session *s, const char *who, const char *state)
{
	struct msg_chat_state_up m = { .user = s->user, .state = state };
	struct peer peer;

	if (!s->connected || !peer_of(s, who, &peer))
		return;
	m.peer = peer.nick ? peer.nick : peer.id;
	m.room = peer.room;
	m.private = peer.room != NULL;
	kit_notify(METHOD_chat_state_up, &m);
}

static void
typing(PurpleAccount *account, const char *who)
{
	struct session *s = session_of(account);
	struct peer peer;
	struct typist *t;

	if (s == NULL || !peer_of(s, who, &peer))
		return;
	t = find(s, false, peer.id);
	if (t != NULL)
		t->until = now() + HOLDS;
	else if (add(s, false, peer.id) != NULL)
		tell(s, who, "composing");
}

static void
stopped(PurpleAccount *account, const char *who, const char *state)
{
	struct session *s = session_of(account);
	struct peer peer;
	struct typist *t;

	if (s == NULL || !peer_of(s, who, &peer))
		return;
	t = find(s, false, peer.id);
	if (t == NULL)
		return;
	drop(s, t);
	tell(s, who, state);
}

static void
typed(PurpleAccount *account, const char *who)
{
	stopped(account, who, "paused");
}

static void
typing_stopped(PurpleAccount *account, const char *who)
{
	stopped(account, who, "active");
}

void
typing_over(struct session *s, const char *contact)
{
	struct typist *t = find(s, false, contact);

	if (t != NULL)
		drop(s, t);
}

/* ------------------------------------------------------------------- ours */

static unsigned
say(struct session *s, const char *name, PurpleTypingState state)
{
	PurpleConnection *gc = purple_account_get_connection(s->account);

	if (gc == NULL || !s->connected ||
	    !PROTOCOL_HAS(session_protocol(s), send_typing))
		return 0;
	return serv_send_typing(gc, name, state);
}

/* Seconds until the network forgets it; a little before, it is repeated. */
static gint64
repeat_after(unsigned seconds)
{
	return seconds == 0 ? 0 : now() + (seconds > 2 ? seconds - 1 : 1);
}

static void
compose(struct session *s, const char *name)
{
	struct typist *t = find(s, true, name);
	gint64 repeat;

	if (t != NULL) {
		t->until = now() + HOLDS;
		return;
	}
	repeat = repeat_after(say(s, name, PURPLE_TYPING));
	/* The plug-in has run, anything may have happened. */
	if (session_of(s->account) == s && (t = add(s, true, name)) != NULL)
		t->repeat = repeat;
}

void
typing_sent(struct session *s, const char *name)
{
	struct typist *t = find(s, true, name);

	if (t != NULL)
		drop(s, t);
}

static void
state_changed(struct session *s, const char *name, const char *state)
{
	if (strcmp(state, "composing") == 0) {
		/* Who writes has read. */
		conversation_seen(s, name);
		compose(s, name);
	} else if (find(s, true, name) != NULL) {
		typing_sent(s, name);
		say(s, name, strcmp(state, "paused") == 0 ? PURPLE_TYPED :
		    PURPLE_NOT_TYPING);
	}
}

/* In a room itself libpurple has no such thing. */
void
down_chat_state(const struct kit_call *call, const struct msg_chat_state *m)
{
	struct session *s = session_find(m->user);
	const char *name;
	char *copy;

	(void)call;
	if (s == NULL || !s->connected)
		return;
	if (m->room != NULL) {
		copy = room_contact(s, m->room, m->peer);
	} else {
		name = peer_name(s, m->peer);
		copy = xstrdup_null(name);
	}
	if (copy != NULL)
		state_changed(s, copy, m->state);
	free(copy);
}

/* ------------------------------------------------------------------ clock */

/* Says one thing at most, as a plug-in may end the session. */
static bool
expire_one(struct session *s, gint64 at)
{
	struct typist *t;
	char *contact;
	bool ours;

	LIST_FOREACH(t, &s->typing->list, entry) {
		if (t->until <= at)
			break;
		if (t->repeat != 0 && t->repeat <= at) {
			t->repeat = at + 1;	/* if the plug-in fails */
			contact = xstrdup(t->contact);
			at = repeat_after(say(s, contact, PURPLE_TYPING));
			t = session_of(s->account) == s ?
			    find(s, true, contact) : NULL;
			if (t != NULL)
				t->repeat = at;
			free(contact);
			return true;
		}
	}
	if (t == NULL)
		return false;
	contact = xstrdup(t->contact);
	ours = t->ours;
	drop(s, t);
	if (ours)
		say(s, contact, PURPLE_NOT_TYPING);
	else
		tell(s, contact, "active");
	free(contact);
	return true;
}

static gboolean
tick(gpointer data)
{
	struct session *s;
	bool any = false;
	size_t at = 0;

	(void)data;
	while ((s = sessions_next(&at)) != NULL) {
		while (s->typing != NULL && expire_one(s, now()) &&
		    session_of(s->account) == s)
			;
		any |= session_of(s->account) == s && s->typing != NULL;
	}
	if (any)
		return G_SOURCE_CONTINUE;
	clock_id = 0;
	return G_SOURCE_REMOVE;
}

/* ----------------------------------------------------------------- module */

static void
init(void)
{
	void *conversations = purple_conversations_get_handle();

	purple_signal_connect(conversations, "buddy-typing", core_handle(),
	    PURPLE_CALLBACK(typing), NULL);
	purple_signal_connect(conversations, "buddy-typed", core_handle(),
	    PURPLE_CALLBACK(typed), NULL);
	purple_signal_connect(conversations, "buddy-typing-stopped",
	    core_handle(), PURPLE_CALLBACK(typing_stopped), NULL);
}

static void
end(struct session *s)
{
	while (s->typing != NULL)
		drop(s, LIST_FIRST(&s->typing->list));
}

const struct module typing_module = { .init = init, .end = end };
