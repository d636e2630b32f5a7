/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a backend goes over to the next main process, and how does it go on
 * there?  Times go as durations, as the clock of another process may begin
 * elsewhere. */
#include "manager/pool/heir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "manager/pool/inside.h"
#include "manager/pool/talk.h"
#include "protocol/errors.h"
#include "util/xalloc.h"

/* ---------------------------------------------------------------- requests */

struct ids {
	uint32_t	*v;		/* owned */
	size_t		 n;
};

struct packing {
	struct pool	*pool;
	struct packer	*packer;
	struct ids	 refused;	/* to be answered by us */
};

static bool
pack_request(struct packing *to, const struct rpc_call *call)
{
	struct packer *p = to->packer;
	double left = call->deadline - clock_now();
	bool taken;

	if (to->pool->events->pack_request == NULL)
		return false;
	pack_map(p, NULL);
	pack_int(p, "id", call->id);
	pack_str(p, "method", method_wire(call->method));
	pack_num(p, "left", left);
	pack_int(p, "at", (int64_t)call->at);
	pack_map(p, "what");
	taken = to->pool->events->pack_request(to->pool->ctx, call->method,
	    call->reply, call->ctx, p);
	pack_end(p);
	pack_end(p);
	return taken;
}

/* Requests nobody cares for are as good as answered. */
static void
visit(void *arg, const struct rpc_call *call)
{
	struct packing *to = arg;
	struct packer *p = to->packer;
	size_t len = buf_len(&p->out), nfds = p->nfds;
	uint32_t n = p->level[p->depth - 1].n;

	if (call->reply == NULL || call->method == METHOD_ping ||
	    call->method == METHOD_initialize || pack_request(to, call))
		return;
	buf_truncate(&p->out, len);
	p->nfds = nfds;
	p->level[p->depth - 1].n = n;
	to->refused.v = xreallocarray(to->refused.v, to->refused.n + 1,
	    sizeof(*to->refused.v));
	to->refused.v[to->refused.n++] = call->id;
}

static void
refuse(struct backend *b, struct ids *ids)
{
	static const struct msg_error lost = {
		.code = ERR_LOST, .text = "the service is being upgraded"
	};

	for (size_t i = 0; i < ids->n; i++)
		rpc_finish(b->rpc, ids->v[i], &lost, NULL);
	free(ids->v);
	*ids = (struct ids){ 0 };
}

void
heir_refuse(struct pool *pool, struct backend *b)
{
	struct packer scratch = { 0 };
	struct packing to = { .pool = pool, .packer = &scratch };

	pack_list(&scratch, NULL);
	rpc_each(b->rpc, visit, &to);
	pack_free(&scratch);
	refuse(b, &to.refused);
}

/* What the pool itself has asked: the first word of one that starts, or a ping,
 * lest one that hangs has all its time again after each upgrade. */
static void
pack_own(void *arg, const struct rpc_call *call)
{
	struct packer *p = arg;

	if (call->method == METHOD_initialize) {
		pack_int(p, "hello", call->id);
		pack_int(p, "hello_at", (int64_t)call->at);
	} else if (call->method == METHOD_ping) {
		pack_int(p, "ping", call->id);
		pack_int(p, "ping_at", (int64_t)call->at);
	}
}

static void
pack_requests(struct pool *pool, struct backend *b, struct packer *p)
{
	struct packing to = { .pool = pool, .packer = p };

	pack_int(p, "last_id", rpc_last_id(b->rpc));
	rpc_each(b->rpc, pack_own, p);
	pack_list(p, "requests");
	rpc_each(b->rpc, visit, &to);
	pack_end(p);
	refuse(b, &to.refused);
}

static enum method
method_of(const char *wire)
{
	for (int m = METHOD_NONE + 1; m < METHOD_COUNT; m++) {
		enum method method = (enum method)m;

		if (method_direction(method) == DOWN &&
		    method_kind(method) == REQUEST &&
		    strcmp(method_wire(method), wire) == 0)
			return method;
	}
	return METHOD_NONE;
}

static void
adopt_request(struct pool *pool, struct backend *b, const struct packed *p)
{
	const char *wire = packed_str(p, "method");
	struct rpc_call call = {
		.id = (uint32_t)packed_int(p, "id", 0),
		.method = wire != NULL ? method_of(wire) : METHOD_NONE,
		.deadline = clock_now() + packed_num(p, "left", 0),
		.at = (uint64_t)packed_int(p, "at", 0),
	};

	if (call.method == METHOD_NONE ||
	    pool->events->unpack_request == NULL ||
	    pool->events->unpack_request(pool->ctx, call.method,
	    packed_get(p, "what"), &call.reply, &call.ctx) < 0)
		return;
	if (rpc_restore(b->rpc, &call) < 0)
		backend_log(b, LOG_WARN, "two requests with one id");
}

