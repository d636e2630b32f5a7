/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do a backend and we say to each other?  Here is what the pool itself
 * understands: answers, the log, the first word and pings.  The rest is passed
 * on as it is. */
#include "manager/pool/talk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "manager/pool/proc.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/xalloc.h"

#define ASKS_MAX	1000	/* requests of one backend open at a time */

static uint32_t last_token;	/* given to any ask of any backend */

/* --------------------------------------------------------------- it says */

static void
refused(struct backend *b, const struct msg_error *error)
{
	struct buf words = { 0 };

	if (error->text != NULL) {
		buf_adds(&words, ": ");
		place_add(b->places, error->text, &words);
	}
	buf_addc(&words, '\0');
	backend_fail(b, BACKEND_GARBAGE, "refused to start: %s%s", error->code,
	    buf_data(&words));
	buf_free(&words);
}

static void
on_hello(void *ctx, const struct msg_error *error, const union result *result)
{
	struct backend *b = ctx;

	if (b->state != BACKEND_STARTING)
		return;
	if (error != NULL) {
		refused(b, error);
		return;
	}
	if (result->initialize.version != PROTOCOL_VERSION) {
		backend_fail(b, BACKEND_GARBAGE,
		    "speaks protocol version %lld, not %d",
		    (long long)result->initialize.version, PROTOCOL_VERSION);
		return;
	}
	backend_event(b, BACKEND_HELLO);
	b->owner->ready(b, &result->initialize);
}

static void
on_pong(void *ctx, const struct msg_error *error, const union result *result)
{
	struct backend *b = ctx;
	bool silent = backend_is_silent(b);

	/* Any answer is a sign of life. */
	b->pinging = false;
	b->rss_kb = error == NULL && result->ping.rss_kb > 0 ?
	    (long)result->ping.rss_kb : proc_rss_kb(b->pid);
	if (silent && backend_serves(b))
		b->owner->tick(b);	/* it can be given users again */
}

static void
take_response(struct backend *b, const struct msg *msg)
{
	enum method method = rpc_method(b->rpc, msg->id);
	struct msg_error bad = { .code = ERR_NETWORK };
	union result result;
	const char *why;

	if (method == METHOD_NONE)
		return;			/* too late; it was told so */
	if (msg->error != NULL) {
		rpc_finish(b->rpc, msg->id, msg->error, NULL);
	} else if (decoder_result(b->channel.decoder, method, &result,
	    &why) == 0) {
		rpc_finish(b->rpc, msg->id, NULL, &result);
	} else {
		/* One bad answer fails one request, not everybody's session. */
		backend_log(b, LOG_WARN, "bad answer to %s: %s",
		    method_wire(method), why);
		bad.text = "the backend's answer makes no sense";
		rpc_finish(b->rpc, msg->id, &bad, NULL);
	}
	if (b->state == BACKEND_DRAINING)
		b->owner->tick(b);
}

static void
take_log(struct backend *b, const struct msg_log *line)
{
	enum log_level level;
	char text[1000];

	if (log_level_parse(line->level, &level) < 0)
		level = LOG_INFO;
	snprintf(text, sizeof(text), "%s%s%s", line->user ? line->user : "",
	    line->user ? ": " : "", line->text);
	tail_line(&b->tail, level, text);
}

void
talk_add_ask(struct backend *b, uint32_t token, uint32_t id)
{
	if ((b->nasks & (b->nasks - 1)) == 0)
		b->asks = xreallocarray(b->asks, b->nasks ? b->nasks * 2 : 1,
		    sizeof(*b->asks));
	b->asks[b->nasks++] = (struct backend_ask){ token, id };
}

static void
take_request(struct backend *b, const struct msg *msg)
{
	struct msg copy = *msg;

	if (msg->method == METHOD_NONE) {
		encode_error(&b->channel.out, msg->id, ERR_NOT_SUPPORTED,
		    "unknown method");
		channel_added(&b->channel);
		return;
	}
	if (b->nasks == ASKS_MAX) {
		backend_fail(b, BACKEND_GARBAGE,
		    "has more than %d requests open", ASKS_MAX);
		return;
	}
	copy.id = ++last_token;
	talk_add_ask(b, copy.id, msg->id);
	b->owner->message(b, &copy);
}

