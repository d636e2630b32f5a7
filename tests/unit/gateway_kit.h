/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_kit.h - the real gateway between doubles: a link that writes down
 * every stanza, a pool and a store that write down what they are asked and
 * answer when the test says so. */
#ifndef TESTS_UNIT_GATEWAY_KIT_H
#define TESTS_UNIT_GATEWAY_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "manager/gateway/dispatch.h"
#include "manager/gateway/router.h"
#include "manager/gateway/session.h"
#include "manager/gateway/user.h"
#include "manager/xmpp/link_private.h"
#include "manager/xmpp/parser.h"
#include "protocol/errors.h"
#include "tests/unit/archive_kit.h"
#include "util/later.h"
#include "util/xalloc.h"

#define GW	"net.example"
#define ANA	"ana@example.org"
#define PC	ANA "/pc"
#define PHONE	ANA "/phone"
#define KIT_MAX	512

/* A question to the store or the backend that is not answered yet. */
struct kit_open {
	char		*text;		/* as in the list of what was done */
	rpc_reply	*reply;
	store_user_cb	*loaded;
	store_users_cb	*listed;
	store_done_cb	*done;
	void		*ctx;
};

static struct kit {
	struct ev_loop	*loop;
	struct gateway	*gw;
	struct gateway_config config;
	struct link	 link;
	bool		 up, full;	/* the link; the backend's queue */
	bool		 deaf;		/* the link takes no stanza */
	bool		 kept;		/* the last one, until it has arrived */
	bool		 persistent;	/* the store */
	store_spool_cb	*spool;		/* asked for, not answered */
	void		*spool_ctx;
	unsigned	 clients;	/* server mode: bound ones */
	struct buf	 out;
	char		*sent[KIT_MAX];	/* stanzas */
	size_t		 nsent, seen;
	char		*did[KIT_MAX];	/* what pool and store were asked */
	size_t		 ndid, known;
	struct kit_open	 open[KIT_MAX];
	size_t		 nopen;
	struct msg_initialize_result can;
	const char	*features[32];
} kit;

/* ------------------------------------------------------------- what is done */

static inline char *
kit_did(const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	assert_true(kit.ndid < KIT_MAX);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	return kit.did[kit.ndid++] = buf_steal(&text);
}

/* All that was done since the last call, joined; gone with the next call. */
static inline const char *
did(void)
{
	static struct buf all;

	buf_clear(&all);
	while (kit.known < kit.ndid)
		buf_addf(&all, "%s%s", buf_len(&all) ? "; " : "",
		    kit.did[kit.known++]);
	*buf_reserve(&all, 1) = '\0';
	return buf_len(&all) ? buf_data(&all) : "";
}

#define expect_did(text) assert_string_equal(did(), text)

static inline struct kit_open *
kit_wait(const char *text, void *ctx)
{
	struct kit_open *o = &kit.open[kit.nopen++];

	assert_true(kit.nopen <= KIT_MAX);
	*o = (struct kit_open){ .text = xstrdup(text), .ctx = ctx };
	return o;
}

/* The oldest open question of this text, taken out. */
static inline struct kit_open
kit_take(const char *text)
{
	for (size_t i = 0; i < kit.nopen; i++) {
		struct kit_open o = kit.open[i];

		if (strcmp(o.text, text) != 0)
			continue;
		memmove(&kit.open[i], &kit.open[i + 1],
		    (kit.nopen - i - 1) * sizeof(o));
		kit.nopen--;
		free(o.text);
		return o;
	}
	fail_msg("not asked: %s", text);
	return (struct kit_open){ 0 };
}

static inline void
answer(const char *text, const char *code, const union result *result)
{
	struct kit_open o = kit_take(text);
	struct msg_error error = { .code = code, .text = "because" };

	o.reply(o.ctx, code ? &error : NULL, result);
}

static inline void
answer_load(const struct store_user *record, const char *error)
{
	struct kit_open o = kit_take("load");

	o.loaded(o.ctx, record, error);
}

static inline void
answer_store(const char *text, const char *error)
{
	struct kit_open o = kit_take(text);

	o.done(o.ctx, error);
}

/* --------------------------------------------------------------------- link */

static inline struct buf *
kit_begin(struct link *l)
{
	(void)l;
	return &kit.out;
}

