/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/twitter/fetch.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/settings.h"
#include "util/xalloc.h"

#define PAGES_MAX	5
#define PAGE_WANTED	100	/* posts */
#define FIRST_WANTED	20	/* where nothing is known: no more than that */
#define TRIES_MAX	3	/* for one page */
#define LATE		60	/* seconds: X may show a post so much later */
#define QUEUE_MAX	(256 * 1024)	/* bytes for the main process */

struct feed {
	struct session	*session;
	const struct feed_kind *kind;
	feed_answered	*answered;
	feed_tell	*tell;
	void		*ctx;
	enum feed_state	 state;
	bool		 first;		/* nothing is known of before */
	time_t		 asked;		/* X's clock; for the first page */
	bool		 anew;		/* X does not take the id of the last
					 * one any more, or the time */
	bool		 gap;		/* older ones are not read */
	unsigned	 tries;		/* for this page */
	struct page	 pages[PAGES_MAX];
	size_t		 npages;
	/* What is in them, once it is read, oldest first; what is before at has
	 * been told. */
	const struct post **posts;
	size_t		 nposts, at;
};

struct feed *
feed_create(struct session *s, const struct feed_kind *kind,
    feed_answered *answered, feed_tell *tell, void *ctx)
{
	struct feed *f = xcalloc(1, sizeof(*f));

	f->session = s;
	f->kind = kind;
	f->answered = answered;
	f->tell = tell;
	f->ctx = ctx;
	return f;
}

static void
reset(struct feed *f)
{
	for (size_t i = 0; i < f->npages; i++)
		page_free(&f->pages[i]);
	free(f->posts);
	f->posts = NULL;
	f->npages = f->nposts = f->at = 0;
	f->tries = 0;
	f->anew = f->gap = false;
	f->state = FEED_IDLE;
}

void
feed_destroy(struct feed *f)
{
	if (f == NULL)
		return;
	reset(f);
	free(f);
}

enum feed_state
feed_state(const struct feed *f)
{
	return f->state;
}

bool
feed_may(void)
{
	return !kit_paused() && kit_queued() <= QUEUE_MAX;
}

/* NULL: none was told. */
static const char *
since(const struct feed *f)
{
	const char *id = session_setting(f->session, f->kind->since, "");

	return page_is_id(id) ? id : NULL;
}

/* When there was nothing yet: all that is younger is new.  0: that is not
 * known. */
static time_t
since_time(const struct feed *f)
{
	const char *at = session_setting(f->session, f->kind->since, "");
	long long seconds;
	char *end;

	if (*at != '@')
		return 0;
	errno = 0;
	seconds = strtoll(at + 1, &end, 10);
	return errno == 0 && *end == '\0' && seconds > 0 &&
	    seconds <= api_now() ? (time_t)seconds : 0;
}

/* There is nothing.  An id that could be kept comes with the first post only,
 * and then it may be one of many. */
static void
keep_time(const struct feed *f)
{
	char *text = xasprintf("@%lld", (long long)f->asked - LATE);

	session_keep(f->session, f->kind->since, text, false);
	free(text);
}

/* ------------------------------------------------------------------ telling */

static int
by_id(const void *a, const void *b)
{
	const struct post *const *p = a, *const *q = b;

	return page_id_compare((*p)->id, (*q)->id);
}

static bool
is_new(const struct feed *f, const struct post *p)
{
	const char *last = since(f);

	return last == NULL || page_id_compare(p->id, last) > 0;
}

/* Each once, and none that was told. */
static void
drop_known(struct feed *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nposts; i++) {
		const struct post *p = f->posts[i];

		if (is_new(f, p) && (n == 0 ||
		    strcmp(p->id, f->posts[n - 1]->id) != 0))
			f->posts[n++] = p;
	}
	f->nposts = n;
}

/* All that will be read is there. */
static void
collect(struct feed *f)
{
	size_t n = 0;
	const char *newest;

	for (size_t i = 0; i < f->npages; i++)
		n += f->pages[i].nposts;
	f->posts = xcalloc(n + 1, sizeof(*f->posts));
	for (size_t i = 0; i < f->npages; i++)
		for (size_t j = 0; j < f->pages[i].nposts; j++)
			f->posts[f->nposts++] = &f->pages[i].posts[j];
	if (n > 1)
		qsort(f->posts, n, sizeof(*f->posts), by_id);
	newest = n > 0 ? f->posts[n - 1]->id : NULL;
	drop_known(f);
	/* An id that is younger than all there are is none of X's. */
	if (f->anew && f->nposts == 0 && newest != NULL)
		session_keep(f->session, f->kind->since, newest, false);
	if (f->first && newest == NULL)
		keep_time(f);
	if (f->first && f->nposts > FIRST_WANTED)
		f->at = f->nposts - FIRST_WANTED;
	f->state = FEED_READ;
}

