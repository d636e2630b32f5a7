/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X has posts newest first, and people read them oldest first.  Each gets a
 * short id, so that it can be answered to. */
#include "backends/twitter/run_read.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/twitter/api_error.h"
#include "backends/twitter/deliver.h"
#include "backends/twitter/people.h"
#include "util/macros.h"

#define QUERY_MAX	500		/* bytes of what is searched for */
#define SHORT_ID	"[4f] "		/* is how deliver_text() begins */

/* A post, as it will be shown. */
struct item {
	const char	*id, *line;
	const char	*cells[4];	/* of columns */
};

static const struct msg_column columns[] = {
	{ .var = "id", .label = "Short id" },
	{ .var = "author", .label = "Author" },
	{ .var = "text", .label = "Text" },
	{ .var = "time", .label = "Time (UTC)" },
};

/* In the arena of the run. */
struct reading {
	struct item	*items;
	size_t		 n, room;
	bool		 more;		/* than are shown */
	const char	*nothing;	/* to be said when there are none */
	const char	*root;		/* of a conversation: its first post */
};

/* --------------------------------------------------------------- collecting */

static struct reading *
reading_of(struct run *r)
{
	if (r->ctx == NULL)
		r->ctx = arena_zalloc(&r->arena, sizeof(struct reading));
	return r->ctx;
}

static const char *
text_of(struct run *r, const struct post *p, bool author)
{
	struct buf b = { 0 };
	const char *text;

	deliver_text(r->task.session, &b, p, author);
	text = arena_strndup(&r->arena, buf_data(&b), buf_len(&b));
	buf_free(&b);
	return text;
}

static const char *
time_of(struct run *r, int64_t ms)
{
	time_t at = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];

	if (ms == 0 || gmtime_r(&at, &tm) == NULL)
		return NULL;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	return arena_strdup(&r->arena, text);
}

static void
fill_cells(struct run *r, struct item *item, const struct post *p)
{
	const char *text = text_of(r, p, false);

	if (*text == '[' && strlen(text) >= strlen(SHORT_ID)) {
		item->cells[0] = arena_strndup(&r->arena, text + 1, 2);
		text += strlen(SHORT_ID);
	}
	item->cells[1] = p->author != NULL ?
	    arena_strdup(&r->arena, p->author->username) : NULL;
	item->cells[2] = text;
	item->cells[3] = time_of(r, p->at);
}

static void
collect(struct run *r, const struct post *p)
{
	struct reading *reading = reading_of(r);
	struct item *items = reading->items;

	for (size_t i = 0; i < reading->n; i++)
		if (strcmp(items[i].id, p->id) == 0)
			return;
	if (reading->n == reading->room) {
		reading->room += RUN_READ_POSTS + 2;
		items = arena_alloc(&r->arena,
		    reading->room * sizeof(*items));
		if (reading->n > 0)
			memcpy(items, reading->items,
			    reading->n * sizeof(*items));
		reading->items = items;
	}
	items = &items[reading->n++];
	*items = (struct item){ .id = arena_strdup(&r->arena, p->id) };
	if (run_wants_table(r))
		fill_cells(r, items, p);
	else
		items->line = text_of(r, p, true);
}

static void
collect_page(struct run *r, const struct page *page)
{
	/* Oldest first, so that short ids have that order too. */
	for (size_t i = page->nposts; i > 0; i--)
		collect(r, &page->posts[i - 1]);
	reading_of(r)->more = page->next != NULL;
}

/* ------------------------------------------------------------------ showing */

static int
compare(const void *a, const void *b)
{
	return page_id_compare(((const struct item *)a)->id,
	    ((const struct item *)b)->id);
}

static void
show_table(struct run *r, const struct reading *reading, const char *note)
{
	struct table t = { .arena = &r->arena, .columns = columns,
	    .ncolumns = LENGTH(columns) };

	for (size_t i = 0; i < reading->n; i++)
		table_add(&t, reading->items[i].cells);
	run_table(r, &t, note);
}

static void
show_lines(struct run *r, const struct reading *reading, const char *note)
{
	struct buf b = { 0 };
	char *text;

	for (size_t i = 0; i < reading->n; i++)
		buf_addf(&b, "%s%s", i > 0 ? "\n\n" : "",
		    reading->items[i].line);
	if (note != NULL)
		buf_addf(&b, "\n\n%s", note);
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
}

/* note: below them, or NULL. */
static void
show(struct run *r, const char *note)
{
	struct reading *reading = reading_of(r);

	if (reading->n == 0) {
		run_say(r, "%s", reading->nothing);
		return;
	}
	qsort(reading->items, reading->n, sizeof(*reading->items), compare);
	if (run_wants_table(r))
		show_table(r, reading, note);
	else
		show_lines(r, reading, note);
}

