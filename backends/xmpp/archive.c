/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/archive.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/carbon.h"
#include "backends/xmpp/payload.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/stanza.h"
#include "backends/xmpp/talk.h"
#include "backends/xmpp/told.h"
#include "util/backoff.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define NS_MAM		"urn:xmpp:mam:2"
#define NS_RSM		"http://jabber.org/protocol/rsm"
#define NS_FORM		"jabber:x:data"
#define LAST		"archive_last"	/* a setting: "TIME ID" */
#define PAGE		"50"		/* messages */
#define PAGES_MAX	200		/* of one login */
#define NAMES_MAX	200
/* Servers give what they have kept for who was offline beside the archive, and
 * not always at once. */
#define NAMES_READING	20000
#define NAMES_TIME	60.		/* seconds after reading */
#define HELD_MAX	10000
#define HELD_BYTES	(4 * 1024 * 1024)
#define KEEP_AFTER	2.		/* seconds */
#define TRIES		5		/* more, where the server could not */
#define PAUSE_MIN	2.		/* seconds, before the first of them */
#define PAUSE_MAX	60.
#define QUERY_SIZE	17
#define STAMP_SIZE	sizeof("2026-01-01T00:00:00Z")

enum reading {
	RESTING,
	READING,	/* page by page, behind what is known */
	MARKING,	/* the newest one only, which is not told */
};

struct held {
	STAILQ_ENTRY(held) entry;
	xmpp_stanza_t	*stanza;
	size_t		 size;
};

struct archive {
	struct session	*session;
	enum reading	 reading;
	bool		 none;		/* the server has none, or fails: what
					 * is known stays as it is */
	enum reading	 failed;	/* it is for now: to be tried again */
	struct backoff	 pause;
	ev_timer	 again;
	unsigned	 pages;
	uintptr_t	 serial;	/* of the request under way */
	char		 query[QUERY_SIZE];
	/* The last one that is known; id NULL: known by its time. */
	char		*id;
	char		 stamp[STAMP_SIZE];	/* "": nothing is known */
	/* Of this page. */
	char		*page_last;
	/* While reading: the last one that came by itself, and whether the
	 * archive has told of it since. */
	char		*live;
	bool		 live_read;
	/* Ids of the archive, and names of name_of(). */
	struct told	 told;
	ev_timer	 forget;	/* to keep fewer of them */
	/* What came by itself while it was read: told behind it, unless it was
	 * in it. */
	STAILQ_HEAD(, held) held;
	size_t		 nheld, held_bytes;
	bool		 telling_held;
	/* To keep what is known, or to find out. */
	ev_timer	 timer;
	bool		 unmarked;	/* one without an id has come */
};

/* ------------------------------------------------------------ what is known */

static void
keep(struct archive *a)
{
	char *value = xasprintf("%s %s", a->stamp,
	    a->id != NULL ? a->id : "");

	ev_timer_stop(EV_DEFAULT_ &a->timer);
	session_keep(a->session, LAST, value, false);
	free(value);
}

static void
keep_soon(struct archive *a)
{
	if (!ev_is_active(&a->timer)) {
		ev_timer_set(&a->timer, KEEP_AFTER, 0.);
		ev_timer_start(EV_DEFAULT_ &a->timer);
	}
}

/* ms 0: now. */
static void
known(struct archive *a, const char *id, int64_t ms)
{
	time_t t = ms != 0 ? (time_t)(ms / 1000) : time(NULL);
	struct tm tm;

	xreplace(&a->id, id);
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(a->stamp, sizeof(a->stamp), "%Y-%m-%dT%H:%M:%SZ",
	    &tm) == 0)
		strcpy(a->stamp, "1970-01-01T00:00:01Z");
	keep_soon(a);
}

static void
recall(struct archive *a)
{
	const char *value = session_setting(a->session, LAST, ""), *id;
	size_t len = strcspn(value, " ");

	if (a->stamp[0] != '\0' || len >= sizeof(a->stamp))
		return;
	memcpy(a->stamp, value, len);
	a->stamp[len] = '\0';
	if (stanza_time(a->stamp) == 0) {
		a->stamp[0] = '\0';
		return;
	}
	id = value + len + (value[len] == ' ');
	if (*id != '\0' && strlen(id) <= PAYLOAD_ID)
		xreplace(&a->id, id);
}

/* ------------------------------------------------------------ what was told */

static bool
is_forgetful(const struct archive *a)
{
	return a->reading == RESTING && !ev_is_active(&a->forget) &&
	    !ev_is_active(&a->again);
}

