/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding people (XEP-0055): the account's server may have a directory of users
 * among its parts.  It is looked for, asked what it searches by, and asked. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/disco.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/arena.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define NS_SEARCH	"jabber:iq:search"
#define NS_DATA		"jabber:x:data"
#define PARTS_MAX	20	/* of a server, that are looked at */
#define FIELDS_MAX	20
#define ROWS_MAX	200
#define TEXT_MAX	512	/* bytes */

struct searching {
	struct kit_call	 call;
	struct arena	 arena;
	struct pairs	 wanted;
	const char	*parts[PARTS_MAX];
	size_t		 nparts, at;
	const char	*directory;
};

static void
searching_free(struct searching *f)
{
	arena_free(&f->arena);
	free(f);
}

static void
fail(struct searching *f, const char *code, const char *text)
{
	kit_error(&f->call, code, text);
	searching_free(f);
}

static char *
keep(struct arena *a, const char *text)
{
	return text != NULL ? arena_strndup(a, text,
	    utf8_cut(text, strlen(text), TEXT_MAX)) : NULL;
}

/* The text of an element, in the arena; "" for none. */
static const char *
text_of(struct arena *a, xmpp_stanza_t *st)
{
	char *text = stanza_text(st, TEXT_MAX);
	const char *kept = text != NULL ? arena_strdup(a, text) : "";

	free(text);
	return kept;
}

/* -------------------------------------------------------------------- result */

static void
add(struct pairs *row, const char *key, const char *value)
{
	if (row->n < FIELDS_MAX && *value != '\0')
		row->v[row->n++] = (struct pair){ key, value };
}

/* <item jid=''><first/>...</item>, or one of fields. */
static void
read_row(struct arena *a, xmpp_stanza_t *item, struct pairs *row)
{
	const char *jid = keep(a, stanza_attr(item, "jid"));
	xmpp_stanza_t *child = xmpp_stanza_get_children(item);
	const char *key, *value;

	row->v = arena_alloc(a, FIELDS_MAX * sizeof(*row->v));
	if (jid != NULL)
		add(row, "contact", jid);
	for (; child != NULL; child = xmpp_stanza_get_next(child)) {
		if (stanza_is(child, "field", NULL)) {
			key = keep(a, stanza_attr(child, "var"));
			value = text_of(a, stanza_child(child, "value", NULL));
		} else {
			key = keep(a, xmpp_stanza_get_name(child));
			value = text_of(a, child);
		}
		if (key == NULL || strcmp(key, "contact") == 0)
			continue;
		add(row, strcmp(key, "jid") == 0 ? "contact" : key, value);
	}
}

static bool
has_contact(const struct pairs *row)
{
	for (size_t i = 0; i < row->n; i++) {
		if (strcmp(row->v[i].key, "contact") == 0)
			return true;
	}
	return false;
}

static void
read_columns(struct arena *a, xmpp_stanza_t *reported,
    struct msg_search_result *r)
{
	xmpp_stanza_t *field = stanza_child(reported, "field", NULL);
	const char *var;

	r->columns.v = arena_alloc(a, FIELDS_MAX * sizeof(*r->columns.v));
	for (; field != NULL && r->columns.n < FIELDS_MAX;
	    field = stanza_beside(field, "field", NULL)) {
		var = keep(a, stanza_attr(field, "var"));
		if (var == NULL || strcmp(var, "jid") == 0)
			continue;
		r->columns.v[r->columns.n++] = (struct msg_column){
		    .var = var,
		    .label = keep(a, stanza_attr(field, "label")) };
	}
}

static void
on_found(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct searching *f = ctx;
	struct msg_search_result r = { 0 };
	xmpp_stanza_t *query = stanza_child(answer, "query", NS_SEARCH);
	xmpp_stanza_t *form = stanza_child(query, "x", NS_DATA);
	xmpp_stanza_t *item;

	(void)s;
	if (!request_worked(answer)) {
		request_settle(&f->call, answer);
		searching_free(f);
		return;
	}
	item = stanza_child(form != NULL ? form : query, "item", NULL);
	read_columns(&f->arena, stanza_child(form, "reported", NULL), &r);
	r.rows.v = arena_alloc(&f->arena, ROWS_MAX * sizeof(*r.rows.v));
	for (; item != NULL && r.rows.n < ROWS_MAX;
	    item = stanza_beside(item, "item", NULL)) {
		struct msg_row *row = &r.rows.v[r.rows.n];

		*row = (struct msg_row){ 0 };
		read_row(&f->arena, item, &row->values);
		/* Nobody can be added without an address. */
		if (has_contact(&row->values))
			r.rows.n++;
	}
	kit_reply(&f->call, &r);
	searching_free(f);
}

/* ------------------------------------------------------------------ question */

static bool
form_has(xmpp_stanza_t *form, const char *var)
{
	xmpp_stanza_t *field = stanza_child(form, "field", NULL);

	for (; field != NULL; field = stanza_beside(field, "field", NULL)) {
		if (stanza_attr_is(field, "var", var))
			return true;
	}
	return false;
}

