/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is a job done?  Reads go straight to the engine, writes into a
 * transaction that is tried again when the trouble may pass.  Passwords are
 * sealed and opened here. */
#include "manager/store/run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manager/store/engine.h"
#include "manager/store/seal.h"
#include "util/xalloc.h"

#define TRIES 3

struct run {
	struct engine	*engine;
	struct seal	*seal;		/* NULL: nothing is written */
	char		*encryption_key;	/* the C++ program's */
	bool		 failing;	/* the last write was given up */
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

/* ------------------------------------------------------------------ reading */

static void
fail(struct job *job, const char *error)
{
	free(job->error);
	job->error = xstrdup(error);
	job->users = NULL;
	job->nusers = 0;
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
	    ops->get_contacts(r->engine, &job->arena, u) < 0)
		fail(job, r->engine->error);
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
list(struct run *r, struct job *job)
{
	if (r->engine->ops->get_users(r->engine, &job->arena, job->flag,
	    &job->users, &job->nusers) < 0)
		fail(job, r->engine->error);
	for (size_t i = 0; i < job->nusers; i++)
		job->users[i].password = "";
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
		return ops->set_setting(r->engine, job->jid,
		    &job->arg.setting);
	case JOB_CONTACT:
		return ops->set_contact(r->engine, job->jid,
		    &job->arg.contact);
	case JOB_REMOVE_CONTACT:
		return ops->remove_contact(r->engine, job->jid,
		    job->arg.contact.name);
	case JOB_LOAD:
	case JOB_LIST:
	case JOB_FIND_UIN:
		break;
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
	for (size_t i = 0; i < n; i++) {
		free(jobs[i]->error);
		jobs[i]->error = NULL;
		if (write_job(r, jobs[i]) == 0)
			continue;
		if (e->again) {
			e->ops->rollback(e);
			return -1;
		}
		fail(jobs[i], e->error);
	}
	if (e->ops->commit(e) == 0)
		return 0;
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
write_jobs(struct run *r, struct job **jobs, size_t n)
{
	/* Once given up, the next ones must not pile up behind long waits. */
	const unsigned tries = r->failing ? 1 : TRIES;

	for (unsigned try = 0; attempt(r, jobs, n) < 0; try++) {
		if (!r->engine->again || try + 1 == tries) {
			for (size_t i = 1; i < n; i++) {
				free(jobs[i]->error);
				jobs[i]->error = NULL;
			}
			fail(jobs[0], r->engine->error);
			jobs[0]->lost = n;
			r->failing = true;
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
	if (r->engine != NULL)
		r->engine->ops->close(r->engine);
	seal_close(r->seal);
	free(r->encryption_key);
	free(r);
}
