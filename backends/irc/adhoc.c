/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row per command.  None keeps anything between two forms: what was filled
 * in is all that is needed. */
#include "backends/irc/adhoc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/irc/ask.h"
#include "backends/irc/certificate.h"
#include "backends/irc/configure.h"
#include "backends/irc/down.h"
#include "backends/irc/info.h"
#include "backends/irc/room.h"
#include "backends/irc/session.h"
#include "util/utf8.h"

#define LAG_TOKEN	"spectrum/lag"
#define LAG_TIMEOUT	15.0	/* seconds; then the server is not there */
#define QUIT_MAX	200	/* bytes of a quit message */

/* A command as it was asked for. */
struct asked {
	struct irc	*irc;
	struct session	*session;
	request_t	 request;
	const struct msg_command *m;
	struct arena	 arena;		/* of the answer */
};

static bool
is_fixed(const struct asked *q)
{
	return q->irc->config.nservers > 0;
}

static void
say(struct asked *q, const char *text)
{
	const struct msg_command_result r = { .text = text };

	up_result(q->request, METHOD_command, &r);
}

static void
show_form(struct asked *q, const char *title, const struct fields *f,
    const char *wrong)
{
	const struct msg_command_result r = {
		.title = title, .text = wrong, .refused = wrong != NULL,
		.fields = { f->v, f->n }, .session = q->m->name,
	};

	up_result(q->request, METHOD_command, &r);
}

static struct network *
find(struct asked *q, bool open, const char **code, const char **why)
{
	char name[NAME_MAX_BYTES];

	return session_resolve(q->session, q->m->target && !is_fixed(q) ?
	    q->m->target : "", open, NULL, name, code, why);
}

/* The connection that is meant, or an error. */
static struct network *
network_of(struct asked *q)
{
	const char *code, *why;
	struct network *n = find(q, false, &code, &why);

	if (n == NULL)
		up_error(q->request, code, why);
	return n;
}

/* ---- configure */

/* False: it has been answered. */
static bool
what_is_configured(struct asked *q, struct configured *c)
{
	struct server server;

	*c = (struct configured){ .session = q->session };
	if (is_fixed(q)) {
		c->scope = SETTING_USER | SETTING_SERVER;
		return true;
	}
	c->id = q->m->target;
	c->scope = c->id == NULL ? SETTING_USER : SETTING_SERVER;
	if (c->id == NULL || (strpbrk(c->id, "@%/ ") == NULL &&
	    server_parse(&server, c->id) == 0))
		return true;
	up_error(q->request, ERR_NOT_FOUND, "that is no name of a server");
	return false;
}

/* Is anything connected that goes by what was configured? */
static bool
is_connected(struct asked *q)
{
	const char *code, *why;

	return q->m->target == NULL ? q->session->networks != NULL :
	    find(q, false, &code, &why) != NULL;
}

static void
on_configure(struct asked *q)
{
	const struct pairs *filled = &q->m->arguments;
	const char *late, *wrong = NULL;
	struct fields f = { 0 };
	struct configured c;

	if (!what_is_configured(q, &c))
		return;
	if (filled->n > 0 && configure_take(&c, &q->arena, filled, &late,
	    &wrong) == 0) {
		say(q, late == NULL || !is_connected(q) ? "Saved." :
		    arena_printf(&q->arena, "Saved. From the next connection "
		    "on: %s (see the command \"%s\").", late,
		    ADHOC_RECONNECT));
		return;
	}
	configure_put(&c, &q->arena, &f, filled->n > 0 ? filled : NULL);
	show_form(q, c.id ? arena_printf(&q->arena, "Settings of %s", c.id) :
	    is_fixed(q) ? "Settings" : "Settings of all servers", &f, wrong);
}

/* ---- client-certificate */

static void
show_certificate(struct asked *q, const char *pem, bool fresh)
{
	static const char *const digests[] = { "sha256", "sha512", "sha1" };
	const char *text = fresh ? "It is shown from the next connection on. "
	    "Tell services its fingerprint, often by CERT ADD to NickServ:" :
	    "Its fingerprints, of which services want one:";

	for (size_t i = 0; i < LENGTH(digests); i++) {
		char *print = certificate_fingerprint(pem, digests[i]);

		if (print != NULL)
			text = arena_printf(&q->arena, "%s\n%s: %s", text,
			    digests[i], print);
		free(print);
	}
	say(q, text);
}

