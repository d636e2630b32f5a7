/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When is which job done?  In order; writes nobody waits for are gathered for
 * a moment and done in one transaction.  How a job is done is run.c's. */
#include "manager/store/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manager/store/run.h"
#include "util/map.h"
#include "util/xalloc.h"

#define GATHER_MS	100	/* a write waits so long for company */
#define GATHER_MAX	512	/* unless so many have come */
#define PENDING_MAX	100000
#define WEIGHT_MAX	(32u << 20)	/* bytes of the archive */

struct queue {
	struct job_list	 jobs;
	size_t		 n;
};

struct worker {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;		/* for both sides */
	/* Under the lock: */
	struct queue	 todo, done;
	struct map	 puts;		/* SPOOL_PUT jobs in todo, by id, but
					 * for those that a load must see */
	struct timespec	 due;		/* when the gathered ones are done;
					 * set when todo stops being empty */
	bool		 urgent;	/* somebody waits for a job in todo */
	bool		 stopping;
	bool		 opened;	/* or has failed: why is set */
	char		*why;

	_Atomic size_t	 pending;
	_Atomic size_t	 weight;	/* of all that is pending */
	_Atomic unsigned long failures;
	struct run	*run;		/* of the thread alone */
	void		(*tell)(void *);
	void		*ctx;
	const struct store_config *config;	/* until opened */
};

static void
queue_init(struct queue *q)
{
	TAILQ_INIT(&q->jobs);
	q->n = 0;
}

static void
queue_add(struct queue *q, struct job *job)
{
	TAILQ_INSERT_TAIL(&q->jobs, job, link);
	q->n++;
}

static struct job *
queue_pop(struct queue *q)
{
	struct job *job = TAILQ_FIRST(&q->jobs);

	if (job == NULL)
		return NULL;
	TAILQ_REMOVE(&q->jobs, job, link);
	q->n--;
	return job;
}

/* The whole of it moves to the other, which was empty. */
static void
queue_move(struct queue *to, struct queue *from)
{
	queue_init(to);
	TAILQ_CONCAT(&to->jobs, &from->jobs, link);
	to->n = from->n;
	from->n = 0;
}

static void
set_due(struct worker *w)
{
	clock_gettime(CLOCK_MONOTONIC, &w->due);
	w->due.tv_nsec += GATHER_MS * 1000000L;
	if (w->due.tv_nsec >= 1000000000L) {
		w->due.tv_sec++;
		w->due.tv_nsec -= 1000000000L;
	}
}

/* A message that waits no longer before it was written costs no write. */
static bool
take_back(struct worker *w, const char *id)
{
	struct job *put;

	pthread_mutex_lock(&w->lock);
	put = map_remove(&w->puts, id);
	if (put != NULL) {
		TAILQ_REMOVE(&w->todo.jobs, put, link);
		w->todo.n--;
	}
	pthread_mutex_unlock(&w->lock);
	if (put == NULL)
		return false;
	atomic_fetch_sub(&w->pending, 1);
	job_destroy(put);
	return true;
}

static void
note_puts(struct worker *w, struct job *job)
{
	if (job->kind == JOB_SPOOL_PUT)
		map_put(&w->puts, job->id, job);
	else if (job->kind == JOB_SPOOL_LOAD)
		map_finish(&w->puts);
}

