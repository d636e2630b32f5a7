/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a command ends, and which post was meant by it. */
#include "backends/twitter/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/config.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/people.h"
#include "backends/twitter/shortid.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define PIECE_MAX	8000		/* bytes of one message to the user */
#define RESULT_MAX	60000		/* of a text in the answer to a menu */

/* ---------------------------------------------------------------------- end */

static void
tell(const struct session *s, const char *from, const char *text)
{
	struct msg_message m = { .user = s->user, .from = from,
	    .kind = strcmp(from, CONTACT) == 0 ? "chat" : "groupchat",
	    .body = text };

	kit_notify(METHOD_message, &m);
}

/* Of a text that is too long for one message: between paragraphs, lines, or
 * else characters. */
static size_t
piece_of(const char *text)
{
	size_t n = strlen(text), cut;

	if (n <= PIECE_MAX)
		return n;
	for (cut = PIECE_MAX; cut > 1; cut--)
		if (text[cut - 1] == '\n' && text[cut - 2] == '\n')
			return cut;
	for (cut = PIECE_MAX; cut > 0; cut--)
		if (text[cut - 1] == '\n')
			return cut;
	return utf8_cut(text, n, PIECE_MAX);
}

static void
tell_all(const struct session *s, const char *from, const char *text)
{
	size_t n, end;
	char *piece;

	for (; *text != '\0'; text += n) {
		n = end = piece_of(text);
		while (end > 0 && text[end - 1] == '\n')
			end--;
		piece = xstrndup(text, end);
		if (end > 0)
			tell(s, from, piece);
		free(piece);
	}
}

/* The message was accepted, first of all: in the room it is shown by that. */
static void
accept(struct run *r, const char *text)
{
	static const struct msg_send_result accepted;
	const struct session *s = r->task.session;
	char *from = r->from;

	r->from = NULL;
	task_reply(&r->task, &accepted);
	tell_all(s, from, text);
	free(from);
}

static void
answer(struct run *r, const char *text, bool refused)
{
	size_t n = strlen(text);
	char *cut;
	struct msg_command_result result = { .refused = refused };

	if (r->from != NULL) {
		accept(r, text);
		return;
	}
	cut = xstrndup(text, utf8_cut(text, n, RESULT_MAX));
	result.text = cut;
	task_reply(&r->task, &result);
	free(cut);
}

static void
answer_with(struct run *r, bool refused, const char *fmt, va_list ap)
{
	struct buf b = { 0 };
	char *text;

	buf_addv(&b, fmt, ap);
	text = buf_steal(&b);
	answer(r, text, refused);
	free(text);
}

void
run_say(struct run *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	answer_with(r, false, fmt, ap);
	va_end(ap);
}

void
run_wrong(struct run *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	answer_with(r, true, fmt, ap);
	va_end(ap);
}

void
run_failed(struct run *r, const char *code, const char *text)
{
	/* "Nothing was done", which refused stands for, is not known then. */
	if (r->from == NULL && strcmp(code, ERR_UNCERTAIN) == 0)
		task_error(&r->task, code, text);
	else
		answer(r, text, true);
}

void
run_refused(struct run *r, const struct api_answer *a)
{
	run_failed(r, api_error_code(a->outcome),
	    a->text != NULL ? a->text : "X did not do it.");
}

bool
run_is_refused(struct run *r, const struct api_answer *a)
{
	if (a->outcome == API_OK)
		return false;
	run_refused(r, a);
	return true;
}

void
run_usage(struct run *r, enum word word)
{
	char *usage = words_usage(word);

	run_wrong(r, "Usage: %s\n%s.", usage, words_row(word)->help);
	free(usage);
}

/* -------------------------------------------------------------------- table */

bool
run_wants_table(const struct run *r)
{
	return r->from == NULL;
}

void
table_add(struct table *t, const char *const *values)
{
	struct msg_row *rows;
	struct pairs *p;

	if (t->n == t->room) {
		t->room = t->room > 0 ? 2 * t->room : 16;
		rows = arena_alloc(t->arena, t->room * sizeof(*rows));
		if (t->n > 0)
			memcpy(rows, t->rows, t->n * sizeof(*rows));
		t->rows = rows;
	}
	p = &t->rows[t->n++].values;
	*p = (struct pairs){
		arena_zalloc(t->arena, t->ncolumns * sizeof(*p->v)), 0 };
	for (size_t i = 0; i < t->ncolumns; i++)
		if (values[i] != NULL)
			p->v[p->n++] = (struct pair){ t->columns[i].var,
			    arena_strdup(t->arena, values[i]) };
}

void
run_table(struct run *r, const struct table *t, const char *note)
{
	struct msg_command_result result = { .text = note };

	result.columns.v = (struct msg_column *)t->columns;
	result.columns.n = t->ncolumns;
	result.rows.v = t->rows;
	result.rows.n = t->n;
	task_reply(&r->task, &result);
}

void
run_text(struct run *r, const char *text)
{
	answer(r, text, false);
}

/* -------------------------------------------------------------------- posts */

static void
use_post(struct run *r, const char *id)
{
	struct session *s = r->task.session;
	struct buf b = { 0 };
	char name[3], *text;

	snprintf(r->post, sizeof(r->post), "%s", id);
	shortid_give(&s->shortids, r->post, NULL, name);
	/* One that has just got its short id is better known by its address. */
	if (strlen(r->words.id) > 2)
		run_address(&b, NULL, id);
	text = buf_steal(&b);
	r->post_name = arena_printf(&r->arena, "[%s]%s%s", name,
	    *text != '\0' ? " " : "", text);
	free(text);
}

bool
run_post_meant(struct run *r)
{
	const struct shortids *ids = &r->task.session->shortids;
	const struct words *w = &r->words;
	const struct known *author;
	const char *id;

	if (*w->name != '\0') {
		author = people_by_name(w->name);
		id = author != NULL ?
		    shortid_last_of(ids, author->person.id) : NULL;
		if (id == NULL)
			run_wrong(r, "No post of @%s was shown here lately; "
			    "#timeline %s shows some.", w->name, w->name);
	} else if (strlen(w->id) == 2) {
		id = shortid_find(ids, w->id);
		if (id == NULL)
			run_wrong(r, "No post is known here as %s: only the "
			    "last %d that were shown are.", w->id,
			    SHORTID_MAX);
	} else {
		id = w->id;
	}
	if (id != NULL)
		use_post(r, id);
	return id != NULL;
}

void
run_address(struct buf *b, const char *author, const char *post_id)
{
	buf_addf(b, "%s/%s/status/%s", config.web_url,
	    author != NULL ? author : "i", post_id);
}

char *
run_new_post(struct run *r, const char *post_id)
{
	struct session *s = r->task.session;
	struct buf b = { 0 };
	char name[3];

	shortid_give(&s->shortids, post_id, s->id, name);
	buf_addf(&b, "[%s] ", name);
	run_address(&b, s->name, post_id);
	return buf_steal(&b);
}
