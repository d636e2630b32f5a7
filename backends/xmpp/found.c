/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/found.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/form.h"
#include "backends/xmpp/stanza.h"
#include "util/utf8.h"

#define COLUMNS_MAX	20
#define ROWS_MAX	200
#define TEXT_MAX	512	/* bytes */
#define CONTACT		"contact"

void
found_init(struct found *f)
{
	struct msg_search_result *t = &f->table;

	*f = (struct found){ 0 };
	t->columns.v = arena_alloc(&f->arena, COLUMNS_MAX *
	    sizeof(*t->columns.v));
	t->rows.v = arena_alloc(&f->arena, ROWS_MAX * sizeof(*t->rows.v));
}

void
found_finish(struct found *f)
{
	arena_free(&f->arena);
}

static char *
keep(struct found *f, const char *text)
{
	return text != NULL ? arena_strndup(&f->arena, text,
	    utf8_cut(text, strlen(text), TEXT_MAX)) : NULL;
}

/* ------------------------------------------------------------------ columns */

/* XEP-0055 7: what those are called that come without a form. */
static const char *
label_of(const char *var)
{
	static const struct {
		const char	*var, *label;
	} known[] = {
		{ "first", "First name" }, { "last", "Last name" },
		{ "nick", "Nickname" }, { "email", "E-mail" },
	};

	for (size_t i = 0; i < LENGTH(known); i++) {
		if (strcmp(known[i].var, var) == 0)
			return known[i].label;
	}
	return NULL;
}

/* Unless there is one of that name. */
static void
add_column(struct found *f, const char *var, const char *label)
{
	struct msg_search_result *t = &f->table;

	if (var == NULL || strcmp(var, "jid") == 0 ||
	    strcmp(var, CONTACT) == 0)
		return;
	for (size_t i = 0; i < t->columns.n; i++) {
		if (strcmp(t->columns.v[i].var, var) == 0)
			return;
	}
	if (t->columns.n < COLUMNS_MAX)
		t->columns.v[t->columns.n++] = (struct msg_column){
		    .var = keep(f, var), .label = keep(f, label) };
}

static void
add_columns(struct found *f, xmpp_stanza_t *reported)
{
	xmpp_stanza_t *field = stanza_child(reported, "field", NULL);

	for (; field != NULL; field = stanza_beside(field, "field", NULL))
		add_column(f, stanza_attr(field, "var"),
		    stanza_attr(field, "label"));
}

/* --------------------------------------------------------------------- rows */

/* The text of an element; NULL: there is none. */
static const char *
text_of(struct found *f, xmpp_stanza_t *st)
{
	char *text = stanza_text(st, TEXT_MAX);
	const char *kept = text != NULL ? arena_strdup(&f->arena, text) : NULL;

	free(text);
	return kept;
}

static void
put(struct found *f, struct pairs *row, const char *key, const char *value)
{
	if (row->n > COLUMNS_MAX || key == NULL || value == NULL ||
	    *value == '\0' || strcmp(key, CONTACT) == 0)
		return;
	row->v[row->n++] = (struct pair){
	    strcmp(key, "jid") == 0 ? CONTACT : keep(f, key), value };
}

/* <item jid=''><first/>...</item>, or one of fields. */
static void
read_row(struct found *f, xmpp_stanza_t *item, struct pairs *row)
{
	xmpp_stanza_t *child = xmpp_stanza_get_children(item);
	const char *name;

	row->v = arena_alloc(&f->arena, (COLUMNS_MAX + 1) * sizeof(*row->v));
	put(f, row, "jid", keep(f, stanza_attr(item, "jid")));
	for (; child != NULL; child = xmpp_stanza_get_next(child)) {
		name = xmpp_stanza_get_name(child);
		if (stanza_is(child, "field", NULL)) {
			put(f, row, stanza_attr(child, "var"), text_of(f,
			    stanza_child(child, "value", NULL)));
		} else if (name != NULL) {
			add_column(f, name, label_of(name));
			put(f, row, name, text_of(f, child));
		}
	}
}

static bool
has_contact(const struct pairs *row)
{
	for (size_t i = 0; i < row->n; i++) {
		if (strcmp(row->v[i].key, CONTACT) == 0)
			return true;
	}
	return false;
}

void
found_add(struct found *f, xmpp_stanza_t *query)
{
	xmpp_stanza_t *form = stanza_child(query, "x", NS_DATA);
	xmpp_stanza_t *item = stanza_child(form != NULL ? form : query,
	    "item", NULL);
	struct msg_search_result *t = &f->table;
	struct msg_row *row;

	add_columns(f, stanza_child(form, "reported", NULL));
	for (; item != NULL && t->rows.n < ROWS_MAX;
	    item = stanza_beside(item, "item", NULL)) {
		row = &t->rows.v[t->rows.n];
		*row = (struct msg_row){ 0 };
		read_row(f, item, &row->values);
		/* Nobody can be added without an address. */
		if (has_contact(&row->values))
			t->rows.n++;
	}
}
