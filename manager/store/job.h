/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.h - one call of store.h on its way to the worker and back. */
#ifndef MANAGER_STORE_JOB_H
#define MANAGER_STORE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "manager/store/engine.h"
#include "util/arena.h"

enum job_kind {
	JOB_LOAD, JOB_LIST, JOB_FIND_UIN, JOB_REGISTER, JOB_UNREGISTER,
	JOB_ONLINE, JOB_SETTING, JOB_CONTACT, JOB_REMOVE_CONTACT,
	JOB_SPOOL_PUT, JOB_SPOOL_DROP, JOB_SPOOL_LOAD,
	JOB_STANDING, JOB_ROOM, JOB_FORGET_ROOM,
	JOB_ARCHIVE_PUT, JOB_ARCHIVE_CHANGE, JOB_ARCHIVE_ASK,
	JOB_ARCHIVE_PRUNE,
};

struct job {
	TAILQ_ENTRY(job) link;		/* its place in one list */
	enum job_kind	 kind;

	/* The call.  Strings belong to the job. */
	const char	*jid;		/* or what else the log should name */
	const char	*id;		/* SPOOL_PUT, SPOOL_DROP: in digits;
					 * ARCHIVE_PUT, ARCHIVE_CHANGE: of
					 * the room */
	bool		 flag;		/* online, only_online, stay; SPOOL_PUT,
					 * SETTING, ARCHIVE_PUT and ROOM: it is
					 * sealed */
	size_t		 weight;	/* bytes that count in the queue */
	union {
		struct store_user	 user;		/* REGISTER */
		struct store_setting	 setting;	/* SETTING */
		struct store_contact	 contact;	/* (REMOVE_)CONTACT */
		struct store_waiting	 waiting;	/* SPOOL_*; data in the
							 * arena */
		struct store_room	 room;		/* (FORGET_)ROOM */
		struct archive_row	 row;		/* ARCHIVE_PUT; data
							 * in the arena */
		struct store_said	 said;		/* ARCHIVE_CHANGE; data
							 * in the arena */
		struct store_ask	 ask;		/* ARCHIVE_ASK */
		struct store_limits	 limits;	/* ARCHIVE_PRUNE */
	} arg;
	union {
		store_user_cb	*user;		/* LOAD, FIND_UIN */
		store_users_cb	*users;		/* LIST, STANDING */
		store_done_cb	*done;		/* (UN)REGISTER */
		store_spool_cb	*spool;		/* SPOOL_LOAD */
		store_found_cb	*found;		/* ARCHIVE_ASK */
	} reply;			/* may be NULL */
	void		*ctx;

	/* The answer, made by the worker. */
	struct arena	 arena;		/* of what was found */
	struct store_user *users;
	size_t		 nusers;
	struct store_waiting *waiting;
	size_t		 nwaiting;
	struct store_found found;
	size_t		 unreadable;	/* waiting messages, settings and rooms
					 * of LOAD, rows of the archive: under
					 * another key */
	char		*error;		/* owned; NULL: done */
	size_t		 lost;		/* gathered writes that failed with
					 * this one, itself included */
	char		 text[];
};

TAILQ_HEAD(job_list, job);

/* A copy of n strings; NULL ones stay NULL.  copies[i] is where each is. */
struct job	*job_create(enum job_kind, const char *const *strings,
		    const char **copies, size_t n);
void		 job_destroy(struct job *);

/* Does nobody wait for it, so that it may wait for company? */
bool		 job_is_gathered(const struct job *);
bool		 job_is_write(const struct job *);
/* "online", "setting": what the log says was lost. */
const char	*job_name(const struct job *);

/* Call back with the answer or the error. */
void		 job_answer(const struct job *);

#endif
