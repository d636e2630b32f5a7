/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From login to disconnected: who is logged in, with which settings. */
#include "backends/xmpp/session.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/answer.h"
#include "backends/xmpp/archive.h"
#include "backends/xmpp/carbon.h"
#include "backends/xmpp/bookmark.h"
#include "backends/xmpp/command.h"
#include "backends/xmpp/config.h"
#include "backends/xmpp/config_old.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/cut.h"
#include "backends/xmpp/disco.h"
#include "backends/xmpp/iq.h"
#include "backends/xmpp/login.h"
#include "backends/xmpp/pass.h"
#include "backends/xmpp/presence.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/talk.h"
#include "util/log.h"
#include "util/xalloc.h"

/* What follows a session's life; end() in the reverse order. */
static const struct {
	void	(*begin)(struct session *);
	/* The server has begun a session, which knows nothing of one before. */
	void	(*online)(struct session *);
	/* The session of before goes on after a break. */
	void	(*resumed)(struct session *);
	/* A stanza is this part's: no other one sees it. */
	bool	(*stanza)(struct session *, xmpp_stanza_t *);
	/* From connected to end: the user's presence is another one. */
	void	(*show)(struct session *);
	void	(*setting)(struct session *, const char *name);
	void	(*end)(struct session *);
} parts[] = {
	{ .online = request_online, .stanza = request_stanza },
	/* It knows what has come, whomever it is for. */
	{ .stanza = archive_stanza },
	/* Who is in a room is no contact. */
	{ .stanza = room_invite_stanza, .end = invitations_end },
	{ .stanza = room_stanza },
	{ .online = bookmarks_online, .stanza = bookmarks_stanza,
	  .end = bookmarks_end },
	{ .begin = contacts_begin, .online = contacts_online,
	  .stanza = contacts_stanza, .end = contacts_end },
	{ .online = presence_send, .show = presence_send,
	  .end = disco_end },
	{ .online = rooms_online, .resumed = rooms_resumed,
	  .show = rooms_show, .end = rooms_end },
	{ .online = archive_online, .end = archive_end },
	{ .online = carbon_online, .stanza = carbon_stanza },
	{ .stanza = talk_stanza, .end = talk_end },
	{ .online = commands_online, .end = commands_end },
	{ .end = pass_end },
	/* The last one: it answers what nobody else has; and who still waits
	 * for an answer hears of the end before the end. */
	{ .stanza = iq_stanza, .end = request_end },
};

static struct map sessions;
static size_t leaving;		/* ended, and saying goodbye */
static void (*all_gone)(void);	/* to be told when there are none */

/* Who is to be told that one has gone. */
struct waiter {
	struct session	*session;
	void		(*done)(void *);
	void		*ctx;
	LIST_ENTRY(waiter) entry;
};
static LIST_HEAD(, waiter) waiters = LIST_HEAD_INITIALIZER(waiters);

struct session *
session_find(const char *user)
{
	return map_get(&sessions, user);
}

struct session *
session_for(const struct kit_call *call, const char *user)
{
	struct session *s = session_find(user);

	if (s != NULL && s->connected)
		return s;
	kit_error(call, ERR_NOT_CONNECTED, NULL);
	return NULL;
}

size_t
sessions_count(void)
{
	return map_count(&sessions);
}

void
sessions_pause(bool paused)
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&sessions, &at)) != NULL) {
		if (login_link(s) != NULL)
			link_pause(login_link(s), paused);
	}
}

/* ----------------------------------------------------------------- settings */

const char *
session_setting(const struct session *s, const char *name,
    const char *otherwise)
{
	const char *value = texts_get(&s->settings, name);

	return value != NULL && *value != '\0' ? value : otherwise;
}

void
session_told(struct session *s, const char *name, const char *value)
{
	texts_put(&s->settings, name, value);
	for (size_t i = 0; i < LENGTH(parts) && s->connected; i++) {
		if (parts[i].setting != NULL)
			parts[i].setting(s, name);
	}
}

void
session_keep(struct session *s, const char *name, const char *value,
    bool secret)
{
	struct msg_setting_up m = { .user = s->user, .name = name,
	    .value = value, .secret = secret };

	texts_put(&s->settings, name, value);
	kit_notify(METHOD_setting_up, &m);
}

void
session_show(struct session *s, const struct msg_presence *m)
{
	/* Below zero nothing would arrive here: that is for the main process
	 * to decide, by client. */
	s->priority = m->priority < 0 ? 0 :
	    m->priority > 127 ? 127 : (int)m->priority;
	xreplace(&s->show, m->show);
	xreplace(&s->status, m->status);
	/* Absent, they are as they were. */
	if (m->features.v != NULL)
		disco_set(s, &m->features);
	for (size_t i = 0; i < LENGTH(parts) && s->connected; i++) {
		if (parts[i].show != NULL)
			parts[i].show(s);
	}
}

/* ------------------------------------------------------------------ stanzas */

xmpp_ctx_t *
session_strophe(const struct session *s)
{
	return link_strophe(login_link(s));
}

int
session_send_as(struct session *s, xmpp_stanza_t *stanza, struct outgoing *out)
{
	return link_send(login_link(s), stanza, out);
}

bool
session_take_back(struct session *s, struct outgoing *out)
{
	return link_take_back(login_link(s), out);
}

