/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VERSION, PING, TIME and CLIENTINFO.  Which program the user has only the main
 * process can find out; when it does not in time, we are the program. */
#include "backends/irc/ctcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/irc/ask.h"
#include "backends/irc/format.h"
#include "backends/irc/session.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define ASK_CLIENT	5.0	/* seconds that a client has to say what it is */
#define ANSWER_MAX	300	/* bytes */
#define THROUGH		" (through Spectrum " SPECTRUM_VERSION ")"

/* Nobody can make us flood the server. */
static const struct flood_limit ctcp_limit = { .burst = 4, .rate = 0.2 };

/* ---- they ask */

/* Is an answer to be given? */
static bool
may_answer(struct network *n, const char *nick)
{
	return n->state == NETWORK_ONLINE && nick_is_valid(nick) &&
	    link_space(&n->link) > LINK_QUEUE_MAX / 2 &&
	    flood_take(&n->ctcp, &ctcp_limit, ev_now(n->irc->loop));
}

static void
answer(struct network *n, const char *nick, const char *command,
    const char *text)
{
	int len = (int)utf8_cut(text, strlen(text), ANSWER_MAX);
	char *line = xasprintf("\1%s %.*s\1", command, len, text);

	/* The mark in the middle would end it. */
	for (char *at = line + 1; (at = strchr(at, '\1')) != NULL &&
	    at[1] != '\0';)
		*at = ' ';
	link_send(&n->link, "NOTICE", nick, line, NULL);
	free(line);
}

/* Whom to answer when the main process has said what the client is. */
struct asked {
	struct irc	*irc;
	char		*user, *server, *nick;
};

static struct network *
network_of(const struct asked *a)
{
	struct session *s = session_find(a->irc, a->user);
	struct network *n = s ? s->networks : NULL;

	while (n != NULL && (n->state != NETWORK_ONLINE ||
	    strcmp(network_id(n), a->server) != 0))
		n = n->next;
	return n;
}

static void
client_said(void *ctx, const struct msg_error *error,
    const union result *result)
{
	const struct msg_query_up_result *r = result ? &result->query_up :
	    NULL;
	struct asked *a = ctx;
	struct network *n = network_of(a);
	char *text;

	if (error == NULL && r != NULL && r->name != NULL)
		text = xasprintf("%.80s%s%.60s%s%.60s" THROUGH, r->name,
		    r->version ? " " : "", r->version ? r->version : "",
		    r->os ? " / " : "", r->os ? r->os : "");
	else
		text = xstrdup("Spectrum " SPECTRUM_VERSION);
	utf8_xml_clean(text, strlen(text));	/* names may be cut */
	if (n != NULL)
		answer(n, a->nick, "VERSION", text);
	free(text);
	free(a->user);
	free(a->server);
	free(a->nick);
	free(a);
}

static void
asked_version(struct network *n, const char *nick, const char *arguments)
{
	struct msg_query_up query = { .user = n->user, .what = "version",
		.contact = network_contact_id(n, nick) };
	struct asked *a = xmalloc(sizeof(*a));

	(void)arguments;
	*a = (struct asked){ n->irc, xstrdup(n->user),
		xstrdup(network_id(n)), xstrdup(nick) };
	if (!up_request(METHOD_query_up, &query, ASK_CLIENT, client_said, a))
		client_said(a, NULL, NULL);
}

static void
asked_ping(struct network *n, const char *nick, const char *arguments)
{
	answer(n, nick, "PING", arguments);
}

static void
asked_time(struct network *n, const char *nick, const char *arguments)
{
	time_t now = (time_t)ev_now(n->irc->loop);
	char date[64];
	struct tm tm;

	(void)arguments;
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	answer(n, nick, "TIME", date);
}

static void
asked_what(struct network *n, const char *nick, const char *arguments)
{
	(void)arguments;
	answer(n, nick, "CLIENTINFO",
	    "ACTION CLIENTINFO PING TIME VERSION");
}

static const struct {
	const char	*command;
	void		(*answer)(struct network *, const char *nick,
			    const char *arguments);
} questions[] = {
	{ "CLIENTINFO",	asked_what },
	{ "PING",	asked_ping },
	{ "TIME",	asked_time },
	{ "VERSION",	asked_version },
};

bool
ctcp_asked(struct network *n, const char *nick, const char *command,
    const char *arguments)
{
	for (size_t i = 0; i < LENGTH(questions); i++) {
		if (strcasecmp(questions[i].command, command) != 0)
			continue;
		if (may_answer(n, nick))
			questions[i].answer(n, nick, arguments);
		return true;
	}
	return false;
}

/* ---- we ask */

void
ctcp_ask(struct network *n, request_t request, const char *nick,
    const char *what)
{
	static const char *const known[][2] = {
		{ "ping", "PING" }, { "time", "TIME" },
		{ "version", "VERSION" },
	};
	const char *command = NULL;
	char text[64];
	struct await *a;

	for (size_t i = 0; i < LENGTH(known); i++)
		if (strcmp(known[i][0], what) == 0)
			command = known[i][1];
	if (command == NULL) {
		up_error(request, ERR_NOT_SUPPORTED, "no such question");
		return;
	}
	a = ask_question(n, AWAIT_CTCP, request, nick, command);
	if (a == NULL)
		return;
	snprintf(text, sizeof(text), strcmp(command, "PING") == 0 ?
	    "\1%s %lu\1" : "\1%s\1", command, a->serial);
	if (link_send(&n->link, "PRIVMSG", nick, text, NULL) == -1)
		ask_take_back(n, a);
}

/* "name:version:system", as the oldest programs have it; newer ones say what
 * they like. */
static void
take_apart(char *text, struct msg_query_result *r)
{
	char *one = strchr(text, ':'), *two;

	r->text = text;
	if (one == NULL || strstr(text, "://") != NULL || one == text ||
	    one[1] == ' ' || (two = strchr(one + 1, ':')) == NULL)
		return;
	*one = *two = '\0';
	r->name = text;
	r->version = one + 1;
	r->os = two[1] != '\0' ? two + 1 : NULL;
	r->text = NULL;
}

/* What programs make of a time differs: those are understood that say their
 * zone. */
static int64_t
parse_time(const char *text)
{
	static const char *const formats[] = {
		"%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %Y %z",
		"%a %d %b %Y %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z",
		"%Y-%m-%d %H:%M:%S %z",
	};
	const char *end;
	struct tm tm;
	long zone;

	for (size_t i = 0; i < LENGTH(formats); i++) {
		tm = (struct tm){ 0 };
		end = strptime(text, formats[i], &tm);
		if (end == NULL)
			continue;
		zone = tm.tm_gmtoff;
		return ((int64_t)timegm(&tm) - zone) * 1000;
	}
	return 0;
}

bool
ctcp_answered(struct network *n, const char *nick, const char *command,
    const char *arguments)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_CTCP,
	    nick, command);
	struct msg_query_result r = { 0 };
	static struct buf scratch;
	char *copy;

	if (a == NULL)
		return false;
	copy = xstrdup(format_plain(arguments, &scratch));
	if (strcasecmp(command, "VERSION") == 0)
		take_apart(copy, &r);
	else if (strcasecmp(command, "TIME") == 0)
		r.text = copy;
	if (strcasecmp(command, "TIME") == 0)
		r.time = parse_time(copy);
	up_result(a->request, METHOD_query, &r);
	await_done(&n->awaits, a);
	free(copy);
	return true;
}
