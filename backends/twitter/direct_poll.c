/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is new?  The API of X has no "since" for direct messages: pages are read
 * from the newest back to what was told last, each larger than the one before,
 * as every event that is read costs something, once a day.  When there is
 * nothing new, that is one; where somebody is talking two, as X does not take
 * many questions in a quarter of an hour. */
#include "backends/twitter/direct_inside.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/fetch.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/task.h"
#include "util/macros.h"
#include "util/xalloc.h"

static const long sizes[] = { 1, 2, 5, 20, 100, 100, 100 };

/* Kept when there is nothing yet; younger than no event. */
#define NONE	"1"

#define DAY			86400000	/* milliseconds */
#define ANCIENT			(90LL * DAY)
#define PAGES_OF_ANCIENT	4
#define TRIES_MAX		3	/* for one page */

struct reading {
	struct task	 task;
	struct page	 pages[LENGTH(sizes)];	/* newest first */
	size_t		 n;
	size_t		 first;		/* of sizes, for the first page */
	unsigned	 tries;		/* for the next thing to be asked */
	bool		 stuck;		/* X has not given it */
	char		 since[PAGE_ID_MAX + 1];
	bool		 missing;	/* there is more than was read */
	bool		 waiting;	/* all is there, but something is being
					 * sent */
};

static void
finish(struct task *task)
{
	struct reading *p = (struct reading *)task;
	struct direct *d = task->session->direct;

	for (size_t i = 0; i < p->n; i++)
		page_free(&p->pages[i]);
	if (d != NULL)
		d->reading = NULL;
}

static void
end(struct reading *p, const struct api_answer *a)
{
	struct direct *d = p->task.session->direct;

	task_reply(&p->task, NULL);
	direct_polled(d, a);
}

/* What has been read is kept until X gives the rest.  false: that is not to be
 * waited for. */
static bool
wait_for_rest(struct reading *p, const struct api_answer *a)
{
	p->stuck = p->n > 0 && (a->outcome == API_LIMITED ||
	    a->outcome == API_FAILED) && ++p->tries < TRIES_MAX;
	if (p->stuck)
		direct_polled(p->task.session->direct, a);
	return p->stuck;
}

bool
direct_poll_stuck(const struct direct *d)
{
	return d->reading != NULL && d->reading->stuck;
}

/* ------------------------------------------------------------------ telling */

static int
compare(const void *a, const void *b)
{
	return page_id_compare((*(const struct event *const *)a)->id,
	    (*(const struct event *const *)b)->id);
}

/* Nothing that X will tell later would be new after such an id. */
static bool
is_from_tomorrow(const char *id)
{
	return direct_id_time(id) > (int64_t)api_now() * 1000 + DAY;
}

/* Those that are new, oldest first; freed by the caller. */
static const struct event **
sorted(const struct reading *p, size_t *n)
{
	const struct event **list, *e;
	size_t most = 0;

	for (size_t i = 0; i < p->n; i++)
		most += p->pages[i].nevents;
	list = xcalloc(most + 1, sizeof(*list));
	*n = 0;
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < p->pages[i].nevents; j++) {
			e = &p->pages[i].events[j];
			if (page_id_compare(e->id, p->since) > 0 &&
			    !is_from_tomorrow(e->id))
				list[(*n)++] = e;
		}
	qsort(list, *n, sizeof(*list), compare);
	return list;
}

static void
tell(struct reading *p)
{
	static const struct api_answer ok = { .outcome = API_OK };
	struct session *s = p->task.session;
	struct direct *d = s->direct;
	const struct event **list;
	size_t n;

	/* Whether an event is what is being sent is known only after that. */
	p->waiting = d->nposting > 0;
	if (p->waiting)
		return;
	list = sorted(p, &n);
	if (p->missing)
		notice(s, "There are more new direct messages than this gateway "
		    "fetches at once. The older ones are to be seen at X "
		    "only.");
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare(&list[i - 1], &list[i]) != 0)
			direct_show_event(d, list[i]);
	if (n > 0) {
		session_keep(s, DIRECT_SINCE, list[n - 1]->id, false);
		direct_sent_forget(s, list[n - 1]->id);
		direct_group_keep(d);
		direct_live(d);
	}
	free(list);
	end(p, &ok);
}

