/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-irc says nothing of many refusals, and takes a kick for a leave.  It
 * lets us read along, so here that is read. */
#include <stdlib.h>
#include <string.h>

#include "backends/purple/core.h"
#include "backends/purple/occupant.h"
#include "backends/purple/room.h"
#include "backends/purple/room_hint.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/xalloc.h"

#define WORDS	5

/* "[:source] command word word :the rest": pieces of a copy. */
struct line {
	char	*copy;
	char	*nick;		/* of the source, "" when there is none */
	char	*word[WORDS];	/* the command first; "" when missing */
};

static void
line_split(struct line *line, const char *text)
{
	static char none[] = "";
	char *p = line->copy = xstrndup(text, 1024);

	p[strcspn(p, "\r\n")] = '\0';
	line->nick = none;
	if (*p == ':') {
		line->nick = p + 1;
		p += strcspn(p, " ");
		if (*p != '\0')
			*p++ = '\0';
		line->nick[strcspn(line->nick, "!")] = '\0';
	}
	for (size_t i = 0; i < WORDS; i++) {
		p += strspn(p, " ");
		line->word[i] = *p == ':' ? p + 1 : p;
		if (*p == ':' || i == WORDS - 1) {
			p += strlen(p);
			continue;
		}
		p += strcspn(p, " ");
		if (*p != '\0')
			*p++ = '\0';
	}
}

static void
hint_gone(PurpleConnection *gc, const char *room, const char *name,
    const char *how, const char *actor, const char *reason)
{
	struct room_hint *hint = room_hint_new(gc);

	hint->room = xstrdup_null(room);
	hint->name = xstrdup(name);
	hint->how = how;
	hint->actor = xstrdup_null(actor);
	hint->reason = *reason != '\0' ? room_text_clean(reason,
	    ROOM_TEXT_BYTES) : NULL;
}

/* ":server 333 me #room nick!user@host 1700000000" */
static void
topic_set_by(const struct session *s, const struct line *line)
{
	struct room *room = room_named(s, line->word[2]);
	long long seconds = strtoll(line->word[4], NULL, 10);
	char *by;

	if (room == NULL)
		return;
	by = xstrdup(line->word[3]);
	by[strcspn(by, "!")] = '\0';
	xreplace(&room->topic_by, by);
	free(by);
	room->topic_time = seconds > 0 && seconds < INT64_C(1) << 40 ?
	    seconds * 1000 : 0;
}

static void
fail(const struct room *room, enum room_await_kind kind, const char *code,
    const char *text)
{
	struct room_await *await = room_awaited(room, kind, NULL);

	if (await != NULL)
		room_await_failed(await, code, text);
}

/* The plug-in may say it in words, too, to nobody in particular. */
static void
refused(struct session *s, PurpleConnection *gc, const struct irc_refusal *r)
{
	char *about = xstrndup(r->about, r->about_len);
	char *text = room_text_clean(r->text, 400);
	struct room *room = room_named(s, about);
	size_t at = 0;

	text[strcspn(text, "\r\n")] = '\0';
	if (room == NULL)
		room = room_joining(s, about);
	if (room != NULL && room->state == ROOM_JOINING) {
		room_join_failed(room, r->code, text);
		room_hint_new(gc)->hush = true;
	} else if (room != NULL) {
		fail(room, AWAIT_MODERATE, r->code, text);
		fail(room, AWAIT_SUBJECT, r->code, text);
	} else if ((r->numeric >= 430 && r->numeric < 440) ||
	    r->numeric == 447) {
		while ((room = map_next(&s->rooms->table, &at)) != NULL) {
			if (room_awaited(room, AWAIT_NICK, NULL) == NULL)
				continue;
			fail(room, AWAIT_NICK, r->code, text);
			room_hint_new(gc)->hush = true;
		}
	}
	free(about);
	free(text);
}

/* The plug-in takes it for a lost connection, which is tried again and again
 * with the same password.  The first reason that libpurple hears of is the one
 * that counts.  Some servers say it by number, some only as they hang up. */
static void
check_password(const struct session *s, PurpleConnection *gc,
    const struct line *line)
{
	if (s->connected)
		return;		/* then it is about something else */
	if (strcmp(line->word[0], "464") == 0 ||
	    (strcmp(line->word[0], "ERROR") == 0 &&
	    strcasestr(line->word[1], "password") != NULL))
		purple_connection_error_reason(gc,
		    PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
		    "The server does not accept the password.");
}

static void
received(PurpleConnection *gc, char **text)
{
	struct session *s = session_of_connection(gc);
	struct irc_refusal refusal;
	struct line line;
	const char *command;

	room_hint_forget(gc);
	if (s == NULL || text == NULL || *text == NULL)
		return;
	line_split(&line, *text);
	check_password(s, gc, &line);
	if (s->ended) {
		free(line.copy);
		return;
	}
	if (room_irc_refusal(*text, &refusal)) {
		refused(s, gc, &refusal);
		free(line.copy);
		return;
	}
	command = line.word[0];
	if (strcmp(command, "KICK") == 0) {
		hint_gone(gc, line.word[1], line.word[2], "kicked", line.nick,
		    line.word[3]);
	} else if (strcmp(command, "QUIT") == 0) {
		hint_gone(gc, NULL, line.nick, "quit", NULL, line.word[1]);
	} else if (strcmp(command, "331") == 0 || strcmp(command, "332") == 0 ||
	    strcmp(command, "TOPIC") == 0) {
		room_hint_new(gc)->hush = true;
	} else if (strcmp(command, "333") == 0) {
		topic_set_by(s, &line);
		room_hint_new(gc)->hush = true;
	}
	free(line.copy);
}

void
room_irc_init(void)
{
	PurplePlugin *irc = purple_find_prpl("prpl-irc");

	if (irc != NULL)
		purple_signal_connect(irc, "irc-receiving-text", core_handle(),
		    PURPLE_CALLBACK(received), NULL);
}
