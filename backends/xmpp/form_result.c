/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms that are an answer (XEP-0004 3.4): a table, or some lines. */
#include "backends/xmpp/form.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/stanza.h"
#include "util/utf8.h"
#include "util/xalloc.h"

static char *
keep(struct arena *a, const char *text)
{
	return text != NULL ? arena_strndup(a, text,
	    utf8_cut(text, strlen(text), FORM_TEXT)) : NULL;
}

static void
read_columns(struct arena *a, xmpp_stanza_t *reported, struct form_table *t)
{
	xmpp_stanza_t *field = stanza_child(reported, "field", NS_DATA);
	const char *var;

	t->columns = arena_alloc(a, FORM_COLUMNS * sizeof(*t->columns));
	for (; field != NULL && t->ncolumns < FORM_COLUMNS;
	    field = stanza_beside(field, "field", NS_DATA)) {
		var = keep(a, stanza_attr(field, "var"));
		if (var == NULL)
			continue;
		t->columns[t->ncolumns++] = (struct msg_column){
		    .var = var,
		    .label = keep(a, stanza_attr(field, "label")) };
	}
}

/* How many there are, within reason. */
static size_t
count(xmpp_stanza_t *st, const char *name, size_t max)
{
	xmpp_stanza_t *child = stanza_child(st, name, NS_DATA);
	size_t n = 0;

	for (; child != NULL && n < max; n++)
		child = stanza_beside(child, name, NS_DATA);
	return n;
}

static void
read_row(struct arena *a, xmpp_stanza_t *item, struct pairs *row)
{
	xmpp_stanza_t *field = stanza_child(item, "field", NS_DATA);
	size_t max = count(item, "field", FORM_COLUMNS);
	const char *var, *value;

	row->v = arena_alloc(a, (max + 1) * sizeof(*row->v));
	for (; field != NULL && row->n < max;
	    field = stanza_beside(field, "field", NS_DATA)) {
		var = keep(a, stanza_attr(field, "var"));
		value = form_values(a, field);
		if (var != NULL && value != NULL)
			row->v[row->n++] = (struct pair){ var, value };
	}
}

bool
form_read_table(struct arena *a, xmpp_stanza_t *form, struct form_table *t)
{
	xmpp_stanza_t *item = stanza_child(form, "item", NS_DATA);
	size_t max = count(form, "item", FORM_ROWS);

	*t = (struct form_table){ 0 };
	read_columns(a, stanza_child(form, "reported", NS_DATA), t);
	t->rows = arena_zalloc(a, (max + 1) * sizeof(*t->rows));
	for (; item != NULL && t->nrows < max;
	    item = stanza_beside(item, "item", NS_DATA))
		read_row(a, item, &t->rows[t->nrows++].values);
	return t->ncolumns > 0;
}

static void
put_line(struct arena *a, xmpp_stanza_t *field, struct buf *lines)
{
	const char *label = stanza_attr(field, "label");
	const char *value = form_values(a, field);

	if (stanza_attr_is(field, "type", "hidden") ||
	    (value == NULL && label == NULL))
		return;
	if (label == NULL && !stanza_attr_is(field, "type", "fixed"))
		label = stanza_attr(field, "var");
	if (buf_len(lines) > 0)
		buf_addc(lines, '\n');
	if (label != NULL)
		buf_adds(lines, label);
	if (label != NULL && value != NULL)
		/* Several of them stand below it. */
		buf_adds(lines, strchr(value, '\n') != NULL ? ":\n" : ": ");
	if (value != NULL)
		buf_adds(lines, value);
}

void
form_put_lines(struct arena *a, xmpp_stanza_t *form, struct buf *lines)
{
	xmpp_stanza_t *field = stanza_child(form, "field", NS_DATA);

	for (; field != NULL && buf_len(lines) < FORM_LINES;
	    field = stanza_beside(field, "field", NS_DATA))
		put_line(a, field, lines);
}
