/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question as the form of a command (XEP-0050): all its fields at once, and
 * nothing of it in anybody's history. */
#include <string.h>

#include "manager/gateway/ask_inside.h"
#include "manager/gateway/command.h"
#include "manager/gateway/form.h"
#include "manager/gateway/room_settings.h"
#include "protocol/errors.h"
#include "util/buf.h"

#define CONFIRM	"confirm"	/* stands for the answer where there are no
				 * fields */

static bool
has_fields(const struct ask *ask)
{
	for (size_t i = 0; i < ask->msg.fields.n; i++) {
		if (!ask_is_silent(&ask->msg.fields.v[i]))
			return true;
	}
	return false;
}

static void
put_form(struct xml *x, const struct ask *ask)
{
	const struct msg_ask *m = &ask->msg;
	const char *const lines[] = { m->instructions, m->url, m->image };
	struct buf text = { 0 };

	for (size_t i = 0; i < LENGTH(lines); i++) {
		if (lines[i] != NULL && *lines[i] != '\0')
			buf_addf(&text, "%s%s", buf_len(&text) ? "\n" : "",
			    lines[i]);
	}
	buf_addc(&text, '\0');
	form_begin(x, "form", m->title, buf_len(&text) > 1 ? buf_data(&text) :
	    NULL, NULL);
	for (size_t i = 0; i < m->fields.n; i++)
		form_field_of(x, &m->fields.v[i]);
	if (!has_fields(ask))
		form_field(x, CONFIRM, "boolean", m->title, "0", true);
	form_end(x);
	buf_free(&text);
}

/* wrong: with what was filled in before, or NULL. */
static void
show(struct down *d, const struct ask *ask, const char *wrong)
{
	struct asked *asked = asked_by(d);
	struct xml *x = command_begin(asked, ASK_NODE, ask->token,
	    "executing");

	if (wrong != NULL)
		command_wrong(x, wrong);
	put_form(x, ask);
	asked_end(asked, x);
}

static void
done(struct down *d, bool wrong, const char *text)
{
	struct asked *asked = asked_by(d);
	struct xml *x = command_begin(asked, ASK_NODE,
	    stanza_attr(d->payload, "sessionid"), "completed");

	if (wrong)
		command_wrong(x, text);
	else
		command_note(x, text);
	asked_end(asked, x);
}

/* What is missing keeps its default.  NULL: all is well. */
static const char *
take_fields(struct down *d, struct ask *ask, const struct stanza *form)
{
	struct pairs given = form_values(d->arena, form);
	const struct msg_field *f;
	const char *text;
	char *value;

	for (size_t i = 0; i < ask->msg.fields.n; i++) {
		f = &ask->msg.fields.v[i];
		if (ask_is_silent(f))
			continue;
		text = pairs_value(&given, f->var);
		if ((text == NULL || *text == '\0') && f->required)
			return "Something that is needed is missing.";
		if (text == NULL || (*text == '\0' &&
		    ask_is(f, "list-single")))
			continue;
		if ((value = ask_value(f, text, false)) == NULL)
			return "That cannot be chosen.";
		ask_set(ask, i, value);
	}
	return NULL;
}

static void
take(struct down *d, struct ask *ask, const struct stanza *form)
{
	const char *wrong;

	if (!has_fields(ask)) {
		bool yes = form_bool(form_value(d->arena, form, CONFIRM));

		done(d, false, yes ? "You have said yes." :
		    "You have said no.");
		if (yes)
			ask_finish(d->user, ask);
		else
			ask_refuse(d->user, ask, ERR_FORBIDDEN,
			    "The user said no.");
		return;
	}
	if ((wrong = take_fields(d, ask, form)) != NULL) {
		show(d, ask, wrong);
		return;
	}
	done(d, false, ask->next != NULL ?
	    "Answered. There is another question." : "Answered.");
	ask_finish(d->user, ask);
}

void
ask_run(struct down *d, const struct stanza *form)
{
	const char *session = stanza_attr(d->payload, "sessionid");
	struct ask *ask = d->user->ask;

	if (form == NULL && ask != NULL) {
		show(d, ask, NULL);
		return;
	}
	while (ask != NULL && (session == NULL ||
	    strcmp(ask->token, session) != 0))
		ask = ask->next;
	if (ask == NULL)
		done(d, true, "That question is not open any more.");
	else
		take(d, ask, form);
}
