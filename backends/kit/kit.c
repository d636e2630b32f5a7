/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kit without its loop: which handler gets a message, what waits to be
 * sent, when the backend must pause, and when the process is done.  Reading,
 * writing and waiting are left to a driver (kit_ev.c, kit_glib.c). */
#include "backends/kit/kit.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "backends/kit/config.h"
#include "backends/kit/driver.h"
#include "backends/kit/stats.h"
#include "protocol/codec.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xalloc.h"

#define QUEUE_HIGH	(1024 * 1024)	/* bytes waiting: pause */
#define QUEUE_LOW	(256 * 1024)	/* resume */
#define BUFFER_KEPT	(64 * 1024)	/* of an idle buffer */
#define LONG		0.05	/* seconds for one turn's messages */
#define STOP_TIME	5.0		/* seconds to log everyone out */
#define ORPHAN_TIME	1.0		/* the same when nobody listens */

enum state {
	WAITING,	/* for initialize */
	RUNNING,
	STOPPING,	/* backend->stop() has been called */
	STOPPED		/* what is queued may still leave */
};

static struct {
	const struct kit_backend *backend;
	const struct kit_driver	 *driver;
	struct decoder	*decoder;
	struct rpc	*rpc;
	struct buf	 in, out;
	enum state	 state;
	bool		 more;		/* in may hold a whole message */
	bool		 paused;
	bool		 orphan;	/* nobody reads what we send */
	double		 deadline;	/* of STOPPING and STOPPED, else 0 */
	int		 status;
	char		*instance;
	unsigned	 number;
} kit;

void
kit_init(const struct kit_backend *backend, const struct kit_driver *driver)
{
	memset(&kit, 0, sizeof(kit));
	kit.backend = backend;
	kit.driver = driver;
	kit.decoder = decoder_create(DOWN);
	kit.rpc = rpc_create();
}

void
kit_free(void)
{
	rpc_destroy(kit.rpc);
	decoder_destroy(kit.decoder);
	buf_free(&kit.in);
	buf_free(&kit.out);
	config_forget();
	free(kit.instance);
	memset(&kit, 0, sizeof(kit));
}

/* ------------------------------------------------------------------- output */

/* Something was appended, and leaves at the end of the turn. */
static void
queued(void)
{
	if (kit.orphan)
		buf_clear(&kit.out);
}

void
kit_reply(const struct kit_call *call, const void *result)
{
	if (!call->wanted)
		return;
	if (encode_result(&kit.out, call->id, call->method, result) < 0) {
		log_error("%s: answer too long", method_wire(call->method));
		encode_error(&kit.out, call->id, ERR_TOO_LONG, NULL);
	}
	queued();
}

void
kit_error(const struct kit_call *call, const char *code, const char *text)
{
	if (!call->wanted)
		return;
	encode_error(&kit.out, call->id, code, text);
	queued();
}

void
kit_notify(enum method m, const void *params)
{
	if (encode_notification(&kit.out, m, params) < 0)
		log_error("%s: too long, dropped", method_wire(m));
	queued();
}

void
kit_request(enum method m, const void *params, double timeout,
    rpc_reply *reply, void *ctx)
{
	uint32_t id = rpc_add(kit.rpc, m, clock_now() + timeout, reply, ctx);

	/* The next tick but a few answers what could not be asked. */
	if (encode_request(&kit.out, id, m, params) < 0)
		log_error("%s: too long, not asked", method_wire(m));
	queued();
}

struct buf *
kit_out(void)
{
	return &kit.out;
}

size_t
kit_queued(void)
{
	return buf_len(&kit.out);
}

void
kit_sent(void)
{
	const struct kit_backend *b = kit.backend;
	size_t len = buf_len(&kit.out);

	if (len == 0 && kit.out.cap > BUFFER_KEPT)
		buf_free(&kit.out);
	if (!kit.paused && len > QUEUE_HIGH) {
		log_info("main process is slow: pausing, %zu bytes wait", len);
		kit.paused = true;
		if (b->pause != NULL)
			b->pause();
	} else if (kit.paused && len < QUEUE_LOW) {
		log_info("main process has caught up: going on");
		kit.paused = false;
		if (b->resume != NULL)
			b->resume();
	}
}

bool
kit_paused(void)
{
	return kit.paused;
}

/* ------------------------------------------------------- stopping, by steps */

/* All must be over in so many seconds, or earlier if that was said before. */
static void
hurry(double seconds)
{
	double deadline = clock_now() + seconds;

	if (kit.deadline != 0 && kit.deadline <= deadline)
		return;
	kit.deadline = deadline;
	kit.driver->stopping(seconds);
}

static void
stopped(int status)
{
	if (kit.state == STOPPED)
		return;
	kit.state = STOPPED;
	if (kit.status == EXIT_SUCCESS)
		kit.status = status;
	hurry(STOP_TIME);
}

static void
stop(double seconds)
{
	enum state before = kit.state;

	if (before < STOPPING)
		kit.state = STOPPING;
	hurry(seconds);
	if (before == RUNNING && kit.backend->stop != NULL)
		kit.backend->stop();
	else if (before < STOPPING)
		stopped(EXIT_SUCCESS);
}

void
kit_stopped(void)
{
	stopped(EXIT_SUCCESS);
}

void
kit_quit(void)
{
	stop(STOP_TIME);
}

