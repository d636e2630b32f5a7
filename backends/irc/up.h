/* SPDX-License-Identifier: GPL-2.0-or-later */
/* up.h - the way to the main process: notifications and answers.
 * main.c gives the functions, tests and fuzzers give theirs. */
#ifndef BACKENDS_IRC_UP_H
#define BACKENDS_IRC_UP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/errors.h"
#include "protocol/rpc.h"
#include "protocol/schema.h"

/* A request of the main process that waits for its answer; 0: nobody waits. */
typedef uint64_t request_t;

struct up_sink {
	void	(*notify)(enum method, const void *params);
	/* result NULL: nil */
	void	(*result)(request_t, enum method, const void *result);
	void	(*error)(request_t, const char *code, const char *text);
	/* Bytes on their way.  NULL: they do not wait anywhere. */
	size_t	(*queued)(void);
	/* As kit_request().  NULL: nobody can be asked. */
	void	(*request)(enum method, const void *params, double timeout,
		    rpc_reply *, void *ctx);
};

void	up_init(const struct up_sink *);

void	up_notify(enum method, const void *params);
/* Both do nothing for request 0. */
void	up_result(request_t, enum method, const void *result);
void	up_error(request_t, const char *code, const char *text);
size_t	up_queued(void);
/* false: nobody can be asked, reply will not be called. */
bool	up_request(enum method, const void *params, double timeout,
	    rpc_reply *, void *ctx);

#endif
