/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/form.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/stanza.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define OPTIONS	200		/* of a field */

/* ------------------------------------------------------------------ reading */

const char *
form_values(struct arena *arena, xmpp_stanza_t *field)
{
	xmpp_stanza_t *v = stanza_child(field, "value", NS_DATA);
	struct buf lines = { 0 };
	const char *all = NULL;
	char *text;

	for (bool first = true; v != NULL && buf_len(&lines) < FORM_TEXT;
	    v = stanza_beside(v, "value", NS_DATA), first = false) {
		text = stanza_text(v, FORM_TEXT);
		if (!first)
			buf_addc(&lines, '\n');
		buf_adds(&lines, text != NULL ? text : "");
		free(text);
	}
	if (buf_len(&lines) > 0)
		all = arena_strndup(arena, buf_data(&lines), buf_len(&lines));
	buf_free(&lines);
	return all;
}

static void
read_options(struct arena *arena, xmpp_stanza_t *field, struct msg_field *f)
{
	xmpp_stanza_t *o = stanza_child(field, "option", NS_DATA);
	const char *value;

	if (o == NULL)
		return;
	f->options.v = arena_zalloc(arena, OPTIONS * sizeof(*f->options.v));
	for (; o != NULL && f->options.n < OPTIONS;
	    o = stanza_beside(o, "option", NS_DATA)) {
		value = form_values(arena, o);
		f->options.v[f->options.n++] = (struct msg_option){
			.value = value != NULL ? value : "",
			.label = stanza_attr(o, "label"),
		};
	}
}

/* Who fills in a part would take away the rest. */
static bool
is_too_long(xmpp_stanza_t *field)
{
	xmpp_stanza_t *v = stanza_child(field, "value", NS_DATA);
	size_t bytes = 0;
	char *text;

	for (; v != NULL && bytes <= FORM_TEXT;
	    v = stanza_beside(v, "value", NS_DATA)) {
		text = stanza_text(v, SIZE_MAX);
		bytes += 1 + (text != NULL ? strlen(text) : 0);
		free(text);
	}
	return bytes > FORM_TEXT;
}

void
form_read(struct arena *arena, xmpp_stanza_t *form, struct msg_field **fields,
    size_t *n)
{
	xmpp_stanza_t *st = stanza_child(form, "field", NS_DATA);
	struct msg_field *f;
	const char *type;

	*n = 0;
	*fields = arena_zalloc(arena, FORM_FIELDS * sizeof(**fields));
	for (; st != NULL && *n < FORM_FIELDS;
	    st = stanza_beside(st, "field", NS_DATA)) {
		type = stanza_attr(st, "type");
		if (type != NULL && strcmp(type, "hidden") == 0)
			continue;
		if ((type == NULL || strcmp(type, "fixed") != 0) &&
		    is_too_long(st))
			continue;
		f = &(*fields)[*n];
		f->var = stanza_attr(st, "var");
		/* Words between the fields have no name. */
		if (f->var == NULL && type != NULL &&
		    strcmp(type, "fixed") == 0)
			f->var = arena_printf(arena, "fixed%zu", *n);
		if (f->var == NULL)
			continue;
		f->type = type;
		f->label = stanza_attr(st, "label");
		f->value = form_values(arena, st);
		f->required = stanza_child(st, "required", NS_DATA) != NULL;
		read_options(arena, st, f);
		(*n)++;
	}
}

/* --------------------------------------------------------------- filling in */

static const char *
given(const struct pairs *values, const char *var)
{
	for (size_t i = 0; i < values->n; i++) {
		if (strcmp(values->v[i].key, var) == 0)
			return values->v[i].value;
	}
	return NULL;
}

static void
put_lines(xmpp_stanza_t *field, const char *text)
{
	const char *end;
	char *line;

	while (*text != '\0') {
		end = text + strcspn(text, "\n");
		line = xstrndup(text, (size_t)(end - text));
		build_text(field, "value", line);
		free(line);
		text = *end != '\0' ? end + 1 : end;
	}
}

/* As they came: some were too long to be shown, and one may have lines. */
static void
put_same(xmpp_stanza_t *field, xmpp_stanza_t *st)
{
	xmpp_stanza_t *v = stanza_child(st, "value", NS_DATA);
	char *text;

	for (; v != NULL; v = stanza_beside(v, "value", NS_DATA)) {
		text = stanza_text(v, SIZE_MAX);
		build_text(field, "value", text != NULL ? text : "");
		free(text);
	}
}

static void
put_field(xmpp_stanza_t *out, xmpp_stanza_t *st, const struct pairs *values)
{
	const char *var = stanza_attr(st, "var"), *type, *value, *shown;
	xmpp_stanza_t *field;
	struct arena scratch = { 0 };

	type = stanza_attr(st, "type");
	if (var == NULL || (type != NULL && strcmp(type, "fixed") == 0))
		return;
	value = type != NULL && strcmp(type, "hidden") == 0 ? NULL :
	    given(values, var);
	shown = form_values(&scratch, st);
	field = build_child(out, "field", NULL);
	xmpp_stanza_set_attribute(field, "var", var);
	if (value == NULL || (shown != NULL && strcmp(value, shown) == 0))
		put_same(field, st);
	else if (type != NULL && strlen(type) > 6 &&
	    strcmp(type + strlen(type) - 6, "-multi") == 0)
		put_lines(field, value);
	else
		build_text(field, "value", value);
	arena_free(&scratch);
}

void
form_submit(xmpp_stanza_t *parent, xmpp_stanza_t *form,
    const struct pairs *values)
{
	xmpp_stanza_t *out = build_child(parent, "x", NS_DATA), *st;

	xmpp_stanza_set_type(out, "submit");
	for (st = stanza_child(form, "field", NS_DATA); st != NULL;
	    st = stanza_beside(st, "field", NS_DATA))
		put_field(out, st, values);
}

xmpp_stanza_t *
form_begin(xmpp_stanza_t *parent, const char *type)
{
	xmpp_stanza_t *out = build_child(parent, "x", NS_DATA);

	xmpp_stanza_set_type(out, "submit");
	form_put(out, "FORM_TYPE", type);
	return out;
}

void
form_put(xmpp_stanza_t *form, const char *var, const char *value)
{
	xmpp_stanza_t *field = build_child(form, "field", NULL);

	xmpp_stanza_set_attribute(field, "var", var);
	if (strcmp(var, "FORM_TYPE") == 0)
		xmpp_stanza_set_type(field, "hidden");
	build_text(field, "value", value);
}
