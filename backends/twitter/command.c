/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which command is it, and with what?  A form of a menu is made a line, so that
 * both are read by the same rules.  Doing it is for the run_*.c. */
#include "backends/twitter/command.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/down.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/room.h"
#include "backends/twitter/run.h"
#include "backends/twitter/task.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define UNKNOWN	"Unknown command! Type #help for a list of available commands."

typedef void run_word(struct run *);
static run_word *const doers[WORD_COUNT] = {
#define WORD(name, others, first, rest, group, help) [WORD_##name] = run_##name,
#include "backends/twitter/words.def"
#undef WORD
};

static void
finish(struct task *task)
{
	struct run *r = (struct run *)task;

	free(r->from);
	words_free(&r->words);
	arena_free(&r->arena);
}

/* from: NULL for a menu. */
static struct run *
begin(struct session *s, const struct kit_call *call, const char *from)
{
	struct run *r = task_begin(s, call, sizeof(*r), finish);

	r->from = xstrdup_null(from);
	return r;
}

static void
start(struct run *r)
{
	switch (r->words.word) {
	case WORD_misused:
		run_usage(r, r->words.meant);
		break;
	case WORD_text:
	case WORD_unknown:
	case WORD_COUNT:
		run_wrong(r, UNKNOWN);
		break;
	default:
		doers[r->words.word](r);
		break;
	}
}

void
command_typed(struct session *s, const struct kit_call *call,
    const struct msg_send *m, const struct words *w)
{
	struct run *r = begin(s, call,
	    strcmp(m->kind, "groupchat") == 0 ? ROOM : CONTACT);

	r->words = *w;
	r->words.text = xstrdup(w->text);
	start(r);
}

/* -------------------------------------------------------------------- menus */

/* Fields of forms. */
#define FIRST	"first"
#define REST	"rest"

static struct msg_option modes[] = {
	{ .value = "0", .label = "in the chat with twitter.com" },
	{ .value = "1", .label = "in a chat with each author" },
	{ .value = "2", .label = "in the room #twitter" },
};
static struct msg_option news[] = {
	{ .value = "", .label = "as read before, if it was" },
	{ .value = "new", .label = "read it now, which costs money" },
};

/* What is asked for in the place of each argument; none when it is hidden. */
static const struct msg_field asked[] = {
#define POST_LABEL \
	"Post: its short id, its address, or @author for the last one"
	[ARG_ID] = { .var = FIRST, .label = POST_LABEL, .required = true },
	[ARG_MAYBE_ID] = { .var = FIRST,
	    .label = POST_LABEL "; empty: what was done last" },
	[ARG_NAME] = { .var = FIRST, .label = "Whom: name on X",
	    .required = true },
	[ARG_MAYBE_NAME] = { .var = FIRST,
	    .label = "Whose: name on X; empty: yours" },
	[ARG_NUMBER] = { .var = FIRST, .label = "Show my timeline",
	    .type = "choice", .required = true, .value = "0",
	    .options = { modes, LENGTH(modes) } },
	[ARG_ID_OR_TEXT] = { .var = FIRST, .type = "multi",
	    .label = POST_LABEL "; or a long text", .required = true },
	[ARG_TEXT] = { .var = REST, .type = "multi", .label = "Text",
	    .required = true },
	[ARG_LIST] = { .var = REST, .label = "List: its number or name",
	    .required = true },
	[ARG_PEOPLE] = { .var = REST, .type = "multi", .required = true,
	    .label = "@name of each, and then what to say to them" },
	[ARG_MAYBE_COMMAND] = { .var = REST, .label = "Command; empty: all" },
	[ARG_MAYBE_NEW] = { .var = REST, .type = "choice", .value = "",
	    .label = "How", .options = { news, LENGTH(news) } },
};

/* Of a person whose own menu it is, there is nothing to ask for. */
static bool
is_of_contact(const struct word_row *row)
{
	return (row->first == ARG_NAME || row->first == ARG_MAYBE_NAME) &&
	    row->rest == ARG_NOTHING;
}

void
command_offer(struct msg_initialize_result *say)
{
	static const char *contact[] = { "contact" };
	static struct msg_field fields[WORD_COUNT][2];
	static struct msg_command_info infos[2 * WORD_COUNT];
	const struct word_row *row;
	struct msg_command_info *info;
	size_t n = 0;

	for (enum word w = WORD_text; w < WORD_COUNT; w++) {
		row = words_row(w);
		if (row == NULL || row->group == GROUP_HIDDEN)
			continue;
		info = &infos[n++];
		*info = (struct msg_command_info){ .name = row->name,
		    .label = row->help };
		info->fields.v = fields[w];
		if (asked[row->first].var != NULL)
			fields[w][info->fields.n++] = asked[row->first];
		if (asked[row->rest].var != NULL)
			fields[w][info->fields.n++] = asked[row->rest];
		if (!is_of_contact(row))
			continue;
		infos[n++] = (struct msg_command_info){ .name = row->name,
		    .label = row->help, .on = { contact, 1 } };
	}
	say->commands.v = infos;
	say->commands.n = n;
}

static const char *
argument(const struct msg_command *m, const char *name)
{
	for (size_t i = 0; i < m->arguments.n; i++)
		if (strcmp(m->arguments.v[i].key, name) == 0 &&
		    m->arguments.v[i].value != NULL)
			return m->arguments.v[i].value;
	return "";
}

/* One word, whatever it is, so that it cannot be taken for more; and none is
 * not the first word of what follows. */
static void
add_first(struct buf *b, const char *value, enum word_argument a)
{
	static const char blanks[] = " \t\r\n";
	size_t n;

	value += strspn(value, blanks);
	for (n = strlen(value); n > 0 && strchr(blanks, value[n - 1]); n--)
		;
	for (size_t i = 0; i < n; i++)
		buf_addc(b, a == ARG_ID_OR_TEXT ||
		    strchr(blanks, value[i]) == NULL ? value[i] : '?');
	if (n == 0 && a != ARG_NOTHING)
		buf_addc(b, '?');
}

/* The line that would have been typed.  A target is a person, or X itself: with
 * that, nobody. */
static char *
line_of(const struct msg_command *m, const struct word_row *row)
{
	const char *first = m->target == NULL ? argument(m, FIRST) :
	    strcmp(m->target, CONTACT) != 0 ? m->target : "";
	bool maybe = row->first == ARG_MAYBE_ID || row->first == ARG_MAYBE_NAME;
	struct buf b = { 0 };

	buf_addf(&b, "#%s ", row->name);
	if (*first != '\0' || !maybe)
		add_first(&b, first, row->first);
	if (row->rest != ARG_NOTHING)
		buf_addf(&b, " %s", argument(m, REST));
	return buf_steal(&b);
}

void
down_command(const struct kit_call *call, const struct msg_command *m)
{
	struct session *s = session_for(call, m->user);
	enum word word = words_named(m->name);
	const struct word_row *row = words_row(word);
	struct run *r;
	char *line;

	if (s == NULL)
		return;
	if (row == NULL || row->group == GROUP_HIDDEN) {
		kit_error(call, ERR_NOT_FOUND, UNKNOWN);
		return;
	}
	/* There is one step. */
	if (m->action != NULL && strcmp(m->action, "cancel") == 0) {
		kit_reply(call, NULL);
		return;
	}
	r = begin(s, call, NULL);
	line = line_of(m, row);
	words_read(&r->words, line);
	free(line);
	start(r);
}
