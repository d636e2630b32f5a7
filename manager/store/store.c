/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop's side of the store: calls become jobs, done jobs become callbacks
 * and log lines.  Never touches the database. */
#include "manager/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/store/store_inside.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

static void
complain(const struct job *job)
{
	if (job->lost > 1)
		log_error("store: %zu writes are lost, the first %s of %s: %s",
		    job->lost, job_name(job), job->jid, job->error);
	else
		log_error("store: %s of %s failed: %s", job_name(job),
		    job->jid, job->error);
}

static void
answer(struct job *job)
{
	if (job->error != NULL && job_is_write(job))
		complain(job);
	if (job->unreadable != 0)
		log_warn("store: %zu %s%s are passed over: sealed with another "
		    "key than that of database.key_file, or damaged",
		    job->unreadable, job->kind == JOB_LOAD ?
		    "secret settings of " :
		    job->kind == JOB_ARCHIVE_ASK ? "pieces of the archive of " :
		    "waiting messages", job->kind == JOB_SPOOL_LOAD ? "" :
		    job->jid);
	job_answer(job);
	job_destroy(job);
}

/* A callback may close the store. */
static void
done_ready(struct ev_loop *loop, struct ev_async *w, int events)
{
	struct store *s = CONTAINER(w, struct store, done);
	struct job *job;

	(void)loop;
	(void)events;
	while (s->worker != NULL && (job = worker_take(s->worker)) != NULL)
		answer(job);
}

static void
refused_ready(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct store *s = CONTAINER(w, struct store, refused);
	struct job *job;

	(void)loop;
	(void)events;
	while ((job = TAILQ_FIRST(&s->refusals)) != NULL) {
		TAILQ_REMOVE(&s->refusals, job, link);
		job_answer(job);
		job_destroy(job);
	}
}

static void
tell(void *ctx)
{
	struct store *s = ctx;

	ev_async_send(s->loop, &s->done);
}

struct store *
store_open(struct ev_loop *loop, const struct store_config *config,
    char **why)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->persistent = strcmp(config->type, "none") != 0;
	TAILQ_INIT(&s->refusals);
	archive_open(s);
	ev_async_init(&s->done, done_ready);
	ev_timer_init(&s->refused, refused_ready, 0, 0);
	ev_async_start(loop, &s->done);
	*why = NULL;
	s->worker = worker_create(config, tell, s, why);
	if (s->worker == NULL) {
		ev_async_stop(loop, &s->done);
		free(s);
		return NULL;
	}
	return s;
}

void
store_close(struct store *s)
{
	struct worker *w;
	struct job *job;

	if (s == NULL)
		return;
	w = s->worker;
	archive_close(s);
	worker_stop(w);
	/* Nobody hears the answers any more, but the log hears of losses. */
	while ((job = worker_take(w)) != NULL) {
		if (job->error != NULL && job_is_write(job))
			complain(job);
		job_destroy(job);
	}
	worker_destroy(w);
	s->worker = NULL;
	while ((job = TAILQ_FIRST(&s->refusals)) != NULL) {
		TAILQ_REMOVE(&s->refusals, job, link);
		job_destroy(job);
	}
	ev_async_stop(s->loop, &s->done);
	ev_timer_stop(s->loop, &s->refused);
	later_free(s);
}

bool
store_is_persistent(const struct store *s)
{
	return s->persistent;
}

static void
refuse(struct store *s, struct job *job)
{
	ev_tstamp now = ev_now(s->loop);

	job->error = xstrdup("the database does not keep up");
	if (now - s->complained >= 10) {
		log_error("store: %s of %s and what follows is refused: %s",
		    job_name(job), job->jid, job->error);
		s->complained = now;
	}
	TAILQ_INSERT_TAIL(&s->refusals, job, link);
	ev_timer_start(s->loop, &s->refused);
}

void
store_add(struct store *s, struct job *job)
{
	if (worker_add(s->worker, job) < 0)
		refuse(s, job);
}

static struct job *
job_about(enum job_kind kind, const char *jid, void *ctx)
{
	const char *copy;
	struct job *job = job_create(kind, &jid, &copy, 1);

	job->jid = copy;
	job->ctx = ctx;
	return job;
}

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

void
store_load(struct store *s, const char *jid, store_user_cb *cb, void *ctx)
{
	struct job *job = job_about(JOB_LOAD, jid, ctx);

	job->reply.user = cb;
	store_add(s, job);
}

void
store_list_standing(struct store *s, bool stay, store_users_cb *cb,
    void *ctx)
{
	struct job *job = job_about(JOB_STANDING, "everybody", ctx);

	job->flag = stay;
	job->reply.users = cb;
	store_add(s, job);
}

void
store_find_uin(struct store *s, const char *uin, store_user_cb *cb, void *ctx)
{
	struct job *job = job_about(JOB_FIND_UIN, uin, ctx);

	job->reply.user = cb;
	store_add(s, job);
}

void
store_list(struct store *s, bool only_online, store_users_cb *cb, void *ctx)
{
	struct job *job = job_about(JOB_LIST, "everybody", ctx);

	job->flag = only_online;
	job->reply.users = cb;
	store_add(s, job);
}

