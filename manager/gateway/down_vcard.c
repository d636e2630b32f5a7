/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCards (XEP-0054): the gateway's own, a contact's, an occupant's, the
 * user's; and finding people (XEP-0055). */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/form.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session.h"
#include "util/xalloc.h"

#define PHOTO_MAX (256 * 1024)	/* bytes */

/* ---------------------------------------------------------------------- get */

static void
put_photo(struct xml *x, const struct msg_profile_result *p)
{
	unsigned char *text;

	if (p->photo.len == 0 || p->photo.len > PHOTO_MAX)
		return;
	text = xmalloc((p->photo.len + 2) / 3 * 4 + 1);
	EVP_EncodeBlock(text, p->photo.data, (int)p->photo.len);
	xml_open(x, "PHOTO");
	xml_element(x, "TYPE", NULL, p->photo_type ? p->photo_type :
	    "image/png");
	xml_element(x, "BINVAL", NULL, (const char *)text);
	xml_close(x);
	free(text);
}

static void
put_if(struct xml *x, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		xml_element(x, name, NULL, text);
}

static void
got_profile(void *ctx, const struct msg_error *error,
    const union result *result)
{
	static const struct msg_profile_result nothing;
	const struct msg_profile_result *p = result ? &result->profile :
	    &nothing;
	struct asked *a = ctx;
	struct xml *x;

	if (error != NULL) {
		asked_refuse_by(a, error);
		return;
	}
	x = asked_begin(a);
	xml_open_ns(x, "vCard", NS_VCARD);
	put_if(x, "FN", p->full_name);
	put_if(x, "NICKNAME", p->nick);
	put_if(x, "URL", p->url);
	put_if(x, "BDAY", p->birthday);
	put_if(x, "DESC", p->note);
	if (p->email != NULL) {
		xml_open(x, "EMAIL");
		xml_element(x, "USERID", NULL, p->email);
		xml_close(x);
	}
	put_photo(x, p);
	asked_end(a, x);
}

static void
gateway_vcard(struct down *d)
{
	struct xml *x = say_result_begin(d);

	xml_open_ns(x, "vCard", NS_VCARD);
	xml_element(x, "FN", NULL, d->gw->config->identity_name);
	xml_element(x, "DESC", NULL, "A gateway to another network, by "
	    "Spectrum 2.");
	say_end(d->gw, x, d->from->full, 0);
}

void
down_vcard_get(struct down *d)
{
	struct msg_profile msg = { .contact = d->name };
	const struct contact *c;

	if (d->to->node == NULL) {
		gateway_vcard(d);
		return;
	}
	if (d->user == NULL || !session_ready(d->user)) {
		say_error(d, E_RECIPIENT_UNAVAILABLE,
		    "You are not logged in to this gateway.");
		return;
	}
	msg.user = d->user->jid;
	if (d->name == NULL) {
		msg.contact = d->user->account;
	} else if (d->room != NULL && d->to->resource != NULL) {
		msg.contact = room_occupant_nick(d->room, d->to->resource);
		msg.room = room_id(d->room);
	} else if ((c = contact_find_jid(d->user, d->to->bare)) != NULL) {
		msg.contact = c->name;
	}
	if (msg.contact == NULL)
		say_error(d, E_ITEM_NOT_FOUND, NULL);
	else
		session_request(d->user, METHOD_profile, &msg, got_profile,
		    asked_by(d));
}

/* ---------------------------------------------------------------------- set */

/* base64 with line breaks, as vCards have it; len 0 when it is none. */
static struct bin
decode(struct arena *a, const char *text)
{
	size_t n = strlen(text), len = 0;
	unsigned char *in = arena_alloc(a, n + 1), *out;
	int got;

	for (size_t i = 0; i < n; i++) {
		if (strchr(" \t\r\n", text[i]) == NULL)
			in[len++] = (unsigned char)text[i];
	}
	out = arena_alloc(a, len / 4 * 3 + 3);
	if (len == 0 || len % 4 != 0 || len > PHOTO_MAX / 3 * 4 ||
	    (got = EVP_DecodeBlock(out, in, (int)len)) < 0)
		return (struct bin){ NULL, 0 };
	/* RFC 4648 4: the last group may lack one byte or two, no more. */
	for (int i = 0; i < 2 && in[len - 1] == '='; i++, len--)
		got--;
	if (in[len - 1] == '=')
		return (struct bin){ NULL, 0 };
	return (struct bin){ out, (size_t)got };
}

void
down_vcard_set(struct down *d)
{
	const struct stanza *photo = stanza_child(d->payload, "PHOTO", NULL);
	const char *binval = stanza_child_text(d->arena, photo, "BINVAL",
	    NULL);
	struct msg_profile_set msg = {
		.user = d->user->jid,
		.nick = stanza_child_text(d->arena, d->payload, "NICKNAME",
		    NULL),
		.full_name = stanza_child_text(d->arena, d->payload, "FN",
		    NULL),
		.photo_type = stanza_child_text(d->arena, photo, "TYPE",
		    NULL),
	};

	if (binval != NULL)
		msg.photo = decode(d->arena, binval);
	session_request(d->user, METHOD_profile_set, &msg, asked_answered,
	    asked_by(d));
}

/* ------------------------------------------------------------------- search */

static const struct {
	const char *var, *label;
} search_fields[] = {
	{ "first", "Given name" }, { "last", "Family name" },
	{ "nick", "Nickname" }, { "email", "Email address" },
};

void
down_search_get(struct down *d)
{
	struct xml *x;

	if (!gateway_can(d->gw, "search")) {
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, NULL);
		return;
	}
	x = say_result_begin(d);
	xml_open_ns(x, "query", NS_SEARCH);
	xml_element(x, "instructions", NULL, "Fill in what you know.");
	form_begin(x, "form", "Search", NULL, NS_SEARCH);
	for (size_t i = 0; i < LENGTH(search_fields); i++)
		form_field(x, search_fields[i].var, "text-single",
		    search_fields[i].label, NULL, false);
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
