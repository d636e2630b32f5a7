/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which answers are we waiting for?
 *
 * Ids count up and start again after 2^32, so that a late answer cannot be
 * taken for the answer to a younger request.  As neighbours in time they make
 * a hash table without collisions out of their low bits.
 *
 * A reply function may do anything here, even destroy the table: whoever
 * answers several first moves them to the list "due", then takes them from it
 * one by one. */
#include "protocol/rpc.h"

#include <math.h>
#include <stdlib.h>

#include "protocol/errors.h"
#include "util/later.h"
#include "util/xalloc.h"

#define SLOTS_MIN 16

struct call {
	struct call	*next, *prev;	/* in rpc->waiting or rpc->due */
	uint32_t	 id;
	enum method	 method;
	double		 deadline;
	uint64_t	 at;		/* of its first byte in the stream */
	rpc_reply	*reply;		/* NULL: nobody cares */
	void		*ctx;
};

struct rpc {
	struct call	**slots;	/* owns them; open addressing by id */
	uint32_t	  mask;		/* slots - 1; slots >= 2 * count */
	uint32_t	  count;
	uint32_t	  last_id;
	double		  soonest;	/* <= every deadline in waiting */
	struct call	  waiting;	/* heads of rings */
	struct call	  due;
};

static void
ring_init(struct call *head)
{
	head->next = head->prev = head;
}

static void
ring_append(struct call *head, struct call *c)
{
	c->next = head;
	c->prev = head->prev;
	c->prev->next = c;
	head->prev = c;
}

static void
ring_remove(struct call *c)
{
	c->prev->next = c->next;
	c->next->prev = c->prev;
}

struct rpc *
rpc_create(void)
{
	struct rpc *rpc = xcalloc(1, sizeof(*rpc));

	rpc->soonest = INFINITY;
	ring_init(&rpc->waiting);
	ring_init(&rpc->due);
	return rpc;
}

void
rpc_destroy(struct rpc *rpc)
{
	if (rpc == NULL)
		return;
	while (rpc->count > 0)		/* a reply may ask again */
		rpc_fail(rpc, ERR_LOST, NULL);
	free(rpc->slots);
	rpc->slots = NULL;
	rpc->mask = 0;
	later_free(rpc);
}

/* ---------------------------------------------------------------- the table */

/* The slot where id is, or the empty one where it would be. */
static uint32_t
slot_of(const struct rpc *rpc, uint32_t id)
{
	uint32_t at = id & rpc->mask;

	while (rpc->slots[at] != NULL && rpc->slots[at]->id != id)
		at = (at + 1) & rpc->mask;
	return at;
}

static struct call *
find(const struct rpc *rpc, uint32_t id)
{
	return rpc->slots != NULL ? rpc->slots[slot_of(rpc, id)] : NULL;
}

static void
grow(struct rpc *rpc)
{
	size_t size = rpc->slots != NULL ? ((size_t)rpc->mask + 1) * 2 :
	    SLOTS_MIN;
	struct call *rings[] = { &rpc->waiting, &rpc->due };

	free(rpc->slots);
	rpc->slots = xcalloc(size, sizeof(struct call *));
	rpc->mask = (uint32_t)(size - 1);
	for (size_t i = 0; i < LENGTH(rings); i++) {
		for (struct call *c = rings[i]->next; c != rings[i];
		    c = c->next)
			rpc->slots[slot_of(rpc, c->id)] = c;
	}
}

/* Empty a slot, and move up what had to step over it. */
static void
clear_slot(struct rpc *rpc, uint32_t hole)
{
	uint32_t at = hole;

	rpc->slots[hole] = NULL;
	for (;;) {
		uint32_t home;

		at = (at + 1) & rpc->mask;
		if (rpc->slots[at] == NULL)
			return;
		home = rpc->slots[at]->id & rpc->mask;
		if (((at - home) & rpc->mask) < ((at - hole) & rpc->mask))
			continue;
		rpc->slots[hole] = rpc->slots[at];
		rpc->slots[at] = NULL;
		hole = at;
	}
}

/* ----------------------------------------------------------------- requests */

static struct call *
add(struct rpc *rpc, uint32_t id, enum method m, double deadline)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->id = id;
	c->method = m;
	c->deadline = deadline;
	ring_append(&rpc->waiting, c);
	rpc->slots[slot_of(rpc, id)] = c;
	rpc->count++;
	if (deadline < rpc->soonest)
		rpc->soonest = deadline;
	return c;
}