static void
adopt_requests(struct pool *pool, struct backend *b, const struct packed *p)
{
	const struct packed *list = packed_get(p, "requests");

	rpc_resume(b->rpc, (uint32_t)packed_int(p, "last_id", 0));
	if (b->state == BACKEND_STARTING)
		talk_await_hello(b, (uint32_t)packed_int(p, "hello", 0),
		    (uint64_t)packed_int(p, "hello_at", 0));
	if (packed_get(p, "ping") != NULL)
		talk_await_pong(b, (uint32_t)packed_int(p, "ping", 0),
		    (uint64_t)packed_int(p, "ping_at", 0));
	for (size_t i = 0; i < packed_count(list); i++)
		adopt_request(pool, b, packed_at(list, i));
}

/* ------------------------------------------------------------------- pipes */

static void
pack_channel(const struct channel *ch, struct packer *p)
{
	pack_map(p, "channel");
	pack_fd(p, "from", ch->from);
	pack_fd(p, "to", ch->to);
	pack_bin(p, "in", buf_data(&ch->in), buf_len(&ch->in));
	pack_bin(p, "out", buf_data(&ch->out), buf_len(&ch->out));
	pack_int(p, "written", (int64_t)ch->written);
	pack_int(p, "unread", (int64_t)ch->unread);
	pack_int(p, "sent", (int64_t)ch->sent);
	pack_int(p, "received", (int64_t)ch->received);
	pack_bool(p, "full", ch->full);
	pack_bool(p, "broken", ch->broken);
	pack_end(p);
}

/* Nothing is held: whoever wants that says so again. */
static void
adopt_channel(struct backend *b, const struct packed *p)
{
	struct channel *ch = &b->channel;
	int from = packed_fd(p, "from"), to = packed_fd(p, "to");
	const void *bytes;
	size_t n;

	if (from >= 0 && to >= 0) {
		channel_open(ch, b->loop, from, to, b->limits.queue_max,
		    &talk_events, b);
		bytes = packed_bin(p, "in", &n);
		buf_add(&ch->in, bytes, n);
		bytes = packed_bin(p, "out", &n);
		buf_add(&ch->out, bytes, n);
	}
	ch->written = (uint64_t)packed_int(p, "written", 0);
	ch->unread = (uint64_t)packed_int(p, "unread", 0);
	ch->sent = (unsigned long)packed_int(p, "sent", 0);
	ch->received = (unsigned long)packed_int(p, "received", 0);
	ch->full = packed_bool(p, "full", false);
	ch->broken = packed_bool(p, "broken", false);
	b->last_written = ch->written;
}

static void
pack_tail(const struct tail *t, struct packer *p)
{
	pack_map(p, "tail");
	pack_fd(p, "fd", t->fd);
	pack_str(p, "path", t->path);
	pack_bin(p, "part", buf_data(&t->part), buf_len(&t->part));
	pack_list(p, "lines");
	for (unsigned i = TAIL_LINES; i > 0; i--) {
		if (t->next >= i)
			pack_str(p, NULL, t->lines[(t->next - i) % TAIL_LINES]);
	}
	pack_end(p);
	pack_list(p, "ages");
	for (unsigned i = TAIL_LINES; i > 0; i--) {
		if (t->next >= i)
			pack_num(p, NULL, clock_now() -
			    t->times[(t->next - i) % TAIL_LINES]);
	}
	pack_end(p);
	pack_end(p);
}

static void
adopt_tail(struct backend *b, const struct packed *p)
{
	const struct packed *lines = packed_get(p, "lines");
	const struct packed *ages = packed_get(p, "ages");
	const char *line;
	const void *part;
	char *subject;
	size_t n;

	for (size_t i = 0; i < packed_count(lines); i++) {
		if ((line = packed_str(packed_at(lines, i), NULL)) != NULL)
			tail_keep(&b->tail, line,
			    packed_num(packed_at(ages, i), NULL, 0));
	}
	subject = xasprintf("%s: backend %u (pid %d)", b->instance, b->id,
	    (int)b->pid);
	tail_open(&b->tail, b->loop, packed_fd(p, "fd"), packed_str(p, "path"),
	    subject);
	free(subject);
	part = packed_bin(p, "part", &n);
	buf_add(&b->tail.part, part, n);
}

static void
pack_asks(const struct backend *b, struct packer *p)
{
	pack_list(p, "asks");
	for (size_t i = 0; i < b->nasks; i++) {
		pack_map(p, NULL);
		pack_int(p, "token", b->asks[i].token);
		pack_int(p, "id", b->asks[i].id);
		pack_end(p);
	}
	pack_end(p);
}

static void
adopt_asks(struct backend *b, const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *p = packed_at(list, i);

		talk_add_ask(b, (uint32_t)packed_int(p, "token", 0),
		    (uint32_t)packed_int(p, "id", 0));
	}
}

/* ----------------------------------------------------------------- process */

