/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From login to disconnected: who is logged in, with which settings. */
#include "backends/twitter/session.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/act.h"
#include "backends/twitter/api.h"
#include "backends/twitter/avatar.h"
#include "backends/twitter/budget.h"
#include "backends/twitter/contacts.h"
#include "backends/twitter/direct.h"
#include "backends/twitter/friends.h"
#include "backends/twitter/lists.h"
#include "backends/twitter/login.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/password.h"
#include "backends/twitter/renew.h"
#include "backends/twitter/room.h"
#include "backends/twitter/task.h"
#include "backends/twitter/timeline.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* What follows a session's life; end() in the reverse order. */
static const struct {
	void	(*begin)(struct session *);
	void	(*up)(struct session *);
	void	(*end)(struct session *);
	/* From up to end: the user's presence is another one; a setting is. */
	void	(*show)(struct session *);
	void	(*setting)(struct session *, const char *name);
} parts[] = {
	{ .begin = budget_begin, .end = budget_end },
	{ .begin = api_begin, .end = api_end },
	{ .end = notice_end },
	{ .end = act_end },
	{ .end = friends_end },
	{ .end = lists_end },
	{ .end = tasks_end },
	{ .end = avatar_end },
	{ .begin = renew_begin, .up = renew_up },
	{ .begin = login_begin, .end = login_end },
	{ .up = contacts_up, .end = contacts_end,
	    .setting = contacts_setting },
	{ .up = direct_up, .end = direct_end, .show = direct_show,
	  .setting = direct_setting },
	{ .end = room_end, .setting = room_setting },
	{ .up = timeline_up, .end = timeline_end, .show = timeline_show,
	    .setting = timeline_setting },
};

static struct map sessions;

struct session *
session_find(const char *user)
{
	return map_get(&sessions, user);
}

struct session *
session_for(const struct kit_call *call, const char *user)
{
	struct session *s = session_find(user);

	if (s != NULL && s->connected) {
		s->active = time(NULL);
		return s;
	}
	kit_error(call, ERR_NOT_CONNECTED, NULL);
	return NULL;
}

size_t
sessions_count(void)
{
	return map_count(&sessions);
}

struct session *
sessions_next(size_t *at)
{
	return map_next(&sessions, at);
}

/* ----------------------------------------------------------------- settings */

const char *
session_setting(const struct session *s, const char *name,
    const char *otherwise)
{
	const char *value = texts_get(&s->settings, name);

	return value != NULL ? value : otherwise;
}

enum mode
session_mode(const struct session *s)
{
	const char *mode = session_setting(s, "mode", "0");

	return strcmp(mode, "1") == 0 ? MODE_CONTACTS :
	    strcmp(mode, "2") == 0 ? MODE_ROOM : MODE_ONE;
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
session_show(struct session *s, const char *show)
{
	xreplace(&s->show, show);
	for (size_t i = 0; i < LENGTH(parts) && s->connected; i++) {
		if (parts[i].show != NULL)
			parts[i].show(s);
	}
}

/* ---------------------------------------------------------------------- end */

static void
bury(void *object)
{
	struct session *s = object;

	texts_finish(&s->settings);
	credentials_clear(&s->credentials);
	shortid_finish(&s->shortids);
	free(s->show);
	free(s->user);
	free(s->account);
	free(s->id);
	free(s->name);
	free(s->digest);
	free(s);
}

static void
end(struct session *s)
{
	for (size_t i = LENGTH(parts); i > 0; i--) {
		if (parts[i - 1].end != NULL)
			parts[i - 1].end(s);
	}
	s->ended = true;
	s->connected = false;
	map_remove(&sessions, s->user);
	later(bury, s);
}

void
session_logout(struct session *s)
{
	log_info("%s: logged out", s->user);
	end(s);
}

void
sessions_logout_all(void)
{
	struct session *s;
	size_t at = 0;

	while ((s = map_next(&sessions, &at)) != NULL)
		session_logout(s);
}

void
session_fail(struct session *s, const char *reason, const char *text,
    bool retry)
{
	struct msg_disconnected m = { .user = s->user, .reason = reason,
	    .text = text, .retry = retry };

	if (s->ended)
		return;
	/* Afterwards nothing is kept for this user any more. */
	budget_save(s);
	log_info("%s: disconnected: %s: %s", s->user, reason, text);
	kit_notify(METHOD_disconnected, &m);
	end(s);
}

/* ---------------------------------------------------------------- beginning */

void
session_login(const struct msg_login *m)
{
	struct session *s = session_find(m->user);

	if (s != NULL)
		session_logout(s);
	s = xcalloc(1, sizeof(*s));
	s->user = xstrdup(m->user);
	s->account = xstrdup(*m->account == '@' ? m->account + 1 :
	    m->account);
	for (size_t i = 0; i < m->settings.n; i++)
		texts_put(&s->settings, m->settings.v[i].key,
		    m->settings.v[i].value);
	map_put(&sessions, s->user, s);
	xreplace(&s->show, m->show);
	s->active = time(NULL);
	if (password_check(s, m->password ? m->password : ""))
		credentials_load(s);
	for (size_t i = 0; i < LENGTH(parts); i++) {
		if (parts[i].begin != NULL)
			parts[i].begin(s);
	}
	if (password_matters() && (m->password == NULL ||
	    *m->password == '\0'))
		session_fail(s, "auth", "Log in with a password that you "
		    "choose: it is for this gateway, not for X.", false);
	else
		login_start(s);
}

void
session_up(struct session *s, const char *id, const char *name,
    const char *display_name)
{
	struct msg_connected m = { .user = s->user, .account = name,
	    .display_name = display_name };

	xreplace(&s->id, id);
	xreplace(&s->name, name);
	s->connected = true;
	s->up = time(NULL);
	log_info("%s: connected as %s", s->user, name);
	kit_notify(METHOD_connected, &m);
	for (size_t i = 0; i < LENGTH(parts) && !s->ended; i++) {
		if (parts[i].up != NULL)
			parts[i].up(s);
	}
}
