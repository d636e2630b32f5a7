/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X moves conversations to its encrypted chat (docs.x.com, Chat API).  What is
 * said there is not in what this gateway reads, and could be read with the
 * user's own keys only.
 *
 * What X documents is a list of the conversations that are in there, with ids
 * as those of direct messages: it is asked for once in a while, and the user is
 * told of each, once.  What X answers to who sends a direct message into one is
 * not documented; a refusal that speaks of encryption is taken for that.
 * Whether an older conversation with the same person goes on beside it nobody
 * says. */
#include "backends/twitter/direct_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/field.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/people.h"
#include "backends/twitter/task.h"
#include "util/log.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define TOLD		"twitter_chat_told"	/* setting: ids with blanks */
#define TOLD_BYTES	4096
#define LOOKED		"twitter_chat_read"	/* setting: when, in seconds
						 * since 1970 */
#define LOOK_AGAIN	(7 * 86400)		/* seconds */
#define LISTED_MAX	20			/* conversations at once */
#define NAME_BYTES	100

const char direct_moved_why[] = "This conversation is in X's encrypted chat, "
    "which this gateway can neither read nor write. X's own app can.";

struct looking {
	struct task	 task;
	json_t		*list;		/* of conversations */
};

/* ---------------------------------------------------------------- told once */

static bool
was_told(const struct session *s, const char *id)
{
	char *copy = xstrdup(session_setting(s, TOLD, "")), *rest, *one;
	bool found = false;

	for (one = strtok_r(copy, " ", &rest); one != NULL;
	    one = strtok_r(NULL, " ", &rest))
		found |= strcmp(one, id) == 0;
	free(copy);
	return found;
}

/* The oldest are forgotten when they are many. */
static void
note_told(struct session *s, const char *id)
{
	const char *before = session_setting(s, TOLD, "");
	char *text;

	while (strlen(before) + strlen(id) + 1 > TOLD_BYTES &&
	    strchr(before, ' ') != NULL)
		before = strchr(before, ' ') + 1;
	text = xasprintf("%s%s%s", before, *before != '\0' ? " " : "", id);
	session_keep(s, TOLD, text, false);
	free(text);
}

/* ---------------------------------------------------------------- a refusal */

bool
direct_moved_is(const struct api_answer *a)
{
	static const char *const words[] = { "encrypted", "xchat", "x chat" };

	if (a->text == NULL || (a->outcome != API_FORBIDDEN &&
	    a->outcome != API_REFUSED && a->outcome != API_NOT_FOUND))
		return false;
	for (size_t i = 0; i < LENGTH(words); i++)
		if (strcasestr(a->text, words[i]) != NULL)
			return true;
	return false;
}

void
direct_moved_tell(struct direct *d, const char *id)
{
	struct session *s = d->session;
	const struct known *k = people_by_id(id);
	struct group *g = direct_group_find(d, id);
	char *name = g != NULL ? direct_group_name(g) : k != NULL ?
	    xasprintf("%s (@%s)", k->person.name, k->person.username) :
	    xstrdup("Somebody");
	char *text = xasprintf("%s: %s", name, direct_moved_why);

	if (!was_told(s, id)) {
		note_told(s, id);
		notice(s, text);
	}
	free(text);
	free(name);
}

/* ----------------------------------------------------------------- the list */

static void
finish(struct task *task)
{
	json_decref(((struct looking *)task)->list);
}

/* The person of a conversation of two, or NULL. */
static const struct known *
peer_of(const struct session *s, const char *id)
{
	char peer[PAGE_ID_MAX + 1];

	return direct_id_peer(id, s->id, peer) ? people_by_id(peer) : NULL;
}

static void
add_name(struct buf *b, struct session *s, const json_t *json, const char *id)
{
	const struct known *k = peer_of(s, id);
	struct arena a = { 0 };
	const char *name = field_line(&a, json, "group_name", NAME_BYTES);

	buf_adds(b, buf_len(b) > 0 ? ", " : "");
	if (k != NULL)
		buf_addf(b, "%s (@%s)", k->person.name, k->person.username);
	else if (name != NULL)
		buf_addf(b, "the group \"%s\"", name);
	else
		buf_adds(b, strchr(id, '-') != NULL ? "somebody" : "a group");
	arena_free(&a);
}

static void
found(struct session *s, const struct api_answer *answer, void *ctx)
{
	struct looking *l = ctx;
	struct arena a = { 0 };
	struct buf b = { 0 };
	const char *id;
	char *names, *text;
	size_t i;
	json_t *json;

	(void)answer;
	json_array_foreach(l->list, i, json) {
		id = field_key(&a, json, "id");
		if (i >= LISTED_MAX || id == NULL || was_told(s, id))
			continue;
		add_name(&b, s, json, id);
		note_told(s, id);
	}
	if (buf_len(&b) > 0) {
		names = buf_steal(&b);
		text = xasprintf("X has conversations of yours in its encrypted "
		    "chat: %s. What is written there does not come through "
		    "this gateway, which has no keys to it; X's own app shows "
		    "it.", names);
		notice(s, text);
		free(text);
		free(names);
	}
	arena_free(&a);
	task_reply(&l->task, NULL);
}

static void
answered(struct session *s, const struct api_answer *a, void *ctx)
{
	struct looking *l = ctx;
	struct direct_ids ids = { 0 };
	struct arena arena = { 0 };
	char peer[PAGE_ID_MAX + 1];
	const char *id;
	size_t i;
	json_t *json;

	/* Nothing that the user has asked for: it is tried again in time. */
	if (a->outcome != API_OK) {
		log_debug("%s: the encrypted chat: %s", s->user, a->text);
		task_reply(&l->task, NULL);
		return;
	}
	l->list = json_incref(json_object_get(a->json, "data"));
	json_array_foreach(l->list, i, json) {
		id = field_key(&arena, json, "id");
		if (i < LISTED_MAX && id != NULL && !was_told(s, id) &&
		    direct_id_peer(id, s->id, peer))
			direct_ids_add(&ids, peer);
	}
	arena_free(&arena);
	direct_people(s, &ids, true, found, l);
}

void
direct_moved_look(struct direct *d)
{
	static const struct api_param query[] = {
		{ "max_results", "20" },
		{ "chat_conversation.fields", "group_name,id,type" },
	};
	struct session *s = d->session;
	time_t now = time(NULL);
	long long last = strtoll(session_setting(s, LOOKED, "0"), NULL, 10);
	struct looking *l;
	char text[24];

	if (last <= now && now - last < LOOK_AGAIN)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)now);
	session_keep(s, LOOKED, text, false);
	l = task_begin(s, NULL, sizeof(*l), finish);
	api_call(s, &(struct api_request){ .endpoint = E_chats,
	    .query = query, .nquery = LENGTH(query), .background = true },
	    answered, l);
}
