/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCards (XEP-0054, and of version 4 XEP-0292): the gateway's own, a contact's,
 * an occupant's, the user's. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/avatar.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "protocol/features.h"
#include "util/xalloc.h"

/* A client that shows a list asks for the vCard of everybody on it, only to get
 * the pictures; a network does not like to be asked that much. */
#define BURST		5	/* questions ... */
#define BURST_TIME	10.0	/* ... in so many seconds */

enum form { TEMP, FOUR, FOUR_ITEM };

/* One that is asked for. */
struct wanted {
	struct asked	*asked;
	enum form	 form;
	char		*photo;		/* id of the picture that is known */
	char		*name;		/* for humans, as far as known */
};

/* ------------------------------------------------------------------- written */

static void
put_if(struct xml *x, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		xml_element(x, name, NULL, text);
}

static void
put_photo(struct xml *x, const char *type, const void *data, size_t len)
{
	char *text;

	if (len == 0 || len > AVATAR_MAX)
		return;
	text = avatar_encode(data, len);
	xml_open(x, "PHOTO");
	xml_element(x, "TYPE", NULL, type ? type : "image/png");
	xml_element(x, "BINVAL", NULL, text);
	xml_close(x);
	free(text);
}

static void
put_temp(struct gateway *gw, struct xml *x, const struct wanted *w,
    const struct msg_profile_result *p)
{
	const struct avatar *a = avatar_find(gw, w->photo);

	xml_open_ns(x, "vCard", NS_VCARD);
	put_if(x, "FN", p->full_name);
	put_if(x, "NICKNAME", p->nick ? p->nick : w->name);
	put_if(x, "URL", p->url);
	put_if(x, "BDAY", p->birthday);
	put_if(x, "DESC", p->note);
	if (p->email != NULL && *p->email != '\0') {
		xml_open(x, "EMAIL");
		xml_element(x, "USERID", NULL, p->email);
		xml_close(x);
	}
	/* The one whose hash the client knows comes first. */
	if (a != NULL)
		put_photo(x, a->type, a->data, a->len);
	else
		put_photo(x, p->photo_type, p->photo.data, p->photo.len);
}

static void
put_four(struct xml *x, const char *name, const char *type, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	xml_open(x, name);
	xml_element(x, type, NULL, text);
	xml_close(x);
}

static void
put_vcard4(struct xml *x, const struct wanted *w,
    const struct msg_profile_result *p)
{
	xml_open_ns(x, "vcard", NS_VCARD4);
	put_four(x, "fn", "text", p->full_name ? p->full_name : w->name);
	put_four(x, "nickname", "text", p->nick);
	put_four(x, "url", "uri", p->url);
	put_four(x, "bday", "date", p->birthday);
	put_four(x, "email", "text", p->email);
	put_four(x, "note", "text", p->note);
}

/* It is used up. */
static void
answer(struct wanted *w, const struct msg_profile_result *p)
{
	struct xml *x = asked_begin(w->asked);

	if (w->form == TEMP) {
		put_temp(w->asked->gw, x, w, p);
	} else {
		if (w->form == FOUR_ITEM) {
			xml_open_ns(x, "pubsub", NS_PUBSUB);
			xml_open(x, "items");
			xml_attr(x, "node", NS_VCARD4_NODE);
			xml_open(x, "item");
			xml_attr(x, "id", "current");
		}
		put_vcard4(x, w, p);
	}
	asked_end(w->asked, x);
	free(w->photo);
	free(w->name);
	free(w);
}

static void
got_profile(void *ctx, const struct msg_error *error,
    const union result *result)
{
	static const struct msg_profile_result nothing;
	struct wanted *w = ctx;

	/* The next one who asks for the picture need not ask the network. */
	if (error == NULL && result != NULL)
		(void)avatar_keep(w->asked->gw, result->profile.photo_type,
		    result->profile.photo.data, result->profile.photo.len);
	/* What we know ourselves is better than an error. */
	if (error != NULL && w->photo == NULL && w->name == NULL) {
		asked_refuse_by(w->asked, error);
		free(w);
		return;
	}
	answer(w, error == NULL && result != NULL ? &result->profile :
	    &nothing);
}

/* ----------------------------------------------------------------- asked for */

static void
gateway_vcard(struct down *d, enum form form)
{
	const struct msg_profile_result p = {
		.full_name = d->gw->config->identity_name,
		.note = "A gateway to another network, by Spectrum 2.",
	};
	struct wanted *w = xcalloc(1, sizeof(*w));

	w->asked = asked_by(d);
	w->form = form;
	answer(w, &p);
}

static bool
is_burst(struct user *user)
{
	double now = ev_now(user->gw->loop);

	if (now >= user->vcards_since + BURST_TIME) {
		user->vcards_since = now;
		user->vcards = 0;
	}
	return user->vcards++ >= BURST;
}

/* Who is meant, in the network's words; what of it is known here. */
static void
find(struct down *d, struct msg_profile *m, struct wanted *w)
{
	const struct occupant *o;
	const struct contact *c;

	m->user = d->user->jid;
	if (d->name == NULL) {
		m->contact = d->user->account;
	} else if (d->room != NULL && d->to->resource != NULL) {
		o = room_occupant_at(d->room, d->to->resource);
		m->contact = o != NULL ? o->nick : NULL;
		m->room = room_id(d->room);
		w->photo = o != NULL ? xstrdup_null(o->avatar) : NULL;
	} else if ((c = contact_find_jid(d->user, d->to->bare)) != NULL) {
		m->contact = c->name;
		w->photo = xstrdup_null(c->avatar_hash);
		w->name = xstrdup_null(c->nickname);
	} else {
		m->contact = d->name;
	}
}

static void
vcard(struct down *d, enum form form)
{
	static const struct msg_profile_result nothing;
	struct msg_profile m = { 0 };
	struct wanted *w;

	if (d->to->node == NULL) {
		gateway_vcard(d, form);
		return;
	}
	if (d->user == NULL || !session_ready(d->user)) {
		say_error(d, E_RECIPIENT_UNAVAILABLE,
		    "You are not logged in to this gateway.");
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->form = form;
	find(d, &m, w);
	if (m.contact == NULL) {
		say_error(d, E_ITEM_NOT_FOUND, NULL);
		free(w);
		return;
	}
	w->asked = asked_by(d);
	if (avatar_find(d->gw, w->photo) != NULL && form == TEMP &&
	    (is_burst(d->user) || !gateway_can(d->gw, FEATURE_VCARD)))
		answer(w, &nothing);
	else
		session_request(d->user, METHOD_profile, &m, got_profile, w);
}

void
down_vcard_get(struct down *d)
{
	vcard(d, TEMP);
}

void
down_vcard4_get(struct down *d)
{
	vcard(d, strcmp(d->payload->ns, NS_VCARD4) == 0 ? FOUR : FOUR_ITEM);
}

/* ---------------------------------------------------------------------- set */

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
		/* A vCard is whole: none is none any more. */
		.photo = { "", 0 },
	};

	if (binval != NULL && *binval != '\0') {
		msg.photo = avatar_decode(d->arena, binval);
		if (msg.photo.len == 0) {
			say_error(d, E_NOT_ACCEPTABLE,
			    "That is no picture, or too large.");
			return;
		}
	}
	session_request(d->user, METHOD_profile_set, &msg, asked_answered,
	    asked_by(d));
}
