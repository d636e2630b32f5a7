/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests with a form of several fields.  A field of the form is named by its
 * place, as the plug-in's own names may be missing or come twice. */
#include "backends/purple/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/asker.h"
#include "backends/purple/question.h"

#define FIELDS_MAX	60
#define OPTIONS_MAX	200

/* Visit all fields: the n-th is named fN. */
struct cursor {
	GList		*group, *field;
	unsigned	 n;
};

static PurpleRequestField *
next_field(const PurpleRequestFields *fields, struct cursor *at)
{
	if (at->n++ == 0)
		at->group = purple_request_fields_get_groups(fields);
	else if (at->field != NULL)
		at->field = at->field->next;
	while (at->field == NULL && at->group != NULL) {
		at->field = purple_request_field_group_get_fields(
		    at->group->data);
		at->group = at->group->next;
	}
	if (at->field == NULL || at->n > FIELDS_MAX)
		return NULL;
	return at->field->data;
}

/* ----------------------------------------------------------------- the form */

static struct msg_option *
options_of(GList *labels, bool by_number, size_t *n, struct arena *arena)
{
	struct msg_option *options = arena_zalloc(arena,
	    OPTIONS_MAX * sizeof(*options));

	*n = 0;
	for (GList *l = labels; l != NULL && *n < OPTIONS_MAX; l = l->next) {
		const char *label = l->data ? l->data : "";

		options[*n].label = label;
		options[*n].value = by_number ?
		    arena_printf(arena, "%zu", *n) : label;
		(*n)++;
	}
	return options;
}

static const char *
selected(const PurpleRequestField *field, struct arena *arena)
{
	const char *lines = NULL;

	for (GList *l = purple_request_field_list_get_selected(field);
	    l != NULL; l = l->next)
		lines = lines == NULL ? l->data : arena_printf(arena, "%s\n%s",
		    lines, (const char *)l->data);
	return lines;
}

static void
describe_string(const PurpleRequestField *field, struct msg_field *to)
{
	to->type = purple_request_field_string_is_masked(field) ? "secret" :
	    purple_request_field_string_is_multiline(field) ? "multi" : "text";
	to->value = purple_request_field_string_get_default_value(field);
	if (!purple_request_field_string_is_editable(field))
		to->type = "fixed";
}

static void
describe_list(PurpleRequestField *field, struct msg_field *to,
    struct arena *arena)
{
	to->type = purple_request_field_list_get_multi_select(field) ?
	    "choices" : "choice";
	to->options.v = options_of(purple_request_field_list_get_items(field),
	    false, &to->options.n, arena);
	to->value = selected(field, arena);
}

/* false: nothing to fill in or to read. */
static bool
describe(PurpleRequestField *field, unsigned n, struct msg_field *to,
    struct arena *arena)
{
	*to = (struct msg_field){ .var = arena_printf(arena, "f%u", n),
		.label = purple_request_field_get_label(field),
		.required = purple_request_field_is_required(field) };
	if (!purple_request_field_is_visible(field))
		return false;
	switch (purple_request_field_get_type(field)) {
	case PURPLE_REQUEST_FIELD_STRING:
		describe_string(field, to);
		return true;
	case PURPLE_REQUEST_FIELD_INTEGER:
		to->type = "text";
		to->value = arena_printf(arena, "%d",
		    purple_request_field_int_get_default_value(field));
		return true;
	case PURPLE_REQUEST_FIELD_BOOLEAN:
		to->type = "bool";
		to->value = purple_request_field_bool_get_default_value(field)
		    ? "1" : "0";
		return true;
	case PURPLE_REQUEST_FIELD_CHOICE:
		to->type = "choice";
		to->options.v = options_of(
		    purple_request_field_choice_get_labels(field), true,
		    &to->options.n, arena);
		to->value = arena_printf(arena, "%d",
		    purple_request_field_choice_get_default_value(field));
		return true;
	case PURPLE_REQUEST_FIELD_LIST:
		describe_list(field, to, arena);
		return true;
	case PURPLE_REQUEST_FIELD_LABEL:
		to->type = "fixed";
		to->value = to->label;
		to->label = NULL;
		return to->value != NULL;
	default:	/* images are shown beside the form; an account is
			 * always the user's own */
		return false;
	}
}

