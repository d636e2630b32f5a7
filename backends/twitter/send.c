/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a message: a post, an answer to one, a direct message, or a command?
 * By where it was said, what it answers, and how it begins; in doubt it is not
 * made public. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/twitter/command.h"
#include "backends/twitter/direct.h"
#include "backends/twitter/down.h"
#include "backends/twitter/files.h"
#include "backends/twitter/meant.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/people.h"
#include "backends/twitter/post.h"
#include "backends/twitter/room.h"
#include "backends/twitter/settings.h"
#include "backends/twitter/shortid.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

/* Where a message was said. */
enum place { PLACE_X, PLACE_ROOM, PLACE_CONTACT };

/* ------------------------------------------------------------------ posting */

static void
posted(struct session *s, const struct post_answer *a, void *ctx)
{
	struct task *t = ctx;
	/* In the room it is shown by this answer, and not told by deliver.c. */
	struct msg_send_result result = {
		.ids = { (const char **)(void *)a->ids, a->n },
		.time = (int64_t)time(NULL) * 1000,
	};

	(void)s;
	if (a->code != NULL)
		task_error(t, a->code, a->text);
	else
		task_reply(t, &result);
}

/* text: of the message, without the addresses of its files. */
static void
send_post(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const char *text, const char *reply_to,
    const char *quote, bool thread)
{
	const struct act_post wish = { .text = text, .reply_to = reply_to,
	    .quote = quote };

	post_files(s, &wish, thread, m->attachments.v, m->attachments.n,
	    posted, task_begin(s, call, sizeof(struct task), NULL));
}

/* ----------------------------------------------------------------- commands */

/* The post that the words name, or NULL. */
static const char *
named(struct session *s, const struct words *w)
{
	const struct known *k;

	if (strlen(w->id) == 2)
		return shortid_find(&s->shortids, w->id);
	if (*w->id != '\0')
		return w->id;
	k = people_by_name(w->name);
	return k != NULL ? shortid_last_of(&s->shortids, k->person.id) : NULL;
}

/* Those that can have files are done here, as their files need it. */
static void
post_typed(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const struct words *w)
{
	bool bare = w->word == WORD_post || w->word == WORD_thread;
	const char *id = bare ? NULL : named(s, w);

	if (!bare && id == NULL)
		kit_error(call, ERR_NOT_FOUND, "It is not known which post "
		    "you mean.");
	else
		send_post(s, call, m, w->text,
		    w->word == WORD_reply ? id : NULL,
		    w->word == WORD_quote ? id : NULL,
		    w->word == WORD_thread);
}

static bool
is_post(const struct words *w)
{
	return w->word == WORD_post || w->word == WORD_reply ||
	    w->word == WORD_quote ||
	    (w->word == WORD_thread && *w->text != '\0');
}

static void
run(struct session *s, const struct kit_call *call, const struct msg_send *m,
    enum place place, const struct words *w)
{
	struct msg_send typed = *m;

	if (m->attachments.n > 0 && is_post(w)) {
		post_typed(s, call, m, w);
		return;
	}
	if (m->attachments.n > 0 && words_row(w->word) != NULL) {
		kit_error(call, ERR_NOT_ACCEPTABLE, w->word == WORD_message ?
		    "Nothing was sent: no file goes with this command. Send "
		    "it in a chat with them alone." :
		    "Nothing was done: no file goes with this command.");
		return;
	}
	/* What comes of it is said by X, rather than by somebody there. */
	if (place == PLACE_CONTACT)
		typed.to = CONTACT;
	command_typed(s, call, &typed, w);
}

/* As part of the words of what is run. */
static void
run_line(struct session *s, const struct kit_call *call,
    const struct msg_send *m, enum place place, const char *line)
{
	struct words w;

	words_read(&w, line);
	run(s, call, m, place, &w);
	words_free(&w);
}

/* ------------------------------------------------------------------ replies */

/* An answer to a post, wherever it is shown: a reply on X, or a command about
 * it. */
static void
send_reply(struct session *s, const struct kit_call *call,
    const struct msg_send *m, enum place place, const char *text,
    const char *post_id)
{
	char *line = meant_command(text, post_id);
	struct words w;

	words_read(&w, line != NULL ? line : text);
	if (*text != '#')
		send_post(s, call, m, text, post_id, NULL, false);
	else if (line == NULL && w.word == WORD_thread && *w.text != '\0')
		send_post(s, call, m, w.text, post_id, NULL, true);
	else
		run(s, call, m, place, &w);
	words_free(&w);
	free(line);
}

