/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which question does this answer belong to?  Each kind is a list of its own:
 * the usual answer belongs to the oldest of its kind, at once. */
#include "backends/irc/await.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define IS_ONE_OF(kinds, kind)	((kinds) >> (kind) & 1u)

/* Most connections wait for nothing most of the time. */
static void
lists_create(struct awaits *as)
{
	as->of = xcalloc(AWAIT_KINDS, sizeof(*as->of));
	for (int kind = 0; kind < AWAIT_KINDS; kind++)
		TAILQ_INIT(&as->of[kind]);
}

static void
lists_free(struct awaits *as)
{
	free(as->of);
	as->of = NULL;
}

struct await *
await_add(struct awaits *as, enum casemap map, enum await_kind kind,
    request_t request, const char *target, const char *other, double deadline)
{
	char one[NAME_MAX_BYTES], two[NAME_MAX_BYTES];
	size_t len, more = 0;
	struct await *a;

	if (as->count >= AWAIT_MAX)
		return NULL;
	len = strlen(casemap_fold(map, one, target)) + 1;
	if (other != NULL)
		more = strlen(casemap_fold(map, two, other)) + 1;
	a = xmalloc(sizeof(*a) + len + more);
	*a = (struct await){ .kind = kind, .request = request,
		.deadline = deadline, .serial = ++as->serial };
	a->target = memcpy(a->names, one, len);
	if (other != NULL)
		a->other = memcpy(a->names + len, two, more);
	if (as->of == NULL)
		lists_create(as);
	TAILQ_INSERT_TAIL(&as->of[kind], a, entry);
	as->count++;
	return a;
}

struct await *
await_first(const struct awaits *as, enum await_kind kind)
{
	return as->of != NULL ? TAILQ_FIRST(&as->of[kind]) : NULL;
}

struct await *
await_last(const struct awaits *as, enum await_kind kind)
{
	return as->of != NULL ? TAILQ_LAST(&as->of[kind], await_list) : NULL;
}

struct await *
await_find(const struct awaits *as, enum casemap map, enum await_kind kind,
    const char *target, const char *other)
{
	struct await *a;

	for (a = await_first(as, kind); a != NULL; a = TAILQ_NEXT(a, entry))
		if ((target == NULL || casemap_equal(map, a->target, target)) &&
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
	struct await *a, *oldest = NULL;

	for (int kind = 0; kind < AWAIT_KINDS; kind++) {
		if (!IS_ONE_OF(kinds, kind))
			continue;
		for (a = await_first(as, kind); a != NULL;
		    a = TAILQ_NEXT(a, entry))
			if (names(a, map, one) || names(a, map, two))
				break;
		if (a != NULL &&
		    (oldest == NULL || a->serial < oldest->serial))
			oldest = a;
	}
	return oldest;
}

void
await_done(struct awaits *as, struct await *a)
{
	TAILQ_REMOVE(&as->of[a->kind], a, entry);
	if (--as->count == 0)
		lists_free(as);
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
await_fail_kinds(struct awaits *as, unsigned kinds, const char *code,
    const char *text)
{
	struct await *a;

	for (int kind = 0; kind < AWAIT_KINDS; kind++)
		while (IS_ONE_OF(kinds, kind) &&
		    (a = await_first(as, kind)) != NULL)
			await_fail(as, a, code, text);
}

void
await_expire(struct awaits *as, double now)
{
	struct await *a, *next;

	for (int kind = 0; kind < AWAIT_KINDS; kind++)
		for (a = await_first(as, kind); a != NULL; a = next) {
			next = TAILQ_NEXT(a, entry);
			if (a->deadline <= now)
				await_fail(as, a, ERR_TIMEOUT,
				    IS_ONE_OF(AWAIT_SAID, kind) ?
				    "the IRC server did not answer; the "
				    "message may have been delivered" :
				    "the IRC server did not answer");
		}
}