static void
tell_gap(struct feed *f)
{
	char *text;

	if (!f->gap)
		return;
	f->gap = false;
	text = xasprintf("More has been posted than could be read: of what is "
	    "new, only the last %zu posts are shown.", f->nposts);
	notice(f->session, text);
	free(text);
}

bool
feed_say(struct feed *f)
{
	size_t begin = f->at;

	tell_gap(f);
	while (f->at < f->nposts && feed_may())
		f->tell(f->posts[f->at++], f->ctx);
	if (f->at > begin)
		session_keep(f->session, f->kind->since,
		    f->posts[f->at - 1]->id, false);
	if (f->at < f->nposts)
		return false;
	reset(f);
	return true;
}

/* ------------------------------------------------------------------- asking */

static void	got(struct session *, const struct api_answer *,
		    const struct page *, void *);

/* What is not wanted is not paid for. */
static const char *
excluded(const struct feed *f)
{
	bool replies = setting_on(f->session, "show_replies");
	bool reposts = setting_on(f->session, "show_reposts");

	if (!f->kind->excludes || (replies && reposts))
		return NULL;
	return replies ? "retweets" : reposts ? "replies" :
	    "replies,retweets";
}

/* RFC 3339 */
static const char *
time_text(time_t at, char *text, size_t size)
{
	struct tm tm;

	return at > 0 && gmtime_r(&at, &tm) != NULL &&
	    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0 ? text : NULL;
}

void
feed_ask(struct feed *f)
{
	const char *exclude = excluded(f);
	const char *last = f->anew ? NULL : since(f);
	time_t since_then = f->anew || last != NULL ? 0 : since_time(f);
	char text[32];
	struct fetch what = {
		.endpoint = f->kind->endpoint, .path = { f->session->id },
		.wanted = PAGE_WANTED, .background = true,
		.since_id = last,
		.since_time = time_text(since_then, text, sizeof(text)),
		.name = exclude != NULL ? "exclude" : NULL, .value = exclude,
	};

	if (f->npages > 0) {
		what.next = f->pages[f->npages - 1].next;
	} else {
		f->first = since(f) == NULL && since_then == 0;
		f->asked = api_now();
	}
	if (f->first)
		what.wanted = FIRST_WANTED;
	f->state = FEED_ASKING;
	fetch(f->session, &what, got, f);
}

/* Is there any that was told before?  Then what follows was, too. */
static bool
reaches_back(const struct feed *f, const struct page *page)
{
	for (size_t i = 0; i < page->nposts; i++)
		if (!is_new(f, &page->posts[i]))
			return true;
	return page->nposts == 0;
}

/* false: the next page is asked for. */
static bool
take(struct feed *f, const struct page *page)
{
	struct page *mine = &f->pages[f->npages++];

	fetch_take(page, mine);
	f->tries = 0;
	if (mine->next != NULL && !f->first && !f->anew &&
	    !reaches_back(f, mine)) {
		if (f->npages < PAGES_MAX) {
			feed_ask(f);
			return false;
		}
		f->gap = true;
	}
	if (f->anew)
		f->gap = mine->next != NULL && !reaches_back(f, mine);
	collect(f);
	return true;
}

/* Will it be the same in a minute? */
static bool
lasts(enum outcome outcome)
{
	return outcome != API_FAILED && outcome != API_LIMITED;
}

/* false: it is tried in another way. */
static bool
trouble(struct feed *f, const struct api_answer *a)
{
	f->state = FEED_IDLE;
	if (f->npages > 0) {
		/* What has been paid for is shown. */
		f->gap = lasts(a->outcome) || ++f->tries >= TRIES_MAX;
		if (f->gap)
			collect(f);
		else
			f->state = FEED_STUCK;
	} else if (a->outcome == API_REFUSED && !f->anew && !f->first) {
		f->anew = true;
		feed_ask(f);
		return false;
	}
	return true;
}

static void
got(struct session *s, const struct api_answer *a, const struct page *page,
    void *ctx)
{
	struct feed *f = ctx;

	(void)s;
	if (a->outcome == API_OK ? take(f, page) : trouble(f, a))
		f->answered(f, a, f->ctx);
}