static void
note(struct archive *a, const char *name, enum told_how how)
{
	if (name == NULL)
		return;
	told_add(&a->told, name, how);
	told_trim(&a->told, is_forgetful(a) ? NAMES_MAX : NAMES_READING);
}

static void
on_forget(EV_P_ ev_timer *w, int revents)
{
	struct archive *a = CONTAINER(w, struct archive, forget);

	(void)revents;
	ev_timer_stop(EV_A_ w);
	if (is_forgetful(a))
		told_trim(&a->told, NAMES_MAX);
}

/* For servers that do not say under which id they have it; malloced, or NULL
 * for what says nothing. */
static char *
name_of(xmpp_stanza_t *m)
{
	const char *from = xmpp_stanza_get_from(m), *id = payload_id(m);

	if (from == NULL || id == NULL ||
	    stanza_child(m, "body", NS_CLIENT) == NULL)
		return NULL;
	return xasprintf("%.*s\n%s", (int)strcspn(from, "/"), from, id);
}

/* Only our own server gives ids of our archive. */
static const char *
archive_id(struct archive *a, xmpp_stanza_t *m)
{
	xmpp_stanza_t *sid = stanza_child(m, "stanza-id", NS_SID);
	const char *by;

	for (; sid != NULL; sid = stanza_beside(sid, "stanza-id", NS_SID)) {
		by = stanza_attr(sid, "by");
		if (by != NULL && session_is_own(a->session, by))
			return payload_id_of(sid, "id");
	}
	return NULL;
}

/* Ids of messages may come again, those of the archive do not: the former are
 * looked at only where there is nothing better, and which is not new. */
static bool
is_twin(const struct archive *a, xmpp_stanza_t *m, const char *id,
    const char *name)
{
	if (id != NULL)
		return told_has(&a->told, id, TOLD_ARCHIVED);
	return name != NULL && (a->telling_held || stanza_delay(m) != 0) &&
	    told_has(&a->told, name, TOLD_ARCHIVED);
}

bool
archive_heard(struct session *s, xmpp_stanza_t *m, bool own)
{
	struct archive *a = s->archive;
	const char *id;
	char *name;

	if (a == NULL)
		return false;
	id = archive_id(a, m);
	name = name_of(m);
	/* An old one, which is in the archive as well. */
	if (is_twin(a, m, id, name)) {
		free(name);
		return true;
	}
	note(a, id != NULL ? id : name, TOLD_LIVE);
	if (a->none)
		;
	else if (id != NULL && a->reading == READING) {
		xreplace(&a->live, id);
		a->live_read = false;
	} else if (id != NULL) {
		known(a, id, 0);
	} else if (own && name != NULL) {
		a->unmarked = true;
		keep_soon(a);
	}
	free(name);
	return false;
}

/* ----------------------------------------------------------- held meanwhile */

/* What has its place among other messages. */
static bool
has_place(xmpp_stanza_t *st)
{
	return stanza_child(st, "body", NS_CLIENT) != NULL ||
	    stanza_delay(st) != 0 || carbon_is_one(st);
}

/* false: it is too much, and told now. */
static bool
hold(struct archive *a, xmpp_stanza_t *st)
{
	struct held *h;
	size_t size;
	char *text;

	if (a->reading != READING || !has_place(st) ||
	    a->nheld >= HELD_MAX || a->held_bytes >= HELD_BYTES ||
	    xmpp_stanza_to_text(st, &text, &size) != XMPP_EOK)
		return false;
	xmpp_free(session_strophe(a->session), text);
	h = xmalloc(sizeof(*h));
	h->stanza = xmpp_stanza_clone(st);
	h->size = size;
	STAILQ_INSERT_TAIL(&a->held, h, entry);
	a->nheld++;
	a->held_bytes += size;
	return true;
}

static xmpp_stanza_t *
take_held(struct archive *a)
{
	struct held *h = STAILQ_FIRST(&a->held);
	xmpp_stanza_t *st = h != NULL ? h->stanza : NULL;

	if (h == NULL)
		return NULL;
	STAILQ_REMOVE_HEAD(&a->held, entry);
	a->nheld--;
	a->held_bytes -= h->size;
	free(h);
	return st;
}

static void
tell_held(struct archive *a)
{
	xmpp_stanza_t *st;

	a->telling_held = true;
	while ((st = take_held(a)) != NULL) {
		session_stanza(a->session, st);
		xmpp_stanza_release(st);
	}
	a->telling_held = false;
}