static inline int
kit_end(struct link *l, const char *to, unsigned flags, size_t mark)
{
	(void)l, (void)to, (void)mark;
	kit.kept = (flags & LINK_KEEP) != 0;
	assert_true(kit.nsent < KIT_MAX);
	buf_addc(&kit.out, '\0');
	if (!kit.deaf)
		kit.sent[kit.nsent++] = xstrdup(buf_data(&kit.out));
	buf_clear(&kit.out);
	return kit.deaf ? -1 : 0;
}

static inline bool
kit_is_up(const struct link *l)
{
	(void)l;
	return kit.up;
}

static inline void
kit_login_result(struct link *l, uint64_t client, const char *condition,
    const char *text)
{
	(void)l, (void)text;
	kit_did("sasl %u %s", (unsigned)client, condition ? condition : "ok");
}

static inline void
kit_login_guest(struct link *l, uint64_t client)
{
	(void)l;
	kit_did("guest %u", (unsigned)client);
}

static inline void
kit_trust(struct link *l, const char *bare)
{
	(void)l;
	kit_did("trust %s", bare);
}

static inline void
kit_close(struct link *l, const char *jid, const char *condition,
    const char *text)
{
	(void)l, (void)condition, (void)text;
	kit_did("close %s", jid);
}

static inline unsigned
kit_clients(const struct link *l, const char *bare)
{
	(void)l, (void)bare;
	return kit.clients;
}

static const struct link_ops kit_ops = {
	.begin = kit_begin, .end = kit_end, .is_up = kit_is_up,
	.login_result = kit_login_result, .login_guest = kit_login_guest,
	.trust = kit_trust, .close = kit_close, .clients = kit_clients,
};

/* Timers that are due fire; what is put off to the turn's end is not done. */
static inline void
turn(void)
{
	ev_run(kit.loop, EVRUN_NOWAIT);
}

/* The next stanza has all of these in it. */
static inline void
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

static inline void
expect_no(const char *part)
{
	assert_null(strstr(kit.sent[kit.seen - 1], part));
}

static inline void
expect_nothing_(const char *file, int line)
{
	if (kit.seen < kit.nsent)
		print_error("%s:%d: unexpected:\n%s\n", file, line,
		    kit.sent[kit.seen]);
	assert_true(kit.seen == kit.nsent);
}
#define expect_nothing() expect_nothing_(__FILE__, __LINE__)

/* What was said and done until now does not matter. */
static inline void
forget(void)
{
	kit.seen = kit.nsent;
	did();
}

/* How many of the stanzas from mark on have this in them. */
static inline unsigned
count_sent(size_t mark, const char *part)
{
	unsigned n = 0;

	for (size_t i = mark; i < kit.nsent; i++)
		n += strstr(kit.sent[i], part) != NULL;
	return n;
}

/* --------------------------------------------------------------------- pool */

