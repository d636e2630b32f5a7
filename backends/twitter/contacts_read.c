/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom does the user follow?  Each one on the list is paid for.  So by itself
 * it is read once in a week, and takes half of what is left of a day's budget:
 * then it goes on another day from where it was.  Only a list that one session
 * has read from its beginning to its end says who is not followed any more. */
#include "backends/twitter/contacts_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/budget.h"
#include "backends/twitter/fetch.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/task.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define READ		"twitter_following_read"	/* when: seconds since
							 * 1970 */
#define NEXT		"twitter_following_next"	/* "DAY TOKEN": read up
							 * to there, that day */
#define WEEK		(7 * 86400)	/* seconds */
#define DAY		86400
#define HOUR		3600.0
#define PAGE		1000		/* X's most */
#define PAGE_LEAST	10		/* less is not worth asking for */
#define WAITING_MAX	8		/* who ask for the list at once */
#define WHAT		"Your contacts"

/* One reading of the list.  Between its pages it may wait for days. */
struct walk {
	char		(*ids)[CONTACT_SIZE];	/* as far as it was read */
	size_t		 n;		/* <= CONTACTS_MAX */
	char		*next;		/* token of the next page, or NULL */
	bool		 whole;		/* it has begun at the beginning */
	bool		 underway;	/* a page has been asked for */
	bool		 dropped;	/* nobody wants it any more */
	bool		 page_was_cut;	/* the last one, by the budget */
	bool		 again;		/* it has been begun anew */
	LIST_HEAD(, waiting) waiters;
};

struct waiting {
	struct task	 task;
	LIST_ENTRY(waiting) entry;
	contacts_done	*done;
	void		*ctx;
};

static void	read_page(struct session *);

/* ---------------------------------------------------------------- waiting */

static void
give_up(struct task *task)
{
	LIST_REMOVE((struct waiting *)task, entry);
}

static void
answer_waiters(struct session *s, struct walk *w, const struct api_answer *a,
    bool whole)
{
	const char **ids = xcalloc(w->n + 1, sizeof(*ids));
	const struct followed f = { ids, w->n, whole };
	struct waiting *each;
	contacts_done *done;
	void *ctx;

	for (size_t i = 0; i < w->n; i++)
		ids[i] = w->ids[i];
	while (!s->ended && (each = LIST_FIRST(&w->waiters)) != NULL) {
		done = each->done;
		ctx = each->ctx;
		task_reply(&each->task, NULL);
		done(s, a, &f, ctx);
	}
	free(ids);
}

static void
destroy(struct walk *w)
{
	struct waiting *each;

	/* Their tasks are answered by whoever ends the session. */
	LIST_FOREACH(each, &w->waiters, entry)
		each->task.finish = NULL;
	free(w->ids);
	free(w->next);
	free(w);
}

/* ------------------------------------------------------ from time to time */

static void
due(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct session *s = timer->data;

	(void)loop;
	(void)events;
	if (s->contacts->walk == NULL)
		contacts_read_begin(s);
	else if (!s->contacts->walk->underway)
		read_page(s);
}

static void
wait_for(struct session *s, double seconds)
{
	ev_timer *timer = &s->contacts->due;

	ev_timer_stop(EV_DEFAULT_ timer);
	ev_timer_init(timer, due, seconds > 1 ? seconds : 1, 0);
	timer->data = s;
	ev_timer_start(EV_DEFAULT_ timer);
}

/* Not all at midnight. */
static double
until_tomorrow(void)
{
	return (double)(DAY - api_now() % DAY) + rand_unit() * HOUR;
}

static void
keep_number(struct session *s, const char *name, long long n)
{
	char *text = xasprintf("%lld", n);

	session_keep(s, name, text, false);
	free(text);
}

/* Where another session goes on. */
static void
keep_place(struct session *s, const struct walk *w)
{
	char *text = w->next == NULL ? NULL : xasprintf("%lld %s",
	    (long long)(api_now() / DAY), w->next);

	if (text != NULL || session_setting(s, NEXT, NULL) != NULL)
		session_keep(s, NEXT, text, false);
	free(text);
}

