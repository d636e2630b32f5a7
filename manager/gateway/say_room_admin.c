/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a room's lists and its form are written. */
#include "manager/gateway/say_room_admin.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"

#define ROOMCONFIG	"http://jabber.org/protocol/muc#roomconfig"

/* ------------------------------------------------------------------- lists */

void
say_room_affiliations(struct gateway *gw, const char *from, const char *to,
    const char *id, enum affiliation affiliation,
    const struct msg_room_affiliations_result *result)
{
	struct xml *x = say_result_begin_to(gw, from, to, id);
	struct arena scratch = { 0 };
	const char *jid;

	xml_open_ns(x, "query", NS_MUC_ADMIN);
	for (size_t i = 0; result != NULL && i < result->rows.n; i++) {
		const struct msg_affiliation *row = &result->rows.v[i];

		/* A mask of the network need not be an address. */
		jid = name_to_jid(gw, &scratch, row->target);
		xml_open(x, "item");
		xml_attr(x, "affiliation", affiliation_name(affiliation));
		xml_attr(x, "jid", jid ? jid : row->target);
		if (row->reason != NULL)
			xml_element(x, "reason", NULL, row->reason);
		xml_close(x);
	}
	arena_free(&scratch);
	say_end(gw, x, to, 0);
}

void
say_room_roles(const struct down *d, const struct room *room, enum role role)
{
	struct xml *x = say_result_begin(d);
	const struct occupant *o;
	size_t at = 0;

	xml_open_ns(x, "query", NS_MUC_ADMIN);
	while ((o = map_next(&room->occupants, &at)) != NULL) {
		if (o->role != role)
			continue;
		xml_open(x, "item");
		xml_attr(x, "affiliation", affiliation_name(o->affiliation));
		xml_attr(x, "nick", o->resource);
		xml_attr(x, "role", role_name(role));
		xml_close(x);
	}
	say_end(d->gw, x, d->from->full, 0);
}

/* ------------------------------------------------------------------- forms */

static const char *
field_type(const char *type)
{
	static const struct {
		const char	*ours, *theirs;
	} types[] = {
		{ "text", "text-single" }, { "secret", "text-private" },
		{ "multi", "text-multi" }, { "bool", "boolean" },
		{ "choice", "list-single" }, { "choices", "list-multi" },
	};

	if (type == NULL)
		return "text-single";
	for (size_t i = 0; i < LENGTH(types); i++)
		if (strcmp(types[i].ours, type) == 0)
			return types[i].theirs;
	return type;
}

static bool
has_lines(const char *type)
{
	return strcmp(type, "text-multi") == 0 ||
	    strcmp(type, "list-multi") == 0 ||
	    strcmp(type, "jid-multi") == 0;
}

static void
write_values(struct xml *x, const char *type, const char *value)
{
	struct arena scratch = { 0 };
	const char *end;

	while (has_lines(type) && (end = strchr(value, '\n')) != NULL) {
		xml_element(x, "value", NULL, arena_strndup(&scratch, value,
		    (size_t)(end - value)));
		value = end + 1;
	}
	xml_element(x, "value", NULL, value);
	arena_free(&scratch);
}

static void
write_field(struct xml *x, const struct msg_field *field)
{
	const char *type = field_type(field->type);

	xml_open(x, "field");
	xml_attr(x, "type", type);
	xml_attr(x, "var", field->var);
	xml_attr(x, "label", field->label);
	if (field->required)
		xml_element(x, "required", NULL, NULL);
	if (field->value != NULL)
		write_values(x, type, field->value);
	for (size_t i = 0; i < field->options.n; i++) {
		xml_open(x, "option");
		xml_attr(x, "label", field->options.v[i].label);
		xml_element(x, "value", NULL, field->options.v[i].value);
		xml_close(x);
	}
	xml_close(x);
}

static void
write_known(struct xml *x, const char *var, const char *type,
    const char *value)
{
	xml_open(x, "field");
	xml_attr(x, "var", var);
	xml_attr(x, "type", type);
	xml_element(x, "value", NULL, value);
	xml_close(x);
}

void
say_room_form(struct gateway *gw, const char *from, const char *to,
    const char *id, const struct msg_room_config_result *form)
{
	struct xml *x = say_result_begin_to(gw, from, to, id);

	xml_open_ns(x, "query", NS_MUC_OWNER);
	xml_open_ns(x, "x", NS_DATA);
	xml_attr(x, "type", "form");
	if (form != NULL && form->title != NULL)
		xml_element(x, "title", NULL, form->title);
	if (form != NULL && form->instructions != NULL)
		xml_element(x, "instructions", NULL, form->instructions);
	write_known(x, "FORM_TYPE", "hidden", ROOMCONFIG);
	for (size_t i = 0; form != NULL && i < form->fields.n; i++)
		write_field(x, &form->fields.v[i]);
	say_end(gw, x, to, 0);
}
