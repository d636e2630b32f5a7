/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool_backend.h - a backend that behaves or misbehaves as its first argument
 * says, and as the bodies of messages tell it: the test program starts itself
 * as one. */
#ifndef TESTS_UNIT_POOL_BACKEND_H
#define TESTS_UNIT_POOL_BACKEND_H

#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "protocol/codec.h"
#include "protocol/errors.h"

static struct buf kit_in, kit_out;
static const char *kit_mode;

static inline void
kit_flush(void)
{
	while (buf_len(&kit_out) > 0) {
		ssize_t n = write(1, buf_data(&kit_out), buf_len(&kit_out));

		if (n <= 0)
			_exit(5);
		buf_consume(&kit_out, (size_t)n);
	}
}

static inline void
kit_say(const char *user, const char *body)
{
	struct msg_message m = {
		.user = user, .from = "peer", .kind = "chat", .body = body
	};

	if (encode_notification(&kit_out, METHOD_message, &m) < 0)
		_exit(6);
}

/* The descriptors this process has, as "0 1 2 ". */
static inline char *
kit_descriptors(void)
{
	static char list[4096];
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		int fd = atoi(e->d_name);

		if (e->d_name[0] != '.' && fd != dirfd(dir))
			snprintf(list + strlen(list), 16, "%d ", fd);
	}
	closedir(dir);
	return list;
}

/* Messages that an order makes it send. */
static inline void
kit_speak(const char *user, const char *order)
{
	if (strcmp(order, "garbage") == 0) {
		buf_adds(&kit_out, "Hello, I print to stdout\n");
	} else if (strcmp(order, "flood") == 0) {
		for (int i = 0; i < 20000; i++)
			kit_say(user, "flood");
	} else if (strcmp(order, "log") == 0) {
		struct msg_log line = {
			.level = "warn", .user = user, .text = "beware"
		};

		for (int i = 0; i < 1000; i++) {
			if (encode_notification(&kit_out, METHOD_log,
			    &line) < 0)
				_exit(6);
		}
	} else if (strncmp(order, "ask", 3) == 0) {
		struct msg_ask ask = { .user = user, .title = "code?" };

		if (encode_request(&kit_out, 7, METHOD_ask, &ask) < 0)
			_exit(6);
		if (strcmp(order, "asks") == 0) {
			for (uint32_t i = 0; i < 5000; i++) {
				if (encode_request(&kit_out, i, METHOD_ask,
				    &ask) < 0)
					_exit(6);
			}
		}
	}
}

/* What the body of a message can make it do. */
static inline void
kit_obey(const char *user, const char *order)
{
	if (strcmp(order, "crash") == 0) {
		signal(SIGSEGV, SIG_DFL);
		fprintf(stderr, "about to crash\nfor %s\n", user);
		raise(SIGSEGV);
	} else if (strcmp(order, "chatter") == 0) {
		static char words[60000];

		for (size_t i = 0; i < sizeof(words); i++)
			words[i] = i % 50 == 49 ? '\n' : 'x';
		memcpy(words + sizeof(words) - 8, "and out\n", 8);
		if (write(2, words, sizeof(words)) > 0)
			_exit(3);
	} else if (strcmp(order, "exit0") == 0) {
		_exit(0);
	} else if (strcmp(order, "words") == 0) {
		kit_say(user, "last words");
		kit_flush();
		_exit(3);
	} else if (strcmp(order, "close") == 0) {
		close(1);
		for (;;)
			pause();
	} else if (strncmp(order, "spin", 4) == 0) {
		if (strcmp(order, "spin on") == 0)
			signal(SIGABRT, SIG_IGN);
		for (volatile unsigned i = 0;; i++)
			continue;
	} else if (strcmp(order, "deaf") == 0) {
		for (;;)
			pause();
	} else if (strcmp(order, "nap") == 0) {
		nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	} else if (strcmp(order, "helper") == 0) {
		/* A helper that holds the pipes longer than we live. */
		pid_t pid = fork();
		char text[16];

		while (pid == 0)
			pause();
		snprintf(text, sizeof(text), "%d", (int)pid);
		kit_say(user, text);
		kit_flush();
		_exit(4);
	} else {
		kit_speak(user, order);
	}
}

