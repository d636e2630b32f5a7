/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway itself on the user's roster: it comes there with the registration
 * and goes with it, and takes all its contacts along. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/name.h"
#include "manager/gateway/rights.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "util/xalloc.h"

static void
ask_for_presence(struct gateway *gw, const char *bare)
{
	say_presence(gw, gw->config->jid, bare, "subscribe", SHOW_ONLINE,
	    NULL);
}

static void
gateway_written(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	char *bare = ctx;
	const char *type = answer ? stanza_attr(answer, "type") : NULL;

	(void)a;
	if (type == NULL || strcmp(type, "result") != 0)
		ask_for_presence(gw, bare);
	else
		say_presence(gw, gw->config->jid, bare, "probe", SHOW_ONLINE,
		    NULL);
	free(bare);
}

void
roster_registered(struct user *user)
{
	struct gateway *gw = user->gw;
	struct contact self = {
		.jid = (char *)gw->config->jid,
		.nickname = (char *)gw->config->identity_name,
	};

	if (rights_of(gw, user->jid)->roster_set)
		roster_put(gw, user->jid, &self, "both", gateway_written,
		    xstrdup(user->jid));
	else
		ask_for_presence(gw, user->jid);
}

/* One address to be taken off a roster by the server that may refuse. */
struct removal {
	char	*bare, *jid;
};

static void
removal_answered(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct removal *r = ctx;
	const char *type = answer ? stanza_attr(answer, "type") : NULL;

	(void)a;
	if (type != NULL && strcmp(type, "error") == 0)
		rights_refused_roster_set(gw, r->bare);
	if (type == NULL || strcmp(type, "result") != 0)
		say_unsubscribe(gw, r->jid, r->bare);
	free(r->bare);
	free(r->jid);
	free(r);
}

static void
take_off(struct gateway *gw, const char *bare, char *jid)
{
	struct contact gone = { .jid = jid };
	struct removal *r;

	if (!rights_of(gw, bare)->roster_set || !link_is_up(gw->link)) {
		say_unsubscribe(gw, jid, bare);
		return;
	}
	r = xmalloc(sizeof(*r));
	*r = (struct removal){ xstrdup(bare), xstrdup(jid) };
	roster_put(gw, bare, &gone, "remove", removal_answered, r);
}

void
roster_unregistered(struct gateway *gw, const char *bare,
    const struct store_contact *records, size_t n)
{
	struct arena a = { 0 };
	char *jid;

	for (size_t i = 0; i < n; i++) {
		if ((jid = name_to_jid(gw, &a, records[i].name)) != NULL)
			take_off(gw, bare, jid);
	}
	take_off(gw, bare, (char *)gw->config->jid);
	arena_free(&a);
}
