/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In-band registration (XEP-0077), plain and by form, as the C++ program's
 * clients know it. */
#include <string.h>

#include "manager/gateway/account.h"
#include "manager/gateway/asked.h"
#include "manager/gateway/form.h"
#include "manager/gateway/ns.h"

static bool
may_register(const struct down *d)
{
	return !link_is_server(d->gw->link) &&
	    account_allowed(d->gw, d->from->bare);
}

/* ---------------------------------------------------------------------- get */

static void
put_form(struct xml *x, const struct gateway *gw, const char *uin)
{
	const struct gateway_config *config = gw->config;
	const struct msg_initialize_result *can = pool_features(gw->pool);

	form_begin(x, "form", "Registration", config->register_instructions,
	    NS_REGISTER);
	form_field(x, "username", "text-single", config->username_label, uin,
	    true);
	if (!gateway_can(gw, "no_password"))
		form_field(x, "password", "text-private",
		    config->password_label, NULL, true);
	for (size_t i = 0; can != NULL && i < can->account_fields.n; i++)
		form_field_of(x, &can->account_fields.v[i]);
	if (uin != NULL)
		form_field(x, "unregister", "boolean",
		    "Remove your registration", "0", false);
	form_end(x);
}

static void
show_form(void *ctx, const struct store_user *user, const char *error)
{
	struct asked *asked = ctx;
	struct gateway *gw = asked->gw;
	const char *uin = user ? user->uin : NULL;
	struct xml *x;

	if (error != NULL) {
		asked_refuse(asked, E_INTERNAL_SERVER_ERROR, NULL);
		return;
	}
	x = asked_begin(asked);
	xml_open_ns(x, "query", NS_REGISTER);
	if (user != NULL)
		xml_element(x, "registered", NULL, NULL);
	xml_element(x, "instructions", NULL,
	    gw->config->register_instructions);
	xml_element(x, "username", NULL, uin);
	if (!gateway_can(gw, "no_password"))
		xml_element(x, "password", NULL, NULL);
	put_form(x, gw, uin);
	asked_end(asked, x);
}

void
down_register_get(struct down *d)
{
	if (may_register(d))
		store_load(d->gw->store, d->from->bare, show_form,
		    asked_by(d));
	else
		say_error(d, E_NOT_ALLOWED,
		    "Registration is not open to you here.");
}

/* ---------------------------------------------------------------------- set */

static void
answered(struct gateway *gw, void *ctx, enum account_result result,
    const char *text)
{
	(void)gw;
	switch (result) {
	case ACCOUNT_DONE:
	case ACCOUNT_CHANGED:
	case ACCOUNT_UNKNOWN:		/* unregistered is what was wanted */
		asked_done(ctx);
		break;
	case ACCOUNT_BAD_NAME:
		asked_refuse(ctx, E_NOT_ACCEPTABLE,
		    "This username is not allowed here.");
		break;
	case ACCOUNT_EXISTS:
		asked_refuse(ctx, E_CONFLICT, "You are registered already.");
		break;
	case ACCOUNT_FAILED:
		asked_refuse(ctx, E_INTERNAL_SERVER_ERROR, text);
		break;
	}
}

/* A filled-in form field wins over the plain one. */
static const char *
value_of(const struct down *d, const char *var)
{
	const char *value = form_value(d->arena, form_find(d->payload), var);

	if (value != NULL && *value != '\0')
		return value;
	return stanza_child_text(d->arena, d->payload, var, NULL);
}

static bool
wants_removal(const struct down *d)
{
	return stanza_child(d->payload, "remove", NULL) != NULL ||
	    form_bool(form_value(d->arena, form_find(d->payload),
	    "unregister"));
}

/* What the network asks for beside name and password becomes settings of the
 * user: that is how it gets them at the login. */
static struct pairs
extra_fields(const struct down *d)
{
	const struct msg_initialize_result *can = pool_features(d->gw->pool);
	size_t n = can ? can->account_fields.n : 0;
	struct pairs extra = {
		arena_alloc(d->arena, (n + 1) * sizeof(*extra.v)), 0
	};

	for (size_t i = 0; i < n; i++) {
		const char *var = can->account_fields.v[i].var;
		const char *value = value_of(d, var);

		if (value != NULL)
			extra.v[extra.n++] = (struct pair){ var, value };
	}
	return extra;
}

static bool
is_cancelled(const struct down *d)
{
	const char *type = stanza_attr(form_find(d->payload), "type");

	return type != NULL && strcmp(type, "cancel") == 0;
}

void
down_register_set(struct down *d)
{
	const struct account_data data = {
		.name = value_of(d, "username"),
		.password = value_of(d, "password"),
		.settings = extra_fields(d),
	};

	if (is_cancelled(d))
		say_result(d);
	else if (wants_removal(d))
		account_unregister(d->gw, d->from->bare, answered,
		    asked_by(d));
	else if (!may_register(d))
		say_error(d, E_NOT_ALLOWED,
		    "Registration is not open to you here.");
	else if (data.name == NULL || *data.name == '\0')
		say_error(d, E_NOT_ACCEPTABLE, "The username is missing.");
	else if (data.password == NULL && !gateway_can(d->gw, "no_password"))
		say_error(d, E_NOT_ACCEPTABLE, "The password is missing.");
	else if (strcmp(data.name, d->from->bare) == 0)
		say_error(d, E_NOT_ACCEPTABLE, "The username is the one on "
		    "the other network, not your own JID.");
	else
		account_register(d->gw, d->from->bare, &data, true, answered,
		    asked_by(d));
}