static void
make_room(struct rpc *rpc)
{
	if (rpc->slots == NULL || rpc->count * 2 >= rpc->mask)
		grow(rpc);
}

uint32_t
rpc_add(struct rpc *rpc, enum method m, double deadline, rpc_reply *reply,
    void *ctx)
{
	struct call *c;

	make_room(rpc);
	do
		rpc->last_id++;
	while (find(rpc, rpc->last_id) != NULL);
	c = add(rpc, rpc->last_id, m, deadline);
	c->reply = reply;
	c->ctx = ctx;
	return c->id;
}

void
rpc_begins(struct rpc *rpc, uint32_t id, uint64_t at)
{
	struct call *c = find(rpc, id);

	if (c != NULL)
		c->at = at;
}

enum method
rpc_method(const struct rpc *rpc, uint32_t id)
{
	const struct call *c = find(rpc, id);

	return c != NULL ? c->method : METHOD_NONE;
}

void
rpc_finish(struct rpc *rpc, uint32_t id, const struct msg_error *error,
    const union result *result)
{
	struct call *c = find(rpc, id), copy;

	if (c == NULL)
		return;
	clear_slot(rpc, slot_of(rpc, id));
	ring_remove(c);
	rpc->count--;
	copy = *c;
	free(c);
	if (copy.reply != NULL)
		copy.reply(copy.ctx, error, error == NULL ? result : NULL);
}

static void
answer_due(struct rpc *rpc, const struct msg_error *error)
{
	while (rpc->due.next != &rpc->due)
		rpc_finish(rpc, rpc->due.next->id, error, NULL);
}

void
rpc_expire(struct rpc *rpc, double now)
{
	static const struct msg_error timeout = { .code = ERR_TIMEOUT };
	double soonest = INFINITY;
	struct call *next;

	if (now < rpc->soonest)
		return;
	for (struct call *c = rpc->waiting.next; c != &rpc->waiting; c = next) {
		next = c->next;
		if (c->deadline <= now) {
			ring_remove(c);
			ring_append(&rpc->due, c);
		} else if (c->deadline < soonest) {
			soonest = c->deadline;
		}
	}
	rpc->soonest = soonest;
	answer_due(rpc, &timeout);
}

static void
all_are_due(struct rpc *rpc)
{
	struct call *c;

	while ((c = rpc->waiting.next) != &rpc->waiting) {
		ring_remove(c);
		ring_append(&rpc->due, c);
	}
	rpc->soonest = INFINITY;
}

void
rpc_fail(struct rpc *rpc, const char *code, const char *text)
{
	const struct msg_error error = { .code = code, .text = text };

	all_are_due(rpc);
	answer_due(rpc, &error);
}

void
rpc_lost(struct rpc *rpc, uint64_t read, const char *text)
{
	const struct msg_error lost = { .code = ERR_LOST, .text = text };
	const struct msg_error unsent = { .code = ERR_UNSENT, .text = text };

	all_are_due(rpc);
	while (rpc->due.next != &rpc->due)
		rpc_finish(rpc, rpc->due.next->id, rpc->due.next->at < read ?
		    &lost : &unsent, NULL);
}

size_t
rpc_count(const struct rpc *rpc)
{
	return rpc->count;
}

/* ----------------------------------------------------------------- handover */

void
rpc_each(const struct rpc *rpc,
    void (*visit)(void *arg, const struct rpc_call *), void *arg)
{
	for (const struct call *c = rpc->waiting.next; c != &rpc->waiting;
	    c = c->next) {
		const struct rpc_call call = {
			c->id, c->method, c->deadline, c->at, c->reply, c->ctx
		};

		visit(arg, &call);
	}
}

uint32_t
rpc_last_id(const struct rpc *rpc)
{
	return rpc->last_id;
}

void
rpc_resume(struct rpc *rpc, uint32_t last_id)
{
	rpc->last_id = last_id;
}

int
rpc_restore(struct rpc *rpc, const struct rpc_call *call)
{
	struct call *c;

	make_room(rpc);
	if (find(rpc, call->id) != NULL)
		return -1;
	c = add(rpc, call->id, call->method, call->deadline);
	c->at = call->at;
	c->reply = call->reply;
	c->ctx = call->ctx;
	return 0;
}

void
rpc_abandon(struct rpc *rpc)
{
	struct call *c;

	all_are_due(rpc);
	while ((c = rpc->due.next) != &rpc->due) {
		clear_slot(rpc, slot_of(rpc, c->id));
		ring_remove(c);
		rpc->count--;
		free(c);
	}
}
