/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests with one thing to answer: a text, one of several values, one of
 * several buttons. */
#include "backends/purple/request.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/asker.h"
#include "backends/purple/question.h"
#include "util/xalloc.h"

#define ANSWERS_MAX	30

/* ------------------------------------------------------------------- a text */

static void
input_form(const struct request *r, struct msg_ask *m, struct arena *arena)
{
	struct msg_field *field = arena_zalloc(arena, sizeof(*field));

	*field = (struct msg_field){ .var = REQUEST_FIELD, .label = r->title,
		.type = r->type, .value = r->value };
	m->fields.v = field;
	m->fields.n = 1;
}

static void
input_answer(struct request *r, const struct pairs *values)
{
	const char *text = question_value(values, REQUEST_FIELD);
	PurpleRequestInputCb call = (PurpleRequestInputCb)(text != NULL ?
	    r->ok : r->cancel);

	if (call != NULL)
		call(r->data, text ? text : "");
}

static const struct request_kind input_kind = {
	.type = PURPLE_REQUEST_INPUT, .form = input_form,
	.answer = input_answer,
};

void *
request_input(const char *title, const char *primary, const char *secondary,
    const char *value, gboolean multiline, gboolean masked, gchar *hint,
    const char *ok_text, GCallback ok, const char *cancel_text,
    GCallback cancel, PurpleAccount *account, const char *who,
    PurpleConversation *conv, void *data)
{
	struct request *r = request_create(&input_kind, asker(account, conv),
	    data);

	(void)hint;
	(void)ok_text;
	(void)cancel_text;
	(void)who;
	r->ok = ok;
	r->cancel = cancel;
	r->type = masked ? "secret" : multiline ? "multi" : "text";
	r->value = value != NULL ? xstrdup(value) : NULL;
	return request_put(r, title, primary, secondary);
}

/* ----------------------------------------------------------- one of several */

static void
choice_form(const struct request *r, struct msg_ask *m, struct arena *arena)
{
	struct msg_field *field = arena_zalloc(arena, sizeof(*field));
	struct msg_option *options = arena_zalloc(arena,
	    (r->nanswers + 1) * sizeof(*options));

	for (unsigned i = 0; i < r->nanswers; i++)
		options[i] = (struct msg_option){
			.value = arena_printf(arena, "%u", i + 1),
			.label = r->answers[i].label };
	*field = (struct msg_field){ .var = REQUEST_FIELD, .label = r->title,
		.type = "choice", .required = true,
		.options = { options, r->nanswers } };
	if (r->usual < r->nanswers)
		field->value = options[r->usual].value;
	m->fields.v = field;
	m->fields.n = 1;
}

/* The one that was chosen, or NULL. */
static const struct answer *
choice(const struct request *r, const struct pairs *values)
{
	const char *text = question_value(values, REQUEST_FIELD);
	unsigned long i = text != NULL ? strtoul(text, NULL, 10) : 0;

	return i >= 1 && i <= r->nanswers ? &r->answers[i - 1] : NULL;
}

static const char *
choice_wrong(const struct request *r, const struct pairs *values)
{
	return choice(r, values) != NULL ? NULL :
	    "That is not one of the answers.";
}

static void
choice_answer(struct request *r, const struct pairs *values)
{
	const struct answer *a = values != NULL ? choice(r, values) : NULL;
	PurpleRequestChoiceCb call = (PurpleRequestChoiceCb)(a != NULL ?
	    r->ok : r->cancel);

	if (call != NULL)
		call(r->data, a ? a->value : (int)r->usual);
}

static const struct request_kind choice_kind = {
	.type = PURPLE_REQUEST_CHOICE, .form = choice_form,
	.wrong = choice_wrong, .answer = choice_answer,
};

/* Labels have a mark before the letter that is their key. */
static char *
plain_label(const char *label)
{
	char *plain = xstrdup(label ? label : "");
	char *to = plain;

	for (const char *from = plain; *from != '\0'; from++) {
		if (*from != '_')
			*to++ = *from;
	}
	*to = '\0';
	return plain;
}

static struct answer *
add_answer(struct request *r, const char *label)
{
	struct answer *a = &r->answers[r->nanswers++];

	a->label = plain_label(label);
	return a;
}

void *
request_choice(const char *title, const char *primary, const char *secondary,
    int usual, const char *ok_text, GCallback ok, const char *cancel_text,
    GCallback cancel, PurpleAccount *account, const char *who,
    PurpleConversation *conv, void *data, va_list choices)
{
	struct request *r = request_create(&choice_kind,
	    asker(account, conv), data);
	const char *label;

	(void)ok_text;
	(void)cancel_text;
	(void)who;
	r->ok = ok;
	r->cancel = cancel;
	r->answers = xcalloc(ANSWERS_MAX, sizeof(*r->answers));
	r->usual = ANSWERS_MAX;
	while (r->nanswers < ANSWERS_MAX &&
	    (label = va_arg(choices, const char *)) != NULL) {
		struct answer *a = add_answer(r, label);

		a->value = va_arg(choices, int);
		if (a->value == usual)
			r->usual = r->nanswers - 1;
	}
	return request_put(r, title, primary, secondary);
}

/* ------------------------------------------------------------------ buttons */

/* Closed without one, it is the last, which is "Cancel" or "No" by custom; a
 * single button may well be "OK". */
static void
action_answer(struct request *r, const struct pairs *values)
{
	const struct answer *a = values != NULL ? choice(r, values) : NULL;
	PurpleRequestActionCb call;

	if (a == NULL && r->nanswers > 1)
		a = &r->answers[r->nanswers - 1];
	call = a != NULL ? (PurpleRequestActionCb)a->callback : NULL;
	if (call != NULL)
		call(r->data, (int)(a - r->answers));
}

static const struct request_kind action_kind = {
	.type = PURPLE_REQUEST_ACTION, .form = choice_form,
	.wrong = choice_wrong, .answer = action_answer,
};

static struct request *
action_create(int usual, PurpleAccount *account, PurpleConversation *conv,
    void *data, size_t n, va_list actions)
{
	struct request *r = request_create(&action_kind,
	    asker(account, conv), data);

	r->answers = xcalloc(ANSWERS_MAX, sizeof(*r->answers));
	r->usual = usual >= 0 ? (unsigned)usual : ANSWERS_MAX;
	while (r->nanswers < n && r->nanswers < ANSWERS_MAX) {
		struct answer *a = add_answer(r, va_arg(actions, const char *));

		a->callback = va_arg(actions, GCallback);
	}
	return r;
}

void *
request_action(const char *title, const char *primary, const char *secondary,
    int usual, PurpleAccount *account, const char *who,
    PurpleConversation *conv, void *data, size_t n, va_list actions)
{
	(void)who;
	return request_put(action_create(usual, account, conv, data, n,
	    actions), title, primary, secondary);
}

void *
request_action_with_icon(const char *title, const char *primary,
    const char *secondary, int usual, PurpleAccount *account,
    const char *who, PurpleConversation *conv, gconstpointer icon,
    gsize icon_size, void *data, size_t n, va_list actions)
{
	(void)icon;
	(void)icon_size;
	return request_action(title, primary, secondary, usual, account, who,
	    conv, data, n, actions);
}