static inline char *
kit_text_of(enum method method, const union params *p)
{
#define S(s)	((s) ? (s) : "-")
	switch (method) {
	case METHOD_login:
		return xasprintf("login %s %s", p->login.account,
		    S(p->login.password));
	case METHOD_logout:
		return xstrdup("logout");
	case METHOD_send:
		return xasprintf("send %s %s%s%s %s%s%s%s%s", p->send.kind,
		    p->send.to, p->send.resource ? "/" : "",
		    p->send.resource ? p->send.resource : "",
		    p->send.body, p->send.xhtml ? " / " : "",
		    p->send.xhtml ? p->send.xhtml : "",
		    p->send.extra ? " + " : "",
		    p->send.extra ? p->send.extra : "");
	case METHOD_presence: {
		struct buf b = { 0 };

		buf_addf(&b, "presence %s", p->presence.show);
		if (p->presence.features.v != NULL)
			buf_adds(&b, ":");
		for (size_t i = 0; i < p->presence.features.n; i++)
			buf_addf(&b, " %s", p->presence.features.v[i]);
		return buf_steal(&b);
	}
	case METHOD_chat_state:
		return xasprintf("chat_state%s%s", p->chat_state.resource ?
		    " " : "", p->chat_state.resource ?
		    p->chat_state.resource : "");
	case METHOD_setting:
		return xasprintf("setting %s=%s", p->setting.name,
		    S(p->setting.value));
	case METHOD_contact_add:
		return xasprintf("contact_add %s", p->contact_add.contact);
	case METHOD_contact_allow:
		return xasprintf("contact_allow %s",
		    p->contact_allow.contact);
	case METHOD_contact_deny:
		return xasprintf("contact_deny %s", p->contact_deny.contact);
	case METHOD_contact_remove:
		return xasprintf("contact_remove %s",
		    p->contact_remove.contact);
	case METHOD_query:
		return xasprintf("query %s %s %s", p->query.what,
		    p->query.contact, S(p->query.room));
	case METHOD_stanza:
		return xasprintf("stanza %s %s %s|%s %s|%s", p->stanza.kind,
		    p->stanza.type, S(p->stanza.room), p->stanza.peer,
		    S(p->stanza.resource), p->stanza.xml);
	case METHOD_room_invite:
		return xasprintf("invite %s to %s", p->room_invite.peer,
		    p->room_invite.room);
	case METHOD_contact_watch: {
		struct buf b = { 0 };

		buf_adds(&b, "watch");
		for (size_t i = 0; i < p->contact_watch.contacts.n; i++)
			buf_addf(&b, " +%s", p->contact_watch.contacts.v[i]);
		for (size_t i = 0; i < p->contact_watch.gone.n; i++)
			buf_addf(&b, " -%s", p->contact_watch.gone.v[i]);
		return buf_steal(&b);
	}
	case METHOD_profile_set:
		return xasprintf("profile_set %zu", p->profile_set.photo.len);
	case METHOD_command:
		return xasprintf("command %s %s%s", p->command.name,
		    S(p->command.session), p->command.action != NULL &&
		    strcmp(p->command.action, "cancel") == 0 ? " cancel" : "");
	default:
		return xstrdup(method_wire(method));
	}
#undef S
}

static inline int
kit_request(enum method method, const void *params, rpc_reply *reply,
    void *ctx)
{
	char *text = kit_text_of(method, params);

	if (kit.full) {
		free(text);
		return -1;
	}
	kit_did("%s", text);
	kit_wait(text, ctx)->reply = reply;
	free(text);
	return 0;
}

int
pool_request(struct pool *pool, const char *user, enum method method,
    const void *params, double timeout, rpc_reply *reply, void *ctx)
{
	(void)pool, (void)timeout, (void)user;
	return kit_request(method, params, reply, ctx);
}

int
pool_request_any(struct pool *pool, enum method method, const void *params,
    double timeout, rpc_reply *reply, void *ctx)
{
	(void)pool, (void)timeout;
	return kit_request(method, params, reply, ctx);
}

int
pool_notify(struct pool *pool, const char *user, enum method method,
    const void *params)
{
	char *text = kit_text_of(method, params);

	(void)pool, (void)user;
	kit_did("%s", text);
	free(text);
	return 0;
}

void
pool_assign(struct pool *pool, const char *user)
{
	(void)pool, (void)user;
	kit_did("assign");
}

void
pool_assign_avoiding(struct pool *pool, const char *user, unsigned backend)
{
	(void)pool, (void)user;
	kit_did("assign not %u", backend);
}

void
pool_assign_alone(struct pool *pool, const char *user)
{
	(void)pool, (void)user;
	kit_did("assign alone");
}

unsigned
pool_backend(const struct pool *pool, const char *user)
{
	(void)pool;
	return user_find(kit.gw, user) ? user_find(kit.gw, user)->backend : 0;
}

unsigned
pool_restart_all(struct pool *pool)
{
	(void)pool;
	return 0;
}

void
pool_release(struct pool *pool, const char *user)
{
	(void)pool, (void)user;
	kit_did("release");
}

void
pool_answer(struct pool *pool, unsigned backend, uint32_t id,
    enum method method, const void *result)
{
	const struct msg_ask_result *r = result;
	const struct msg_query_up_result *q = result;

	(void)pool;
	if (method == METHOD_query_up) {
		kit_did("answer %u %u %s %s", backend, (unsigned)id, q->name,
		    q->version);
		return;
	}
	if (method == METHOD_stanza_up) {
		const struct msg_stanza_up_result *s = result;

		kit_did("answer %u %u %s %s", backend, (unsigned)id,
		    s && s->type ? s->type : "-", s && s->xml ? s->xml : "-");
		return;
	}
	assert_int_equal(method, METHOD_ask);
	kit_did("answer %u %u", backend, (unsigned)id);
	for (size_t i = 0; i < r->values.n; i++)
		kit_did("%s=%s", r->values.v[i].key, r->values.v[i].value);
}

