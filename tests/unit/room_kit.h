/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_kit.h - a world around rooms for their tests: one user, whose session
 * is up or not as the test says; a link that writes down every stanza; a
 * network whose requests the test answers by hand.  Rooms, stanzas, names and
 * XML are the real ones. */
#ifndef TESTS_UNIT_ROOM_KIT_H
#define TESTS_UNIT_ROOM_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/down.h"
#include "manager/gateway/ids.h"
#include "manager/gateway/query.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session.h"
#include "manager/gateway/up.h"
#include "tests/unit/archive_kit.h"
#include "manager/xmpp/link_private.h"
#include "manager/xmpp/parser.h"
#include "protocol/errors.h"
#include "util/later.h"
#include "util/xalloc.h"

#define ANA	"ana@example.org"
#define PC	ANA "/pc"
#define PHONE	ANA "/phone"
#define CATS	"#cats@irc.example"
#define SENT_MAX 256

/* ------------------------------------------------------------------- link */

static struct kit {
	struct gateway	 gw;
	struct gateway_config config;
	struct link	 link;
	struct user	*user;
	struct arena	 arena;
	struct buf	 out;
	char		*sent[SENT_MAX];	/* stanzas, in order */
	size_t		 nsent, seen;
	bool		 ready;			/* the session */
	const char	*features;		/* " a b c " */
	unsigned	 wanted;		/* calls of session_want() */
	unsigned	 presences;		/* of session_presence() */
	const char	*persistent, *record, *length;	/* settings, or NULL */
	store_user_cb	*loading;	/* asked of the store */
	void		*loading_ctx;
	char		 registered[64];	/* in the store: the password */
} kit;

static struct buf *
kit_begin(struct link *l)
{
	(void)l;
	return &kit.out;
}

static int
kit_end(struct link *l, const char *to, unsigned flags, size_t mark)
{
	(void)l;
	(void)to;
	(void)flags;
	(void)mark;
	assert_true(kit.nsent < SENT_MAX);
	buf_addc(&kit.out, '\0');
	kit.sent[kit.nsent++] = xstrdup(buf_data(&kit.out));
	buf_clear(&kit.out);
	return 0;
}

static const struct link_ops kit_link_ops = {
	.begin = kit_begin, .end = kit_end,
};

/* The next stanza that clients got has all of these in it; NULL ends them. */
static void
expect_(const char *file, int line, ...)
{
	const char *stanza, *part;
	va_list ap;

	if (kit.seen == kit.nsent)
		print_error("%s:%d: nothing was sent\n", file, line);
	assert_true(kit.seen < kit.nsent);
	stanza = kit.sent[kit.seen++];
	va_start(ap, line);
	while ((part = va_arg(ap, const char *)) != NULL) {
		if (strstr(stanza, part) != NULL)
			continue;
		print_error("%s:%d: no %s in\n%s\n", file, line, part,
		    stanza);
		fail();
	}
	va_end(ap);
}
#define expect(...)	expect_(__FILE__, __LINE__, __VA_ARGS__, NULL)

/* The stanza last expected does not have this in it. */
static inline void
expect_no(const char *part)
{
	assert_null(strstr(kit.sent[kit.seen - 1], part));
}

static void
expect_nothing_(const char *file, int line)
{
	if (kit.seen < kit.nsent)
		print_error("%s:%d: unexpected:\n%s\n", file, line,
		    kit.sent[kit.seen]);
	assert_true(kit.seen == kit.nsent);
}
#define expect_nothing() expect_nothing_(__FILE__, __LINE__)

/* ---------------------------------------------------------------- network */

/* A request to the network that is not answered yet.  params is as shallow a
 * copy as the tests need: the strings they look at. */
struct asked {
	enum method	 method;
	char		*text;		/* "a=1 b=2" of the params */
	rpc_reply	*reply;
	void		*ctx;
};

static struct asked asked[SENT_MAX];
static size_t nasked, asked_at;

