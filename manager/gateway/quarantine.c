/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is suspected, and who is held apart.  A record outlives the user object:
 * a client that comes back is not a new user. */
#include "manager/gateway/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "util/backoff.h"
#include "util/log.h"
#include "util/xalloc.h"

#define WINDOW		600.0	/* seconds between two deaths that count */
#define CLEAN		3600.0	/* seconds without one that lift it */
#define PAUSE_MIN	5.0	/* seconds before the next login, at first ... */
#define PAUSE_MAX	600.0	/* ... and in the end */
#define SUSPECTS_MAX	10000	/* records; users make up their own names */

struct strike {
	char		*jid;		/* the key in gw->strikes */
	double		 last;		/* ev_now() of the last death */
	double		 not_before;	/* next login */
	bool		 held;
	struct backoff	 backoff;
};

static struct strike *
find(const struct gateway *gw, const char *jid)
{
	return map_count(&gw->strikes) > 0 ? map_get(&gw->strikes, jid) : NULL;
}

static void
forget(struct gateway *gw, struct strike *s)
{
	map_remove(&gw->strikes, s->jid);
	free(s->jid);
	free(s);
}

static void
tell_admins(struct gateway *gw, const char *jid, const char *what)
{
	char *text = xasprintf("%s: %s", jid, what);

	log_warn("%s: %s", gw->config->jid, text);
	recent_add(&gw->recent, ev_now(gw->loop), "%s", text);
	for (char *const *admin = gw->config->admin_jids; *admin; admin++)
		say_notice(gw, *admin, text);
	free(text);
}

static void
hold(struct user *user, struct strike *s, const char *why)
{
	struct gateway *gw = user->gw;
	double pause = backoff_next(&s->backoff);
	char *text;

	s->not_before = ev_now(gw->loop) + pause;
	text = xasprintf("in quarantine: backends died while they worked for "
	    "this user (%s); alone on a backend of its own, next login in "
	    "%.0f s", why, pause);
	tell_admins(gw, user->jid, text);
	free(text);
	text = xasprintf("The connection to the network broke down %s while "
	    "it worked for you. To protect the others you get a connection "
	    "of your own; the next login is in %.0f seconds.",
	    s->held ? "again" : "twice", pause);
	say_notice(gw, user->jid, text);
	free(text);
	s->held = true;
}

static struct strike *
suspect(struct gateway *gw, const char *jid)
{
	struct strike *s;

	if (map_count(&gw->strikes) >= SUSPECTS_MAX)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->jid = xstrdup(jid);
	s->backoff.min = PAUSE_MIN;
	s->backoff.max = PAUSE_MAX;
	map_put(&gw->strikes, s->jid, s);
	return s;
}

void
quarantine_strike(struct user *user, const char *why)
{
	struct gateway *gw = user->gw;
	struct strike *s = find(gw, user->jid);
	double now = ev_now(gw->loop);

	if (s == NULL) {
		if ((s = suspect(gw, user->jid)) == NULL)
			return;
	} else if (s->held || now - s->last <= WINDOW) {
		hold(user, s, why);
	}
	s->last = now;
}

bool
quarantine_holds(const struct gateway *gw, const char *jid)
{
	const struct strike *s = find(gw, jid);

	return s != NULL && s->held;
}

double
quarantine_until(const struct gateway *gw, const char *jid)
{
	const struct strike *s = find(gw, jid);

	return s != NULL ? s->not_before : 0;
}

static void
lift(struct gateway *gw, struct strike *s)
{
	struct user *user = user_find(gw, s->jid);

	tell_admins(gw, s->jid, "quarantine is lifted, an hour went well");
	forget(gw, s);
	if (user != NULL)
		session_move(user);
}

void
quarantine_tick(struct gateway *gw, double now)
{
	struct strike *s;
	size_t at = 0;

	if (map_count(&gw->strikes) == 0)
		return;
	while ((s = map_next(&gw->strikes, &at)) != NULL) {
		if (s->held && now - s->last > CLEAN)
			lift(gw, s);
		else if (!s->held && now - s->last > WINDOW)
			forget(gw, s);
	}
}

void
quarantine_print(const struct gateway *gw, struct buf *out)
{
	double now = ev_now(gw->loop);
	const struct strike *s;
	size_t at = 0;

	while ((s = map_next(&gw->strikes, &at)) != NULL) {
		if (s->held)
			buf_addf(out, "%s: in quarantine, last death %.0f s "
			    "ago, lifted in %.0f s\n", s->jid, now - s->last,
			    CLEAN - (now - s->last));
	}
}

void
quarantine_pack(const struct gateway *gw, struct packer *p)
{
	const struct strike *s;
	size_t at = 0;

	while ((s = map_next(&gw->strikes, &at)) != NULL) {
		pack_map(p, NULL);
		pack_str(p, "jid", s->jid);
		pack_num(p, "last", s->last);
		pack_num(p, "not_before", s->not_before);
		pack_bool(p, "held", s->held);
		pack_int(p, "deaths", s->backoff.failures);
		pack_end(p);
	}
}

void
quarantine_unpack(struct gateway *gw, const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *facts = packed_at(list, i);
		const char *jid = packed_str(facts, "jid");
		struct strike *s;

		if (jid == NULL || find(gw, jid) != NULL ||
		    (s = suspect(gw, jid)) == NULL)
			continue;
		s->last = packed_num(facts, "last", 0);
		s->not_before = packed_num(facts, "not_before", 0);
		s->held = packed_bool(facts, "held", false);
		s->backoff.failures = (unsigned)packed_int(facts, "deaths", 0);
	}
}

void
quarantine_destroy(struct gateway *gw)
{
	struct strike *s;
	size_t at = 0;

	while ((s = map_next(&gw->strikes, &at)) != NULL)
		forget(gw, s);
	map_finish(&gw->strikes);
}
