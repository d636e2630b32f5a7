/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: irc net protocol util */
/* A hostile IRC server and a busy user, without sockets.  Each line of the
 * input is a line of the server, or, after '>', something the user does; after
 * '%' it is what the server says in SASL, in clear.  So that a server of a few
 * lines can answer what was made up by us, $L is the last label that we sent,
 * $P the word of the last PING, $N the nonce of SCRAM.  What goes up must be
 * text that XML can hold; what goes down must be whole lines. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/dial.h"
#include "backends/irc/down.h"
#include "backends/irc/spoken.h"
#include "backends/irc/session.h"
#include "backends/irc/sts.h"
#include "util/later.h"
#include "util/log.h"
#include "util/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define USER "ana@example"
#define CHECK(x) do { if (!(x)) abort(); } while (0)

static unsigned long asked, answered;

static void
text(const char *s)
{
	uint32_t cp;
	size_t step;

	for (; s != NULL && *s != '\0'; s += step) {
		CHECK((step = utf8_next(s, strlen(s), &cp)) != 0);
		CHECK(utf8_xml_char(cp));
	}
}

static void
on_notify(enum method method, const void *params)
{
	const union params *p = params;

	switch (method) {
	case METHOD_message:
		text(p->message.from);
		text(p->message.nick);
		text(p->message.body);
		text(p->message.xhtml);
		text(p->message.id);
		if (p->message.reply_to != NULL) {
			text(p->message.reply_to->id);
			text(p->message.reply_to->author);
			text(p->message.reply_to->text);
		}
		break;
	case METHOD_room_occupant:
		text(p->room_occupant.room);
		text(p->room_occupant.nick);
		text(p->room_occupant.new_nick);
		text(p->room_occupant.real);
		text(p->room_occupant.status);
		text(p->room_occupant.account);
		break;
	case METHOD_room_occupant_gone:
		text(p->room_occupant_gone.nick);
		text(p->room_occupant_gone.actor);
		text(p->room_occupant_gone.reason);
		break;
	case METHOD_room_subject:
		text(p->room_subject.nick);
		text(p->room_subject.subject);
		break;
	case METHOD_room_invited:
		text(p->room_invited.room);
		text(p->room_invited.peer);
		break;
	case METHOD_reaction:
		text(p->reaction.peer);
		text(p->reaction.id);
		for (size_t i = 0; i < p->reaction.emojis.n; i++)
			text(p->reaction.emojis.v[i]);
		break;
	case METHOD_retracted:
		text(p->retracted.peer);
		text(p->retracted.id);
		text(p->retracted.reason);
		text(p->retracted.moderated_by);
		break;
	case METHOD_chat_state_up:
		text(p->chat_state_up.peer);
		text(p->chat_state_up.state);
		break;
	case METHOD_room_closed:
		text(p->room_closed.reason);
		break;
	case METHOD_contact_presence:
		text(p->contact_presence.status);
		break;
	case METHOD_disconnected:
		text(p->disconnected.text);
		break;
	default:
		break;
	}
}

static void
on_result(request_t request, enum method method, const void *result)
{
	const struct msg_room_list_result *list = result;
	const struct msg_room_config_result *form = result;
	const struct msg_profile_result *profile = result;
	const struct msg_query_result *query = result;
	const struct msg_room_history_result *past = result;
	const struct msg_send_result *sent = result;

	(void)request;
	answered++;
	if (method == METHOD_room_history)
		for (size_t i = 0; i < past->messages.n; i++) {
			text(past->messages.v[i].id);
			text(past->messages.v[i].nick);
			text(past->messages.v[i].body);
		}
	if (method == METHOD_send && sent != NULL)
		for (size_t i = 0; i < sent->ids.n; i++)
			text(sent->ids.v[i]);
	if (method == METHOD_room_config)
		for (size_t i = 0; i < form->fields.n; i++)
			text(form->fields.v[i].value);
	if (method == METHOD_profile) {
		text(profile->nick);
		text(profile->full_name);
		text(profile->note);
	} else if (method == METHOD_query) {
		text(query->name);
		text(query->version);
		text(query->os);
		text(query->text);
	} else if (method == METHOD_room_list) {
		for (size_t i = 0; i < list->rooms.n; i++) {
			text(list->rooms.v[i].room);
			text(list->rooms.v[i].topic);
		}
	}
}

static void
on_error(request_t request, const char *code, const char *why)
{
	(void)request;
	answered++;
	text(code);
	text(why);
}

static const struct up_sink sink = { on_notify, on_result, on_error };

/* ---- what the user does */

