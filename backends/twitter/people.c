/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/people.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/twitter/api_error.h"
#include "backends/twitter/fetch.h"
#include "backends/twitter/task.h"
#include "util/later.h"
#include "util/map.h"
#include "util/xalloc.h"

/* One of the table; the strings of known.person are its own. */
struct entry {
	TAILQ_ENTRY(entry) order;
	struct known	 known;
};

static TAILQ_HEAD(, entry) all =
    TAILQ_HEAD_INITIALIZER(all);	/* oldest first */
static struct map by_id, by_contact;

struct finding {
	struct task	 task;
	people_done	*done;
	void		*ctx;
};

/* ------------------------------------------------------------------ table */

static void
bury(void *object)
{
	struct entry *e = object;
	struct person *p = &e->known.person;

	free((char *)p->id);
	free((char *)p->username);
	free((char *)p->name);
	free((char *)p->about);
	free((char *)p->place);
	free((char *)p->website);
	free((char *)p->picture);
	free(e);
}

/* Somebody may still look at it in this turn of the loop. */
static void
forget(struct entry *e)
{
	TAILQ_REMOVE(&all, e, order);
	map_remove(&by_id, e->known.person.id);
	map_remove(&by_contact, e->known.contact);
	later(bury, e);
}

static const char *
copy(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

static bool
contact_of(char contact[CONTACT_SIZE], const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= CONTACT_SIZE)
		return false;
	for (size_t i = 0; i <= n; i++)
		contact[i] = (char)tolower((unsigned char)name[i]);
	return true;
}

bool
people_is_name(const char *name)
{
	size_t n = strspn(name, "0123456789_abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n > 0 && n < CONTACT_SIZE && name[n] == '\0';
}

void
people_learn(const struct person *p)
{
	struct entry *e = map_get(&by_id, p->id), *other;
	char contact[CONTACT_SIZE];

	if (!contact_of(contact, p->username))
		return;
	if (e != NULL)
		forget(e);
	else if (map_count(&by_id) >= PEOPLE_MAX)
		forget(TAILQ_FIRST(&all));
	/* A name may have gone over to somebody else. */
	other = map_get(&by_contact, contact);
	if (other != NULL)
		forget(other);
	e = xcalloc(1, sizeof(*e));
	e->known.person = *p;
	e->known.person.id = copy(p->id);
	e->known.person.username = copy(p->username);
	e->known.person.name = copy(p->name);
	e->known.person.about = copy(p->about);
	e->known.person.place = copy(p->place);
	e->known.person.website = copy(p->website);
	e->known.person.picture = copy(p->picture);
	memcpy(e->known.contact, contact, sizeof(contact));
	e->known.read = time(NULL);
	TAILQ_INSERT_TAIL(&all, e, order);
	map_put(&by_id, e->known.person.id, e);
	map_put(&by_contact, e->known.contact, e);
}

const struct known *
people_by_id(const char *id)
{
	const struct entry *e = id != NULL ? map_get(&by_id, id) : NULL;

	return e != NULL ? &e->known : NULL;
}

const struct known *
people_by_name(const char *name)
{
	char contact[CONTACT_SIZE];
	const struct entry *e;

	if (!contact_of(contact, name))
		return NULL;
	e = map_get(&by_contact, contact);
	return e != NULL ? &e->known : NULL;
}

void
people_finish(void)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&all)) != NULL)
		forget(e);
	map_finish(&by_id);
	map_finish(&by_contact);
	later_run();
}

/* -------------------------------------------------------------- questions */

static void
found(struct session *s, const struct api_answer *a, const struct page *page,
    void *ctx)
{
	struct finding *f = ctx;
	people_done *done = f->done;
	const struct known *known = page->npeople > 0 ?
	    people_by_id(page->people[0].id) : NULL;
	struct api_answer answer = *a;
	void *their = f->ctx;

	if (answer.outcome == API_OK && known == NULL) {
		answer.outcome = API_NOT_FOUND;
		answer.text = api_problem(a->json) == PROBLEM_SUSPENDED ?
		    "X has suspended that account." :
		    "There is nobody of that name on X.";
	}
	task_reply(&f->task, NULL);
	done(s, &answer, known, their);
}

static void
find(struct session *s, enum endpoint e, const char *which,
    const struct known *known, people_done *done, void *ctx)
{
	static const struct api_answer ok = { .outcome = API_OK };
	struct finding *f;

	if (known != NULL) {
		done(s, &ok, known, ctx);
		return;
	}
	f = task_begin(s, NULL, sizeof(*f), NULL);
	f->done = done;
	f->ctx = ctx;
	fetch(s, &(struct fetch){ .endpoint = e, .path = { which } }, found, f);
}

void
people_find(struct session *s, const char *name, people_done *done, void *ctx)
{
	find(s, E_user_by_name, name, people_by_name(name), done, ctx);
}

void
people_find_id(struct session *s, const char *id, people_done *done, void *ctx)
{
	find(s, E_user, id, people_by_id(id), done, ctx);
}
