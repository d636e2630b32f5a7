/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is a job done?  Reads go straight to the engine, writes into a
 * transaction that is tried again when the trouble may pass.  Passwords and
 * messages are sealed and opened here. */
#include "manager/store/run.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manager/store/engine.h"
#include "manager/store/page.h"
#include "manager/store/seal.h"
#include "util/xalloc.h"

#define TRIES		3
#define OWED_MAX	100000

struct run {
	struct engine	*engine;
	struct seal	*seal;		/* NULL: nothing is written */
	char		*encryption_key;	/* the C++ program's */
	bool		 failing;	/* the last write was given up */
	/* Messages that wait no longer, but could not be removed: after a
	 * restart they would be sent again.  At most OWED_MAX. */
	int64_t		*owed;
	size_t		 nowed, owed_size;
};

static const char *
open_password(struct run *r, struct arena *a, const struct store_user *u)
{
	if (r->seal == NULL || *u->password == '\0')
		return u->password;
	if (!seal_is_sealed(u->password) && r->engine->ops->masks)
		return seal_unmask(a, r->encryption_key, u->password);
	return seal_unwrap(r->seal, a, u->jid, u->password);
}

/* What a message is sealed with.  No bare JID looks like it, so that a box of
 * this table is no password, and the other way round. */
static const char *
about_message(struct arena *a, const struct store_waiting *m)
{
	return arena_printf(a, "spool/%s", m->jid);
}

/* No bare JID has a slash, so this is about one setting of one user. */
static const char *
about_setting(struct arena *a, const char *jid, const char *name)
{
	return arena_printf(a, "setting/%s/%s", jid, name);
}

static const char *
about_room(struct arena *a, const char *jid, const char *id)
{
	return arena_printf(a, "room/%s/%s", jid, id);
}

/* ------------------------------------------------------------------ reading */

static void
fail(struct job *job, const char *error)
{
	free(job->error);
	job->error = xstrdup(error);
	job->users = NULL;
	job->nusers = 0;
	job->waiting = NULL;
	job->nwaiting = 0;
	job->found = (struct store_found){ 0 };
}

/* Passwords of rooms that the key does not open cost these rooms. */
static void
open_rooms(struct run *r, struct job *job, struct store_user *u)
{
	struct store_room *v = (struct store_room *)(uintptr_t)u->rooms;
	size_t n = 0;

	for (size_t i = 0; i < u->nrooms; i++) {
		if (r->seal != NULL && v[i].password != NULL)
			v[i].password = seal_unwrap(r->seal, &job->arena,
			    about_room(&job->arena, job->jid, v[i].id),
			    v[i].password);
		else if (v[i].password == NULL)
			v[i].password = "";
		if (v[i].password != NULL)
			v[n++] = v[i];
	}
	job->unreadable += u->nrooms - n;
	u->nrooms = n;
	for (size_t i = 0; i < n; i++)
		if (*v[i].password == '\0')
			v[i].password = NULL;
}

/* Secrets are opened; one that does not open costs nothing but itself. */
static void
open_settings(struct run *r, struct job *job, struct store_user *u)
{
	struct store_setting *all = (struct store_setting *)(uintptr_t)
	    u->settings;
	size_t n = 0;

	for (size_t i = 0; r->seal != NULL && i < u->nsettings; i++) {
		struct store_setting s = all[i];

		if (seal_is_sealed(s.value)) {
			s.type = STORE_SECRET;
			s.value = seal_unwrap(r->seal, &job->arena,
			    about_setting(&job->arena, u->jid, s.name),
			    s.value);
		}
		if (s.value != NULL)
			all[n++] = s;
		else
			job->unreadable++;
	}
	if (r->seal != NULL)
		u->nsettings = n;
}

static void
open_secrets(struct run *r, struct job *job, struct store_user *u)
{
	open_settings(r, job, u);
	open_rooms(r, job, u);
}

static void
load(struct run *r, struct job *job)
{
	const struct engine_ops *ops = r->engine->ops;
	struct store_user *u;

	if (ops->get_user(r->engine, &job->arena, job->jid, &u) < 0) {
		fail(job, r->engine->error);
		return;
	}
	if ((job->users = u) == NULL)
		return;
	job->nusers = 1;
	u->password = open_password(r, &job->arena, u);
	if (u->password == NULL)
		fail(job, "the stored password was sealed with another key");
	else if (ops->get_settings(r->engine, &job->arena, u) < 0 ||
	    ops->get_contacts(r->engine, &job->arena, u) < 0 ||
	    ops->get_rooms(r->engine, &job->arena, u) < 0)
		fail(job, r->engine->error);
	else
		open_secrets(r, job, u);
}

