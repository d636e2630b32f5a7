/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's own picture: found where the user keeps it, and given to the
 * network when it is another one.  In server mode the client says so itself
 * (XEP-0084; the vCard: down_vcard.c).  Behind a server its presence has the
 * hash, and the vCard of the account the picture. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/avatar.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define TIMEOUT	30.0	/* seconds */

static bool
takes_pictures(const struct gateway *gw)
{
	return gateway_can(gw, FEATURE_VCARD_SET) &&
	    gateway_can(gw, FEATURE_AVATARS);
}

/* ----------------------------------------------------------- behind a server */

struct look {
	char	 id[AVATAR_ID_SIZE];	/* as presence had it */
	char	 jid[];
};

/* What the network was given last; it outlives restarts, so that nothing is
 * uploaded at each login. */
static void
remember(struct user *user, const char *id)
{
	(void)user_keep_setting(user, AVATAR_SETTING, STORE_STRING, id);
}

static void
give(struct user *user, const char *id, const char *type, struct bin photo)
{
	struct msg_profile_set m = {
		.user = user->jid, .photo = photo,
		.photo_type = photo.len > 0 ? type : NULL,
	};

	remember(user, id);
	session_request(user, METHOD_profile_set, &m, NULL, NULL);
}

static void
looked(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct look *look = ctx;
	struct user *user = user_find(gw, look->jid);
	const struct stanza *photo = stanza_child(stanza_child(answer,
	    "vCard", NS_VCARD), "PHOTO", NULL);
	const char *text = stanza_child_text(a, photo, "BINVAL", NULL);
	const char *type = stanza_child_text(a, photo, "TYPE", NULL);
	struct bin data = { NULL, 0 };

	if (text != NULL)
		data = avatar_decode(a, text);
	if (user != NULL && session_ready(user) && data.len > 0)
		give(user, look->id, type && *type ? type : "image/png",
		    data);
	free(look);
}

static void
fetch(struct user *user, const char *id)
{
	size_t size = strlen(user->jid) + 1;
	struct look *look = xcalloc(1, sizeof(*look) + size);
	struct xml *x = iq_begin(user->gw, "get", NULL, user->jid);

	strncpy(look->id, id, sizeof(look->id) - 1);
	memcpy(look->jid, user->jid, size);
	xml_element(x, "vCard", NS_VCARD, NULL);
	iq_send(user->gw, x, look->jid, TIMEOUT, looked, look);
}

void
avatar_note(struct user *user, const struct down *d)
{
	const struct stanza *update = stanza_child(d->stanza, "x",
	    NS_VCARD_UPDATE);
	const char *id = stanza_child_text(d->arena, update, "photo", NULL);

	/* XEP-0153 4.1: without a photo element it says nothing. */
	if (id == NULL || strlen(id) >= AVATAR_ID_SIZE)
		return;
	xreplace(&user->photo, id);
	avatar_look(user);
}

void
avatar_look(struct user *user)
{
	const char *id = user->photo;

	if (id == NULL || link_is_server(user->gw->link) ||
	    !session_ready(user) || !takes_pictures(user->gw) ||
	    strcmp(user_setting(user, AVATAR_SETTING, ""), id) == 0)
		return;
	if (*id != '\0')
		fetch(user, id);
	else				/* what we gave is taken back */
		give(user, "", NULL, (struct bin){ "", 0 });
}

/* --------------------------------------------------------------- server mode */

static void
publish_data(struct down *d, const struct stanza *item)
{
	const char *text = stanza_child_text(d->arena, item, "data",
	    NS_AVATAR_DATA);
	struct bin data = { NULL, 0 };

	if (text != NULL)
		data = avatar_decode(d->arena, text);
	if (avatar_publish(d->user, data.data, data.len) == NULL)
		say_error(d, E_NOT_ACCEPTABLE, "That is no picture, or too "
		    "large.");
	else
		say_result(d);
}

struct publishing {
	struct asked	*asked;
	char		*user;
	char		 id[AVATAR_ID_SIZE];
};

static void
published(void *ctx, const struct msg_error *error, const union result *result)
{
	struct publishing *p = ctx;
	struct user *user = user_find(p->asked->gw, p->user);

	(void)result;
	if (error == NULL && user != NULL)
		remember(user, p->id);
	asked_answered(p->asked, error, NULL);
	free(p->user);
	free(p);
}

static void
publish_metadata(struct down *d, const struct stanza *item)
{
	const struct stanza *info = stanza_child(stanza_child(item,
	    "metadata", NS_AVATAR_META), "info", NULL);
	const char *id = stanza_attr(info, "id");
	const struct avatar *a = avatar_find(d->gw, id);
	struct msg_profile_set m = {
		.user = d->user->jid, .photo = { "", 0 },
	};
	struct publishing *p;

	if (info != NULL && a == NULL) {
		say_error(d, E_ITEM_NOT_FOUND, "The picture comes first.");
		return;
	}
	if (a != NULL) {
		m.photo = (struct bin){ a->data, a->len };
		m.photo_type = stanza_attr(info, "type");
	}
	p = xcalloc(1, sizeof(*p));
	p->asked = asked_by(d);
	p->user = xstrdup(d->user->jid);
	if (a != NULL)
		memcpy(p->id, a->id, sizeof(p->id));
	session_request(d->user, METHOD_profile_set, &m, published, p);
}

void
down_pubsub_set(struct down *d)
{
	const struct stanza *publish = stanza_child(d->payload, "publish",
	    NULL);
	const struct stanza *item = stanza_child(publish, "item", NULL);
	const char *node = stanza_attr(publish, "node");

	if (node == NULL || !takes_pictures(d->gw))
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, NULL);
	else if (strcmp(node, NS_AVATAR_DATA) == 0)
		publish_data(d, item);
	else if (strcmp(node, NS_AVATAR_META) == 0)
		publish_metadata(d, item);
	else
		say_error(d, E_FEATURE_NOT_IMPLEMENTED, NULL);
}
