/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding people (XEP-0055). */
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/form.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/session.h"

static const struct {
	const char *var, *label;
} usual[] = {
	{ "first", "Given name" }, { "last", "Family name" },
	{ "nick", "Nickname" }, { "email", "Email address" },
};

void
down_search_get(struct down *d)
{
	const struct msg_initialize_result *can = pool_features(d->gw->pool);
	struct xml *x;

	if (!gateway_can(d->gw, "search")) {
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, NULL);
		return;
	}
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_SEARCH);
	xml_element(x, "instructions", NULL, "Fill in what you know.");
	form_begin(x, "form", "Search", NULL, NS_SEARCH);
	for (size_t i = 0; can != NULL && i < can->search_fields.n; i++)
		form_field_of(x, &can->search_fields.v[i]);
	for (size_t i = 0; (can == NULL || can->search_fields.n == 0) &&
	    i < LENGTH(usual); i++)
		form_field(x, usual[i].var, "text-single",
		    usual[i].label, NULL, false);
	form_end(x);
	say_end(d->gw, x, d->from->full, 0);
}

/* The JID first, as XEP-0055 wants it, then what the network has told. */
static void
put_row(struct asked *a, struct xml *x, const struct pairs *row)
{
	struct arena arena = { 0 };

	xml_open(x, "item");
	for (size_t i = 0; i < row->n; i++) {
		if (strcmp(row->v[i].key, "contact") == 0)
			form_field(x, "jid", "jid-single", NULL,
			    name_to_jid(a->gw, &arena, row->v[i].value),
			    false);
		else
			form_field(x, row->v[i].key, "text-single", NULL,
			    row->v[i].value, false);
	}
	xml_close(x);
	arena_free(&arena);
}

static void
found(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_search_result nothing;
	const struct msg_search_result *r = result ? &result->search :
	    &nothing;
	struct asked *a = ctx;
	struct xml *x;

	if (error != NULL) {
		asked_refuse_by(a, error);
		return;
	}
	x = asked_begin(a);
	xml_open_ns(x, "query", NS_SEARCH);
	form_begin(x, "result", NULL, NULL, NS_SEARCH);
	xml_open(x, "reported");
	form_field(x, "jid", "jid-single", "JID", NULL, false);
	for (size_t i = 0; i < r->columns.n; i++)
		form_field(x, r->columns.v[i].var, "text-single",
		    r->columns.v[i].label, NULL, false);
	xml_close(x);
	for (size_t i = 0; i < r->rows.n; i++)
		put_row(a, x, &r->rows.v[i].values);
	form_end(x);
	asked_end(a, x);
}

void
down_search_set(struct down *d)
{
	struct msg_search msg = { .user = d->user->jid };

	if (!gateway_can(d->gw, "search")) {
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, NULL);
		return;
	}
	msg.fields = form_values(d->arena, form_find(d->payload));
	session_request(d->user, METHOD_search, &msg, found, asked_by(d));
}