static void
make_certificate(struct asked *q, const struct configured *c)
{
	struct session *s = q->session;
	char *pem = certificate_new(s->account);
	const char *why;

	if (pem == NULL)
		up_error(q->request, ERR_NOT_SUPPORTED,
		    "no certificate was made");
	else if (settings_keep(&s->settings, s->user, "client_certificate",
	    c->id, pem, &why) == -1)
		up_error(q->request, ERR_NOT_ALLOWED, why);
	else
		show_certificate(q, pem, true);
	if (pem != NULL)
		explicit_bzero(pem, strlen(pem));
	free(pem);
}

/* A wish is asked for, as a new one makes the old one worthless. */
static void
on_certificate(struct asked *q)
{
	const char *make = pairs_get(&q->m->arguments, "make"), *pem;
	struct fields f = { 0 };
	struct msg_field *field;
	struct configured c;

	if (!what_is_configured(q, &c))
		return;
	pem = settings_own(&q->session->settings, "client_certificate", c.id);
	if (make != NULL && (strcmp(make, "1") == 0 ||
	    strcmp(make, "true") == 0)) {
		make_certificate(q, &c);
	} else if (make != NULL && pem != NULL) {
		show_certificate(q, pem, false);
	} else if (make != NULL) {
		say(q, "There is none.");
	} else {
		field = fields_add(&f, &q->arena);
		field->var = "make";
		field->type = "bool";
		field->value = pem ? "0" : "1";
		field->label = pem ? "Make a new one in place of the one "
		    "there is (otherwise: show its fingerprint)" : "Make one";
		show_form(q, "Client certificate", &f, NULL);
	}
}

/* ---- get-irc-connection-info */

static void
tell_info(struct network *n, request_t request, double lag)
{
	struct buf text = { 0 };
	struct msg_command_result r = { 0 };

	info_put(&text, n, lag);
	buf_addc(&text, '\0');
	r.text = buf_data(&text);
	up_result(request, METHOD_command, &r);
	buf_free(&text);
}

/* How late is it?  Only the server knows. */
static void
on_info(struct asked *q)
{
	struct network *n = network_of(q);
	struct await *a;

	if (n == NULL)
		return;
	if (n->state != NETWORK_ONLINE) {
		tell_info(n, q->request, -1);
		return;
	}
	a = ask_question(n, AWAIT_LAG, q->request, "", NULL);
	if (a == NULL)
		return;
	a->deadline = ev_now(q->irc->loop) + LAG_TIMEOUT;
	if (link_now(&n->link, "PING", LAG_TOKEN, NULL) == -1)
		ask_take_back(n, a);
}

bool
adhoc_pong(struct network *n, struct line *l)
{
	struct await *a = await_first(&n->awaits, AWAIT_LAG);

	if (a == NULL || strcmp(l->params[l->nparams - 1], LAG_TOKEN) != 0)
		return false;
	tell_info(n, a->request, ev_now(n->irc->loop) + LAG_TIMEOUT -
	    a->deadline);
	await_done(&n->awaits, a);
	return true;
}

/* ---- disconnect-from-irc-server */

static void
put_servers(struct asked *q, struct fields *f)
{
	struct msg_field *field = fields_add(f, &q->arena);

	field->var = "irc-servers";
	field->label = "Servers to disconnect from";
	field->type = "choices";
	field->required = true;
	field->options.v = arena_alloc(&q->arena,
	    q->session->count * sizeof(*field->options.v));
	for (struct network *n = q->session->networks; n != NULL;
	    n = n->next) {
		if (n->state == NETWORK_QUITTING || n->state == NETWORK_OVER)
			continue;
		field->options.v[field->options.n++] = (struct msg_option){
			.value = n->name, .label = n->name };
	}
}

static void
disconnect(struct network *n, const char *message)
{
	char text[QUIT_MAX + 1] = "";

	if (message != NULL)
		snprintf(text, sizeof(text), "%s", message);
	utf8_xml_clean(text, strlen(text));	/* it may be cut */
	/* The main process joins again what is merely lost. */
	if (!network_is_fixed(n))
		room_close_all(n, "You have disconnected from this server.",
		    false);
	network_quit(n, text);
}

