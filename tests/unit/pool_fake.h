/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool_fake.h - backends without processes, for tests with many of them: this
 * file is what the pool starts instead of a program.  The pipes are real, their
 * other ends are here, and a child does what it is told, when it is told. */
#ifndef TESTS_UNIT_POOL_FAKE_H
#define TESTS_UNIT_POOL_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manager/pool/inside.h"
#include "manager/pool/spawn.h"
#include "protocol/codec.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define FAKE_PID	5000000		/* more than Linux ever gives out */
#define FAKES_MAX	400
#define FAKE_OPEN	64		/* requests it has not answered */

struct fake {
	int		 in, out, err;	/* its ends; -1: closed */
	bool		 dead;		/* waits to be reaped, or is */
	bool		 reaped;
	bool		 garbage;	/* it has said what is no message */
	struct decoder	*decoder;
	struct buf	 got, say;
	struct {
		uint32_t id;
		enum method method;
		char	 tag[16];	/* body of a message */
	}		 open[FAKE_OPEN];
	unsigned	 nopen;
	unsigned	 said;		/* messages */
	unsigned	 heard;		/* of these: number of the next one,
					 * once one was; written by the test */
};

static struct fake fakes[FAKES_MAX];
static unsigned nfakes;
static bool fake_no_start;		/* the next start fails */
/* A message has been read as a whole. */
static void (*fake_has_read)(const char *tag);

static inline pid_t
fake_pid(const struct fake *f)
{
	return FAKE_PID + (pid_t)(f - fakes);
}

static inline struct fake *
fake_of(pid_t pid)
{
	return pid >= FAKE_PID && pid < FAKE_PID + (pid_t)nfakes ?
	    &fakes[pid - FAKE_PID] : NULL;
}

/* Instead of the one in manager/pool/spawn.c, which is not linked then. */
int
spawn(const struct spawn *how, struct process *process, char *why, size_t size)
{
	int fds[3][2];
	struct fake *f;

	(void)how;
	if (fake_no_start || nfakes == FAKES_MAX) {
		fake_no_start = false;
		snprintf(why, size, "no process today");
		return -1;
	}
	f = &fakes[nfakes++];
	for (int i = 0; i < 3; i++)
		assert_int_equal(pipe2(fds[i], O_CLOEXEC | O_NONBLOCK), 0);
	fcntl(fds[0][1], F_SETPIPE_SZ, 4096);	/* is full soon */
	*f = (struct fake){
		.in = fds[0][0], .out = fds[1][1], .err = fds[2][1],
		.decoder = decoder_create(DOWN),
	};
	*process = (struct process){
		.pid = fake_pid(f), .to = fds[0][1], .from = fds[1][0],
		.err = fds[2][0],
	};
	return 0;
}

/* A child that is not reaped can still be waited for. */
int
waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	struct fake *f = fake_of((pid_t)id);

	(void)options;
	if (type != P_PID || f == NULL || f->reaped) {
		errno = ECHILD;
		return -1;
	}
	info->si_pid = f->dead ? (pid_t)id : 0;
	return 0;
}

static inline void
fake_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void
fake_take(struct fake *f, const struct msg *msg)
{
	if (msg->method == METHOD_send && fake_has_read != NULL)
		fake_has_read(msg->params->send.body);
	if (msg->kind != REQUEST || f->nopen == FAKE_OPEN)
		return;
	f->open[f->nopen].id = msg->id;
	f->open[f->nopen].method = msg->method;
	f->open[f->nopen].tag[0] = '\0';
	if (msg->method == METHOD_send)
		snprintf(f->open[f->nopen].tag, sizeof(f->open[0].tag), "%.*s",
		    (int)strcspn(msg->params->send.body, " "),
		    msg->params->send.body);
	f->nopen++;
}

static inline void
fake_read(struct fake *f, size_t most)
{
	struct msg msg;
	const char *why;
	ssize_t n;
	int got;

	if (f->in < 0)
		return;
	n = read(f->in, buf_reserve(&f->got, most), most);
	if (n <= 0)
		return;
	buf_added(&f->got, (size_t)n);
	while ((got = decoder_next(f->decoder, &f->got, &msg, &why)) == 1)
		fake_take(f, &msg);
	if (got < 0)
		fail_msg("the pool says garbage: %s", why);
}

/* At most so many bytes of what is to be said. */
static inline void
fake_write(struct fake *f, size_t most)
{
	size_t n = buf_len(&f->say) < most ? buf_len(&f->say) : most;
	ssize_t done;

	if (f->out < 0 || n == 0)
		return;
	done = write(f->out, buf_data(&f->say), n);
	if (done > 0)
		buf_consume(&f->say, (size_t)done);
}

/* Answer the request at this place. */
static inline void
fake_answer(struct fake *f, unsigned at, bool well)
{
	struct msg_initialize_result hello = { .version = PROTOCOL_VERSION };
	struct msg_ping_result pong = { .rss_kb = 2048 };
	struct msg_send_result sent = { 0 };
	const char *tag = f->open[at].tag;
	uint32_t id = f->open[at].id;
	int ok = 0;

	hello.name = "fake";
	sent.ids = (struct strs){ &tag, 1 };
	if (!well)
		encode_error(&f->say, id, ERR_NETWORK, tag);
	else if (f->open[at].method == METHOD_initialize)
		ok = encode_result(&f->say, id, METHOD_initialize, &hello);
	else if (f->open[at].method == METHOD_ping)
		ok = encode_result(&f->say, id, METHOD_ping, &pong);
	else if (f->open[at].method == METHOD_send)
		ok = encode_result(&f->say, id, METHOD_send, &sent);
	else
		ok = encode_result(&f->say, id, f->open[at].method, NULL);
	assert_int_equal(ok, 0);
	f->open[at] = f->open[--f->nopen];
}

static inline void
fake_say(struct fake *f, bool ask)
{
	char body[16];
	struct msg_message m = {
		.user = "u0@x", .from = "peer", .kind = "chat", .body = body
	};
	struct msg_ask a = { .user = "u0@x", .title = body };
	int ok;

	snprintf(body, sizeof(body), "%u", f->said++);
	ok = ask ? encode_request(&f->say, f->said, METHOD_ask, &a) :
	    encode_notification(&f->say, METHOD_message, &m);
	assert_int_equal(ok, 0);
}

/* It does nothing more; its end is noticed later. */
static inline void
fake_die(struct fake *f)
{
	f->dead = true;
	fake_close(&f->in);
	fake_close(&f->out);
	fake_close(&f->err);
}

static inline struct backend *
fake_backend(const struct pool *pool, const struct fake *f)
{
	struct backend *b;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (b->pid == fake_pid(f))
			return b;
	}
	return NULL;
}

/* SIGCHLD. */
static inline void
fake_reap(const struct pool *pool, struct fake *f, int status)
{
	struct backend *b = fake_backend(pool, f);

	if (!f->dead || f->reaped || b == NULL || !ev_is_active(&b->child))
		return;
	f->reaped = true;
	b->child.rstatus = status;
	ev_invoke(b->loop, &b->child, EV_CHILD);
}

static inline void
fake_forget_all(void)
{
	for (unsigned i = 0; i < nfakes; i++) {
		fake_die(&fakes[i]);
		decoder_destroy(fakes[i].decoder);
		buf_free(&fakes[i].got);
		buf_free(&fakes[i].say);
	}
	nfakes = 0;
	fake_no_start = false;
}

#endif