void
session_send(struct session *s, xmpp_stanza_t *stanza,
    const struct kit_call *call)
{
	if (call != NULL)
		answer_send(s, call, stanza);
	else if (session_send_as(s, stanza, NULL) == -1)
		log_debug("%s: a stanza was not sent: too much waits",
		    s->user);
	xmpp_stanza_release(stanza);
}

bool
session_is_up(const struct session *s)
{
	return link_is_up(login_link(s));
}

void
session_stanza(struct session *s, xmpp_stanza_t *stanza)
{
	for (size_t i = 0; i < LENGTH(parts) && !s->ended; i++) {
		if (parts[i].stanza != NULL && parts[i].stanza(s, stanza))
			return;
	}
}

void
session_cut(struct session *s, xmpp_stanza_t *stanza)
{
	if (!s->ended)
		cut_stanza(s, stanza);
}

bool
session_is_own(const struct session *s, const char *from)
{
	size_t len = s->full != NULL ? strcspn(s->full, "/") : 0;

	/* The server may prepare names in another way than we do. */
	return from == NULL || strcmp(from, s->jid) == 0 ||
	    (len > 0 && strlen(from) == len &&
	    strncmp(from, s->full, len) == 0);
}

/* ---------------------------------------------------------------------- end */

static void
tell_waiters(struct session *s)
{
	struct waiter *w, *next;

	for (w = LIST_FIRST(&waiters); w != NULL; w = next) {
		next = LIST_NEXT(w, entry);
		if (w->session != s)
			continue;
		LIST_REMOVE(w, entry);
		w->done(w->ctx);
		free(w);
	}
}

void
session_gone(struct session *s)
{
	login_free(s);
	tell_waiters(s);
	texts_finish(&s->settings);
	if (s->password != NULL)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	free(s->show);
	free(s->status);
	free(s->user);
	free(s->jid);
	free(s->resource);
	free(s->full);
	free(s);
	leaving--;
	if (leaving == 0 && all_gone != NULL)
		all_gone();
}

static void
end_parts(struct session *s)
{
	s->ended = true;
	for (size_t i = LENGTH(parts); i > 0; i--) {
		if (parts[i - 1].end != NULL)
			parts[i - 1].end(s);
	}
}

static void
leave(struct session *s)
{
	s->connected = false;
	map_remove(&sessions, s->user);
	leaving++;
	login_end(s);
}

static void
end(struct session *s)
{
	end_parts(s);
	leave(s);
}

void
session_logout(struct session *s, void (*done)(void *ctx), void *ctx)
{
	struct waiter *w = xcalloc(1, sizeof(*w));

	w->session = s;
	w->done = done;
	w->ctx = ctx;
	LIST_INSERT_HEAD(&waiters, w, entry);
	log_info("%s: logged out", s->user);
	end(s);
}

void
sessions_logout_all(void (*done)(void))
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&sessions, &at)) != NULL)
		end(s);
	all_gone = done;
	if (leaving == 0)
		done();
}

void
session_fail(struct session *s, const char *reason, const char *text,
    bool retry)
{
	struct msg_disconnected m = { .user = s->user, .reason = reason,
	    .text = text, .retry = retry };

	if (s->ended)
		return;
	log_info("%s: disconnected: %s: %s", s->user, reason,
	    text != NULL ? text : "");
	/* What they want to be kept is not heard any more after that. */
	end_parts(s);
	kit_notify(METHOD_disconnected, &m);
	leave(s);
}

/* ---------------------------------------------------------------- beginning */

static void
refuse(const char *user, const char *reason, const char *text)
{
	const struct msg_disconnected m = { .user = user, .reason = reason,
	    .text = text };

	kit_notify(METHOD_disconnected, &m);
}

void
session_login(const struct kit_call *call, const struct msg_login *m)
{
	struct session *s = session_find(m->user);
	const char *account = config_old_account(m->account);
	char *jid = account_jid(account);

	if (s != NULL)
		end(s);
	if (map_count(&sessions) >= (size_t)config.users_max) {
		kit_error(call, ERR_FULL, NULL);
		free(jid);
		return;
	}
	kit_reply(call, NULL);
	if (jid == NULL || m->password == NULL || *m->password == '\0') {
		refuse(m->user, jid == NULL ? "settings" : "auth",
		    jid == NULL ? "The account is an address such as "
		    "user@example.org." : "A password is needed.");
		free(jid);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->user = xstrdup(m->user);
	s->jid = jid;
	s->resource = account_resource(account);
	s->password = xstrdup(m->password);
	s->show = xstrdup_null(m->show);
	s->status = xstrdup_null(m->status);
	for (size_t i = 0; i < m->settings.n; i++)
		texts_put(&s->settings, m->settings.v[i].key,
		    m->settings.v[i].value);
	map_put(&sessions, s->user, s);
	for (size_t i = 0; i < LENGTH(parts); i++) {
		if (parts[i].begin != NULL)
			parts[i].begin(s);
	}
	login_begin(s);
}

void
session_online(struct session *s, const char *full, bool resumed)
{
	const struct msg_connected m = { .user = s->user, .account = s->jid };
	void (*tell)(struct session *);

	if (s->ended)
		return;
	xreplace(&s->full, full);
	log_info("%s: %s as %s", s->user, resumed ? "resumed" :
	    s->connected ? "connected again" : "connected", full);
	if (!s->connected)
		kit_notify(METHOD_connected, &m);
	s->connected = true;
	for (size_t i = 0; i < LENGTH(parts) && !s->ended; i++) {
		tell = resumed ? parts[i].resumed : parts[i].online;
		if (tell != NULL)
			tell(s);
	}
}
