/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In-band registration (XEP-0077), plain and by form, as the C++ program's
 * clients know it. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/account.h"
#include "manager/gateway/form.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/say.h"
#include "util/xalloc.h"

/* The stanza is gone when the store answers. */
struct asked {
	char	*from, *to, *id;
};

static struct asked *
asked_by(const struct down *d)
{
	struct asked *asked = xmalloc(sizeof(*asked));

	asked->from = xstrdup(d->from->full);
	asked->to = xstrdup(d->to->full);
	asked->id = xstrdup_null(d->id);
	return asked;
}

static void
asked_free(struct asked *asked)
{
	free(asked->from);
	free(asked->to);
	free(asked->id);
	free(asked);
}

static void
refuse(struct gateway *gw, const struct asked *asked, enum stanza_error error,
    const char *text)
{
	say_error_to(gw, "iq", asked->to, asked->from, asked->id, error, text);
}

static bool
may_register(const struct down *d)
{
	const struct gateway_config *config = d->gw->config;

	if (link_is_server(d->gw->link))
		return false;
	if (config->public_registration)
		return true;
	for (char *const *s = config->allowed_servers; *s != NULL; s++) {
		if (strcmp(*s, d->from->domain) == 0)
			return true;
	}
	return false;
}

/* --------------------------------------------------------------------------- get */

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
	struct {
		struct gateway *gw;
		struct asked *asked;
	} *job = ctx;
	struct gateway *gw = job->gw;
	struct asked *asked = job->asked;
	const char *uin = user ? user->uin : NULL;
	struct xml *x;

	free(job);
	if (error != NULL) {
		refuse(gw, asked, E_INTERNAL_SERVER_ERROR, NULL);
		asked_free(asked);
		return;
	}
	x = say_result_begin_to(gw, asked->to, asked->from, asked->id);
	xml_open_ns(x, "query", NS_REGISTER);
	if (user != NULL)
		xml_element(x, "registered", NULL, NULL);
	xml_element(x, "instructions", NULL,
	    gw->config->register_instructions);
	xml_element(x, "username", NULL, uin);
	if (!gateway_can(gw, "no_password"))
		xml_element(x, "password", NULL, NULL);
	put_form(x, gw, uin);
	say_end(gw, x, asked->from, 0);
	asked_free(asked);
}

void
down_register_get(struct down *d)
{
	struct {
		struct gateway *gw;
		struct asked *asked;
	} *job;

	if (!may_register(d)) {
		say_error(d, E_NOT_ALLOWED,
		    "Registration is not open to you here.");
		return;
	}
	job = xmalloc(sizeof(*job));
	job->gw = d->gw;
	job->asked = asked_by(d);
	store_load(d->gw->store, d->from->bare, show_form, job);
}

/* --------------------------------------------------------------------------- set */

static void
answered(struct gateway *gw, void *ctx, enum account_result result,
    const char *text)
{
	struct asked *asked = ctx;

	switch (result) {
	case ACCOUNT_DONE:
	case ACCOUNT_CHANGED:
	case ACCOUNT_UNKNOWN:		/* unregistered is what was wanted */
		say_end(gw, say_result_begin_to(gw, asked->to, asked->from,
		    asked->id), asked->from, 0);
		break;
	case ACCOUNT_BAD_NAME:
		refuse(gw, asked, E_NOT_ACCEPTABLE,
		    "This username is not allowed here.");
		break;
	case ACCOUNT_EXISTS:
		refuse(gw, asked, E_CONFLICT, "You are registered already.");
		break;
	case ACCOUNT_FAILED:
		refuse(gw, asked, E_INTERNAL_SERVER_ERROR, text);
		break;
	}
	asked_free(asked);
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

void
down_register_set(struct down *d)
{
	const char *name = value_of(d, "username");
	const char *password = value_of(d, "password");
	const char *type = stanza_attr(form_find(d->payload), "type");

	if (type != NULL && strcmp(type, "cancel") == 0)
		say_result(d);
	else if (wants_removal(d))
		account_unregister(d->gw, d->from->bare, answered,
		    asked_by(d));
	else if (!may_register(d))
		say_error(d, E_NOT_ALLOWED,
		    "Registration is not open to you here.");
	else if (name == NULL || *name == '\0')
		say_error(d, E_NOT_ACCEPTABLE, "The username is missing.");
	else if (password == NULL && !gateway_can(d->gw, "no_password"))
		say_error(d, E_NOT_ACCEPTABLE, "The password is missing.");
	else if (strcmp(name, d->from->bare) == 0)
		say_error(d, E_NOT_ACCEPTABLE, "The username is the one on "
		    "the other network, not your own JID.");
	else
		account_register(d->gw, d->from->bare, name, password, true,
		    answered, asked_by(d));
}
