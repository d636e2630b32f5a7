/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the answer to a command say? (XEP-0050 4) */
#include "backends/xmpp/command.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/form.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

#define NOTES	20		/* of an answer */

static void
put(struct buf *lines, xmpp_stanza_t *st)
{
	char *text = stanza_text(st, FORM_TEXT);

	if (text == NULL)
		return;
	if (buf_len(lines) > 0)
		buf_addc(lines, '\n');
	buf_adds(lines, text);
	free(text);
}

static const char *
kept(struct arena *a, const struct buf *lines)
{
	return buf_len(lines) > 0 ? arena_strndup(a, buf_data(lines),
	    buf_len(lines)) : NULL;
}

static const char *
title_of(struct arena *a, xmpp_stanza_t *form)
{
	char *text = stanza_text(stanza_child(form, "title", NS_DATA),
	    FORM_TEXT);
	const char *title = text != NULL ? arena_strdup(a, text) : NULL;

	free(text);
	return title;
}

/* true: one says that something is wrong. */
static bool
put_notes(struct buf *lines, xmpp_stanza_t *command)
{
	xmpp_stanza_t *note = stanza_child(command, "note", NULL);
	bool wrong = false;

	for (size_t i = 0; note != NULL && i < NOTES; i++) {
		wrong |= stanza_attr_is(note, "type", "error");
		put(lines, note);
		note = stanza_beside(note, "note", NULL);
	}
	return wrong;
}

bool
command_may(xmpp_stanza_t *command, const char *action)
{
	xmpp_stanza_t *actions = stanza_child(command, "actions", NULL);

	/* XEP-0050 3.4: who says nothing of it has one step. */
	if (actions == NULL)
		return strcmp(action, "complete") == 0;
	return stanza_child(actions, action, NULL) != NULL ||
	    stanza_attr_is(actions, "execute", action);
}

/* A step always has something to be filled in, or to be read: without it, it
 * would be the end. */
static void
put_step(struct arena *a, xmpp_stanza_t *command, xmpp_stanza_t *form,
    struct msg_command_result *r)
{
	static const char *const actions[] = { "prev", "next", "complete" };
	struct msg_field *field;
	struct buf lines = { 0 };

	r->actions.v = arena_alloc(a, sizeof(actions));
	for (size_t i = 0; i < LENGTH(actions); i++) {
		if (command_may(command, actions[i]))
			r->actions.v[r->actions.n++] = actions[i];
	}
	if (!stanza_attr_is(form, "type", "result"))
		form_read(a, form, &r->fields.v, &r->fields.n);
	if (r->fields.n > 0)
		return;
	form_put_lines(a, form, &lines);
	field = arena_zalloc(a, sizeof(*field));
	field->var = "text";
	field->type = "fixed";
	field->value = kept(a, &lines);
	if (field->value == NULL)
		field->value = r->text != NULL ? r->text : "";
	r->fields.v = field;
	r->fields.n = 1;
	buf_free(&lines);
}

bool
command_answer(struct arena *a, xmpp_stanza_t *command, const char *run,
    struct msg_command_result *r)
{
	xmpp_stanza_t *form = stanza_child(command, "x", NS_DATA);
	struct form_table table = { 0 };
	struct buf lines = { 0 };

	if (command == NULL)
		return false;
	*r = (struct msg_command_result){ .session = run };
	r->refused = put_notes(&lines, command);
	r->title = title_of(a, form);
	put(&lines, stanza_child(form, "instructions", NS_DATA));
	if (run != NULL) {
		r->text = kept(a, &lines);
		put_step(a, command, form, r);
	} else if (form_read_table(a, form, &table)) {
		r->columns.v = table.columns;
		r->columns.n = table.ncolumns;
		r->rows.v = table.rows;
		r->rows.n = table.nrows;
	} else {
		form_put_lines(a, form, &lines);
	}
	if (run == NULL)
		r->text = kept(a, &lines);
	buf_free(&lines);
	return true;
}