static void
find_uin(struct run *r, struct job *job)
{
	if (r->engine->ops->find_uin(r->engine, &job->arena, job->jid,
	    &job->users) < 0)
		fail(job, r->engine->error);
	else if (job->users != NULL)
		job->users->password = "";
}

static void
list_standing(struct run *r, struct job *job)
{
	if (r->engine->ops->get_standing(r->engine, &job->arena, job->flag,
	    &job->users, &job->nusers) < 0)
		fail(job, r->engine->error);
}

static void
archive_ask(struct run *r, struct job *job)
{
	if (page_find(r->engine, r->seal, &job->arena, &job->arg.ask,
	    &job->found, &job->unreadable) < 0)
		fail(job, r->engine->error);
}

static void
list(struct run *r, struct job *job)
{
	if (r->engine->ops->get_users(r->engine, &job->arena, job->flag,
	    &job->users, &job->nusers) < 0)
		fail(job, r->engine->error);
	for (size_t i = 0; i < job->nusers; i++)
		job->users[i].password = "";
}

static void
open_waiting(struct run *r, struct job *job)
{
	size_t n = 0;

	for (size_t i = 0; i < job->nwaiting; i++) {
		struct store_waiting m = job->waiting[i];

		m.data = seal_unbox(r->seal, about_message(&job->arena, &m),
		    (void *)m.data, m.len, &m.len);
		if (m.data != NULL)
			job->waiting[n++] = m;
	}
	job->unreadable = job->nwaiting - n;
	job->nwaiting = n;
}

static void
spool_load(struct run *r, struct job *job)
{
	const struct engine_ops *ops = r->engine->ops;

	if (!ops->persistent)
		return;
	if (ops->get_waiting(r->engine, &job->arena, &job->waiting,
	    &job->nwaiting) < 0)
		fail(job, r->engine->error);
	else
		open_waiting(r, job);
}

/* ------------------------------------------------------------------ writing */

static int
put_user(struct run *r, struct job *job)
{
	struct store_user u = job->arg.user;

	if (r->seal != NULL)
		u.password = seal_wrap(r->seal, &job->arena, u.jid,
		    u.password);
	return r->engine->ops->put_user(r->engine, &u);
}

/* What looks sealed is sealed, or it would not be read back.  Once, however
 * often it is tried. */
static int
set_setting(struct run *r, struct job *job)
{
	struct store_setting *s = &job->arg.setting;

	if (r->seal != NULL && !job->flag && s->value != NULL &&
	    (s->type == STORE_SECRET || seal_is_sealed(s->value))) {
		s->value = seal_wrap(r->seal, &job->arena,
		    about_setting(&job->arena, job->jid, s->name), s->value);
		s->type = STORE_STRING;
	}
	job->flag = true;
	return r->engine->ops->set_setting(r->engine, job->jid, s);
}

/* Sealed once, however often it is tried. */
static int
spool_put(struct run *r, struct job *job)
{
	struct store_waiting *m = &job->arg.waiting;

	if (!job->flag)
		m->data = seal_box(r->seal, &job->arena,
		    about_message(&job->arena, m), m->data, m->len, &m->len);
	job->flag = true;
	return r->engine->ops->put_waiting(r->engine, m);
}

static int
archive_put(struct run *r, struct job *job)
{
	struct archive_row *row = &job->arg.row;

	if (!job->flag && r->seal != NULL)
		row->data = seal_box(r->seal, &job->arena,
		    page_about(&job->arena, job->jid, job->id), row->data,
		    row->len, &row->len);
	job->flag = true;
	return r->engine->ops->put_archive(r->engine, job->jid, job->id, row);
}

static int
archive_change(struct run *r, struct job *job)
{
	return page_change(r->engine, r->seal, job->jid, job->id,
	    &job->arg.said);
}

