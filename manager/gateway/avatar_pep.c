/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of contacts as XEP-0084 has them: an event for clients that have
 * said that they want to know, and the data for who asks. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/avatar.h"
#include "manager/gateway/caps.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room_data.h"
#include "manager/gateway/session.h"
#include "util/xalloc.h"

/* --------------------------------------------------------------- the events */

static void
put_metadata(struct xml *x, const struct avatar *a)
{
	xml_open(x, "item");
	xml_attr(x, "id", a ? a->id : "none");
	xml_open_ns(x, "metadata", NS_AVATAR_META);
	if (a != NULL) {
		xml_open(x, "info");
		xml_attr(x, "id", a->id);
		xml_attrf(x, "bytes", "%zu", a->len);
		xml_attr(x, "type", a->type);
		xml_close(x);
	}
	xml_close(x);
	xml_close(x);
}

static void
put_data(struct xml *x, const struct avatar *a)
{
	char *text = avatar_encode(a->data, a->len);

	xml_open(x, "item");
	xml_attr(x, "id", a->id);
	xml_element(x, "data", NS_AVATAR_DATA, text);
	xml_close(x);
	free(text);
}

static void
tell(struct gateway *gw, const char *from, const char *to,
    const struct avatar *a)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "message");
	xml_attr(x, "from", from);
	xml_attr(x, "to", to);
	xml_attr(x, "type", "headline");
	xml_open_ns(x, "event", NS_PUBSUB_EVENT);
	xml_open(x, "items");
	xml_attr(x, "node", NS_AVATAR_META);
	put_metadata(x, a);
	say_end(gw, x, to, 0);
}

/* Without the picture its size is not known, and XEP-0084 wants it: presence
 * tells of it, then. */
void
avatar_tell(struct user *user, const struct contact *c)
{
	const struct avatar *a = avatar_find(user->gw, c->avatar_hash);
	struct client *client;

	if (a == NULL && c->avatar_hash != NULL)
		return;
	TAILQ_FOREACH(client, &user->clients, entry)
		if (client->wants_avatars)
			tell(user->gw, c->jid, client->full, a);
}

static void
client_asked(struct gateway *gw, const char *full, bool wants)
{
	char *bare = xstrndup(full, strcspn(full, "/"));
	struct user *user = user_find(gw, bare);
	struct client *client = user ? user_client(user, full) : NULL;
	const struct avatar *a;
	struct contact *c;
	size_t at = 0;

	free(bare);
	if (!wants || client == NULL || client->wants_avatars)
		return;
	client->wants_avatars = true;
	while ((c = map_next(&user->contacts, &at)) != NULL) {
		a = contact_is_friend(c) ?
		    avatar_find(gw, c->avatar_hash) : NULL;
		if (a != NULL)
			tell(gw, c->jid, full, a);
	}
}

void
avatar_client_up(struct user *user, const char *full)
{
	if (gateway_can(user->gw, "avatars"))
		caps_ask_avatars(user->gw, full, client_asked);
}

/* ------------------------------------------------------------- the requests */

struct wanted {
	struct asked	*asked;
	bool		 data;		/* not only metadata */
	char		*id;		/* this one, or NULL */
};

static void
answer(struct wanted *w, const struct avatar *a)
{
	struct xml *x;

	if (a == NULL || (w->id != NULL && strcmp(w->id, a->id) != 0)) {
		asked_refuse(w->asked, E_ITEM_NOT_FOUND, NULL);
	} else {
		x = asked_begin(w->asked);
		xml_open_ns(x, "pubsub", NS_PUBSUB);
		xml_open(x, "items");
		xml_attr(x, "node", w->data ? NS_AVATAR_DATA :
		    NS_AVATAR_META);
		if (w->data)
			put_data(x, a);
		else
			put_metadata(x, a);
		asked_end(w->asked, x);
	}
	free(w->id);
	free(w);
}

static void
got_profile(void *ctx, const struct msg_error *error,
    const union result *result)
{
	struct wanted *w = ctx;
	const struct msg_profile_result *p = error == NULL && result != NULL ?
	    &result->profile : NULL;

	answer(w, p != NULL ? avatar_keep(w->asked->gw, p->photo_type,
	    p->photo.data, p->photo.len) : NULL);
}

static bool
is_avatar_node(const char *node, bool *data)
{
	*data = node != NULL && strcmp(node, NS_AVATAR_DATA) == 0;
	return *data || (node != NULL && strcmp(node, NS_AVATAR_META) == 0);
}

static const char *
own_id(const struct user *user)
{
	return user_setting(user, AVATAR_SETTING, NULL);
}

void
down_pubsub_get(struct down *d)
{
	const struct stanza *items = stanza_child(d->payload, "items", NULL);
	const char *id = stanza_attr(stanza_child(items, "item", NULL), "id");
	struct msg_profile m = { .user = d->user->jid };
	const struct avatar *a;
	struct contact *c = NULL;
	struct wanted *w;
	const char *node = stanza_attr(items, "node");
	bool data, self = d->name == NULL;

	if (node != NULL && strcmp(node, NS_VCARD4_NODE) == 0) {
		down_vcard4_get(d);
		return;
	}
	if (!is_avatar_node(node, &data)) {
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, NULL);
		return;
	}
	if (!self)
		c = contact_find_jid(d->user, d->to->bare);
	if (!self && c == NULL) {
		say_error(d, E_ITEM_NOT_FOUND, NULL);
		return;
	}
	w = xmalloc(sizeof(*w));
	*w = (struct wanted){ asked_by(d), data, xstrdup_null(id) };
	a = avatar_find(d->gw, id ? id : c ? c->avatar_hash :
	    own_id(d->user));
	if (a != NULL || !gateway_can(d->gw, "vcard") ||
	    (c != NULL && c->avatar_hash == NULL) || !session_ready(d->user)) {
		answer(w, a);
		return;
	}
	m.contact = c != NULL ? c->name : d->user->account;
	session_request(d->user, METHOD_profile, &m, got_profile, w);
}