/* ------------------------------------------------------------------ reading */

static void on_page(struct session *, xmpp_stanza_t *, void *);

static xmpp_stanza_t *
put_field(xmpp_stanza_t *form, const char *var, const char *value)
{
	xmpp_stanza_t *field = build_child(form, "field", NULL);

	xmpp_stanza_set_attribute(field, "var", var);
	build_text(field, "value", value);
	return field;
}

static void
ask(struct archive *a, enum reading reading)
{
	xmpp_stanza_t *iq = request_new(a->session, "set", NULL), *query;
	xmpp_stanza_t *form, *set;

	a->reading = reading;
	xreplace(&a->page_last, NULL);
	rand_token(a->query, sizeof(a->query));
	query = build_child(iq, "query", NS_MAM);
	xmpp_stanza_set_attribute(query, "queryid", a->query);
	form = build_child(query, "x", NS_FORM);
	xmpp_stanza_set_type(form, "submit");
	xmpp_stanza_set_type(put_field(form, "FORM_TYPE", NS_MAM), "hidden");
	if (reading == READING && a->id == NULL)
		put_field(form, "start", a->stamp);
	set = build_child(query, "set", NS_RSM);
	build_text(set, "max", reading == MARKING ? "1" : PAGE);
	if (reading == MARKING)
		build_child(set, "before", NULL);
	else
		build_text(set, "after", a->id);
	request_send(a->session, iq, on_page, (void *)++a->serial);
}

static void
rest(struct archive *a)
{
	a->reading = RESTING;
	/* What came meanwhile, if the archive had it not yet. */
	if (a->live != NULL && !a->live_read)
		known(a, a->live, 0);
	xreplace(&a->live, NULL);
	xreplace(&a->page_last, NULL);
	if (a->stamp[0] == '\0')
		known(a, NULL, 0);
	/* The first time: should this process die within the next seconds,
	 * nobody would look for what comes now. */
	if (*session_setting(a->session, LAST, "") == '\0')
		keep(a);
	ev_timer_again(EV_DEFAULT_ &a->forget);
	tell_held(a);
}

static void
on_again(EV_P_ ev_timer *w, int revents)
{
	struct archive *a = CONTAINER(w, struct archive, again);

	(void)loop, (void)revents;
	a->none = false;
	ask(a, a->failed);
}

/* What came by itself meanwhile is not known from its id: were nothing read any
 * more, the next login would tell it again. */
static void
try_again(struct archive *a, xmpp_stanza_t *answer)
{
	if (a->pause.failures >= TRIES || (answer != NULL && !stanza_attr_is(
	    stanza_child(answer, "error", NULL), "type", "wait")))
		return;
	ev_timer_set(&a->again, backoff_next(&a->pause), 0.);
	ev_timer_start(EV_DEFAULT_ &a->again);
}

static void
failed(struct archive *a, xmpp_stanza_t *answer)
{
	if (answer != NULL && a->reading == READING && a->id != NULL &&
	    strcmp(request_code(answer), ERR_NOT_FOUND) == 0) {
		/* It has been thrown away there: what is younger than that? */
		xreplace(&a->id, NULL);
		ask(a, READING);
		return;
	}
	log_debug("%s: the archive cannot be read", a->session->user);
	a->none = true;
	a->failed = a->reading;
	a->reading = RESTING;
	try_again(a, answer);
	ev_timer_again(EV_DEFAULT_ &a->forget);
	tell_held(a);
}

static void
on_page(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct archive *a = s->archive;
	xmpp_stanza_t *fin = stanza_child(answer, "fin", NS_MAM);

	/* One of a connection before this. */
	if (a == NULL || (uintptr_t)ctx != a->serial)
		return;
	if (!request_worked(answer)) {
		failed(a, answer);
		return;
	}
	/* What a page has told at once is not to be told again. */
	if (ev_is_active(&a->timer) && !a->unmarked)
		keep(a);
	if (a->reading == MARKING || fin == NULL || a->page_last == NULL ||
	    stanza_attr_is(fin, "complete", "true")) {
		rest(a);
	} else if (++a->pages >= PAGES_MAX) {
		log_warn("%s: too much in the archive: the rest of it is left "
		    "there", s->user);
		ask(a, MARKING);
	} else {
		ask(a, READING);
	}
}

/* Sent by this session, or one before it. */
static bool
is_mine(const struct session *s, xmpp_stanza_t *m)
{
	return s->full != NULL && stanza_attr_is(m, "from", s->full);
}

