/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backend_kit.h - a small backend on the kit, and what is said to it. */
#ifndef TESTS_UNIT_BACKEND_KIT_H
#define TESTS_UNIT_BACKEND_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/kit/kit.h"
#include "protocol/codec.h"
#include "util/xalloc.h"

/* ------------------------------------------------------- the backend itself */

static struct {
	struct kit_call	 kept;		/* logout, answered later */
	int		 logins, drains, pauses, resumes, stops;
	bool		 slow_stop;
	useconds_t	 login_takes;	/* microseconds */
	char		 asked[64];	/* outcome of a kit_request() */
} seen;

static void
on_login(const struct kit_call *call, const struct msg_login *p)
{
	struct msg_connected up = { .user = p->user, .account = p->account };

	seen.logins++;
	usleep(seen.login_takes);
	kit_reply(call, NULL);
	kit_notify(METHOD_connected, &up);
}

static void
on_logout(const struct kit_call *call, const struct msg_logout *p)
{
	(void)p;
	seen.kept = *call;
}

static void
on_drain(const struct kit_call *call, const struct msg_drain *p)
{
	(void)p;
	seen.drains++;
	kit_reply(call, NULL);		/* nobody asked */
	kit_error(call, ERR_NETWORK, NULL);
}

/* Echo, so many times as the body says if it is a number. */
static void
on_send(const struct kit_call *call, const struct msg_send *p)
{
	struct msg_message up = { .user = p->user, .from = p->to,
	    .kind = p->kind, .body = p->body };
	struct msg_send_result result = { .delivered = true };

	for (int i = atoi(p->body); i > 0; i--) {
		up.time = i;
		kit_notify(METHOD_message, &up);
	}
	kit_reply(call, &result);
}

static void
on_room_list(const struct kit_call *call, const struct msg_room_list *p)
{
	char *novel = xcalloc(1, PROTOCOL_MESSAGE_MAX + 1);
	struct msg_room_info room = { .room = novel };
	struct msg_room_list_result result = { .rooms = { &room, 1 } };

	(void)p;
	memset(novel, 'x', PROTOCOL_MESSAGE_MAX);
	kit_reply(call, &result);
	free(novel);
}

static int
on_start(const struct sections *config, struct msg_initialize_result *say,
    char **why)
{
	static const struct msg_field account[] = { { .var = "server" } };

	assert_int_equal(config->n, 2);
	assert_string_equal(kit_instance(), "irc.example");
	assert_int_equal(kit_number(), 3);
	if (kit_config_bool("service", "broken", false)) {
		*why = xstrdup("service.broken: cannot be");
		return -1;
	}
	printf("a plug-in that prints\n");
	fflush(stdout);
	say->account_fields.v = (struct msg_field *)(uintptr_t)account;
	say->account_fields.n = 1;
	return 0;
}

static void
on_stop(void)
{
	seen.stops++;
	if (!seen.slow_stop)
		kit_stopped();
}

static void
on_pause(void)
{
	seen.pauses++;
}

static void
on_resume(void)
{
	seen.resumes++;
}

static size_t
sessions(void)
{
	return (size_t)seen.logins;
}

static const char *const features[] = { "rooms", "receipts", NULL };

static const struct kit_backend backend = {
	.program = "spectrum2_test_backend",
	.about = "A backend for tests.",
	.name = "Test",
	.features = features,
	.start = on_start,
	.stop = on_stop,
	.pause = on_pause,
	.resume = on_resume,
	.sessions = sessions,
	.handle = {
		.login = on_login,
		.logout = on_logout,
		.drain = on_drain,
		.send = on_send,
		.room_list = on_room_list,
	},
};

/* -------------------------------------------------- the main process's side */

static void
put(struct buf *to, uint32_t id, enum method m, const void *params)
{
	if (method_kind(m) == REQUEST)
		assert_int_equal(encode_request(to, id, m, params), 0);
	else
		assert_int_equal(encode_notification(to, m, params), 0);
}

static void
put_initialize(struct buf *to, const char *broken)
{
	struct pair service[] = { { "broken", broken }, { "n", "42" },
	    { "word", "4x2" }, { "lines", "a\nb" } };
	struct pair logging[] = { { "level", "error" } };
	struct section sections[] = {
		{ "service", { service, 4 } },
		{ "logging", { logging, 1 } },
	};
	struct msg_initialize p = { .version = 1, .instance = "irc.example",
	    .backend_id = 3, .config = { sections, 2 } };

	put(to, 1, METHOD_initialize, &p);
}

static void
put_login(struct buf *to, uint32_t id)
{
	struct msg_login p = { .user = "ana@example", .account = "ana" };

	put(to, id, METHOD_login, &p);
}

static void
put_send(struct buf *to, uint32_t id, const char *body)
{
	struct msg_send p = { .user = "ana@example", .to = "bob",
	    .kind = "chat", .body = body };

	put(to, id, METHOD_send, &p);
}

#endif