static void
pack_age(struct packer *p, const char *key, double since)
{
	if (since > 0)
		pack_num(p, key, clock_now() - since);
}

static double
since(const struct packed *p, const char *key)
{
	double age = packed_num(p, key, -1);

	return age >= 0 ? clock_now() - age : 0;
}

static void
pack_life(const struct backend *b, struct packer *p)
{
	pack_int(p, "id", b->id);
	pack_int(p, "pid", b->pid);
	pack_str(p, "state", backend_state_name(b->state));
	pack_age(p, "born", b->born);
	pack_age(p, "ready", b->ready_at);
	pack_age(p, "drain", b->drain_at);
	pack_age(p, "empty", b->empty_since);
	pack_num(p, "timer", b->left);
	pack_bool(p, "asked", b->asked);
	pack_bool(p, "exited", b->exited);
	pack_int(p, "status", b->status);
	pack_int(p, "killed", b->killed);
	pack_int(p, "futile", b->futile);
	pack_bool(p, "aborted", b->aborted);
	pack_str(p, "why", b->why);
	pack_str(p, "comm", b->comm);
	pack_int(p, "rss_kb", b->rss_kb);
	pack_bool(p, "alone", b->alone);
	pack_bool(p, "used", b->used);
	pack_str(p, "replace", b->replace);
	pack_num(p, "lifespan", b->lifespan);
	pack_int(p, "users_lost", b->users_lost);
	pack_int(p, "ticks", b->ticks);
	pack_int(p, "ping_ticks", b->ping_ticks);
	pack_int(p, "ping_end", (int64_t)b->ping_end);
	pack_int(p, "stuck_ticks", b->stuck_ticks);
}

static void
copy(char *to, size_t size, const char *from)
{
	size_t n = from != NULL ? strnlen(from, size - 1) : 0;

	memcpy(to, from != NULL ? from : "", n);
	to[n] = '\0';
}

static void
adopt_life(struct backend *b, const struct packed *p)
{
	backend_state_parse(packed_str(p, "state"), &b->state);
	b->pid = (pid_t)packed_int(p, "pid", 0);
	b->born = since(p, "born");
	b->ready_at = since(p, "ready");
	b->drain_at = since(p, "drain");
	b->empty_since = since(p, "empty");
	b->left = packed_num(p, "timer", 0);
	b->asked = packed_bool(p, "asked", false);
	b->exited = packed_bool(p, "exited", false);
	b->status = (int)packed_int(p, "status", 0);
	b->killed = (int)packed_int(p, "killed", 0);
	b->futile = (unsigned)packed_int(p, "futile", 0);
	b->aborted = packed_bool(p, "aborted", false);
	copy(b->why, sizeof(b->why), packed_str(p, "why"));
	copy(b->comm, sizeof(b->comm), packed_str(p, "comm"));
	b->rss_kb = (long)packed_int(p, "rss_kb", 0);
	b->alone = packed_bool(p, "alone", false);
	b->used = packed_bool(p, "used", false);
	copy(b->replace, sizeof(b->replace), packed_str(p, "replace"));
	b->lifespan = packed_num(p, "lifespan", 1);
	b->users_lost = (unsigned)packed_int(p, "users_lost", 0);
	b->ticks = (unsigned)packed_int(p, "ticks", 0);
	b->ping_ticks = (unsigned)packed_int(p, "ping_ticks", 0);
	b->ping_end = (uint64_t)packed_int(p, "ping_end", 0);
	b->stuck_ticks = (unsigned)packed_int(p, "stuck_ticks", 0);
}

void
heir_pack(struct pool *pool, struct backend *b, struct packer *p)
{
	pack_life(b, p);
	pack_requests(pool, b, p);
	pack_asks(b, p);
	pack_tail(&b->tail, p);
	pack_channel(&b->channel, p);	/* last: refusing may have added */
}

bool
heir_is_readable(const struct packed *p, const char **why)
{
	enum backend_state state;

	if (packed_int(p, "id", 0) <= 0 || packed_int(p, "id", 0) > INT32_MAX)
		*why = "a backend without a number";
	else if (packed_int(p, "pid", 0) <= 1)
		*why = "a backend without a process";
	else if (backend_state_parse(packed_str(p, "state"), &state) < 0)
		*why = "a backend in a state that is not known here";
	else
		return true;
	return false;
}

struct backend *
heir_adopt(struct pool *pool, const struct packed *p)
{
	const struct backend_start start = avail_start(pool,
	    (unsigned)packed_int(p, "id", 0));
	struct backend *b = backend_create(pool->loop, &start);

	adopt_life(b, p);
	adopt_channel(b, packed_get(p, "channel"));
	adopt_tail(b, packed_get(p, "tail"));
	adopt_asks(b, packed_get(p, "asks"));
	adopt_requests(pool, b, p);
	backend_resume(b);
	return b;
}
