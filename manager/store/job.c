/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job is made of, and how its answer is told. */
#include "manager/store/job.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static const struct {
	const char *name;
	bool write, gathered;
} kinds[] = {
	[JOB_LOAD]           = { "load",           false, false },
	[JOB_LIST]           = { "list",           false, false },
	[JOB_FIND_UIN]       = { "find account",   false, false },
	[JOB_REGISTER]       = { "register",       true,  false },
	[JOB_UNREGISTER]     = { "unregister",     true,  false },
	[JOB_ONLINE]         = { "online state",   true,  true },
	[JOB_SETTING]        = { "setting",        true,  true },
	[JOB_CONTACT]        = { "contact",        true,  true },
	[JOB_REMOVE_CONTACT] = { "remove contact", true,  true },
	[JOB_SPOOL_PUT]      = { "waiting message", true, true },
	[JOB_SPOOL_DROP]     = { "removal",        true,  true },
	[JOB_SPOOL_LOAD]     = { "load messages",  false, false },
	[JOB_STANDING]       = { "list of those who stay", false, false },
	[JOB_ROOM]           = { "room",           true,  true },
	[JOB_FORGET_ROOM]    = { "end of a room",  true,  true },
	[JOB_ARCHIVE_PUT]    = { "archive",        true,  true },
	[JOB_ARCHIVE_CHANGE] = { "change of the archive", true, true },
	[JOB_ARCHIVE_ASK]    = { "archive",        false, false },
	[JOB_ARCHIVE_PRUNE]  = { "pruning",        true,  true },
};

struct job *
job_create(enum job_kind kind, const char *const *strings,
    const char **copies, size_t n)
{
	size_t size = 0, len;
	struct job *job;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += strings[i] == NULL ? 0 : strlen(strings[i]) + 1;
	job = xcalloc(1, sizeof(*job) + size);
	job->kind = kind;
	at = job->text;
	for (size_t i = 0; i < n; i++) {
		copies[i] = NULL;
		if (strings[i] == NULL)
			continue;
		len = strlen(strings[i]) + 1;
		memcpy(at, strings[i], len);
		copies[i] = at;
		at += len;
	}
	return job;
}

void
job_destroy(struct job *job)
{
	arena_free(&job->arena);
	free(job->error);
	free(job);
}

bool
job_is_gathered(const struct job *job)
{
	return kinds[job->kind].gathered;
}

bool
job_is_write(const struct job *job)
{
	return kinds[job->kind].write;
}

const char *
job_name(const struct job *job)
{
	return kinds[job->kind].name;
}

void
job_answer(const struct job *job)
{
	switch (job->kind) {
	case JOB_LOAD:
	case JOB_FIND_UIN:
		if (job->reply.user != NULL)
			job->reply.user(job->ctx, job->users, job->error);
		return;
	case JOB_LIST:
	case JOB_STANDING:
		if (job->reply.users != NULL)
			job->reply.users(job->ctx, job->users, job->nusers,
			    job->error);
		return;
	case JOB_REGISTER:
	case JOB_UNREGISTER:
		if (job->reply.done != NULL)
			job->reply.done(job->ctx, job->error);
		return;
	case JOB_SPOOL_LOAD:
		if (job->reply.spool != NULL)
			job->reply.spool(job->ctx, job->waiting, job->nwaiting,
			    job->error);
		return;
	case JOB_ARCHIVE_ASK:
		if (job->reply.found != NULL)
			job->reply.found(job->ctx, &job->found, job->error);
		return;
	case JOB_ONLINE:
	case JOB_SETTING:
	case JOB_CONTACT:
	case JOB_REMOVE_CONTACT:
	case JOB_SPOOL_PUT:
	case JOB_SPOOL_DROP:
	case JOB_ROOM:
	case JOB_FORGET_ROOM:
	case JOB_ARCHIVE_PUT:
	case JOB_ARCHIVE_CHANGE:
	case JOB_ARCHIVE_PRUNE:
		return;
	}
}