/* A line of the list is this server. */
static bool
is_chosen(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; *at != '\0';) {
		size_t n = strcspn(at, "\n");

		if (n == len && strncasecmp(at, name, n) == 0)
			return true;
		at += n + (at[n] == '\n');
	}
	return false;
}

static unsigned
disconnect_chosen(struct asked *q, const char *list, const char *message)
{
	struct network *n, *next;
	unsigned count = 0;

	for (n = q->session->networks; n != NULL; n = next) {
		next = n->next;
		if (!is_chosen(list, n->name))
			continue;
		disconnect(n, message);
		count++;
	}
	return count;
}

static void
show_disconnect(struct asked *q, const char *wrong)
{
	struct fields f = { 0 };
	struct msg_field *field;

	if (q->m->target == NULL && !is_fixed(q))
		put_servers(q, &f);
	field = fields_add(&f, &q->arena);
	field->var = "quit-message";
	field->label = "What the others are told";
	show_form(q, "Disconnect", &f, wrong);
}

static void
on_disconnect(struct asked *q)
{
	const char *list = pairs_get(&q->m->arguments, "irc-servers");
	const char *message = pairs_get(&q->m->arguments, "quit-message");
	bool one = q->m->target != NULL || is_fixed(q);
	struct network *n = NULL;

	if (one && (n = network_of(q)) == NULL)
		return;
	if (!one && q->session->networks == NULL) {
		say(q, "You are not connected to any IRC server.");
	} else if (q->m->arguments.n == 0) {
		show_disconnect(q, NULL);
	} else if (one) {
		say(q, "Disconnected.");
		disconnect(n, message);	/* the session may be gone now */
	} else if (list == NULL || disconnect_chosen(q, list, message) == 0) {
		show_disconnect(q, "Servers to disconnect from: want one of "
		    "the list.");
	} else {
		say(q, "Disconnected.");
	}
}

/* ---- reconnect */

static void
on_reconnect(struct asked *q)
{
	const char *code, *why;
	struct network *n = find(q, true, &code, &why);

	if (n == NULL) {
		up_error(q->request, code, why);
		return;
	}
	/* Otherwise an unused connection would end as soon as it is made. */
	n->talked = ev_now(q->irc->loop);
	say(q, n->state == NETWORK_ONLINE ? "Connecting again; your rooms "
	    "are joined again." : "Connecting.");
	network_renew(n);
}

/* ---- the table */

static const char *everywhere[] = { "gateway", "network" };
static const char *servers[] = { "network" };

#define AT(places)	{ places, LENGTH(places) }
static struct msg_command_info infos[] = {
	{ .name = "configure", .label = "Configure IRC: nick, passwords, "
	    "encryption, character set", .on = AT(everywhere) },
	{ .name = "client-certificate", .label = "Client certificate: make "
	    "one, show its fingerprint", .on = AT(everywhere) },
	{ .name = "get-irc-connection-info", .label = "Show the connection "
	    "to the IRC server", .on = AT(servers) },
	{ .name = "reconnect", .label = ADHOC_RECONNECT,
	    .on = AT(servers) },
	{ .name = "disconnect-from-irc-server", .label = "Disconnect from "
	    "an IRC server", .on = AT(everywhere) },
};
#undef AT

/* In the order of infos. */
static void (*const handlers[LENGTH(infos)])(struct asked *) = {
	on_configure, on_certificate, on_info, on_reconnect, on_disconnect,
};

void
adhoc_offer(struct msg_initialize_result *say_what)
{
	say_what->commands.v = infos;
	say_what->commands.n = LENGTH(infos);
}

void
down_command(struct irc *irc, request_t request, const struct msg_command *m)
{
	struct asked q = { .irc = irc, .request = request, .m = m,
		.session = session_find(irc, m->user) };

	if (q.session == NULL) {
		up_error(request, ERR_NOT_CONNECTED, "not logged in");
		return;
	}
	/* Nothing is kept between the steps. */
	if (m->action != NULL && strcmp(m->action, "cancel") == 0) {
		up_result(request, METHOD_command, NULL);
		return;
	}
	for (size_t i = 0; i < LENGTH(infos); i++) {
		if (strcmp(infos[i].name, m->name) != 0)
			continue;
		handlers[i](&q);
		arena_free(&q.arena);
		return;
	}
	up_error(request, ERR_NOT_FOUND, "there is no such command");
}
