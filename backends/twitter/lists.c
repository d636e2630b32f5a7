/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two requests make the list of lists: the user's own, and then the others. */
#include "backends/twitter/lists.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/twitter/field.h"
#include "backends/twitter/task.h"
#include "util/arena.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define NAME_MAX_BYTES	200
#define NUMBER_MAX	3		/* digits; more of them are an id */

struct getting {
	struct task	 task;
	struct lists	*lists;		/* what is there so far */
	lists_done	*done;
	void		*ctx;
};

static void
destroy(struct lists *lists)
{
	if (lists == NULL)
		return;
	for (size_t i = 0; i < lists->n; i++)
		free(lists->v[i].name);
	free(lists);
}

void
lists_end(struct session *s)
{
	destroy(s->lists);
	s->lists = NULL;
}

/* ------------------------------------------------------------------ reading */

static bool
is_there(const struct lists *lists, const char *id)
{
	for (size_t i = 0; i < lists->n; i++)
		if (strcmp(lists->v[i].id, id) == 0)
			return true;
	return false;
}

static void
read_list(struct lists *lists, const json_t *json, bool own)
{
	struct arena arena = { 0 };
	const char *id = field_id(&arena, json, "id");
	const char *name = field_line(&arena, json, "name", NAME_MAX_BYTES);
	struct list *l = &lists->v[lists->n];

	if (lists->n < LISTS_MAX && id != NULL && name != NULL &&
	    !is_there(lists, id)) {
		*l = (struct list){ .name = xstrdup(name), .own = own,
		    .members = field_count(json, "member_count"),
		    .is_private = json_is_true(json_object_get(json,
		    "private")) };
		memcpy(l->id, id, strlen(id) + 1);
		lists->n++;
	}
	arena_free(&arena);
}

static void
read_page(struct lists *lists, const json_t *json, bool own)
{
	const json_t *data = json_object_get(json, "data");

	for (size_t i = 0; i < json_array_size(data); i++)
		read_list(lists, json_array_get(data, i), own);
	if (json_object_get(json_object_get(json, "meta"), "next_token"))
		lists->more = true;
}

static void
finish(struct task *task)
{
	destroy(((struct getting *)task)->lists);
}

/* It is gone before that is told, as the session may end over it. */
static void
end(struct getting *g, const struct api_answer *a)
{
	struct session *s = g->task.session;
	lists_done *done = g->done;
	void *ctx = g->ctx;

	if (a->outcome == API_OK) {
		lists_end(s);
		s->lists = g->lists;
		g->lists = NULL;
	}
	task_reply(&g->task, NULL);
	done(s, a, a->outcome == API_OK ? s->lists : NULL, ctx);
}

static void
ask(struct getting *g, enum endpoint e, api_done *done)
{
	static const struct api_param query[] = {
		{ "max_results", "100" },
		{ "list.fields", "id,member_count,name,private" },
	};

	api_call(g->task.session, &(struct api_request){ .endpoint = e,
	    .path = { g->task.session->id }, .query = query,
	    .nquery = LENGTH(query) }, done, g);
}

static void
have_followed(struct session *s, const struct api_answer *a, void *ctx)
{
	struct getting *g = ctx;

	(void)s;
	if (a->outcome == API_OK)
		read_page(g->lists, a->json, false);
	end(g, a);
}

static void
have_own(struct session *s, const struct api_answer *a, void *ctx)
{
	struct getting *g = ctx;

	(void)s;
	if (a->outcome != API_OK) {
		end(g, a);
		return;
	}
	read_page(g->lists, a->json, true);
	ask(g, E_followed_lists, have_followed);
}

void
lists_get(struct session *s, bool anew, lists_done *done, void *ctx)
{
	static const struct api_answer ok = { .outcome = API_OK };
	struct getting *g;

	if (s->lists != NULL && !anew) {
		done(s, &ok, s->lists, ctx);
		return;
	}
	g = task_begin(s, NULL, sizeof(*g), finish);
	g->lists = xcalloc(1, sizeof(*g->lists));
	g->done = done;
	g->ctx = ctx;
	ask(g, E_owned_lists, have_own);
}

/* ------------------------------------------------------------------ finding */

static const struct list *
by_number(const struct lists *lists, const char *text)
{
	size_t n = strtoul(text, NULL, 10);

	return n >= 1 && n <= lists->n ? &lists->v[n - 1] : NULL;
}

static const struct list *
by_name(const struct lists *lists, const char *text)
{
	const struct list *l, *found = NULL;
	size_t n = strlen(text), beginnings = 0;

	for (l = lists->v; l < lists->v + lists->n; l++) {
		if (strcmp(l->id, text) == 0 || strcasecmp(l->name, text) == 0)
			return l;
		if (strncasecmp(l->name, text, n) == 0) {
			found = l;
			beginnings++;
		}
	}
	return beginnings == 1 ? found : NULL;
}

const struct list *
lists_find(const struct lists *lists, const char *text)
{
	const struct list *l = by_name(lists, text);
	size_t n = strlen(text);

	/* A list may be called 2026. */
	if (l == NULL && n <= NUMBER_MAX && strspn(text, "0123456789") == n)
		l = by_number(lists, text);
	return l;
}