void
pool_refuse(struct pool *pool, unsigned backend, uint32_t id,
    const char *code, const char *text)
{
	(void)pool, (void)text;
	kit_did("refuse %u %u %s", backend, (unsigned)id, code);
}

void
pool_hold(struct pool *pool, bool hold)
{
	(void)pool;
	kit_did("hold %d", hold);
}

const struct msg_initialize_result *
pool_features(const struct pool *pool)
{
	(void)pool;
	return &kit.can;
}

bool
pool_can(const struct pool *pool, const char *feature)
{
	(void)pool;
	for (size_t i = 0; i < kit.can.features.n; i++)
		if (strcmp(kit.can.features.v[i], feature) == 0)
			return true;
	return false;
}

static inline void
can(const char *feature)
{
	assert_true(kit.can.features.n < LENGTH(kit.features));
	kit.features[kit.can.features.n++] = feature;
}

size_t
pool_backends(const struct pool *pool, struct backend_info *info, size_t max)
{
	(void)pool, (void)info, (void)max;
	return 0;
}

unsigned
pool_ready_count(const struct pool *pool)
{
	(void)pool;
	return 1;
}

unsigned long
pool_crashes(const struct pool *pool)
{
	(void)pool;
	return 0;
}

void
pool_crash_report(const struct pool *pool, struct buf *out)
{
	(void)pool, (void)out;
}

void
pool_crashed_pids(const struct pool *pool, struct buf *out)
{
	(void)pool, (void)out;
}

int
pool_restart(struct pool *pool, unsigned backend)
{
	(void)pool, (void)backend;
	return -1;
}

/* -------------------------------------------------------------------- store */

void
store_load(struct store *s, const char *jid, store_user_cb *cb, void *ctx)
{
	(void)s;
	kit_did("load %s", jid);
	kit_wait("load", ctx)->loaded = cb;
}

void
store_list(struct store *s, bool only_online, store_users_cb *cb, void *ctx)
{
	(void)s, (void)only_online;
	kit_wait("list", ctx)->listed = cb;
}

void
store_register(struct store *s, const struct store_user *u,
    store_done_cb *cb, void *ctx)
{
	(void)s;
	kit_did("register %s %s", u->jid, u->uin);
	if (cb != NULL)
		kit_wait("register", ctx)->done = cb;
}

void
store_unregister(struct store *s, const char *jid, store_done_cb *cb,
    void *ctx)
{
	(void)s;
	kit_did("unregister %s", jid);
	if (cb != NULL)
		kit_wait("unregister", ctx)->done = cb;
}

void
store_set_online(struct store *s, const char *jid, bool online)
{
	(void)s, (void)jid;
	kit_did(online ? "mark online" : "mark offline");
}

void
store_set_setting(struct store *s, const char *jid, const char *name, int type,
    const char *value)
{
	(void)s, (void)jid, (void)type;
	kit_did("store %s=%s", name, value ? value : "-");
}

void
store_set_contact(struct store *s, const char *jid,
    const struct store_contact *c)
{
	(void)s, (void)jid;
	kit_did("store contact %s %s%s", c->name, c->subscription,
	    c->flags & STORE_IGNORED ? " ignored" : "");
}

void
store_remove_contact(struct store *s, const char *jid, const char *name)
{
	(void)s, (void)jid;
	kit_did("remove contact %s", name);
}

bool
store_is_persistent(const struct store *s)
{
	(void)s;
	return kit.persistent;
}

void
store_spool_put(struct store *s, const struct store_waiting *row)
{
	(void)s;
	kit_did("spool %s%s", row->up ? "up " : "", row->jid);
}

void
store_spool_drop(struct store *s, int64_t id)
{
	(void)s, (void)id;
	kit_did("unspool");
}

void
store_spool_load(struct store *s, store_spool_cb *cb, void *ctx)
{
	(void)s;
	kit.spool = cb;
	kit.spool_ctx = ctx;
}

/* ------------------------------------------------------------------ stanzas */

