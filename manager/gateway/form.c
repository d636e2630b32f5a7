/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data forms, written and read. */
#include "manager/gateway/form.h"

#include <string.h>

#include "manager/gateway/ns.h"

#define VALUES_MAX 64

void
form_begin(struct xml *x, const char *type, const char *title,
    const char *instructions, const char *form_type)
{
	xml_open_ns(x, "x", NS_DATA);
	xml_attr(x, "type", type);
	if (title != NULL)
		xml_element(x, "title", NULL, title);
	if (instructions != NULL)
		xml_element(x, "instructions", NULL, instructions);
	if (form_type != NULL)
		form_field(x, "FORM_TYPE", "hidden", NULL, form_type, false);
}

static void
put_values(struct xml *x, const char *value, bool lines)
{
	struct arena a = { 0 };
	char *rest, *line;

	if (value == NULL)
		return;
	if (!lines) {
		xml_element(x, "value", NULL, value);
		return;
	}
	rest = arena_strdup(&a, value);
	while ((line = strsep(&rest, "\n")) != NULL)
		xml_element(x, "value", NULL, line);
	arena_free(&a);
}

void
form_field(struct xml *x, const char *var, const char *type, const char *label,
    const char *value, bool required)
{
	xml_open(x, "field");
	xml_attr(x, "var", var);
	xml_attr(x, "type", type);
	xml_attr(x, "label", label);
	if (required)
		xml_element(x, "required", NULL, NULL);
	put_values(x, value, strstr(type, "-multi") != NULL);
	xml_close(x);
}

const char *
form_type(const char *type)
{
	static const struct {
		const char *ours, *theirs;
	} types[] = {
		{ "text", "text-single" }, { "secret", "text-private" },
		{ "multi", "text-multi" }, { "bool", "boolean" },
		{ "choice", "list-single" }, { "choices", "list-multi" },
	};

	if (type == NULL)
		return "text-single";
	for (size_t i = 0; i < LENGTH(types); i++) {
		if (strcmp(type, types[i].ours) == 0)
			return types[i].theirs;
	}
	return type;
}

bool
form_is_secret(const struct msg_field *f)
{
	return strcmp(form_type(f->type), "text-private") == 0;
}

void
form_field_of(struct xml *x, const struct msg_field *f)
{
	const char *type = form_type(f->type);

	xml_open(x, "field");
	xml_attr(x, "var", f->var);
	xml_attr(x, "type", type);
	xml_attr(x, "label", f->label);
	if (f->required)
		xml_element(x, "required", NULL, NULL);
	/* Whoever gave it may have it by mistake. */
	if (!form_is_secret(f))
		put_values(x, f->value, strstr(type, "-multi") != NULL);
	for (size_t i = 0; i < f->options.n; i++) {
		xml_open(x, "option");
		xml_attr(x, "label", f->options.v[i].label);
		xml_element(x, "value", NULL, f->options.v[i].value);
		xml_close(x);
	}
	xml_close(x);
}

void
form_end(struct xml *x)
{
	xml_close(x);
}

const struct stanza *
form_find(const struct stanza *parent)
{
	return stanza_child(parent, "x", NS_DATA);
}

const char *
form_value(struct arena *a, const struct stanza *form, const char *var)
{
	for (const struct stanza *f = stanza_first(form); f != NULL;
	    f = stanza_next(f)) {
		const char *name = stanza_attr(f, "var");

		if (strcmp(f->name, "field") == 0 && name != NULL &&
		    strcmp(name, var) == 0)
			return stanza_child_text(a, f, "value", NULL);
	}
	return NULL;
}

static const char *
joined(struct arena *a, const struct stanza *field)
{
	struct buf all = { 0 };
	size_t n = 0;
	char *text;

	for (const struct stanza *v = stanza_first(field); v != NULL;
	    v = stanza_next(v)) {
		if (strcmp(v->name, "value") != 0)
			continue;
		if (n++ > 0)
			buf_addc(&all, '\n');
		buf_adds(&all, stanza_text(a, v));
	}
	text = arena_strndup(a, buf_len(&all) ? buf_data(&all) : "",
	    buf_len(&all));
	buf_free(&all);
	return text;
}

struct pairs
form_values(struct arena *a, const struct stanza *form)
{
	struct pairs pairs = {
		arena_alloc(a, VALUES_MAX * sizeof(*pairs.v)), 0
	};

	for (const struct stanza *f = stanza_first(form);
	    f != NULL && pairs.n < VALUES_MAX; f = stanza_next(f)) {
		const char *name = stanza_attr(f, "var");

		if (strcmp(f->name, "field") == 0 && name != NULL &&
		    strcmp(name, "FORM_TYPE") != 0)
			pairs.v[pairs.n++] =
			    (struct pair){ name, joined(a, f) };
	}
	return pairs;
}

bool
form_bool(const char *value)
{
	return value != NULL && (strcmp(value, "1") == 0 ||
	    strcmp(value, "true") == 0);
}