void
kit_orphaned(void)
{
	if (kit.orphan)
		return;
	kit.orphan = true;
	buf_clear(&kit.out);
	rpc_fail(kit.rpc, ERR_LOST, NULL);
	stop(ORPHAN_TIME);
}

bool
kit_finished(void)
{
	if (kit.state == STOPPED && buf_len(&kit.out) == 0)
		return true;
	return kit.state >= STOPPING && clock_now() >= kit.deadline;
}

int
kit_status(void)
{
	return kit.status;
}

void
kit_tick(void)
{
	rpc_expire(kit.rpc, clock_now());
}

/* ----------------------------------------------------------------- messages */

static void
start(const struct kit_call *call, const struct msg_initialize *p)
{
	const struct kit_backend *b = kit.backend;
	struct msg_initialize_result say = { .version = PROTOCOL_VERSION,
	    .name = b->name };
	const char *const none[] = { NULL };
	const char *const *features = b->features ? b->features : none;
	const struct sections *config;
	enum log_level level;
	char *why = NULL;

	if (kit.state != WAITING) {
		kit_error(call, ERR_BAD_REQUEST, "initialized already");
		return;
	}
	kit.instance = xstrdup(p->instance);
	kit.number = (unsigned)p->backend_id;
	config = config_keep(&p->config);
	if (log_level_parse(kit_config("logging", "level", "info"),
	    &level) == 0)
		log_set_level(level);
	say.features.v = (const char **)(uintptr_t)features;
	while (features[say.features.n] != NULL)
		say.features.n++;
	if (b->start != NULL && b->start(config, &say, &why) < 0) {
		kit_error(call, ERR_BAD_REQUEST, why);
		free(why);
		stopped(EX_CONFIG);
		return;
	}
	kit.state = RUNNING;
	kit_reply(call, &say);
}

static void
pong(const struct kit_call *call, const struct msg_ping *ping)
{
	struct msg_ping_result result = {
		.rss_kb = stats_rss_kb(),
		.queued = (int64_t)buf_len(&kit.out),
	};

	if (kit.backend->sessions != NULL)
		result.sessions = (int64_t)kit.backend->sessions();
	kit_reply(call, &result);
	if (kit.backend->all_sessions != NULL && kit.state == RUNNING &&
	    ping->users > 0)
		kit.backend->all_sessions((size_t)ping->users);
}

/* One case for each message that has a handler of the backend's. */
#define KIT_CASE_DOWN(name) \
	case METHOD_##name: \
		if (h->name == NULL) \
			break; \
		h->name(call, &p->name); \
		return;
#define KIT_CASE_UP(name)
#define RECORD(name)
#define MESSAGE(name, wire, dir, kind, help)	KIT_CASE_##dir(name)
#define RESULT(name, help)
#define FIELD(type, name, need, help)
#define LIST(record, name, need, help)
#define ONE(record, name, need, help)
#define END
static void
hand_over(const struct kit_call *call, const union params *p)
{
	const struct kit_handlers *h = &kit.backend->handle;

	switch (call->method) {
#include "protocol/messages.def"
	default:
		break;
	}
	kit_error(call, ERR_NOT_SUPPORTED, NULL);
}

static void
called(const struct msg *msg)
{
	const struct kit_call call = { msg->id, msg->method,
	    msg->kind == REQUEST };

	if (call.method == METHOD_initialize)
		start(&call, &msg->params->initialize);
	else if (call.method == METHOD_ping)
		pong(&call, &msg->params->ping);
	else if (call.method == METHOD_exit)
		kit_quit();
	else if (kit.state == WAITING)
		kit_error(&call, ERR_BAD_REQUEST, "not initialized");
	else if (kit.state >= STOPPING)
		kit_error(&call, ERR_NOT_CONNECTED, "shutting down");
	else
		hand_over(&call, msg->params);
}

static void
answered(const struct msg *msg)
{
	static const struct msg_error garbled = { .code = ERR_BAD_REQUEST };
	enum method m = rpc_method(kit.rpc, msg->id);
	const struct msg_error *error = msg->error;
	union result result;
	const char *why;

	if (m == METHOD_NONE)
		return;
	if (error == NULL &&
	    decoder_result(kit.decoder, m, &result, &why) < 0) {
		log_error("answer refused: %s", why);
		error = &garbled;
	}
	rpc_finish(kit.rpc, msg->id, error, &result);
}

struct buf *
kit_in(void)
{
	return &kit.in;
}

bool
kit_wants_input(void)
{
	return !kit.paused && !kit.orphan && kit.state != STOPPED;
}

bool
kit_more(void)
{
	return kit.more && kit_wants_input();
}

void
kit_received(void)
{
	double end = clock_now() + LONG;
	struct msg msg;
	const char *why;
	int got = 0;

	kit.more = false;
	while (kit_wants_input() && !kit.more &&
	    (got = decoder_next(kit.decoder, &kit.in, &msg, &why)) > 0) {
		if (msg.kind == RESPONSE)
			answered(&msg);
		else
			called(&msg);
		kit.more = clock_now() > end;
	}
	if (got < 0) {
		log_error("main process is not understood: %s", why);
		kit.status = EX_PROTOCOL;
		kit_orphaned();
	}
	if (buf_len(&kit.in) == 0 && kit.in.cap > BUFFER_KEPT)
		buf_free(&kit.in);
}

const char *
kit_instance(void)
{
	return kit.instance;
}

unsigned
kit_number(void)
{
	return kit.number;
}