/* ------------------------------------------------------------------ pages */

/* For nobody: it goes on later. */
static void
rest(struct session *s, const struct api_answer *a)
{
	struct walk *w = s->contacts->walk;
	double seconds = a->outcome == API_LIMITED && a->until > 0 ?
	    (double)(a->until - time(NULL)) + rand_unit() * 60 :
	    a->outcome == API_LIMITED || a->outcome == API_FAILED ?
	    HOUR + rand_unit() * HOUR : until_tomorrow();

	keep_place(s, w);
	wait_for(s, seconds);
}

static void
over(struct session *s, const struct api_answer *a)
{
	struct walk *w = s->contacts->walk;
	bool whole = w->whole && w->next == NULL;

	s->contacts->walk = NULL;
	xreplace(&w->next, NULL);
	keep_place(s, w);
	if (session_mode(s) == MODE_CONTACTS) {
		if (whole)
			contacts_only(s, (const char (*)[CONTACT_SIZE])w->ids,
			    w->n);
		keep_number(s, READ, (long long)time(NULL));
		wait_for(s, WEEK + rand_unit() * HOUR);
	}
	answer_waiters(s, w, a, whole);
	destroy(w);
}

/* A place that was kept may be good no more.  false: that was so twice. */
static bool
begin_again(struct session *s, const struct api_answer *a)
{
	struct walk *w = s->contacts->walk;

	if ((a->outcome != API_REFUSED && a->outcome != API_NOT_FOUND) ||
	    w->next == NULL)
		return false;
	xreplace(&w->next, NULL);
	w->n = 0;
	w->whole = true;
	w->page_was_cut = false;
	if (w->again)
		return false;
	w->again = true;
	read_page(s);
	return true;
}

static void
not_read(struct session *s, const struct api_answer *a)
{
	struct walk *w = s->contacts->walk;

	if (begin_again(s, a))
		return;
	if (session_mode(s) != MODE_CONTACTS) {
		s->contacts->walk = NULL;
		answer_waiters(s, w, a, false);
		destroy(w);
		return;
	}
	if (LIST_EMPTY(&w->waiters) && a->outcome != API_BUDGET &&
	    a->outcome != API_LIMITED)
		notice_state(s, WHAT, a);
	rest(s, a);
	answer_waiters(s, w, a, false);
}

static void
take(struct session *s, struct walk *w, const struct page *page)
{
	const struct known *k;

	w->ids = xreallocarray(w->ids, w->n + page->npeople + 1,
	    sizeof(*w->ids));
	for (size_t i = 0; i < page->npeople; i++) {
		k = people_by_id(page->people[i].id);
		if (k == NULL || w->n >= CONTACTS_MAX)
			continue;
		memcpy(w->ids[w->n++], k->contact, CONTACT_SIZE);
		if (session_mode(s) == MODE_CONTACTS)
			contacts_listed(s, k);
	}
	xreplace(&w->next, page->next);
}

/* Nobody at all, or an error beside them, is not taken for the truth without
 * being said so: it would empty the user's list. */
static bool
is_sound(const json_t *json)
{
	const json_t *n = json_object_get(json_object_get(json, "meta"),
	    "result_count");

	return json_object_get(json, "errors") == NULL &&
	    (json_array_size(json_object_get(json, "data")) > 0 ||
	    (json_is_integer(n) && json_integer_value(n) == 0));
}

static void
got_page(struct session *s, const struct api_answer *a,
    const struct page *page, void *ctx)
{
	struct walk *w = s->contacts->walk;

	(void)ctx;
	w->underway = false;
	if (w->dropped) {
		s->contacts->walk = NULL;
		destroy(w);
	} else if (a->outcome != API_OK) {
		not_read(s, a);
	} else {
		w->whole = w->whole && is_sound(a->json);
		take(s, w, page);
		notice_state(s, WHAT, a);
		if (w->next == NULL || w->n >= CONTACTS_MAX)
			over(s, a);
		else
			read_page(s);
	}
}