/* With a long value in it. */
static inline void
kit_refuse_setting(uint32_t id)
{
	char text[400];

	snprintf(text, sizeof(text), "[network] licence = %0300d: want a "
	    "valid one", 0);
	for (char *at = text; (at = strchr(at, '0')) != NULL;)
		*at = 'z';
	encode_error(&kit_out, id, ERR_BAD_REQUEST, text);
}

static inline void
kit_hello(uint32_t id)
{
	static const char *features[] = { "rooms", "receipts" };
	struct msg_initialize_result r = {
		.version = PROTOCOL_VERSION, .name = "kit",
		.features = { features, 2 },
	};

	if (strcmp(kit_mode, "slow") == 0)
		return;
	if (strcmp(kit_mode, "v2") == 0)
		r.version = 2;
	if (strcmp(kit_mode, "single") == 0)
		r.users_max = 1;
	if (strcmp(kit_mode, "fds") == 0)
		r.name = kit_descriptors();
	if (strcmp(kit_mode, "young") == 0)
		r.features.n = 1;
	if (strcmp(kit_mode, "refuse") == 0)
		encode_error(&kit_out, id, ERR_NETWORK, "no licence");
	else if (strcmp(kit_mode, "refuse_setting") == 0)
		kit_refuse_setting(id);
	else if (encode_result(&kit_out, id, METHOD_initialize, &r) < 0)
		_exit(6);
}

static inline void
kit_take(const struct msg *msg)
{
	struct msg_send_result sent = { 0 };
	struct msg_ping_result pong = { .sessions = 1, .rss_kb = 4321 };
	const char *ids[1];
	int ok = 0;

	switch (msg->method) {
	case METHOD_initialize:
		kit_hello(msg->id);
		break;
	case METHOD_ping:
		ok = encode_result(&kit_out, msg->id, METHOD_ping, &pong);
		break;
	case METHOD_exit:
		if (strcmp(kit_mode, "stubborn") != 0)
			_exit(0);
		break;
	case METHOD_send:
		ids[0] = msg->params->send.body;
		sent.ids = (struct strs){ ids, 1 };
		kit_obey(msg->params->send.user, msg->params->send.body);
		if (strcmp(msg->params->send.body, "silent") != 0)
			ok = encode_result(&kit_out, msg->id, METHOD_send,
			    &sent);
		break;
	case METHOD_logout:
		ok = encode_result(&kit_out, msg->id, METHOD_logout, NULL);
		break;
	default:
		break;
	}
	if (msg->kind == RESPONSE)
		kit_say("asker@x", msg->error ? msg->error->code : "answered");
	if (ok < 0)
		_exit(6);
}

static inline int
kit_backend(void)
{
	struct decoder *d = decoder_create(DOWN);
	struct msg msg;
	const char *why;
	ssize_t n;
	int got;

	if (strcmp(kit_mode, "die") == 0) {
		fprintf(stderr, "first line\nno such network\n");
		return 3;
	}
	if (strcmp(kit_mode, "junk") == 0) {
		printf("Welcome to the backend!\n");
		fflush(stdout);
	}
	if (strcmp(kit_mode, "stubborn") == 0)
		signal(SIGTERM, SIG_IGN);
	while ((n = read(0, buf_reserve(&kit_in, 65536), 65536)) > 0) {
		buf_added(&kit_in, (size_t)n);
		while ((got = decoder_next(d, &kit_in, &msg, &why)) == 1)
			kit_take(&msg);
		if (got < 0)
			return 7;
		kit_flush();
	}
	for (;;) {
		if (strcmp(kit_mode, "stubborn") != 0)
			return 0;
		pause();
	}
}

/* How large cores of backends may be from now on; with 1 there are none. */
static inline void
kit_cores(rlim_t bytes)
{
	static struct rlimit at_start;
	struct rlimit now;

	if (at_start.rlim_max == 0)
		getrlimit(RLIMIT_CORE, &at_start);
	now = at_start;
	now.rlim_cur = bytes < now.rlim_max ? bytes : now.rlim_max;
	if (bytes != RLIM_INFINITY)
		now.rlim_max = now.rlim_cur;
	setrlimit(RLIMIT_CORE, &now);
}

/* First thing in main(): become the backend when started as one. */
static inline void
kit_main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "--backend") == 0) {
		kit_mode = argv[2];
		_exit(kit_backend());
	}
	kit_cores(1);
}

#endif