static char *
kit_text_of(enum method method, const union params *p)
{
#define S(s)	((s) ? (s) : "-")
	switch (method) {
	case METHOD_room_join:
		return xasprintf("join %s %s %s %d", p->room_join.room,
		    p->room_join.nick, S(p->room_join.password),
		    (int)p->room_join.history);
	case METHOD_room_leave:
		return xasprintf("leave %s %s", p->room_leave.room,
		    S(p->room_leave.reason));
	case METHOD_room_nick:
		return xasprintf("nick %s %s", p->room_nick.room,
		    p->room_nick.nick);
	case METHOD_send:
		return xasprintf("%s %s %s %s%s", p->send.kind, p->send.to,
		    S(p->send.id), p->send.reply_to && p->send.reply_to->text ?
		    p->send.reply_to->text : "", p->send.body);
	case METHOD_react:
		return xasprintf("react %s %s %s %zu %s", p->react.peer,
		    S(p->react.room), p->react.id, p->react.emojis.n,
		    p->react.emojis.n > 0 ? p->react.emojis.v[0] : "-");
	case METHOD_retract:
		return xasprintf("retract %s %s %s %s", p->retract.peer,
		    S(p->retract.room), p->retract.id, S(p->retract.reason));
	case METHOD_chat_state:
		return xasprintf("state %s %s %s", p->chat_state.peer,
		    S(p->chat_state.room), p->chat_state.state);
	case METHOD_room_subject_set:
		return xasprintf("subject %s %s", p->room_subject_set.room,
		    p->room_subject_set.subject);
	case METHOD_room_moderate:
		return xasprintf("moderate %s %s %s %s",
		    p->room_moderate.target, S(p->room_moderate.role),
		    S(p->room_moderate.affiliation),
		    S(p->room_moderate.reason));
	case METHOD_room_affiliations:
		return xasprintf("affiliations %s",
		    p->room_affiliations.affiliation);
	case METHOD_room_config:
		return xstrdup("config");
	case METHOD_room_config_set:
		return xasprintf("config set %s=%s",
		    p->room_config_set.values.v[0].key,
		    p->room_config_set.values.v[0].value);
	case METHOD_room_invite:
		return xasprintf("invite %s %s", p->room_invite.room,
		    p->room_invite.peer);
	case METHOD_room_decline:
		return xasprintf("decline %s %s %s", p->room_decline.room,
		    S(p->room_decline.peer), S(p->room_decline.reason));
	case METHOD_room_list:
		return xasprintf("list %s %s", S(p->room_list.user),
		    S(p->room_list.network));
	default:
		return xasprintf("method %d", (int)method);
	}
#undef S
}

static void
kit_ask(enum method method, const void *params, rpc_reply *reply, void *ctx)
{
	assert_true(nasked < SENT_MAX);
	asked[nasked++] = (struct asked){ method,
	    kit_text_of(method, params), reply, ctx };
}

/* The next request is this one; it stays to be answered. */
static struct asked *
expect_asked_(const char *file, int line, const char *text)
{
	struct asked *a;

	if (asked_at == nasked)
		print_error("%s:%d: not asked: %s\n", file, line, text);
	assert_true(asked_at < nasked);
	a = &asked[asked_at++];
	if (strcmp(a->text, text) != 0)
		print_error("%s:%d: asked: %s\n", file, line, a->text);
	assert_string_equal(a->text, text);
	return a;
}
#define expect_asked(text) expect_asked_(__FILE__, __LINE__, text)

static inline void
answer(struct asked *a, const union result *result)
{
	rpc_reply *reply = a->reply;

	a->reply = NULL;
	reply(a->ctx, NULL, result);
	later_run();
}

static inline void
answer_error(struct asked *a, const char *code, const char *text)
{
	struct msg_error error = { .code = code, .text = text };
	rpc_reply *reply = a->reply;

	a->reply = NULL;
	reply(a->ctx, &error, NULL);
	later_run();
}

void
session_request(struct user *user, enum method method, const void *params,
    rpc_reply *reply, void *ctx)
{
	(void)user;
	kit_ask(method, params, reply, ctx);
}

void
session_notify(struct user *user, enum method method, const void *params)
{
	(void)user;
	kit_ask(method, params, NULL, NULL);
}

/* This network's programs cannot be asked: test_query.c has one whose can. */
bool
query_pass(struct down *d, const char *what)
{
	(void)d, (void)what;
	return false;
}

bool
session_ready(const struct user *user)
{
	(void)user;
	return kit.ready;
}

bool
session_expected(const struct user *user)
{
	(void)user;
	return kit.ready;
}

void
session_answered(struct user *user)
{
	if (user->inflight > 0)
		user->inflight--;
}

void
session_presence(struct user *user)
{
	(void)user;
	kit.presences++;
}

void
session_want(struct user *user, const char *hint)
{
	(void)user;
	(void)hint;
	kit.wanted++;
}

int
pool_request_any(struct pool *pool, enum method method, const void *params,
    double timeout, rpc_reply *reply, void *ctx)
{
	(void)pool;
	(void)timeout;
	kit_ask(method, params, reply, ctx);
	return 0;
}

const struct msg_initialize_result *
pool_features(const struct pool *pool)
{
	(void)pool;
	return NULL;
}

bool
gateway_can(const struct gateway *gw, const char *feature)
{
	(void)gw;
	return kit.features != NULL && strstr(kit.features, feature) != NULL;
}

/* ------------------------------------------------------------------- users */

struct user *
user_find(struct gateway *gw, const char *bare)
{
	return map_get(&gw->users, bare);
}