/* A form that comes back with the same value in all fields. */
static void
command(struct irc *irc, request_t r, const char *arg)
{
	static const char *const names[] = {
		"configure", "get-irc-connection-info", "reconnect",
		"disconnect-from-irc-server",
	};
	struct pair pairs[] = {
		{ "nick", arg }, { "ports", arg }, { "after_connect", arg },
		{ "encoding", arg }, { "forget", arg },
		{ "quit-message", arg },
	};

	if (*arg == 'r')
		down_room_config_set(irc, r, &(struct msg_room_config_set){
			.user = USER, .room = "#c", .values = { pairs, 4 } });
	else
		down_command(irc, r, &(struct msg_command){ .user = USER,
			.name = names[(unsigned char)*arg % LENGTH(names)],
			.arguments = { pairs, *arg == 'x' ? 0 : 6 } });
}

/* NAME VALUE */
static void
set(struct irc *irc, char *arg)
{
	char *value = strchr(arg, ' ');

	if (value != NULL)
		*value++ = '\0';
	down_setting(irc, 0, &(struct msg_setting){ .user = USER,
		.name = arg, .value = value });
}

/* What is due now and then is due now; not the next attempt to connect, which
 * would want a socket. */
static void
pass_time(struct irc *irc)
{
	struct session *s = session_find(irc, USER);

	if (s != NULL && s->networks != NULL &&
	    s->networks->state == NETWORK_ONLINE)
		ev_invoke(irc->loop, &s->networks->clock, EV_TIMER);
	for (int i = 0; i < 3; i++)
		ev_run(irc->loop, EVRUN_NOWAIT);
}