/* true: that has been answered. */
static bool
is_reply(struct session *s, const struct kit_call *call,
    const struct msg_send *m, enum place place, const char *text)
{
	const char *to = m->reply_to != NULL ? m->reply_to->id : NULL;
	char id[PAGE_ID_MAX + 1];

	if (to == NULL || *to == '\0')
		return false;
	if (meant_post(to, id)) {
		send_reply(s, call, m, place, text, id);
		return true;
	}
	/* Of a group whose room the user is not in. */
	if (place == PLACE_X && direct_is_message(to) && *text != '#') {
		direct_send(s, call, m);
		return true;
	}
	/* To something that was said here, or to the user's own words. */
	if (place == PLACE_CONTACT || *text == '#')
		return false;
	kit_error(call, ERR_NOT_FOUND, "It is not known which post this "
	    "answers. #reply ID TEXT says so.");
	return true;
}

/* ------------------------------------------------------------------- places */

/* anna: Hello.  Whom is that to?  Malloced; NULL: it is none. */
static char *
addressee(const char *text)
{
	size_t n = strcspn(text, ":");

	if (n == 0 || n > WORDS_NAME_MAX || text[n] != ':' ||
	    (text[n + 1] != ' ' && text[n + 1] != '\n'))
		return NULL;
	return xstrndup(text, n);
}

/* To somebody who is in the room that is for her alone, as it has always been. */
static void
send_to_occupant(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const char *text, const char *nick)
{
	char *line;

	if (m->attachments.n > 0) {
		kit_error(call, ERR_NOT_ACCEPTABLE, "Nothing was sent: what "
		    "begins with somebody's name is a direct message. Send "
		    "the file to them alone.");
		return;
	}
	line = xasprintf("#message %s %s", nick, text + strlen(nick) + 1);
	run_line(s, call, m, PLACE_ROOM, line);
	free(line);
}

static void
send_to_room(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const char *text)
{
	char *nick;

	if (is_reply(s, call, m, PLACE_ROOM, text))
		return;
	nick = addressee(text);
	if (*text == '#')
		run_line(s, call, m, PLACE_ROOM, text);
	else if (nick != NULL && room_has(s, nick))
		send_to_occupant(s, call, m, text, nick);
	/* Who was there before the user has come back is not yet again; what
	 * was for them alone must not become public by that. */
	else if (nick != NULL && people_by_name(nick) != NULL)
		kit_error(call, ERR_NOT_ACCEPTABLE, "Nothing was sent: it "
		    "begins with the name of somebody who is not in the room "
		    "now. #message NAME TEXT is for them alone, #post TEXT "
		    "for all.");
	else
		send_post(s, call, m, text, NULL, NULL, false);
	free(nick);
}

static void
send_to_x(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const char *text)
{
	struct words w;

	if (is_reply(s, call, m, PLACE_X, text))
		return;
	words_read(&w, text);
	if (w.word == WORD_text && setting_on(s, "post_plain"))
		send_post(s, call, m, text, NULL, NULL, false);
	else if (w.word == WORD_text && m->attachments.n > 0)
		kit_error(call, ERR_NOT_ACCEPTABLE, "Nothing was posted. A "
		    "file is posted when #post and a text come with it, when "
		    "it answers a post, or when the setting post_plain is 1.");
	else
		run(s, call, m, PLACE_X, &w);
	words_free(&w);
}

static void
route(struct session *s, const struct kit_call *call, const struct msg_send *m,
    const char *text)
{
	bool groupchat = strcmp(m->kind, "groupchat") == 0;

	if (groupchat && strcasecmp(m->to, ROOM) == 0)
		send_to_room(s, call, m, text);
	else if (groupchat && !direct_is_room(m->to))
		kit_error(call, ERR_NOT_FOUND, "There is no such room on X.");
	else if (strcmp(m->kind, "chat") == 0 &&
	    strcasecmp(m->to, CONTACT) == 0)
		send_to_x(s, call, m, text);
	/* Nothing that was said in private becomes public. */
	else if (strcmp(m->kind, "chat") != 0 ||
	    !is_reply(s, call, m, PLACE_CONTACT, text))
		direct_send(s, call, m);
}

/* The lines that quote what is answered (m->reply_to->text) are not in the
 * body, as this backend has the feature replies. */
void
down_send(const struct kit_call *call, const struct msg_send *m)
{
	struct session *s = session_for(call, m->user);
	char *text;

	if (s == NULL)
		return;
	if (m->replaces != NULL && *m->replaces != '\0') {
		kit_error(call, ERR_NOT_SUPPORTED, "What is on X cannot be "
		    "corrected from here. Delete it, and say it anew.");
		return;
	}
	text = files_text(m->body, m->attachments.v, m->attachments.n);
	route(s, call, m, text);
	free(text);
}
