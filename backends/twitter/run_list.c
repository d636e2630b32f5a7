/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about lists, of people: which there are, what those on one write,
 * and who is on it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/twitter/lists.h"
#include "backends/twitter/people.h"
#include "backends/twitter/run.h"
#include "backends/twitter/run_read.h"
#include "util/macros.h"

static const struct msg_column columns[] = {
	{ .var = "number", .label = "Number" },
	{ .var = "name", .label = "Name" },
	{ .var = "members", .label = "Members" },
	{ .var = "whose", .label = "Whose" },
};

/* ------------------------------------------------------------------ showing */

static void
show_table(struct run *r, const struct lists *lists)
{
	struct table t = { .arena = &r->arena, .columns = columns,
	    .ncolumns = LENGTH(columns) };
	const struct list *l;
	char number[24], members[24];

	for (size_t i = 0; i < lists->n; i++) {
		l = &lists->v[i];
		snprintf(number, sizeof(number), "%zu", i + 1);
		snprintf(members, sizeof(members), "%ld", l->members);
		table_add(&t, (const char *const[]){ number, l->name,
		    l->members >= 0 ? members : NULL,
		    !l->own ? "followed" : l->is_private ? "own, private" :
		    "own" });
	}
	run_table(r, &t, NULL);
}

static void
show_text(struct run *r, const struct lists *lists)
{
	const struct list *l;
	struct buf b = { 0 };
	char *text;

	for (size_t i = 0; i < lists->n; i++) {
		l = &lists->v[i];
		buf_addf(&b, "%zu. %s (", i + 1, l->name);
		if (l->members >= 0)
			buf_addf(&b, "%ld people, ", l->members);
		buf_addf(&b, "%s)\n", !l->own ? "followed" :
		    l->is_private ? "own, private" : "own");
	}
	buf_adds(&b, lists->more ? "There are more than these." :
	    "#list NUMBER shows the last posts of one.");
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
}

static void
have_lists(struct session *s, const struct api_answer *a,
    const struct lists *lists, void *ctx)
{
	struct run *r = ctx;

	(void)s;
	if (run_is_refused(r, a))
		return;
	if (lists->n == 0)
		run_say(r, "You have no lists on X, and follow none.");
	else if (run_wants_table(r))
		show_table(r, lists);
	else
		show_text(r, lists);
}

void
run_lists(struct run *r)
{
	lists_get(r->task.session, true, have_lists, r);
}

/* -------------------------------------------------------------------- posts */

/* That one, or NULL, and it has ended. */
static const struct list *
meant(struct run *r, const struct api_answer *a, const struct lists *lists)
{
	const struct list *l;

	if (run_is_refused(r, a))
		return NULL;
	l = lists_find(lists, r->words.text);
	if (l == NULL)
		run_wrong(r, "No list is known by that; #lists shows those "
		    "that are.");
	return l;
}

static void
read_list(struct session *s, const struct api_answer *a,
    const struct lists *lists, void *ctx)
{
	struct run *r = ctx;
	const struct list *l = meant(r, a, lists);

	(void)s;
	if (l != NULL)
		run_read(r, &(struct fetch){ .endpoint = E_list_posts,
		    .path = { l->id }, .wanted = RUN_READ_POSTS },
		    "There are no posts on this list.");
}

void
run_list(struct run *r)
{
	lists_get(r->task.session, false, read_list, r);
}

/* --------------------------------------------------------------- membership */

/* In the arena of the run. */
struct membership {
	const char	*person, *name;	/* an id; with @ */
	const char	*list;		/* its name */
};

static void
changed(struct session *s, const struct api_answer *a, void *ctx)
{
	struct run *r = ctx;
	const struct membership *m = r->ctx;
	bool on = r->words.word == WORD_listadd;
	const json_t *now = json_object_get(json_object_get(a->json, "data"),
	    "is_member");

	(void)s;
	if (run_is_refused(r, a))
		return;
	if (json_is_boolean(now) && json_is_true(now) != on)
		run_wrong(r, "X has not done it, and does not say why.");
	else
		run_say(r, on ? "%s is on the list %s now." :
		    "%s is not on the list %s any more.", m->name, m->list);
}

static void
change(struct session *s, const struct api_answer *a,
    const struct lists *lists, void *ctx)
{
	struct run *r = ctx;
	const struct list *l = meant(r, a, lists);
	struct membership *m = r->ctx;
	bool on = r->words.word == WORD_listadd;
	json_t *body;

	if (l == NULL)
		return;
	if (!l->own) {
		run_wrong(r, "That list is not yours.");
		return;
	}
	m->list = arena_strdup(&r->arena, l->name);
	body = on ? json_pack("{s:s}", "user_id", m->person) : NULL;
	api_call(s, &(struct api_request){
	    .endpoint = on ? E_list_add : E_list_remove,
	    .path = { l->id, m->person }, .body = body }, changed, r);
	json_decref(body);
}

static void
found(struct session *s, const struct api_answer *a, const struct known *who,
    void *ctx)
{
	struct run *r = ctx;
	struct membership *m;

	if (run_is_refused(r, a))
		return;
	m = r->ctx = arena_zalloc(&r->arena, sizeof(*m));
	m->person = arena_strdup(&r->arena, who->person.id);
	m->name = arena_printf(&r->arena, "@%s", who->person.username);
	lists_get(s, false, change, r);
}

void
run_listadd(struct run *r)
{
	people_find(r->task.session, r->words.name, found, r);
}

void
run_listremove(struct run *r)
{
	people_find(r->task.session, r->words.name, found, r);
}