void
store_register(struct store *s, const struct store_user *u,
    store_done_cb *cb, void *ctx)
{
	const char *const strings[] = { u->jid, or_empty(u->uin),
	    or_empty(u->password), or_empty(u->language),
	    or_empty(u->encoding) };
	const char *copy[LENGTH(strings)];
	struct job *job = job_create(JOB_REGISTER, strings, copy,
	    LENGTH(strings));

	job->jid = copy[0];
	job->arg.user = (struct store_user){ .jid = copy[0], .uin = copy[1],
	    .password = copy[2], .language = copy[3], .encoding = copy[4],
	    .vip = u->vip, .online = u->online };
	job->reply.done = cb;
	job->ctx = ctx;
	store_add(s, job);
}

void
store_unregister(struct store *s, const char *jid, store_done_cb *cb,
    void *ctx)
{
	struct job *job = job_about(JOB_UNREGISTER, jid, ctx);

	job->reply.done = cb;
	store_add(s, job);
}

void
store_set_online(struct store *s, const char *jid, bool online)
{
	struct job *job = job_about(JOB_ONLINE, jid, NULL);

	job->flag = online;
	store_add(s, job);
}

void
store_set_setting(struct store *s, const char *jid, const char *name,
    int type, const char *value)
{
	const char *const strings[] = { jid, name, value };
	const char *copy[LENGTH(strings)];
	struct job *job = job_create(JOB_SETTING, strings, copy,
	    LENGTH(strings));

	job->jid = copy[0];
	job->arg.setting = (struct store_setting){ copy[1], copy[2], type };
	store_add(s, job);
}

void
store_set_contact(struct store *s, const char *jid,
    const struct store_contact *c)
{
	const char *const strings[] = { jid, c->name,
	    or_empty(c->subscription), or_empty(c->nickname),
	    or_empty(c->groups), c->icon_hash };
	const char *copy[LENGTH(strings)];
	struct job *job = job_create(JOB_CONTACT, strings, copy,
	    LENGTH(strings));

	job->jid = copy[0];
	job->arg.contact = (struct store_contact){ .name = copy[1],
	    .subscription = copy[2], .nickname = copy[3], .groups = copy[4],
	    .icon_hash = copy[5], .flags = c->flags };
	store_add(s, job);
}

void
store_remove_contact(struct store *s, const char *jid, const char *name)
{
	const char *const strings[] = { jid, name };
	const char *copy[LENGTH(strings)];
	struct job *job = job_create(JOB_REMOVE_CONTACT, strings, copy,
	    LENGTH(strings));

	job->jid = copy[0];
	job->arg.contact.name = copy[1];
	store_add(s, job);
}

void
store_set_room(struct store *s, const char *jid, const struct store_room *r)
{
	const char *const strings[] = { jid, r->id, r->jid, r->nick,
	    r->password };
	const char *copy[LENGTH(strings)];
	struct job *job = job_create(JOB_ROOM, strings, copy,
	    LENGTH(strings));

	job->jid = copy[0];
	job->arg.room = (struct store_room){ .id = copy[1], .jid = copy[2],
	    .nick = copy[3], .password = copy[4] };
	store_add(s, job);
}

void
store_forget_room(struct store *s, const char *jid, const char *id)
{
	const char *const strings[] = { jid, id };
	const char *copy[LENGTH(strings)];
	struct job *job = job_create(JOB_FORGET_ROOM, strings, copy,
	    LENGTH(strings));

	job->jid = copy[0];
	job->arg.room.id = copy[1];
	store_add(s, job);
}

static struct job *
spool_job(enum job_kind kind, const char *subject, int64_t id)
{
	char digits[24];
	const char *const strings[] = { subject, digits };
	const char *copy[LENGTH(strings)];
	struct job *job;

	snprintf(digits, sizeof(digits), "%" PRId64, id);
	job = job_create(kind, strings, copy, LENGTH(strings));
	job->jid = copy[0];
	job->id = copy[1];
	job->arg.waiting.id = id;
	return job;
}

void
store_spool_put(struct store *s, const struct store_waiting *m)
{
	struct job *job;
	void *data;

	if (!s->persistent)
		return;
	job = spool_job(JOB_SPOOL_PUT, m->jid, m->id);
	data = arena_alloc(&job->arena, m->len);
	if (m->len != 0)
		memcpy(data, m->data, m->len);
	job->arg.waiting = (struct store_waiting){ .id = m->id,
	    .jid = job->jid, .up = m->up, .time = m->time, .data = data,
	    .len = m->len };
	store_add(s, job);
}

void
store_spool_drop(struct store *s, int64_t id)
{
	if (s->persistent)
		store_add(s, spool_job(JOB_SPOOL_DROP, "a waiting message", id));
}

void
store_spool_load(struct store *s, store_spool_cb *cb, void *ctx)
{
	struct job *job = job_about(JOB_SPOOL_LOAD, "everybody", ctx);

	job->reply.spool = cb;
	store_add(s, job);
}

size_t
store_pending(const struct store *s)
{
	return worker_pending(s->worker);
}

unsigned long
store_failures(const struct store *s)
{
	return worker_failures(s->worker);
}