static void
act(struct irc *irc, char what, char *arg)
{
	struct pair modes[] = { { "mode_k", arg }, { "mode_l", arg },
		{ "mode_m", arg } };
	const char *name = arg;
	request_t r = ++asked;

	switch (what) {
	case 'j':
		down_room_join(irc, r, &(struct msg_room_join){ .user = USER,
			.room = arg, .nick = "ana" });
		break;
	case 'l':
		down_room_leave(irc, r, &(struct msg_room_leave){ .user = USER,
			.room = arg, .reason = arg });
		break;
	case 'g':
		down_send(irc, r, &(struct msg_send){ .user = USER,
			.kind = "groupchat", .to = "#c", .body = arg,
			.id = "id" });
		break;
	case 'p':
		down_send(irc, r, &(struct msg_send){ .user = USER,
			.kind = "private", .room = "#c", .to = arg,
			.body = "psst" });
		break;
	case 'm':
		down_send(irc, r, &(struct msg_send){ .user = USER,
			.kind = "chat", .to = arg, .body = "/me a\nb" });
		break;
	case 'n':
		down_room_nick(irc, r, &(struct msg_room_nick){ .user = USER,
			.room = "#c", .nick = arg });
		break;
	case 't':
		down_room_subject_set(irc, r, &(struct msg_room_subject_set){
			.user = USER, .room = "#c", .subject = arg });
		break;
	case 'o':
		down_room_moderate(irc, r, &(struct msg_room_moderate){
			.user = USER, .room = "#c", .target = arg,
			.affiliation = "owner" });
		break;
	case 'k':
		down_room_moderate(irc, r, &(struct msg_room_moderate){
			.user = USER, .room = "#c", .target = arg,
			.role = "none", .reason = arg });
		break;
	case 'b':
		down_room_moderate(irc, r, &(struct msg_room_moderate){
			.user = USER, .room = "#c", .target = arg,
			.affiliation = "outcast" });
		break;
	case 'a':
		down_room_affiliations(irc, r, &(struct msg_room_affiliations){
			.user = USER, .room = "#c", .affiliation = arg });
		break;
	case 'i':
		down_room_invite(irc, r, &(struct msg_room_invite){
			.user = USER, .room = "#c", .peer = arg });
		break;
	case 'w':
		down_profile(irc, r, &(struct msg_profile){ .user = USER,
			.contact = arg });
		break;
	case 'r':
		down_room_list(irc, r, &(struct msg_room_list){ .user = USER,
			.search = arg });
		break;
	case 'c':
		down_send(irc, r, &(struct msg_send){ .user = USER,
			.kind = "chat", .to = "", .body = arg });
		break;
	case 'q':
		down_query(irc, r, &(struct msg_query){ .user = USER,
			.contact = *arg ? arg + 1 : "", .what =
			*arg == 't' ? "time" : *arg == 'v' ? "version" :
			"ping" });
		break;
	case 'x':
		asked--;
		down_setting(irc, 0, &(struct msg_setting){ .user = USER,
			.name = *arg == 'e' ? "encoding" : *arg == 's' ?
			"sasl" : "sasl_password", .value = *arg ? arg + 1 :
			NULL });
		break;
	case 'v':
		asked--;
		down_contact_watch(irc, 0, &(struct msg_contact_watch){
			.user = USER, .contacts = { &name, 1 } });
		break;
	case 'u':
		asked--;
		down_contact_watch(irc, 0, &(struct msg_contact_watch){
			.user = USER, .gone = { &name, 1 } });
		break;
	case 'f':
		down_room_config(irc, r, &(struct msg_room_config){
			.user = USER, .room = arg });
		break;
	case 'F':
		down_room_config_set(irc, r, &(struct msg_room_config_set){
			.user = USER, .room = "#c", .values = { modes, 3 } });
		break;
	case '+':
		down_contact_add(irc, r, &(struct msg_contact_add){
			.user = USER, .contact = arg });
		break;
	case '-':
		down_contact_remove(irc, r, &(struct msg_contact_remove){
			.user = USER, .contact = arg });
		break;
	case 'S':
		asked--;
		set(irc, arg);
		break;
	case '!':
		asked--;
		pass_time(irc);
		break;
	case 'R':
		down_react(irc, r, &(struct msg_react){ .user = USER,
			.peer = "#c", .room = "#c", .id = "m1",
			.emojis = { (const char *[]){ arg }, *arg ? 1 : 0 } });
		break;
	case 'X':
		down_retract(irc, r, &(struct msg_retract){ .user = USER,
			.peer = "#c", .room = "#c", .id = arg,
			.reason = "why" });
		break;
	case 'H':
		down_room_history(irc, r, &(struct msg_room_history){
			.user = USER, .room = "#c", .before = arg,
			.max = 10 });
		break;
	case 'M':
		down_send(irc, r, &(struct msg_send){ .user = USER,
			.kind = "groupchat", .to = "#c", .body = "a *b*\n\nc",
			.xhtml = arg, .id = "id", .replaces = "x",
			.reply_to = &(struct msg_reply){ .id = arg,
				.text = "> y\n" } });
		break;
	case 'T':
		asked--;
		down_chat_state(irc, 0, &(struct msg_chat_state){
			.user = USER, .peer = arg, .state = "composing" });
		break;
	case 'C':
		command(irc, r, arg);
		break;
	case 's':
		asked--;
		down_presence(irc, 0, &(struct msg_presence){ .user = USER,
			.show = *arg ? "away" : "online", .status = arg });
		break;
	default:
		asked--;
		break;
	}
}

/* ---- one conversation */

/* What follows the last such key in what we have sent, up to one of these. */
static void
put_last(struct buf *to, const struct buf *out, const char *key,
    const char *until)
{
	const char *at = buf_data(out), *end, *last = NULL;

	if (buf_len(out) == 0)
		return;
	end = at + buf_len(out);
	while (at < end && (at = memmem(at, (size_t)(end - at), key,
	    strlen(key))) != NULL)
		last = at += strlen(key);
	while (last != NULL && last < end && strchr(until, *last) == NULL)
		buf_addc(to, *last++);
}

static void
put_nonce(struct buf *to, const struct buf *out)
{
	struct buf said = { 0 }, clear = { 0 };
	char text[400];
	size_t len = 0;

	put_last(&said, out, "AUTHENTICATE ", "\r");
	if (sodium_base642bin((unsigned char *)text, sizeof(text),
	    buf_data(&said), buf_len(&said), NULL, &len, NULL,
	    sodium_base64_VARIANT_ORIGINAL) == 0) {
		buf_add(&clear, text, len);
		put_last(to, &clear, "r=", ",");
	}
	buf_free(&said);
	buf_free(&clear);
}

static void
expand(struct buf *to, const struct buf *out, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (line[i] != '$' || i + 1 == len) {
			buf_addc(to, line[i]);
			continue;
		}
		switch (line[++i]) {
		case 'L':
			put_last(to, out, "label=", "; ");
			break;
		case 'P':
			put_last(to, out, "PING ", "\r");
			break;
		case 'N':
			put_nonce(to, out);
			break;
		default:
			buf_addc(to, line[i]);
		}
	}
}