static inline void
kit_stanza(void *ctx, struct arena *a, const struct stanza *s)
{
	const char *from_text = stanza_attr(s, "from");
	const char *to_text = stanza_attr(s, "to");
	struct jid from, to;

	(void)ctx;
	assert_int_equal(jid_parse(a, from_text ? from_text : PC, &from), 0);
	assert_int_equal(jid_parse(a, to_text ? to_text : GW, &to), 0);
	router_stanza(kit.gw, a, s, &from, &to);
}

static inline void
kit_opened(void *ctx, struct arena *a, const struct stanza *s)
{
	(void)ctx, (void)a, (void)s;
}

/* A stanza comes; without from it is ana's PC's, without to it is ours. */
static inline void
come(const char *fmt, ...)
{
	static const struct parser_events events = {
		.opened = kit_opened, .stanza = kit_stanza,
	};
	struct parser *parser = parser_create(NS_CLIENT, 1 << 20, &events,
	    NULL);
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

/* A backend says something; the first field of params is the user. */
static inline void
tell_as(unsigned backend, enum msg_kind kind, enum method method,
    const union params *params)
{
	struct msg msg = { .kind = kind, .id = 77, .method = method,
	    .params = params };

	dispatch_message(kit.gw, backend, &msg);
	later_run();
}

static inline void
tell(enum method method, const union params *params)
{
	tell_as(1, NOTIFICATION, method, params);
}

/* -------------------------------------------------------------------- world */

static inline struct user *
ana(void)
{
	return user_find(kit.gw, ANA);
}

static const struct store_user kit_record = {
	.jid = ANA, .uin = "ana1", .password = "secret", .language = "en",
	.encoding = "utf8",
};

/* Ana's PC becomes available; each step on the way to a session. */
static inline void
appear(void)
{
	come("<presence/>");
}

static inline void
log_in(void)
{
	union params p = { .connected = { .user = ANA } };

	appear();
	answer_load(&kit_record, NULL);
	session_assigned(ana(), 1);
	answer("login ana1 secret", NULL, NULL);
	tell(METHOD_connected, &p);
	forget();
}

static char *kit_nobody[] = { NULL };

static inline int
set_up(void **state)
{
	(void)state;
	memset(&kit, 0, sizeof(kit));
	kit.loop = ev_loop_new(0);
	kit.config = (struct gateway_config){
		.jid = GW, .protocol = "net", .identity_name = "Net",
		.identity_category = "gateway", .identity_type = "",
		.public_registration = true, .allowed_servers = kit_nobody,
		.notify_jids = kit_nobody, .admin_jids = kit_nobody,
		.admin_password = "", .register_instructions = "Fill in.",
		.username_label = "Name", .password_label = "Password",
		.username_mask = "", .allowed_usernames = "",
		.gateway_prompt = "Name", .gateway_label = "Type it.",
		.jid_escaping = true, .enable_xhtml = true,
		.vip_message = "", .room_list_max = 10, .login_timeout = 30,
		.crash_grace = 20, .outbox_max = 3, .inflight_max = 2,
		.history_max = 5, .spool_age = 1000, .spool_max = 10000,
	};
	kit.up = true;
	kit.can = (struct msg_initialize_result){
		.version = 1, .name = "Net", .features = { kit.features, 0 },
	};
	kit.link = (struct link){ .ops = &kit_ops, .domain = GW };
	kit.gw = gateway_create(kit.loop, &kit.config);
	gateway_start(kit.gw, &kit.link, NULL, NULL);
	return 0;
}

/* What is open is answered as a pool and a store that close do. */
static inline int
tear_down(void **state)
{
	static const struct msg_error lost = { .code = ERR_LOST };

	(void)state;
	while (kit.nopen > 0) {
		struct kit_open o = kit.open[--kit.nopen];

		if (o.reply != NULL)
			o.reply(o.ctx, &lost, NULL);
		else if (o.loaded != NULL)
			o.loaded(o.ctx, NULL, "closed");
		else if (o.done != NULL)
			o.done(o.ctx, "closed");
		else if (o.listed != NULL)
			o.listed(o.ctx, NULL, 0, "closed");
		free(o.text);
	}
	archive_kit_finish();
	gateway_destroy(kit.gw);
	later_run();
	for (size_t i = 0; i < kit.nsent; i++)
		free(kit.sent[i]);
	for (size_t i = 0; i < kit.ndid; i++)
		free(kit.did[i]);
	buf_free(&kit.out);
	ev_loop_destroy(kit.loop);
	return 0;
}

#define gateway_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
