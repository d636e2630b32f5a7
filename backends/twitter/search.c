/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everybody who is found is paid for, so it is a handful; a name with its @ is
 * one person, and looked up instead. */
#include "backends/twitter/search.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/down.h"
#include "backends/twitter/fetch.h"
#include "backends/twitter/people.h"
#include "backends/twitter/task.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define FOUND_MAX	10
#define COLUMNS		4	/* of a row, at most */

struct searching {
	struct task	 task;
	char		 words[SEARCH_MAX + 1];
};

bool
search_clean(const char *words, char clean[SEARCH_MAX + 1])
{
	size_t n = 0;

	for (; *words != '\0'; words++) {
		if ((unsigned char)*words >= 0x80)
			return false;
		if (isalnum((unsigned char)*words) || *words == '_' ||
		    *words == '\'') {
			if (n < SEARCH_MAX)
				clean[n++] = *words;
		} else if (n > 0 && clean[n - 1] != ' ' && n < SEARCH_MAX) {
			clean[n++] = ' ';
		}
	}
	while (n > 0 && clean[n - 1] == ' ')
		n--;
	clean[n] = '\0';
	return n > 0;
}

void
search_offer(struct msg_initialize_result *say)
{
	static struct msg_field fields[] = {
		{ .var = "query", .label = "Name, or words of one",
		  .type = "text", .required = true },
	};

	say->search_fields.v = fields;
	say->search_fields.n = LENGTH(fields);
}

/* ---------------------------------------------------------------- answers */

static void
put_row(struct arena *a, struct msg_row *row, const struct person *p)
{
	struct pair *v = arena_alloc(a, COLUMNS * sizeof(*v));
	char *contact = arena_strdup(a, p->username);
	size_t n = 0;

	for (char *at = contact; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	v[n++] = (struct pair){ "contact", contact };
	v[n++] = (struct pair){ "name", p->name };
	if (p->about != NULL)
		v[n++] = (struct pair){ "about", p->about };
	if (p->followers >= 0)
		v[n++] = (struct pair){ "followers", arena_printf(a, "%ld",
		    p->followers) };
	row->values = (struct pairs){ v, n };
}

static void
reply(struct searching *t, const struct person *people, size_t n)
{
	static struct msg_column columns[] = {
		{ .var = "name", .label = "Name" },
		{ .var = "about", .label = "About" },
		{ .var = "followers", .label = "Followers" },
	};
	struct arena a = { 0 };
	struct msg_row *rows = arena_zalloc(&a, (n + 1) * sizeof(*rows));
	const struct msg_search_result result = {
		.columns = { columns, LENGTH(columns) },
		.rows = { rows, n },
	};

	for (size_t i = 0; i < n; i++)
		put_row(&a, &rows[i], &people[i]);
	task_reply(&t->task, &result);
	arena_free(&a);
}

static void
found_one(struct session *s, const struct api_answer *a,
    const struct known *who, void *ctx)
{
	struct searching *t = ctx;

	(void)s;
	if (a->outcome == API_OK)
		reply(t, &who->person, 1);
	else if (a->outcome == API_NOT_FOUND)
		reply(t, NULL, 0);
	else
		task_refused(&t->task, a);
}

/* Not every app may search; but may look up a name. */
static void
found(struct session *s, const struct api_answer *a, const struct page *page,
    void *ctx)
{
	struct searching *t = ctx;

	if (a->outcome == API_OK)
		reply(t, page->people, page->npeople);
	else if (a->outcome == API_FORBIDDEN && people_is_name(t->words))
		people_find(s, t->words, found_one, t);
	else
		task_refused(&t->task, a);
}

/* --------------------------------------------------------------- question */

static const char *
words_of(const struct msg_search *m)
{
	for (size_t i = 0; i < m->fields.n; i++)
		if (strcmp(m->fields.v[i].key, "query") == 0)
			return m->fields.v[i].value +
			    strspn(m->fields.v[i].value, " \t\r\n");
	return "";
}

void
down_search(const struct kit_call *call, const struct msg_search *m)
{
	struct session *s = session_for(call, m->user);
	const char *words = words_of(m);
	struct searching *t;
	char clean[SEARCH_MAX + 1];

	if (s == NULL)
		return;
	if (!search_clean(words, clean)) {
		kit_error(call, ERR_NOT_ACCEPTABLE, "X searches for people by "
		    "letters from A to Z, digits, _ and ' only.");
		return;
	}
	t = task_begin(s, call, sizeof(*t), NULL);
	memcpy(t->words, clean, sizeof(clean));
	if (*words == '@' && people_is_name(clean))
		people_find(s, t->words, found_one, t);
	else
		fetch(s, &(struct fetch){ .endpoint = E_user_search,
		    .wanted = FOUND_MAX, .name = "query",
		    .value = t->words }, found, t);
}
