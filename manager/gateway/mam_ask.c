/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a client ask of an archive?  A data form says which messages, a
 * result set (XEP-0059) which page of them. */
#include "manager/gateway/mam.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/form.h"
#include "manager/gateway/ns.h"
#include "manager/xmpp/jid.h"
#include "util/stamp.h"

struct parsing {
	struct arena	*arena;
	const char	*room;
	struct mam_ask	*to;
	enum stanza_error error;
	const char	*why;
};

static int
wrong(struct parsing *p, enum stanza_error error, const char *why)
{
	p->error = error;
	p->why = why;
	return -1;
}

/* ------------------------------------------------------------------- fields */

typedef int field_parser(struct parsing *, const struct stanza *field,
    const char *value);

static int
parse_time(struct parsing *p, const char *value, int64_t *out)
{
	*out = stamp_parse(value);
	return *out != 0 ? 0 : wrong(p, E_BAD_REQUEST, "That is no time.");
}

static int
parse_start(struct parsing *p, const struct stanza *field, const char *value)
{
	static const char epoch[] = "1970-01-01T00:00:00";

	(void)field;
	/* A client's way to say: from the beginning on. */
	if (strncmp(value, epoch, sizeof(epoch) - 1) == 0)
		return 0;
	return parse_time(p, value, &p->to->ask.start);
}

static int
parse_end(struct parsing *p, const struct stanza *field, const char *value)
{
	(void)field;
	return parse_time(p, value, &p->to->ask.end);
}

/* In a room it is an occupant, or the room itself for all. */
static int
parse_with(struct parsing *p, const struct stanza *field, const char *value)
{
	struct jid jid;

	(void)field;
	if (jid_parse(p->arena, value, &jid) < 0)
		return wrong(p, E_BAD_REQUEST, "That is no JID.");
	if (strcmp(jid.bare, p->room) != 0)
		p->to->nothing = true;
	else
		p->to->ask.nick = jid.resource;
	return 0;
}

static int
parse_after(struct parsing *p, const struct stanza *field, const char *value)
{
	(void)field;
	p->to->ask.after = value;
	return 0;
}

static int
parse_before(struct parsing *p, const struct stanza *field, const char *value)
{
	(void)field;
	p->to->ask.before = value;
	return 0;
}

static int
parse_ids(struct parsing *p, const struct stanza *field, const char *value)
{
	const char **ids = arena_alloc(p->arena, MAM_IDS_MAX * sizeof(*ids));
	size_t n = 0;

	(void)value;
	for (const struct stanza *v = stanza_first(field); v != NULL;
	    v = stanza_next(v)) {
		if (strcmp(v->name, "value") != 0)
			continue;
		if (n == MAM_IDS_MAX)
			return wrong(p, E_NOT_ACCEPTABLE, "Too many ids.");
		ids[n++] = stanza_text(p->arena, v);
	}
	p->to->ask.ids = ids;
	p->to->ask.nids = n;
	return 0;
}

/* What would not change anything here. */
static int
pass_over(struct parsing *p, const struct stanza *field, const char *value)
{
	(void)p, (void)field, (void)value;
	return 0;
}

static const struct {
	const char	*var;
	field_parser	*parse;
} fields[] = {
	{ "FORM_TYPE",		pass_over },
	{ "start",		parse_start },
	{ "end",		parse_end },
	{ "with",		parse_with },
	{ "after-id",		parse_after },
	{ "before-id",		parse_before },
	{ "ids",		parse_ids },
	{ "include-groupchat",	pass_over },
};

static int
parse_field(struct parsing *p, const struct stanza *field)
{
	const char *var = stanza_attr(field, "var");
	const char *value = stanza_child_text(p->arena, field, "value", NULL);

	if (strcmp(field->name, "field") != 0 || var == NULL)
		return 0;
	for (size_t i = 0; i < LENGTH(fields); i++)
		if (strcmp(fields[i].var, var) == 0)
			return value == NULL || *value == '\0' ? 0 :
			    fields[i].parse(p, field, value);
	/* XEP-0313 4.1: or the client would get what it did not ask for. */
	return wrong(p, E_FEATURE_NOT_IMPLEMENTED, arena_printf(p->arena,
	    "Messages are not found by \"%s\" here.", var));
}

static int
parse_form(struct parsing *p, const struct stanza *form)
{
	for (const struct stanza *f = stanza_first(form); f != NULL;
	    f = stanza_next(f))
		if (parse_field(p, f) < 0)
			return -1;
	return 0;
}

/* --------------------------------------------------------------------- page */

static int
parse_max(struct parsing *p, const char *text)
{
	char *end;
	long n;

	if (text == NULL)
		return 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || n < 0)
		return wrong(p, E_BAD_REQUEST, "<max/> is no number.");
	if (n < MAM_PAGE_MAX)
		p->to->ask.max = (unsigned)n;
	return 0;
}

/* A page lies within what the form asks for, so its bounds are the closer. */
static int
parse_page(struct parsing *p, const struct stanza *set)
{
	const char *after = stanza_child_text(p->arena, set, "after", NS_RSM);
	const char *before = stanza_child_text(p->arena, set, "before",
	    NS_RSM);

	if (stanza_child(set, "index", NS_RSM) != NULL)
		return wrong(p, E_FEATURE_NOT_IMPLEMENTED,
		    "Pages are not found by their index here.");
	if (after != NULL && *after != '\0')
		p->to->ask.after = after;
	if (before != NULL) {
		p->to->ask.last = true;
		if (*before != '\0')
			p->to->ask.before = before;
	}
	return parse_max(p, stanza_child_text(p->arena, set, "max", NS_RSM));
}

int
mam_parse(struct arena *a, const struct stanza *query, const char *room,
    struct mam_ask *to, enum stanza_error *error, const char **why)
{
	struct parsing p = { .arena = a, .room = room, .to = to };

	*to = (struct mam_ask){
		.query_id = stanza_attr(query, "queryid"),
		.flip = stanza_child(query, "flip-page", NS_MAM) != NULL,
		.ask.max = MAM_PAGE_MAX,
	};
	if (parse_form(&p, form_find(query)) == 0 &&
	    parse_page(&p, stanza_child(query, "set", NS_RSM)) == 0)
		return 0;
	*error = p.error;
	*why = p.why;
	return -1;
}