static void
fields_form(const struct request *r, struct msg_ask *m, struct arena *arena)
{
	struct cursor at = { 0 };
	PurpleRequestField *field;

	m->fields.v = arena_zalloc(arena, FIELDS_MAX * sizeof(*m->fields.v));
	while ((field = next_field(r->fields, &at)) != NULL) {
		if (describe(field, at.n, &m->fields.v[m->fields.n], arena))
			m->fields.n++;
	}
}

/* --------------------------------------------------------------- the answer */

static bool
truth(const char *text)
{
	return strcmp(text, "1") == 0 || strcmp(text, "true") == 0 ||
	    strcmp(text, "yes") == 0;
}

static void
select_lines(PurpleRequestField *field, const char *lines)
{
	size_t n;

	purple_request_field_list_clear_selected(field);
	for (; *lines != '\0'; lines += n + (lines[n] == '\n')) {
		char *item;

		n = strcspn(lines, "\n");
		item = g_strndup(lines, n);
		if (purple_request_field_list_get_data(field, item) != NULL ||
		    g_list_find_custom(purple_request_field_list_get_items(
		    field), item, (GCompareFunc)strcmp) != NULL)
			purple_request_field_list_add_selected(field, item);
		g_free(item);
	}
}

static void
set(PurpleRequestField *field, const char *value)
{
	switch (purple_request_field_get_type(field)) {
	case PURPLE_REQUEST_FIELD_STRING:
		/* NULL is how libpurple says empty. */
		purple_request_field_string_set_value(field,
		    *value != '\0' ? value : NULL);
		break;
	case PURPLE_REQUEST_FIELD_INTEGER:
		purple_request_field_int_set_value(field, atoi(value));
		break;
	case PURPLE_REQUEST_FIELD_BOOLEAN:
		purple_request_field_bool_set_value(field, truth(value));
		break;
	case PURPLE_REQUEST_FIELD_CHOICE:
		if ((guint)atoi(value) < g_list_length(
		    purple_request_field_choice_get_labels(field)))
			purple_request_field_choice_set_value(field,
			    atoi(value));
		break;
	case PURPLE_REQUEST_FIELD_LIST:
		select_lines(field, value);
		break;
	default:
		break;
	}
}

/* Also puts the values into the fields, where libpurple itself looks whether
 * all that is required is there. */
static const char *
fields_wrong(const struct request *r, const struct pairs *values)
{
	struct cursor at = { 0 };
	PurpleRequestField *field;
	const char *value;
	char var[16];

	while ((field = next_field(r->fields, &at)) != NULL) {
		snprintf(var, sizeof(var), "f%u", at.n);
		value = question_value(values, var);
		if (value != NULL)
			set(field, value);
	}
	return purple_request_fields_all_required_filled(r->fields) ? NULL :
	    "Something that is required has not been filled in.";
}

static void
fields_answer(struct request *r, const struct pairs *values)
{
	PurpleRequestFieldsCb call = (PurpleRequestFieldsCb)(values != NULL ?
	    r->ok : r->cancel);

	if (call != NULL)
		call(r->data, r->fields);
}

static const struct request_kind fields_kind = {
	.type = PURPLE_REQUEST_FIELDS, .form = fields_form,
	.wrong = fields_wrong, .answer = fields_answer,
};

void *
request_fields(const char *title, const char *primary, const char *secondary,
    PurpleRequestFields *fields, const char *ok_text, GCallback ok,
    const char *cancel_text, GCallback cancel, PurpleAccount *account,
    const char *who, PurpleConversation *conv, void *data)
{
	struct request *r = request_create(&fields_kind, asker(account, conv),
	    data);

	(void)ok_text;
	(void)cancel_text;
	(void)who;
	r->ok = ok;
	r->cancel = cancel;
	r->fields = fields;
	return request_put(r, title, primary, secondary);
}