/* Told already?  Without an id of the archive it is so for one time only. */
static bool
was_told(struct archive *a, const char *name, const char *id)
{
	if (name == NULL || !told_has(&a->told, name, TOLD_LIVE))
		return told_has(&a->told, id, TOLD_ANYHOW);
	told_unmark(&a->told, name, TOLD_LIVE);
	return true;
}

static void
tell(struct archive *a, xmpp_stanza_t *m, const char *id, int64_t time)
{
	struct session *s = a->session;
	const char *from = xmpp_stanza_get_from(m);
	char *name = name_of(m), *author;
	struct heard how = { .time = time };
	bool new = !was_told(a, name, id) && !is_mine(s, m);

	if (new) {
		note(a, id, TOLD_ARCHIVED);
		note(a, name, TOLD_ARCHIVED);
	}
	free(name);
	if (!new)
		return;
	author = account_bare(from != NULL ? from : s->jid);
	how.own = session_is_own(s, author) && xmpp_stanza_get_to(m) != NULL;
	free(author);
	if (!room_hear_past(s, m, how.own, time) &&
	    (how.own || !room_invite_stanza(s, m)))
		talk_hear(s, m, &how);
}

bool
archive_stanza(struct session *s, xmpp_stanza_t *st)
{
	struct archive *a = s->archive;
	xmpp_stanza_t *result = stanza_child(st, "result", NS_MAM), *m;
	const char *id = payload_id_of(result, "id");
	enum reading reading;
	int64_t time;

	if (!stanza_is(st, "message", NULL))
		return false;
	/* Rooms have archives, too. */
	if (result == NULL || !session_is_own(s, xmpp_stanza_get_from(st)))
		return !stanza_attr_is(st, "type", "groupchat") &&
		    !stanza_attr_is(st, "type", "error") &&
		    ((a != NULL && hold(a, st)) ||
		    archive_heard(s, st, false));
	if (a == NULL || a->reading == RESTING || id == NULL ||
	    !stanza_attr_is(result, "queryid", a->query))
		return true;
	reading = a->reading;
	m = carbon_forwarded(result, &time);
	xreplace(&a->page_last, id);
	a->live_read = a->live_read ||
	    (a->live != NULL && strcmp(a->live, id) == 0);
	known(a, id, time);
	if (m != NULL && reading == READING)
		tell(a, m, id, time);
	return true;
}

/* --------------------------------------------------------------------- life */

static void
on_timer(EV_P_ ev_timer *w, int revents)
{
	struct archive *a = CONTAINER(w, struct archive, timer);

	(void)loop, (void)revents;
	/* The newest is not to be known before what was not read yet. */
	if (a->unmarked && a->reading == RESTING && !a->none) {
		a->unmarked = false;
		ask(a, MARKING);
		return;
	}
	keep(a);
}

void
archive_online(struct session *s)
{
	struct archive *a = s->archive;

	if (strcmp(session_setting(s, "archive", "1"), "0") == 0)
		return;
	if (a == NULL) {
		s->archive = a = xcalloc(1, sizeof(*a));
		a->session = s;
		told_init(&a->told);
		STAILQ_INIT(&a->held);
		ev_timer_init(&a->timer, on_timer, 0., 0.);
		ev_timer_init(&a->forget, on_forget, 0., NAMES_TIME);
		ev_timer_init(&a->again, on_again, 0., 0.);
		a->pause = (struct backoff){ .min = PAUSE_MIN,
		    .max = PAUSE_MAX };
	}
	ev_timer_stop(EV_DEFAULT_ &a->again);
	backoff_reset(&a->pause);
	a->none = false;
	a->pages = 0;
	recall(a);
	xreplace(&a->live, NULL);
	ask(a, a->stamp[0] != '\0' ? READING : MARKING);
}

void
archive_end(struct session *s)
{
	struct archive *a = s->archive;
	xmpp_stanza_t *st;

	if (a == NULL)
		return;
	if (ev_is_active(&a->timer) && a->stamp[0] != '\0')
		keep(a);
	ev_timer_stop(EV_DEFAULT_ &a->timer);
	ev_timer_stop(EV_DEFAULT_ &a->forget);
	ev_timer_stop(EV_DEFAULT_ &a->again);
	/* The archive has them the next time, too. */
	while ((st = take_held(a)) != NULL)
		xmpp_stanza_release(st);
	told_finish(&a->told);
	free(a->id);
	free(a->page_last);
	free(a->live);
	free(a);
	s->archive = NULL;
}
