/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A form with the moods that the plug-in knows, and a text beside. */
#include "backends/purple/mood.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/command.h"
#include "backends/purple/question.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define MOODS_MAX	200
#define TEXT_MAX	500	/* bytes */

static const PurpleMood *
moods(const struct session *s)
{
	PurplePluginProtocolInfo *info = session_protocol(s);

	if (!PROTOCOL_HAS(info, get_moods) ||
	    purple_account_get_status_type_with_primitive(s->account,
	    PURPLE_STATUS_MOOD) == NULL)
		return NULL;
	return info->get_moods(s->account);
}

bool
mood_is_there(const struct session *s)
{
	return moods(s) != NULL;
}

static const PurpleMood *
find(const struct session *s, const char *name)
{
	const PurpleMood *m = moods(s);

	while (m != NULL && m->mood != NULL && strcmp(m->mood, name) != 0)
		m++;
	return m != NULL && m->mood != NULL ? m : NULL;
}

static void
answered(void *ctx, const struct pairs *values)
{
	static const struct msg_command_result
	    none = { .text = "You have no mood now." },
	    set = { .text = "Your mood has been told." };
	struct session *s = ctx;
	const char *mood = question_value(values, "mood");
	const char *text = question_value(values, "text");
	const char *id = purple_status_type_get_id(
	    purple_account_get_status_type_with_primitive(s->account,
	    PURPLE_STATUS_MOOD));
	char *cut;

	if (mood == NULL)
		return;
	if (find(s, mood) == NULL) {
		purple_account_set_status(s->account, id, FALSE, NULL);
		command_result(s, &none);
		return;
	}
	cut = xstrndup(text != NULL ? text : "", text != NULL ?
	    utf8_cut(text, strlen(text), TEXT_MAX) : 0);
	purple_account_set_status(s->account, id, TRUE,
	    PURPLE_MOOD_NAME, mood, PURPLE_MOOD_COMMENT, cut, NULL);
	command_result(s, &set);
	free(cut);
}

static void
dropped(void *ctx)
{
	(void)ctx;
}

void
mood_ask(struct session *s)
{
	static const struct question_events events = { answered, dropped };
	struct msg_option options[MOODS_MAX + 1] = {
		{ .value = "", .label = "None" },
	};
	struct msg_field fields[] = {
		{ .var = "mood", .type = "choice", .label = "Mood",
		  .value = "" },
		{ .var = "text", .type = "text", .label = "Text" },
	};
	struct msg_ask m = {
		.title = "Your mood", .fields = { fields, LENGTH(fields) },
	};
	size_t n = 1;

	for (const PurpleMood *mood = moods(s); mood != NULL &&
	    mood->mood != NULL && n < LENGTH(options); mood++)
		options[n++] = (struct msg_option){
			.value = mood->mood, .label = mood->description,
		};
	fields[0].options.v = options;
	fields[0].options.n = n;
	question_put(s, &m, &events, s);
}
