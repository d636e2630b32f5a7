/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which request has failed?  The label says so; where there is none, the
 * command and the names that follow it. */
#include "backends/irc/ask.h"
#include "backends/irc/replies.h"

#include <stdio.h>
#include <string.h>

#include "backends/irc/history.h"
#include "backends/irc/label.h"
#include "backends/irc/message.h"
#include "backends/irc/outbox.h"
#include "backends/irc/room.h"
#include "util/utf8.h"

static const char *
text_of(const struct line *l)
{
	return l->params[l->nparams - 1];
}

static const char *
error_of(const char *code)
{
	static const struct {
		const char	*part, *error;
	} codes[] = {
		{ "FORBIDDEN",		ERR_FORBIDDEN },
		{ "PRIVS",		ERR_FORBIDDEN },
		{ "PRIVILEGES",		ERR_FORBIDDEN },
		{ "REQUIRED",		ERR_NOT_AUTHORIZED },
		{ "UNKNOWN_MSGID",	ERR_NOT_FOUND },
		{ "NO_SUCH",		ERR_NOT_FOUND },
		{ "INVALID_TARGET",	ERR_NOT_FOUND },
		{ "MAX_",		ERR_TOO_LONG },
		{ "RATE",		ERR_RATE_LIMITED },
		{ "TRY_AGAIN",		ERR_RATE_LIMITED },
		{ "TEMPORAR",		ERR_RATE_LIMITED },
		{ "UNKNOWN_COMMAND",	ERR_NOT_SUPPORTED },
		{ "INVALID",		ERR_NOT_ACCEPTABLE },
	};

	for (size_t i = 0; i < LENGTH(codes); i++)
		if (strstr(code, codes[i].part) != NULL)
			return codes[i].error;
	return ERR_NOT_ALLOWED;
}

/* Without a label: by what the command was. */
static struct await *
guess(const struct network *n, const struct line *l)
{
	static const struct {
		const char	*command;
		unsigned	 kinds;
	} commands[] = {
		{ "PRIVMSG",	AWAIT_SAID }, { "TAGMSG", AWAIT_SAID },
		{ "BATCH",	AWAIT_SAID }, { "REDACT", AWAIT_SAID },
		{ "TOPIC",	1u << AWAIT_TOPIC },
		{ "MODE",	1u << AWAIT_MODE },
		{ "KICK",	1u << AWAIT_KICK },
		{ "INVITE",	1u << AWAIT_INVITE },
		{ "WHOIS",	1u << AWAIT_WHOIS },
	};

	if (strcmp(l->params[0], "NICK") == 0)
		return await_first(&n->awaits, AWAIT_NICK);
	for (size_t i = 0; i < LENGTH(commands); i++)
		if (strcmp(commands[i].command, l->params[0]) == 0)
			return await_find_any(&n->awaits, n->is.casemap,
			    commands[i].kinds, l->nparams > 3 ?
			    l->params[2] : "", l->nparams > 4 ?
			    l->params[3] : "");
	return NULL;
}

static void
show(struct network *n, const struct line *l)
{
	const char *command = l->params[0], *what = text_of(l);
	char text[600];

	if (n->state == NETWORK_REGISTERING)
		return;
	snprintf(text, sizeof(text), "%.*s: %.*s",
	    (int)utf8_cut(command, strlen(command), 64), command,
	    (int)utf8_cut(what, strlen(what), 500), what);
	message_from(n, network_id(n), text);
}

void
replies_fail(struct network *n, struct line *l)
{
	struct await *a = label_await(n, label_of(n, l));
	const char *error = error_of(l->params[1]);
	struct channel *c = l->nparams > 3 ?
	    network_channel(n, l->params[2]) : NULL;

	if (a == NULL)
		a = guess(n, l);
	if (strcmp(l->params[0], "CHATHISTORY") == 0) {
		history_refused(n, l, text_of(l));
	} else if (a != NULL && a->kind == AWAIT_NICK) {
		ask_nick_refused(n, a, error, text_of(l));
	} else if (a != NULL) {
		await_fail(&n->awaits, a, error, text_of(l));
	} else if (strcmp(l->params[0], "JOIN") == 0 && c != NULL &&
	    c->state == CHANNEL_JOINING) {
		room_refuse(n, c, error, text_of(l));
		outbox_move(n);
	} else {
		show(n, l);
	}
}

void
replies_note(struct network *n, struct line *l)
{
	show(n, l);
}