static int
put_room(struct run *r, struct job *job)
{
	struct store_room *room = &job->arg.room;

	if (!job->flag && r->seal != NULL && room->password != NULL)
		room->password = seal_wrap(r->seal, &job->arena,
		    about_room(&job->arena, job->jid, room->id),
		    room->password);
	job->flag = true;
	return r->engine->ops->put_room(r->engine, job->jid, room);
}

static int
write_job(struct run *r, struct job *job)
{
	const struct engine_ops *ops = r->engine->ops;

	switch (job->kind) {
	case JOB_REGISTER:
		return put_user(r, job);
	case JOB_UNREGISTER:
		return ops->remove_user(r->engine, job->jid);
	case JOB_ONLINE:
		return ops->set_online(r->engine, job->jid, job->flag);
	case JOB_SETTING:
		return set_setting(r, job);
	case JOB_CONTACT:
		return ops->set_contact(r->engine, job->jid,
		    &job->arg.contact);
	case JOB_REMOVE_CONTACT:
		return ops->remove_contact(r->engine, job->jid,
		    job->arg.contact.name);
	case JOB_SPOOL_PUT:
		return spool_put(r, job);
	case JOB_SPOOL_DROP:
		return ops->drop_waiting(r->engine, job->arg.waiting.id);
	case JOB_ROOM:
		return put_room(r, job);
	case JOB_FORGET_ROOM:
		return ops->forget_room(r->engine, job->jid,
		    job->arg.room.id);
	case JOB_ARCHIVE_PUT:
		return archive_put(r, job);
	case JOB_ARCHIVE_CHANGE:
		return archive_change(r, job);
	case JOB_ARCHIVE_PRUNE:
		return ops->prune_archive(r->engine, &job->arg.limits);
	case JOB_LOAD:
	case JOB_LIST:
	case JOB_STANDING:
	case JOB_FIND_UIN:
	case JOB_SPOOL_LOAD:
	case JOB_ARCHIVE_ASK:
		break;
	}
	return 0;
}

static void
owe(struct run *r, int64_t id)
{
	if (r->nowed == OWED_MAX)
		return;
	if (r->nowed == r->owed_size) {
		r->owed_size = r->owed_size == 0 ? 16 : r->owed_size * 2;
		r->owed = xreallocarray(r->owed, r->owed_size,
		    sizeof(*r->owed));
	}
	r->owed[r->nowed++] = id;
}

/* Within a transaction.  Only what may work another time stays owed. */
static int
pay(struct run *r)
{
	struct engine *e = r->engine;

	for (size_t i = 0; i < r->nowed; i++) {
		if (e->ops->drop_waiting(e, r->owed[i]) < 0 && e->again)
			return -1;
	}
	return 0;
}

/* One transaction.  A job that fails for a reason of its own, a value that
 * the table refuses, does not take the others with it. */
static int
attempt(struct run *r, struct job **jobs, size_t n)
{
	struct engine *e = r->engine;

	if (e->ops->begin(e) < 0)
		return -1;
	if (pay(r) < 0)
		goto undo;
	for (size_t i = 0; i < n; i++) {
		free(jobs[i]->error);
		jobs[i]->error = NULL;
		if (write_job(r, jobs[i]) == 0)
			continue;
		if (e->again)
			goto undo;
		fail(jobs[i], e->error);
	}
	if (e->ops->commit(e) < 0)
		goto undo;
	r->nowed = 0;
	return 0;
undo:
	e->ops->rollback(e);
	return -1;
}

static void
pause_before(unsigned try)
{
	const struct timespec ts = { .tv_nsec = 150000000L * (try + 1) };

	nanosleep(&ts, NULL);
}

static void
give_up(struct run *r, struct job **jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(jobs[i]->error);
		jobs[i]->error = NULL;
		if (jobs[i]->kind == JOB_SPOOL_DROP)
			owe(r, jobs[i]->arg.waiting.id);
	}
	fail(jobs[0], r->engine->error);
	jobs[0]->lost = n;
	r->failing = true;
}

static void
write_jobs(struct run *r, struct job **jobs, size_t n)
{
	/* Once given up, the next ones must not pile up behind long waits. */
	const unsigned tries = r->failing ? 1 : TRIES;

	for (unsigned try = 0; attempt(r, jobs, n) < 0; try++) {
		if (!r->engine->again || try + 1 == tries) {
			give_up(r, jobs, n);
			return;
		}
		pause_before(try);
	}
	r->failing = false;
}