struct user *
user_get(struct gateway *gw, const char *bare)
{
	assert_string_equal(bare, ANA);
	return user_find(gw, bare);
}

/* Rooms know nobody on the user's list, and no client that is in none. */
struct client *
user_client(const struct user *user, const char *full)
{
	(void)user, (void)full;
	return NULL;
}

struct client *
user_best_client(const struct user *user)
{
	(void)user;
	return NULL;
}

struct contact *
contact_find(const struct user *user, const char *name)
{
	(void)user, (void)name;
	return NULL;
}

struct contact *
contact_find_jid(const struct user *user, const char *bare)
{
	(void)user, (void)bare;
	return NULL;
}

const char *
user_setting_of(const struct user *user, const char *name, const char *id,
    const char *otherwise)
{
	const char *value = strcmp(name, "persistent") == 0 ? kit.persistent :
	    strcmp(name, "record_history") == 0 ? kit.record : kit.length;

	(void)user, (void)id;
	return value ? value : otherwise;
}

void
store_register(struct store *s, const struct store_user *u,
    store_done_cb *cb, void *ctx)
{
	(void)s, (void)cb, (void)ctx;
	snprintf(kit.registered, sizeof(kit.registered), "%s", u->password);
}

void
store_load(struct store *s, const char *jid, store_user_cb *cb, void *ctx)
{
	(void)s;
	assert_string_equal(jid, ANA);
	assert_null(kit.loading);
	kit.loading = cb;
	kit.loading_ctx = ctx;
}

void
user_tidy(struct user *user)
{
	(void)user;
}

static const char *const kit_shows[] = {
	"offline", "online", "chat", "away", "xa", "dnd",
};

const char *
show_name(enum show show)
{
	return kit_shows[show];
}

enum show
show_parse(const char *name)
{
	for (size_t i = 0; i < LENGTH(kit_shows); i++)
		if (strcmp(kit_shows[i], name) == 0)
			return (enum show)i;
	return SHOW_ONLINE;
}

/* ----------------------------------------------------------------- stanzas */

struct kit_run {
	down_handler	*handle;
	const char	*child_ns;	/* of the payload, or NULL */
};

static void
kit_stanza(void *ctx, struct arena *a, const struct stanza *stanza)
{
	const struct kit_run *run = ctx;
	struct jid from, to;
	struct down d = {
		.gw = &kit.gw, .arena = a, .stanza = stanza,
		.from = &from, .to = &to, .id = stanza_attr(stanza, "id"),
		.type = stanza_attr(stanza, "type"), .user = kit.user,
	};

	assert_int_equal(jid_parse(a, stanza_attr(stanza, "from"), &from), 0);
	assert_int_equal(jid_parse(a, stanza_attr(stanza, "to"), &to), 0);
	d.name = to.node;
	d.room = room_find(kit.user, to.bare);
	if (run->child_ns != NULL)
		d.payload = stanza_child_ns(stanza, run->child_ns);
	run->handle(&d);
}

static void
kit_opened(void *ctx, struct arena *a, const struct stanza *stanza)
{
	(void)ctx;
	(void)a;
	(void)stanza;
}

/* A client sends this to the handler. */
static inline void
send_to(down_handler *handle, const char *child_ns, const char *fmt, ...)
{
	static const struct parser_events events = {
		.opened = kit_opened, .stanza = kit_stanza,
	};
	struct kit_run run = { handle, child_ns };
	struct parser *parser = parser_create(NS_CLIENT, 1 << 20, &events,
	    &run);
	const char *why = NULL;
	struct buf in = { 0 };
	va_list ap;

	buf_adds(&in, "<stream:stream xmlns='" NS_CLIENT "' xmlns:stream='"
	    NS_STREAM "'>");
	va_start(ap, fmt);
	buf_addv(&in, fmt, ap);
	va_end(ap);
	if (parser_feed(parser, buf_data(&in), buf_len(&in), &why) < 0)
		fail_msg("%s", why);
	parser_destroy(parser);
	buf_free(&in);
	later_run();
}

#define NS_MUC_	"http://jabber.org/protocol/muc"

static inline void
join_as(const char *client, const char *nick, const char *inside)
{
	send_to(down_room_presence, NULL, "<presence from='%s' to='" CATS
	    "/%s' id='j1'><x xmlns='" NS_MUC_ "'>%s</x></presence>", client,
	    nick, inside);
}

static inline void
leave_from(const char *client)
{
	send_to(down_room_leave, NULL, "<presence from='%s' to='" CATS
	    "/ana' type='unavailable'><status>bye</status></presence>",
	    client);
}

static inline void
say_as(const char *client, const char *id, const char *body)
{
	send_to(down_room_message, NULL, "<message from='%s' to='" CATS
	    "' type='groupchat' id='%s'><body>%s</body></message>", client,
	    id, body);
}

/* ------------------------------------------------------------------ events */