static void
read_page(struct session *s)
{
	static const struct api_answer spent = { .outcome = API_BUDGET };
	struct walk *w = s->contacts->walk;
	bool background = LIST_EMPTY(&w->waiters);
	long wanted = budget_results(s, E_following, PAGE);

	if (background && w->page_was_cut) {
		w->page_was_cut = false;
		rest(s, &spent);
		return;
	}
	w->page_was_cut = wanted < PAGE;
	if (background && wanted < PAGE)
		wanted /= 2;
	w->underway = true;
	fetch(s, &(struct fetch){ .endpoint = E_following, .path = { s->id },
	    .wanted = wanted < PAGE_LEAST ? PAGE_LEAST : wanted,
	    .next = w->next, .background = background }, got_page, NULL);
}

/* -------------------------------------------------------------- asked for */

/* place: where another session was, or NULL. */
static struct walk *
begin(struct session *s, const char *place)
{
	struct walk *w = xcalloc(1, sizeof(*w));

	LIST_INIT(&w->waiters);
	xreplace(&w->next, place);
	w->whole = place == NULL;
	s->contacts->walk = w;
	return w;
}

static size_t
count(const struct walk *w)
{
	const struct waiting *each;
	size_t n = 0;

	LIST_FOREACH(each, &w->waiters, entry)
		n++;
	return n;
}

void
contacts_refresh(struct session *s, contacts_done *done, void *ctx)
{
	static const struct api_answer many = { .outcome = API_LIMITED,
	    .text = "That is being asked for already." };
	static const struct followed none;
	struct walk *w = s->contacts->walk;
	struct waiting *each;

	/* From the beginning, unless that is where it came from. */
	if (w != NULL && !w->underway && !w->whole) {
		destroy(w);
		w = NULL;
	}
	if (w == NULL)
		w = begin(s, NULL);
	if (count(w) >= WAITING_MAX) {
		done(s, &many, &none, ctx);
		return;
	}
	w->dropped = false;
	each = task_begin(s, NULL, sizeof(*each), give_up);
	each->done = done;
	each->ctx = ctx;
	LIST_INSERT_HEAD(&w->waiters, each, entry);
	if (!w->underway)
		read_page(s);
}

/* ------------------------------------------------------------------- life */

void
contacts_read_begin(struct session *s)
{
	time_t now = time(NULL);
	long long read = atoll(session_setting(s, READ, "0")), day = 0;
	const char *place = session_setting(s, NEXT, NULL);
	double wait;

	if (s->contacts->walk != NULL) {
		s->contacts->walk->dropped = false;
		return;
	}
	if (place == NULL && read > 0 && read <= now && now - read < WEEK) {
		wait_for(s, (double)(WEEK - (now - read)));
		return;
	}
	if (place != NULL) {
		day = atoll(place);
		place = strchr(place, ' ');
	}
	(void)begin(s, place != NULL ? place + 1 : NULL);
	wait = place != NULL && day == (long long)(api_now() / DAY) ?
	    until_tomorrow() : 0;
	if (wait > 0)
		wait_for(s, wait);
	else
		read_page(s);
}

void
contacts_read_stop(struct session *s)
{
	struct walk *w = s->contacts->walk;

	ev_timer_stop(EV_DEFAULT_ &s->contacts->due);
	if (w == NULL || !LIST_EMPTY(&w->waiters))
		return;
	if (w->underway)
		w->dropped = true;
	else
		contacts_read_end(s);
}

void
contacts_read_end(struct session *s)
{
	ev_timer_stop(EV_DEFAULT_ &s->contacts->due);
	if (s->contacts->walk != NULL)
		destroy(s->contacts->walk);
	s->contacts->walk = NULL;
}