void
direct_poll_resume(struct direct *d)
{
	if (d->reading != NULL && d->reading->waiting)
		tell(d->reading);
}

/* ------------------------------------------------------------------ reading */

static void
found(struct session *s, const struct api_answer *a, void *ctx)
{
	(void)s;
	switch (a->outcome) {
	case API_OK:
	/* Without their names, rather than never. */
	case API_FORBIDDEN:
	case API_REFUSED:
	case API_NOT_FOUND:
		tell(ctx);
		break;
	default:
		if (!wait_for_rest(ctx, a))
			end(ctx, a);
	}
}

static void
read_all(struct reading *p)
{
	struct direct_ids ids = { 0 };
	const struct event **list;
	size_t n;

	list = sorted(p, &n);
	for (size_t i = 0; i < n; i++)
		direct_ids_of(&ids, p->task.session, list[i]);
	free(list);
	direct_people(p->task.session, &ids, true, found, p);
}

/* At the first login ever nobody wants to be told the last month. */
static void
begin_here(struct reading *p, const struct page *page,
    const struct api_answer *a)
{
	if (page->newest_id != NULL)
		notice(p->task.session, "New direct messages come as chats from "
		    "now on. Older ones are to be seen at X.");
	session_keep(p->task.session, DIRECT_SINCE, page->newest_id != NULL &&
	    !is_from_tomorrow(page->newest_id) ? page->newest_id : NONE, false);
	end(p, a);
}

/* How many pages at most?  After what the C++ program has kept, years ago, or a
 * user who has been away for as long, few: the month of messages that X has
 * would cost more than it is worth. */
static size_t
pages_max(const struct reading *p)
{
	const char *newest = p->pages[0].newest_id;

	return strcmp(p->since, NONE) != 0 && newest != NULL &&
	    direct_id_time(newest) - direct_id_time(p->since) > ANCIENT ?
	    PAGES_OF_ANCIENT : LENGTH(sizes) - p->first;
}

static void	got(struct session *, const struct api_answer *,
		    const struct page *, void *);

static void
go_on(struct reading *p)
{
	if (p->n == 0 || (p->missing && p->n < pages_max(p)))
		fetch(p->task.session, &(struct fetch){
		    .endpoint = E_dm_events, .wanted = sizes[p->first + p->n],
		    .next = p->n > 0 ? p->pages[p->n - 1].next : NULL,
		    .background = true }, got, p);
	else
		read_all(p);
}

static void
got(struct session *s, const struct api_answer *a, const struct page *page,
    void *ctx)
{
	struct reading *p = ctx;
	bool reached = false;

	(void)s;
	if (a->outcome != API_OK) {
		if (!wait_for_rest(p, a))
			end(p, a);
		return;
	}
	p->tries = 0;
	if (*p->since == '\0') {
		begin_here(p, page, a);
		return;
	}
	for (size_t i = 0; i < page->nevents; i++)
		reached |= page_id_compare(page->events[i].id, p->since) <= 0;
	page_read(&p->pages[p->n++], a->json, PAGE_EVENTS);
	p->missing = !reached && page->next != NULL;
	go_on(p);
}

void
direct_poll(struct direct *d, bool live)
{
	const char *since = session_setting(d->session, DIRECT_SINCE, "");
	struct reading *p = d->reading;

	if (p == NULL) {
		p = task_begin(d->session, NULL, sizeof(*p), finish);
		d->reading = p;
		p->first = live ? 1 : 0;
		if (page_is_id(since))
			strcpy(p->since, since);
	}
	p->stuck = false;
	go_on(p);
}