static void
on_message(void *ctx, const struct msg *msg)
{
	struct backend *b = ctx;

	if (msg->kind == RESPONSE)
		take_response(b, msg);
	else if (msg->method == METHOD_log)
		take_log(b, &msg->params->log);
	else if (!backend_serves(b))
		backend_log(b, LOG_DEBUG, "%s while it is %s: dropped",
		    msg->method == METHOD_NONE ? "unknown method" :
		    method_wire(msg->method), backend_state_name(b->state));
	else if (msg->kind == REQUEST)
		take_request(b, msg);
	else if (msg->method != METHOD_NONE)
		b->owner->message(b, msg);
}

static void
on_garbage(void *ctx, const char *why)
{
	backend_fail(ctx, BACKEND_GARBAGE, "broke the protocol: %s", why);
}

static void
on_ended(void *ctx, const char *why)
{
	backend_fail(ctx, BACKEND_LOST, "%s", why);
}

static void
on_drained(void *ctx)
{
	struct backend *b = ctx;

	b->owner->drained(b);
}

const struct channel_events talk_events = {
	.message = on_message,
	.garbage = on_garbage,
	.ended = on_ended,
	.drained = on_drained,
};

/* ---------------------------------------------------------------- we say */

struct refusal {
	struct rpc	*rpc;
	uint32_t	 id;
};

/* The answer may not come before backend_request() has returned. */
static void
refuse_too_long(void *arg)
{
	static const struct msg_error error = {
		.code = ERR_TOO_LONG, .text = "more than a message can hold"
	};
	struct refusal *r = arg;

	rpc_finish(r->rpc, r->id, &error, NULL);
	free(r);
}

void
backend_request(struct backend *b, enum method method, const void *params,
    double deadline, rpc_reply *reply, void *ctx)
{
	uint32_t id = rpc_add(b->rpc, method, deadline, reply, ctx);
	struct refusal *r;

	rpc_begins(b->rpc, id, channel_end(&b->channel));
	if (encode_request(&b->channel.out, id, method, params) == 0) {
		channel_added(&b->channel);
		return;
	}
	r = xmalloc(sizeof(*r));
	*r = (struct refusal){ b->rpc, id };
	later(refuse_too_long, r);
}

int
backend_notify(struct backend *b, enum method method, const void *params)
{
	if (encode_notification(&b->channel.out, method, params) < 0)
		return -1;
	channel_added(&b->channel);
	return 0;
}

void
backend_answer(struct backend *b, uint32_t token, enum method method,
    const void *result, const char *code, const char *text)
{
	struct buf *out = &b->channel.out;
	size_t i = 0;
	uint32_t id;

	while (i < b->nasks && b->asks[i].token != token)
		i++;
	if (i == b->nasks)
		return;
	id = b->asks[i].id;
	b->asks[i] = b->asks[--b->nasks];
	if (code != NULL)
		encode_error(out, id, code, text);
	else if (encode_result(out, id, method, result) < 0)
		encode_error(out, id, ERR_TOO_LONG, NULL);
	channel_added(&b->channel);
}

void
talk_initialize(struct backend *b, const struct sections *config)
{
	struct msg_initialize hello = {
		.version = PROTOCOL_VERSION, .instance = b->instance,
		.backend_id = b->id, .config = *config,
	};

	backend_request(b, METHOD_initialize, &hello, INFINITY, on_hello, b);
}

static int
await(struct backend *b, enum method method, uint32_t id, uint64_t at,
    rpc_reply *reply)
{
	const struct rpc_call call = {
		.id = id, .method = method, .deadline = INFINITY, .at = at,
		.reply = reply, .ctx = b,
	};

	if (rpc_restore(b->rpc, &call) == 0)
		return 0;
	backend_log(b, LOG_WARN, "its %s is lost", method_wire(method));
	return -1;
}

void
talk_await_hello(struct backend *b, uint32_t id, uint64_t at)
{
	(void)await(b, METHOD_initialize, id, at, on_hello);
}

void
talk_await_pong(struct backend *b, uint32_t id, uint64_t at)
{
	b->pinging = await(b, METHOD_ping, id, at, on_pong) == 0;
}

void
talk_use_tokens_after(uint32_t token)
{
	if (token > last_token)
		last_token = token;
}

uint32_t
talk_last_token(void)
{
	return last_token;
}

void
talk_ping(struct backend *b)
{
	const struct msg_ping ping = { .users = b->all_users };

	b->pinging = true;
	b->ping_ticks = 0;
	backend_request(b, METHOD_ping, &ping, INFINITY, on_pong, b);
	b->ping_end = channel_end(&b->channel);
}
