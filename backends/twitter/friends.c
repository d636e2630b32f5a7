/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom the user follows: the list as contacts.c has read it, kept for the next
 * time. */
#include "backends/twitter/friends.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backends/twitter/contacts.h"
#include "backends/twitter/people.h"
#include "backends/twitter/run.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define FRIENDS_MAX	5000		/* are kept */
#define SHOWN_MAX	1000		/* at once */

struct friends {
	char		**names;
	size_t		 n;
	bool		 whole;
	time_t		 read;
};

static const struct msg_column columns[] = {
	{ .var = "user", .label = "User" },
	{ .var = "name", .label = "Name" },
};

/* --------------------------------------------------------------------- kept */

void
friends_end(struct session *s)
{
	struct friends *f = s->friends;

	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n; i++)
		free(f->names[i]);
	free(f->names);
	free(f);
	s->friends = NULL;
}

static void
keep(struct session *s, const struct followed *list)
{
	struct friends *f;

	friends_end(s);
	f = s->friends = xcalloc(1, sizeof(*f));
	f->n = list->n < FRIENDS_MAX ? list->n : FRIENDS_MAX;
	f->whole = list->whole && f->n == list->n;
	f->read = time(NULL);
	f->names = xcalloc(f->n + 1, sizeof(*f->names));
	for (size_t i = 0; i < f->n; i++)
		f->names[i] = xstrdup(list->contacts[i]);
}

void
friends_changed(struct session *s, const char *name, bool on)
{
	struct friends *f = s->friends;
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->n && strcasecmp(f->names[i], name) != 0; i++)
		;
	if (on && i == f->n && f->n < FRIENDS_MAX) {
		f->names = xreallocarray(f->names, f->n + 1,
		    sizeof(*f->names));
		f->names[f->n++] = xstrdup(name);
	} else if (!on && i < f->n) {
		free(f->names[i]);
		memmove(f->names + i, f->names + i + 1,
		    (--f->n - i) * sizeof(*f->names));
	}
}

/* ------------------------------------------------------------------ showing */

static void
add_age(struct buf *b, time_t read)
{
	long age = (long)(time(NULL) - read);

	if (age < 60)
		return;
	if (age < 2 * 3600)
		buf_addf(b, "  Read %ld minutes ago", age / 60);
	else
		buf_addf(b, "  Read %ld hours ago", age / 3600);
	buf_adds(b, "; #friends new reads it again.");
}

static char *
note_of(const struct friends *f)
{
	struct buf b = { 0 };

	buf_addf(&b, "You follow %s%zu.", f->whole ? "" : "at least ", f->n);
	if (f->n > SHOWN_MAX)
		buf_addf(&b, "  These are %d of them.", SHOWN_MAX);
	add_age(&b, f->read);
	return buf_steal(&b);
}

static void
show_table(struct run *r, const struct friends *f, const char *note)
{
	struct table t = { .arena = &r->arena, .columns = columns,
	    .ncolumns = LENGTH(columns) };
	const struct known *who;

	for (size_t i = 0; i < f->n && i < SHOWN_MAX; i++) {
		const char *cells[LENGTH(columns)] = { f->names[i], NULL };

		who = people_by_name(f->names[i]);
		if (who != NULL)
			cells[1] = who->person.name;
		table_add(&t, cells);
	}
	run_table(r, &t, note);
}

static void
show_text(struct run *r, const struct friends *f, const char *note)
{
	const struct known *who;
	struct buf b = { 0 };
	char *text;

	buf_adds(&b, note);
	for (size_t i = 0; i < f->n && i < SHOWN_MAX; i++) {
		who = people_by_name(f->names[i]);
		if (who == NULL)
			buf_addf(&b, "\n@%s", f->names[i]);
		else
			buf_addf(&b, "\n%s (@%s)", who->person.name,
			    who->person.username);
	}
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
}

static void
show(struct run *r)
{
	const struct friends *f = r->task.session->friends;
	char *note = note_of(f);

	if (run_wants_table(r))
		show_table(r, f, note);
	else
		show_text(r, f, note);
	free(note);
}

static void
have_friends(struct session *s, const struct api_answer *a,
    const struct followed *list, void *ctx)
{
	struct run *r = ctx;

	if (a->outcome != API_OK && list->n == 0) {
		run_refused(r, a);
		return;
	}
	keep(s, list);
	show(r);
}

void
run_friends(struct run *r)
{
	struct session *s = r->task.session;

	if (s->friends != NULL && *r->words.text == '\0')
		show(r);
	else
		contacts_refresh(s, have_friends, r);
}
