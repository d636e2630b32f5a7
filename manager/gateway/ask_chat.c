/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question as a conversation with the gateway, one field after the other. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "manager/gateway/ask_inside.h"
#include "manager/gateway/say.h"
#include "protocol/errors.h"
#include "util/buf.h"

#define CANCEL	"/cancel"
#define SKIP	"/skip"

/* Not kept for later: what was asked is asked again of who comes later. */
static void
say_to(struct user *user, const char *full, const char *text, const char *url)
{
	const struct msg_attachment file = { .url = url };
	struct say_message m = {
		.from = user->gw->config->jid, .to = full, .type = "chat",
		.body = text, .no_carbons = true, .attachments = &file,
		.nattachments = url != NULL,
	};

	say_message(user->gw, &m);
}

/* In server mode to each client that is there: a guest gets nothing that goes
 * to the bare JID, and an old question is of no use to those who come later.
 * An XMPP server knows better than we where its user can be reached. */
static void
say(struct user *user, const char *full, const char *text, const char *url)
{
	struct client *client;

	if (full != NULL) {
		say_to(user, full, text, url);
	} else if (!link_is_server(user->gw->link)) {
		say_to(user, user->jid, text, url);
	} else {
		TAILQ_FOREACH(client, &user->clients, entry)
			say_to(user, client->full, text, url);
	}
}

void
ask_say(struct user *user, const char *full, const char *text)
{
	say(user, full, text, NULL);
}

/* ------------------------------------------------------------------ the ask */

static void
line(struct buf *b, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_addf(b, "%s%s", buf_len(b) > 0 ? "\n" : "", text);
}

static void
put_options(struct buf *b, const struct msg_field *f)
{
	for (size_t i = 0; i < f->options.n; i++) {
		const struct msg_option *o = &f->options.v[i];

		buf_addf(b, "\n%zu. %s", i + 1, o->label && *o->label ?
		    o->label : o->value);
	}
}

static void
put_how(struct buf *b, const struct msg_field *f)
{
	if (ask_is(f, "boolean"))
		line(b, "Answer yes or no.");
	else if (ask_is(f, "list-single"))
		line(b, "Answer with one of the numbers.");
	else if (ask_is(f, "list-multi"))
		line(b, "Answer with numbers, separated by commas.");
	if (ask_is(f, "text-private"))
		line(b, "What you write here stays in your history; the "
		    "command \"" ASK_LABEL "\" of this gateway leaves no "
		    "trace.");
	else if (f->value != NULL && *f->value != '\0')
		buf_addf(b, "\n(" SKIP " for: %s)", f->value);
	if (!f->required && (f->value == NULL || *f->value == '\0'))
		line(b, "(" SKIP " to leave it out)");
}

static bool
is_confirmation(const struct ask *ask)
{
	for (size_t i = 0; i < ask->msg.fields.n; i++) {
		if (!ask_is_silent(&ask->msg.fields.v[i]))
			return false;
	}
	return true;
}

/* What comes next, with all that is said on the way there. */
static void
put_next(struct buf *b, struct ask *ask)
{
	const struct msg_field *f = NULL;

	for (; ask->at < ask->msg.fields.n; ask->at++) {
		f = &ask->msg.fields.v[ask->at];
		if (!ask_is_silent(f))
			break;
		if (ask_is(f, "fixed"))
			line(b, f->value ? f->value : f->label);
	}
	if (ask->at < ask->msg.fields.n) {
		line(b, f->label && *f->label ? f->label : f->var);
		put_options(b, f);
		put_how(b, f);
	} else {
		line(b, "Answer yes or no.");
	}
}

static void
tell(struct user *user, const char *full, struct buf *b)
{
	buf_addc(b, '\0');
	say(user, full, buf_data(b), NULL);
	buf_free(b);
}

void
ask_chat(struct user *user, const char *full)
{
	struct ask *ask = user->ask;
	const struct msg_ask *m = &ask->msg;
	struct buf b = { 0 };

	line(&b, m->title);
	line(&b, m->instructions);
	line(&b, m->url);
	if (m->image != NULL && *m->image != '\0') {
		/* By itself, so that clients show the picture. */
		tell(user, full, &b);
		say(user, full, m->image, m->image);
	}
	put_next(&b, ask);
	tell(user, full, &b);
}

/* --------------------------------------------------------------- the answer */

static void
again(struct user *user, const char *why)
{
	struct buf b = { 0 };

	line(&b, why);
	put_next(&b, user->ask);
	tell(user, NULL, &b);
}

static bool
is_empty(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static void
go_on(struct user *user, struct ask *ask)
{
	struct buf b = { 0 };

	ask->at++;
	while (ask->at < ask->msg.fields.n &&
	    ask_is(&ask->msg.fields.v[ask->at], "hidden"))
		ask->at++;
	if (ask->at == ask->msg.fields.n) {
		ask_finish(user, ask);
		return;
	}
	put_next(&b, ask);
	if (ask->at == ask->msg.fields.n) {
		buf_free(&b);	/* there was nothing but words any more */
		ask_finish(user, ask);
		return;
	}
	tell(user, NULL, &b);
}

static void
take_field(struct user *user, struct ask *ask, const char *text)
{
	const struct msg_field *f = &ask->msg.fields.v[ask->at];
	char *value;

	if (strcasecmp(text, SKIP) == 0) {
		if (f->required && (f->value == NULL || is_empty(f->value))) {
			again(user, "An answer is needed; " CANCEL
			    " gives up.");
			return;
		}
		go_on(user, ask);
		return;
	}
	if (is_empty(text) || (value = ask_value(f, text, true)) == NULL) {
		again(user, "That is no answer; " CANCEL " gives up.");
		return;
	}
	ask_set(ask, ask->at, value);
	go_on(user, ask);
}

static void
take_confirmation(struct user *user, struct ask *ask, const char *text)
{
	static const struct msg_field yes_or_no = { .type = "bool" };
	char *value = ask_value(&yes_or_no, text, true);

	if (value == NULL)
		again(user, "That is no answer; " CANCEL " gives up.");
	else if (strcmp(value, "1") == 0)
		ask_finish(user, ask);
	else
		ask_refuse(user, ask, ERR_FORBIDDEN, "The user said no.");
	free(value);
}

bool
ask_answer(struct user *user, const char *text)
{
	struct ask *ask = user->ask;

	if (ask == NULL)
		return false;
	if (strcasecmp(text, CANCEL) == 0)
		ask_refuse(user, ask, ERR_FORBIDDEN,
		    "The user does not want to answer.");
	else if (is_confirmation(ask))
		take_confirmation(user, ask, text);
	else
		take_field(user, ask, text);
	return true;
}

bool
ask_is_secret(const struct user *user)
{
	const struct ask *ask = user->ask;

	return ask != NULL && ask->at < ask->msg.fields.n &&
	    ask_is(&ask->msg.fields.v[ask->at], "text-private");
}