int
worker_add(struct worker *w, struct job *job)
{
	bool wake;

	if (job->kind == JOB_SPOOL_DROP && take_back(w, job->id)) {
		job_destroy(job);
		return 0;
	}
	/* A disk that does not keep up costs the archive, not the memory. */
	if (atomic_load(&w->pending) >= PENDING_MAX ||
	    (job->weight != 0 && atomic_load(&w->weight) > WEIGHT_MAX)) {
		atomic_fetch_add(&w->failures, 1);
		return -1;
	}
	atomic_fetch_add(&w->pending, 1);
	atomic_fetch_add(&w->weight, job->weight);
	pthread_mutex_lock(&w->lock);
	if (w->todo.n == 0)
		set_due(w);
	/* A thread that is awake need not be woken for each of many. */
	wake = w->todo.n == 0 || w->todo.n + 1 == GATHER_MAX ||
	    (!job_is_gathered(job) && !w->urgent);
	w->urgent = w->urgent || !job_is_gathered(job);
	queue_add(&w->todo, job);
	note_puts(w, job);
	if (wake)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

struct job *
worker_take(struct worker *w)
{
	struct job *job;

	pthread_mutex_lock(&w->lock);
	job = queue_pop(&w->done);
	pthread_mutex_unlock(&w->lock);
	return job;
}

size_t
worker_pending(const struct worker *w)
{
	return atomic_load(&w->pending);
}

unsigned long
worker_failures(const struct worker *w)
{
	return atomic_load(&w->failures);
}

/* Sleep until there is a reason to work.  False: it is the end. */
static bool
wait_for_work(struct worker *w)
{
	bool late = false;

	for (;;) {
		if (w->todo.n == 0 && w->stopping)
			return false;
		/* All was taken back, and what comes next is due later. */
		late = late && w->todo.n != 0;
		if (w->todo.n != 0 && (w->urgent || w->stopping || late ||
		    w->todo.n >= GATHER_MAX))
			return true;
		if (w->todo.n == 0)
			pthread_cond_wait(&w->wake, &w->lock);
		else
			late = pthread_cond_timedwait(&w->wake, &w->lock,
			    &w->due) != 0;
	}
}

/* Hand a job back, or end it when nobody wants to hear of it. */
static void
finish(struct worker *w, struct job *job)
{
	bool tell;

	atomic_fetch_sub(&w->pending, 1);
	atomic_fetch_sub(&w->weight, job->weight);
	if (job->error != NULL)
		atomic_fetch_add(&w->failures,
		    job->lost == 0 ? 1 : job->lost);
	if (job_is_gathered(job) && job->error == NULL) {
		job_destroy(job);
		return;
	}
	pthread_mutex_lock(&w->lock);
	tell = w->done.n == 0;
	queue_add(&w->done, job);
	pthread_mutex_unlock(&w->lock);
	if (tell)
		w->tell(w->ctx);
}

/* As many gathered writes as stand together, or one other job. */
static void
work(struct worker *w, struct queue *todo)
{
	struct job *jobs[GATHER_MAX];
	size_t n = 0;

	do
		jobs[n++] = queue_pop(todo);
	while (todo->n != 0 && n < GATHER_MAX && job_is_gathered(jobs[0]) &&
	    job_is_gathered(TAILQ_FIRST(&todo->jobs)));
	run_jobs(w->run, jobs, n);
	for (size_t i = 0; i < n; i++)
		finish(w, jobs[i]);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct queue todo;
	char *why = NULL;

	w->run = run_open(w->config, &why);
	pthread_mutex_lock(&w->lock);
	w->opened = true;
	w->why = why;
	pthread_cond_signal(&w->wake);
	while (w->run != NULL && wait_for_work(w)) {
		queue_move(&todo, &w->todo);
		map_finish(&w->puts);
		w->urgent = false;
		pthread_mutex_unlock(&w->lock);
		while (todo.n != 0)
			work(w, &todo);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	run_close(w->run);
	return NULL;
}

/* Signals are for the main thread. */
static int
start_thread(struct worker *w)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

struct worker *
worker_create(const struct store_config *config, void (*tell)(void *),
    void *ctx, char **why)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	pthread_condattr_t attr;
	int error;

	w->config = config;
	w->tell = tell;
	w->ctx = ctx;
	queue_init(&w->todo);
	queue_init(&w->done);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	if ((error = start_thread(w)) != 0) {
		*why = xasprintf("no thread for the database: %s",
		    strerror(error));
		worker_destroy(w);
		return NULL;
	}
	pthread_mutex_lock(&w->lock);
	while (!w->opened)
		pthread_cond_wait(&w->wake, &w->lock);
	*why = w->why;
	pthread_mutex_unlock(&w->lock);
	if (*why != NULL) {
		pthread_join(w->thread, NULL);
		worker_destroy(w);
		return NULL;
	}
	return w;
}

void
worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}

void
worker_destroy(struct worker *w)
{
	struct job *job;

	while ((job = queue_pop(&w->done)) != NULL)
		job_destroy(job);
	map_finish(&w->puts);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