/* true: X says why there is nothing, and so have we. */
static bool
is_closed(struct run *r, const struct api_answer *a)
{
	switch (api_problem(a->json)) {
	case PROBLEM_PROTECTED:
		run_wrong(r, "These posts are protected: X shows them to those "
		    "only whom their author lets follow.");
		return true;
	case PROBLEM_SUSPENDED:
		run_wrong(r, "This account is suspended by X.");
		return true;
	case PROBLEM_GONE:
		run_wrong(r, "That is not on X, or not any more.");
		return true;
	default:
		return false;
	}
}

static void
have_page(struct session *s, const struct api_answer *a,
    const struct page *page, void *ctx)
{
	struct run *r = ctx;

	(void)s;
	if (run_is_refused(r, a) || (page->nposts == 0 && is_closed(r, a)))
		return;
	collect_page(r, page);
	show(r, NULL);
}

void
run_read(struct run *r, const struct fetch *what, const char *nothing)
{
	reading_of(r)->nothing = arena_strdup(&r->arena, nothing);
	fetch(r->task.session, what, have_page, r);
}

/* ----------------------------------------------------------------- timeline */

static void
found_author(struct session *s, const struct api_answer *a,
    const struct known *who, void *ctx)
{
	struct run *r = ctx;
	const char *nothing;

	(void)s;
	if (run_is_refused(r, a))
		return;
	nothing = arena_printf(&r->arena, "@%s has not posted anything.",
	    who->person.username);
	run_read(r, &(struct fetch){ .endpoint = E_user_posts,
	    .path = { who->person.id }, .wanted = RUN_READ_POSTS }, nothing);
}

void
run_timeline(struct run *r)
{
	struct session *s = r->task.session;

	if (*r->words.name != '\0')
		people_find(s, r->words.name, found_author, r);
	else
		run_read(r, &(struct fetch){ .endpoint = E_timeline,
		    .path = { s->id }, .wanted = RUN_READ_POSTS },
		    "There is nothing in your timeline.");
}

void
run_search(struct run *r)
{
	if (strlen(r->words.text) > QUERY_MAX) {
		run_wrong(r, "That is too long to search for.");
		return;
	}
	run_read(r, &(struct fetch){ .endpoint = E_search,
	    .wanted = RUN_READ_POSTS, .name = "query",
	    .value = r->words.text }, "X has found nothing in the last seven "
	    "days.");
}

/* ------------------------------------------------------------- conversation */

static void
have_answers(struct session *s, const struct api_answer *a,
    const struct page *page, void *ctx)
{
	struct run *r = ctx;
	char *note = NULL;

	(void)s;
	if (a->outcome == API_OK)
		collect_page(r, page);
	if (a->outcome != API_OK)
		note = arena_printf(&r->arena, "The answers to it: %s",
		    a->text);
	else if (page->next != NULL)
		note = arena_strdup(&r->arena,
		    "There are more answers than these.");
	show(r, note);
}

static void
ask_answers(struct run *r)
{
	char *query = arena_printf(&r->arena, "conversation_id:%s",
	    reading_of(r)->root);

	fetch(r->task.session, &(struct fetch){ .endpoint = E_search,
	    .wanted = RUN_READ_POSTS, .name = "query", .value = query },
	    have_answers, r);
}

/* Not every beginning can be read; what followed may be. */
static void
have_root(struct session *s, const struct api_answer *a,
    const struct page *page, void *ctx)
{
	struct run *r = ctx;

	(void)s;
	if (a->outcome == API_OK && page->nposts > 0)
		collect(r, &page->posts[0]);
	ask_answers(r);
}

static void
have_post(struct session *s, const struct api_answer *a,
    const struct page *page, void *ctx)
{
	struct run *r = ctx;
	struct reading *reading = reading_of(r);
	const struct post *p;

	if (run_is_refused(r, a) || (page->nposts == 0 && is_closed(r, a)))
		return;
	if (page->nposts == 0) {
		run_wrong(r, "X has sent no post.");
		return;
	}
	p = &page->posts[0];
	reading->root = arena_strdup(&r->arena, p->conversation_id != NULL ?
	    p->conversation_id : p->id);
	collect(r, p);
	if (strcmp(reading->root, p->id) == 0)
		ask_answers(r);
	else
		fetch(s, &(struct fetch){ .endpoint = E_post,
		    .path = { reading->root } }, have_root, r);
}

void
run_conversation(struct run *r)
{
	if (run_post_meant(r))
		fetch(r->task.session, &(struct fetch){ .endpoint = E_post,
		    .path = { r->post } }, have_post, r);
}