void
run_jobs(struct run *r, struct job **jobs, size_t n)
{
	switch (jobs[0]->kind) {
	case JOB_LOAD:
		load(r, jobs[0]);
		return;
	case JOB_LIST:
		list(r, jobs[0]);
		return;
	case JOB_FIND_UIN:
		find_uin(r, jobs[0]);
		return;
	case JOB_SPOOL_LOAD:
		spool_load(r, jobs[0]);
		return;
	case JOB_STANDING:
		list_standing(r, jobs[0]);
		return;
	case JOB_ARCHIVE_ASK:
		archive_ask(r, jobs[0]);
		return;
	default:
		write_jobs(r, jobs, n);
	}
}

/* ------------------------------------------------------------------ opening */

/* The key must be the one that sealed what is there: better no service than
 * passwords under two keys. */
static int
open_key(struct run *r, const struct store_config *config,
    const struct store_user *users, size_t n, struct arena *a, char **why)
{
	const struct store_user *sealed = NULL;

	for (size_t i = 0; i < n && sealed == NULL; i++) {
		if (seal_is_sealed(users[i].password))
			sealed = &users[i];
	}
	r->seal = seal_open(config->key_path, sealed == NULL, why);
	if (r->seal == NULL)
		return -1;
	if (sealed == NULL || seal_unwrap(r->seal, a, sealed->jid,
	    sealed->password) != NULL)
		return 0;
	*why = xasprintf("key file %s is not the one that sealed the passwords "
	    "in database %s; put that one back", config->key_path,
	    config->database);
	return -1;
}

static int
seal_one(struct run *r, struct arena *a, const struct store_user *u)
{
	const char *password = open_password(r, a, u);

	/* Neither plain nor masked by this key: leave it to the admin. */
	if (password == NULL)
		return 0;
	return r->engine->ops->put_password(r->engine, u->jid,
	    seal_wrap(r->seal, a, u->jid, password));
}

static int
seal_old(struct run *r, const struct store_user *users, size_t n,
    struct arena *a)
{
	const struct engine_ops *ops = r->engine->ops;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (*users[i].password == '\0' ||
		    seal_is_sealed(users[i].password))
			continue;
		if (count++ == 0 && ops->begin(r->engine) < 0)
			return -1;
		if (seal_one(r, a, &users[i]) < 0) {
			ops->rollback(r->engine);
			return -1;
		}
	}
	if (count == 0)
		return 0;
	if (ops->commit(r->engine) < 0) {
		ops->rollback(r->engine);
		return -1;
	}
	return ops->scrub(r->engine);
}

static int
open_passwords(struct run *r, const struct store_config *config, char **why)
{
	struct arena a = { 0 };
	struct store_user *users;
	size_t n;
	int status;

	status = r->engine->ops->get_users(r->engine, &a, false, &users, &n);
	if (status == 0) {
		status = open_key(r, config, users, n, &a, why);
		if (status == 0)
			status = seal_old(r, users, n, &a);
	}
	if (status < 0 && *why == NULL)
		*why = xasprintf("database %s: %s", config->database,
		    r->engine->error);
	arena_free(&a);
	return status;
}

struct run *
run_open(const struct store_config *config, char **why)
{
	struct run *r = xcalloc(1, sizeof(*r));

	r->encryption_key = xstrdup(config->encryption_key);
	if (strcmp(config->type, "none") == 0)
		r->engine = memory_open();
	else if (strcmp(config->type, "sqlite3") == 0)
		r->engine = sqlite_open(config, why);
	else
		*why = xasprintf("databases of type %s are not supported; "
		    "sqlite3 or none", config->type);
	if (r->engine != NULL && r->engine->ops->persistent &&
	    open_passwords(r, config, why) < 0) {
		run_close(r);
		return NULL;
	}
	if (r->engine != NULL)
		return r;
	run_close(r);
	return NULL;
}

void
run_close(struct run *r)
{
	if (r == NULL)
		return;
	if (r->nowed != 0)
		attempt(r, NULL, 0);	/* that it failed is known */
	if (r->engine != NULL)
		r->engine->ops->close(r->engine);
	free(r->owed);
	seal_close(r->seal);
	free(r->encryption_key);
	free(r);
}