static void
put_field(xmpp_stanza_t *form, const char *var, const char *value)
{
	xmpp_stanza_t *field = build_child(form, "field", NULL);

	xmpp_stanza_set_attribute(field, "var", var);
	build_text(field, "value", value);
}

/* true: there is something to search by. */
static bool
fill_in(xmpp_stanza_t *query, xmpp_stanza_t *asked, const struct pairs *wanted)
{
	xmpp_stanza_t *form = stanza_child(asked, "x", NS_DATA), *x = NULL;
	bool any = false;

	if (form != NULL) {
		x = build_child(query, "x", NS_DATA);
		xmpp_stanza_set_type(x, "submit");
		put_field(x, "FORM_TYPE", NS_SEARCH);
	}
	for (size_t i = 0; i < wanted->n; i++) {
		const struct pair *p = &wanted->v[i];

		if (x != NULL && form_has(form, p->key))
			put_field(x, p->key, p->value);
		else if (x == NULL && stanza_child(asked, p->key, NULL) != NULL)
			build_text(query, p->key, p->value);
		else
			continue;
		any = true;
	}
	return any;
}

static void
on_form(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct searching *f = ctx;
	xmpp_stanza_t *iq, *query;

	if (s->ended || !request_worked(answer)) {
		request_settle(&f->call, answer);
		searching_free(f);
		return;
	}
	iq = request_new(s, "set", f->directory);
	query = build_child(iq, "query", NS_SEARCH);
	if (fill_in(query, stanza_child(answer, "query", NS_SEARCH),
	    &f->wanted)) {
		request_send(s, iq, on_found, f);
		return;
	}
	xmpp_stanza_release(iq);
	fail(f, ERR_NOT_SUPPORTED, "The server's directory does not search by "
	    "that.");
}

static void
ask_directory(struct session *s, struct searching *f)
{
	xmpp_stanza_t *iq = request_new(s, "get", f->directory);

	build_child(iq, "query", NS_SEARCH);
	request_send(s, iq, on_form, f);
}

/* ----------------------------------------------------------------- directory */

static void	look_at_next(struct session *, struct searching *);

static bool
is_directory(xmpp_stanza_t *query)
{
	xmpp_stanza_t *st = stanza_child(query, "identity", NULL);
	bool users = false;

	for (; st != NULL; st = stanza_beside(st, "identity", NULL))
		users |= stanza_attr_is(st, "category", "directory") &&
		    stanza_attr_is(st, "type", "user");
	st = stanza_child(query, "feature", NULL);
	for (; st != NULL; st = stanza_beside(st, "feature", NULL)) {
		if (stanza_attr_is(st, "var", NS_SEARCH))
			return users;
	}
	return false;
}

static void
on_info(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct searching *f = ctx;

	if (s->ended) {
		fail(f, ERR_NOT_CONNECTED, NULL);
	} else if (request_worked(answer) && is_directory(stanza_child(answer,
	    "query", NS_DISCO_INFO))) {
		f->directory = f->parts[f->at - 1];
		ask_directory(s, f);
	} else {
		look_at_next(s, f);
	}
}

static void
look_at_next(struct session *s, struct searching *f)
{
	xmpp_stanza_t *iq;

	if (f->at == f->nparts) {
		fail(f, ERR_NOT_SUPPORTED, "The server has no directory of its "
		    "users.");
		return;
	}
	iq = request_new(s, "get", f->parts[f->at++]);
	build_child(iq, "query", NS_DISCO_INFO);
	request_send(s, iq, on_info, f);
}

static void
on_parts(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct searching *f = ctx;
	xmpp_stanza_t *item = stanza_child(stanza_child(answer, "query",
	    NS_DISCO_ITEMS), "item", NULL);
	const char *jid;

	if (s->ended || answer == NULL) {
		request_settle(&f->call, answer);
		searching_free(f);
		return;
	}
	for (; item != NULL && f->nparts < PARTS_MAX;
	    item = stanza_beside(item, "item", NULL)) {
		jid = stanza_attr(item, "jid");
		/* Nodes of the server itself are something else. */
		if (jid != NULL && stanza_attr(item, "node") == NULL)
			f->parts[f->nparts++] = arena_strdup(&f->arena, jid);
	}
	look_at_next(s, f);
}

void
down_search(const struct kit_call *call, const struct msg_search *m)
{
	struct session *s = session_for(call, m->user);
	const char *domain;
	struct searching *f;
	xmpp_stanza_t *iq;

	if (s == NULL)
		return;
	f = xcalloc(1, sizeof(*f));
	f->call = *call;
	f->wanted.v = arena_alloc(&f->arena,
	    (m->fields.n + 1) * sizeof(*f->wanted.v));
	for (size_t i = 0; i < m->fields.n; i++) {
		if (*m->fields.v[i].value == '\0')
			continue;
		f->wanted.v[f->wanted.n++] = (struct pair){
		    arena_strdup(&f->arena, m->fields.v[i].key),
		    arena_strdup(&f->arena, m->fields.v[i].value) };
	}
	domain = strchr(s->jid, '@') + 1;
	iq = request_new(s, "get", domain);
	build_child(iq, "query", NS_DISCO_ITEMS);
	request_send(s, iq, on_parts, f);
}
