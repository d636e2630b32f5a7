/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote_session.h - a session of the XMPP backend for fuzzers: logged in, with
 * a link that goes nowhere and a main process that takes everything.
 *
 * The input are pieces between NULs: '!' and a letter is a request, all else
 * stanzas of the server.  An answer whose id is a number is one to the question
 * that was asked so many questions ago. */
#ifndef TESTS_FUZZ_REMOTE_SESSION_H
#define TESTS_FUZZ_REMOTE_SESSION_H

#include <ev.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "backends/xmpp/config.h"
#include "backends/xmpp/login.h"
#include "backends/xmpp/session.h"
#include "backends/xmpp/stanza.h"
#include "protocol/codec.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* For what was sent, which is in the ledger.  Its states are not those of the
 * protocol's directions. */
#define UP	LINK_IS_UP
#include "backends/xmpp/link_private.h"
#undef UP

#define USER	"me@example.org"

static size_t asked, answered;	/* requests, which have one answer each */

/* Called with what the main process hears, where a test wants to know; code
 * NULL: the request is done. */
static void	(*on_told)(enum method, const void *params);
static void	(*on_settled)(enum method, const char *code);

/* ---------------------------------------------------- in place of the kit */

static void
check(int encoded, struct buf *b)
{
	/* Too long, or damaged, would be our own fault. */
	if (encoded == -1)
		abort();
	buf_free(b);
}

void
kit_reply(const struct kit_call *call, const void *result)
{
	struct buf b = { 0 };

	answered += call->wanted;
	if (on_settled != NULL)
		on_settled(call->method, NULL);
	check(encode_result(&b, call->id, call->method, result), &b);
}

void
kit_error(const struct kit_call *call, const char *code, const char *text)
{
	struct buf b = { 0 };

	answered += call->wanted;
	if (on_settled != NULL)
		on_settled(call->method, code);
	encode_error(&b, call->id, code, text);
	buf_free(&b);
}

void
kit_notify(enum method method, const void *params)
{
	struct buf b = { 0 };

	if (on_told != NULL)
		on_told(method, params);
	check(encode_notification(&b, method, params), &b);
}

struct question {
	rpc_reply	*reply;
	void		*ctx;
};

/* Nobody knows what to say. */
static void
refuse(void *object)
{
	const struct msg_error error = { .code = ERR_NOT_SUPPORTED };
	struct question *q = object;

	if (q->reply != NULL)
		q->reply(q->ctx, &error, NULL);
	free(q);
}

void
kit_request(enum method method, const void *params, double timeout,
    rpc_reply *reply, void *ctx)
{
	struct question *q = xmalloc(sizeof(*q));
	struct buf b = { 0 };

	(void)timeout;
	if (on_told != NULL)
		on_told(method, params);
	*q = (struct question){ reply, ctx };
	check(encode_request(&b, 1, method, params), &b);
	later(refuse, q);
}

bool
kit_paused(void)
{
	return false;
}

size_t
kit_queued(void)
{
	return 0;
}

const char *
kit_instance(void)
{
	return "irc.example";
}

const char *
kit_config(const char *section, const char *key, const char *otherwise)
{
	(void)section, (void)key;
	return otherwise;
}

bool
kit_config_bool(const char *section, const char *key, bool otherwise)
{
	(void)section, (void)key;
	return otherwise;
}

long
kit_config_int(const char *section, const char *key, long otherwise)
{
	(void)section, (void)key;
	return otherwise;
}

/* ------------------------------------------------------------------ session */

/* A request of the main process. */
static const struct kit_call *
call_of(enum method method)
{
	static struct kit_call call;

	call = (struct kit_call){ .method = method, .wanted = true };
	asked++;
	return &call;
}

static struct session *
session_begin(void)
{
	const struct msg_login m = { .user = USER, .account = "bob@xmpp.test",
	    .password = "secret" };
	struct session *s;

	ev_default_loop(0);
	log_set_level(LOG_ERROR);
	config.users_max = 10;
	config.host = (char *)"127.0.0.1";
	config.port = (char *)"1";
	config.tls = TLS_OFF;
	config.room_ping = config.keepalive = 1000;
	asked = answered = 0;
	session_login(call_of(METHOD_login), &m);
	s = session_find(USER);
	session_online(s, "bob@xmpp.test/there", false);
	return s;
}

static void
session_finish(struct session *s)
{
	sessions_logout_all(NULL);
	(void)s;
	later_run();
	if (asked != answered)
		abort();
}

/* The id of the question that is meant. */
static char *
asked_id(struct session *s, unsigned long ago)
{
	const struct entry *e;
	const char *id = NULL, *at;
	unsigned long n = 0, wanted = 0;

	for (int pass = 0; pass < 2; pass++) {
		wanted = n > 0 ? (n - 1) - ago % n : 0;
		n = 0;
		STAILQ_FOREACH(e, &login_link(s)->ledger.entries, next) {
			at = strstr(e->xml, " id=\"");
			if (strncmp(e->xml, "<iq", 3) == 0 && at != NULL &&
			    n++ == wanted)
				id = at + 5;
		}
	}
	return id != NULL ? xstrndup(id, strcspn(id, "\"")) : NULL;
}

static void
hear(struct session *s, xmpp_stanza_t *st)
{
	const char *id = xmpp_stanza_get_id(st);
	char *real, *end;
	unsigned long ago;

	if (xmpp_stanza_get_name(st) == NULL)
		return;
	if (id != NULL && *id >= '0' && *id <= '9') {
		ago = strtoul(id, &end, 10);
		real = asked_id(s, ago);
		if (real != NULL)
			xmpp_stanza_set_id(st, real);
		free(real);
	}
	session_stanza(s, st);
}

static void
hear_all(struct session *s, const char *text)
{
	char *xml = xasprintf("<stream xmlns='jabber:client'>%s</stream>",
	    text);
	xmpp_stanza_t *all = xmpp_stanza_new_from_string(session_strophe(s),
	    xml), *st, *next;

	free(xml);
	st = all != NULL ? xmpp_stanza_get_children(all) : NULL;
	for (; st != NULL; st = next) {
		next = xmpp_stanza_get_next(st);
		hear(s, st);
		later_run();
	}
	if (all != NULL)
		xmpp_stanza_release(all);
}

/* request: of that letter. */
static inline void
session_fuzz(struct session *s, const uint8_t *data, size_t size,
    void (*request)(struct session *, char letter))
{
	const uint8_t *end;
	char *piece;
	size_t n;

	for (; size > 0; data += n, size -= n) {
		end = memchr(data, '\0', size);
		n = end != NULL ? (size_t)(end - data) : size;
		piece = xstrndup((const char *)data, n);
		n += end != NULL;
		if (*piece == '!')
			request(s, piece[1]);
		else if (*piece == '~')
			session_online(s, "bob@xmpp.test/again",
			    piece[1] == 'r');
		else
			hear_all(s, piece);
		free(piece);
		later_run();
	}
}

#endif
