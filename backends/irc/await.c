/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which question does this answer belong to? */
#include "backends/irc/await.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static char *
fold(enum casemap map, const char *name)
{
	char out[NAME_MAX_BYTES];

	return xstrdup(casemap_fold(map, out, name));
}

struct await *
await_add(struct awaits *as, enum casemap map, enum await_kind kind,
    request_t request, const char *target, const char *other, double deadline)
{
	struct await *a;

	if (as->count >= AWAIT_MAX)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->kind = kind;
	a->request = request;
	a->deadline = deadline;
	a->target = fold(map, target);
	a->other = other ? fold(map, other) : NULL;
	if (as->last != NULL)
		as->last->next = a;
	else
		as->first = a;
	as->last = a;
	as->count++;
	return a;
}

struct await *
await_find(const struct awaits *as, enum casemap map, enum await_kind kind,
    const char *target, const char *other)
{
	for (struct await *a = as->first; a != NULL; a = a->next)
		if (a->kind == kind &&
		    (target == NULL || casemap_equal(map, a->target, target)) &&
		    (other == NULL || a->other == NULL ||
		    casemap_equal(map, a->other, other)))
			return a;
	return NULL;
}

static bool
names(const struct await *a, enum casemap map, const char *name)
{
	return *name != '\0' && (casemap_equal(map, a->target, name) ||
	    (a->other != NULL && casemap_equal(map, a->other, name)));
}

struct await *
await_find_any(const struct awaits *as, enum casemap map, unsigned kinds,
    const char *one, const char *two)
{
	for (struct await *a = as->first; a != NULL; a = a->next)
		if ((kinds >> a->kind & 1) &&
		    (names(a, map, one) || names(a, map, two)))
			return a;
	return NULL;
}

void
await_done(struct awaits *as, struct await *a)
{
	struct await *before = NULL;

	if (as->first == a) {
		as->first = a->next;
	} else {
		for (before = as->first; before->next != a;)
			before = before->next;
		before->next = a->next;
	}
	if (as->last == a)
		as->last = before;
	as->count--;
	free(a->target);
	free(a->other);
	free(a->origin);
	free(a->body);
	free(a->name);
	buf_free(&a->text);
	free(a);
}

void
await_fail(struct awaits *as, struct await *a, const char *code,
    const char *text)
{
	up_error(a->request, code, text);
	await_done(as, a);
}

void
await_fail_all(struct awaits *as, const char *code, const char *text)
{
	while (as->first != NULL)
		await_fail(as, as->first, code, text);
}

void
await_expire(struct awaits *as, double now)
{
	struct await *a, *next;

	for (a = as->first; a != NULL; a = next) {
		next = a->next;
		if (a->deadline <= now)
			await_fail(as, a, ERR_TIMEOUT,
			    "the IRC server did not answer");
	}
}