static void
feed(struct irc *irc, const char *line, size_t len)
{
	struct session *s = session_find(irc, USER);
	struct network *n = s ? s->networks : NULL;
	bool sasl = len > 0 && line[0] == '%';
	struct buf text = { 0 };
	char base64[2000];

	if (n == NULL || n->link.tap == NULL)
		return;
	expand(&text, n->link.tap, line + sasl, len - sasl);
	if (sasl) {
		if (buf_len(&text) > 1000)
			buf_truncate(&text, 1000);
		sodium_bin2base64(base64, sizeof(base64),
		    (const unsigned char *)buf_data(&text), buf_len(&text),
		    sodium_base64_VARIANT_ORIGINAL);
		link_feed(&n->link, "AUTHENTICATE ", 13);
		link_feed(&n->link, base64, strlen(base64));
	} else {
		link_feed(&n->link, buf_data(&text), buf_len(&text));
	}
	if (n->link.tap != NULL)
		link_feed(&n->link, "\r\n", 2);
	buf_free(&text);
}

static void
step(struct irc *irc, const char *line, size_t len)
{
	char arg[600];
	size_t take;

	if (len < 2 || line[0] != '>') {
		feed(irc, line, len);
		return;
	}
	take = len - 2 < sizeof(arg) - 1 ? len - 2 : sizeof(arg) - 1;
	memcpy(arg, line + 2, take);
	arg[take] = '\0';
	/* The main process sends nothing but text. */
	if (strlen(arg) == take && utf8_valid(arg, take))
		act(irc, line[1], arg);
}

/* A whole number of lines, each within the limit, which does not count tags,
 * and without a stray CR. */
static void
check_out(const struct buf *out, size_t max)
{
	const char *at = buf_data(out), *end;
	size_t left = buf_len(out);

	while (left > 0) {
		CHECK((end = memchr(at, '\n', left)) != NULL);
		CHECK(end > at && end[-1] == '\r');
		if (*at == '@') {
			const char *rest = memchr(at, ' ',
			    (size_t)(end - at));

			CHECK(rest != NULL && rest - at <= LINE_TAGS_MAX);
			left -= (size_t)(rest + 1 - at);
			at = rest + 1;
		}
		CHECK((size_t)(end + 1 - at) <= max);
		CHECK(memchr(at, '\r', (size_t)(end - 1 - at)) == NULL);
		CHECK(memchr(at, '\0', (size_t)(end - at)) == NULL);
		left -= (size_t)(end + 1 - at);
		at = end + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server server = { .host = "127.0.0.1", .port = "9" };
	struct irc irc = { .loop = EV_DEFAULT, .instance = "irc.example" };
	struct sections none = { 0 };
	struct buf out = { 0 };
	struct session *s;
	struct network *n;
	char *why;

	log_set_level(LOG_ERROR);
	up_init(&sink);
	asked = answered = 0;
	CHECK(config_read(&irc.config, &none, &why) == 0);
	irc.config.servers = malloc(sizeof(server));
	irc.config.servers[0] = server;
	irc.config.nservers = 1;
	irc.config.motd = true;
	irc.config.flood.burst = 0;
	irc.config.connects.burst = 0;	/* its gates live for ever */
	session_login(&irc, &(struct msg_login){ .user = USER,
		.account = "ana", .password = "secret" });
	s = session_find(&irc, USER);
	n = s->networks;
	link_close(&n->link);
	dial_end(n);
	n->link.tap = &out;
	n->link.events->up(n);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;

		step(&irc, (const char *)data, len);
		len += end != NULL;
		data += len;
		size -= len;
	}
	check_out(&out, ISUPPORT_LINE_MAX);
	if ((s = session_find(&irc, USER)) != NULL) {
		/* No socket will say that it is closed. */
		if (s->networks != NULL)
			link_close(&s->networks->link);
		n = s->networks;
		session_logout(s, ++asked, NULL);
		if (n != NULL && n->state != NETWORK_OVER)
			n->events->over(n, NULL, "closed", false);
	}
	later_run();
	CHECK(asked == answered);
	CHECK(sessions_leaving() == 0);
	buf_free(&out);
	map_finish(&irc.sessions);
	sts_finish(&irc);
	tls_destroy(irc.tls);
	tls_destroy(irc.tls_blind);
	spoken_finish(&irc);
	config_finish(&irc.config);
	return 0;
}