static inline void
up(up_handler *handle, const union params *params)
{
	struct up u = { .gw = &kit.gw, .user = kit.user, .params = params };

	handle(&u);
	later_run();
}

static inline void
occupant(const char *nick, const char *role, bool self)
{
	union params p = { .room_occupant = {
		.user = ANA, .room = "#cats", .nick = nick, .role = role,
		.self = self, .show = "online",
	} };

	up(up_room_occupant, &p);
}

static inline void
renamed(const char *nick, const char *to)
{
	union params p = { .room_occupant = {
		.user = ANA, .room = "#cats", .nick = nick, .new_nick = to,
	} };

	up(up_room_occupant, &p);
}

static inline void
gone(const char *nick, const char *how, const char *actor, const char *reason)
{
	union params p = { .room_occupant_gone = {
		.user = ANA, .room = "#cats", .nick = nick, .how = how,
		.actor = actor, .reason = reason,
	} };

	up(up_room_occupant_gone, &p);
}

static inline void
subject(const char *text)
{
	union params p = { .room_subject = {
		.user = ANA, .room = "#cats", .subject = text, .nick = "bob",
	} };

	up(up_room_subject, &p);
}

static inline void
said(const char *nick, const char *id, const char *body)
{
	union params p = { .message = {
		.user = ANA, .from = "#cats", .kind = "groupchat",
		.nick = nick, .body = body, .id = id,
	} };

	up(up_room_message, &p);
}

static inline void
closed(const char *reason, bool retry)
{
	union params p = { .room_closed = {
		.user = ANA, .room = "#cats", .reason = reason,
		.retry = retry,
	} };

	up(up_room_closed, &p);
}

static inline void
joined(struct asked *a, const char *nick)
{
	union result r = { .room_join = { .nick = nick } };

	answer(a, &r);
}

/* One client is in, with bob, and has seen everything. */
static inline void
enter(void)
{
	struct asked *a;

	join_as(PC, "ana", "");
	a = expect_asked("join #cats ana - -1");
	occupant("bob", "moderator", false);
	occupant("ana", "participant", true);
	joined(a, "ana");
	subject("");
	kit.seen = kit.nsent;
}

static inline struct room *
cats(void)
{
	return room_find(kit.user, CATS);
}

/* ------------------------------------------------------------------- world */

static inline int
setup(void **state)
{
	(void)state;
	kit = (struct kit){ .ready = true };
	nasked = asked_at = 0;
	kit.config = (struct gateway_config){
		.jid = "irc.example", .outbox_max = 3, .inflight_max = 4,
		.history_max = 5, .room_list_max = 5,
	};
	kit.link = (struct link){
		.ops = &kit_link_ops, .domain = "irc.example",
	};
	kit.gw = (struct gateway){
		.loop = ev_loop_new(0), .config = &kit.config,
		.link = &kit.link, .iq_token = "token",
	};
	kit.user = xcalloc(1, sizeof(*kit.user));
	kit.user->gw = &kit.gw;
	kit.user->jid = xstrdup(ANA);
	kit.user->registered = true;
	TAILQ_INIT(&kit.user->clients);
	TAILQ_INIT(&kit.user->outbox);
	map_put(&kit.gw.users, kit.user->jid, kit.user);
	return 0;
}

/* Requests that are still open are answered after everything is gone, as a
 * pool that is destroyed last does. */
static inline int
teardown(void **state)
{
	static const struct msg_error lost = { .code = ERR_LOST };

	(void)state;
	archive_kit_finish();
	rooms_destroy(kit.user);
	map_finish(&kit.user->rooms);
	later_run();
	for (size_t i = 0; i < nasked; i++) {
		if (asked[i].reply != NULL)
			asked[i].reply(asked[i].ctx, &lost, NULL);
		free(asked[i].text);
	}
	later_run();
	archive_kit_finish();
	for (size_t i = 0; i < kit.nsent; i++)
		free(kit.sent[i]);
	map_finish(&kit.gw.users);
	free(kit.user->jid);
	free(kit.user->repeats);
	ids_free(kit.user->ids);
	free(kit.user);
	buf_free(&kit.out);
	ev_loop_destroy(kit.gw.loop);
	return 0;
}

#define room_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* With an archive (archive_kit.h). */
static inline int
setup_archive(void **state)
{
	int status = setup(state);

	kit.config.archive_max = 1000;
	kit.config.record_history = true;
	kit.gw.store = (struct store *)(void *)&kit;	/* archive_kit.h */
	return status;
}

#define archive_test(f) \
	cmocka_unit_test_setup_teardown(f, setup_archive, teardown)

/* The client is in, with bob; nothing was there before. */
static inline void
enter_new(void)
{
	enter();
	archive_kit_answer();
	kit.seen = kit.nsent;
}

#endif
