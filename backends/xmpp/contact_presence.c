/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How contacts are, and what they ask (RFC 6121 3, 4).  The life of a
 * subscription is told by the roster; of its stanzas only the question is left
 * for us. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/stanza.h"
#include "util/xalloc.h"

#define NS_IDLE		"urn:xmpp:idle:1"	/* XEP-0319 */
#define NS_LAST		"jabber:iq:last"	/* XEP-0256 */
#define NS_PHOTO	"vcard-temp:x:update"	/* XEP-0153 */
#define NS_NICK		"http://jabber.org/protocol/nick"
#define IDLE_MAX	(10L * 365 * 24 * 3600)	/* seconds */

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
tell(struct session *s, struct contact *c, const struct resource *r,
    const char *status)
{
	struct msg_contact_presence m = { .user = s->user, .contact = c->jid,
	    .show = r != NULL ? r->show : "offline", .status = status,
	    .since = r != NULL ? r->since : 0 };

	if (strcmp(c->show, m.show) == 0 && same(c->status, m.status) &&
	    c->since == m.since)
		return;
	c->show = m.show;
	xreplace(&c->status, m.status);
	c->since = m.since;
	if (c->listed)
		kit_notify(METHOD_contact_presence, &m);
}

void
contact_tell_presence(struct session *s, struct contact *c)
{
	const struct resource *r = TAILQ_FIRST(&c->resources);

	tell(s, c, r, r != NULL ? r->status : NULL);
}

static char *
text_of(xmpp_stanza_t *stanza, const char *name, const char *ns, size_t max)
{
	return stanza_text(stanza_child(stanza, name, ns), max);
}

static int64_t
idle_since(xmpp_stanza_t *stanza)
{
	const char *seconds = stanza_attr(stanza_child(stanza, "query",
	    NS_LAST), "seconds");
	int64_t since = stanza_time(stanza_attr(stanza_child(stanza, "idle",
	    NS_IDLE), "since"));
	long n = seconds != NULL ? strtol(seconds, NULL, 10) : 0;

	if (since != 0 || n <= 0 || n > IDLE_MAX)
		return since;
	return ((int64_t)time(NULL) - n) * 1000;
}

/* A client that has no picture says so; one that does not know says nothing. */
static void
look_at_picture(struct session *s, struct contact *c, xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *photo = stanza_child(stanza_child(stanza, "x",
	    NS_PHOTO), "photo", NULL);
	char *hash = stanza_text(photo, CONTACT_HASH_SIZE);

	if (photo != NULL)
		contact_set_hash(s, c, hash != NULL ? hash : "", false);
	free(hash);
}

static void
available(struct session *s, struct contact *c, const char *name,
    xmpp_stanza_t *stanza)
{
	char *show = text_of(stanza, "show", NULL, 16);
	char *priority = text_of(stanza, "priority", NULL, 16);
	char *status = text_of(stanza, "status", NULL, CONTACT_STATUS_MAX);
	struct resource r = { .show = resource_show(show), .status = status,
	    .priority = resource_priority(priority),
	    .since = idle_since(stanza) };

	r.name = xstrdup(name);
	if (c->stale)
		resources_clear(&c->resources);
	c->stale = false;
	resources_put(&c->resources, &r);
	contact_tell_presence(s, c);
	look_at_picture(s, c, stanza);
	free(r.name);
	free(show);
	free(priority);
	free(status);
}

/* name "": all of them, as when a server says it for whom it cannot reach. */
static void
unavailable(struct session *s, struct contact *c, const char *name,
    xmpp_stanza_t *stanza)
{
	const struct resource *best;
	char *status;

	if (*name != '\0' && !c->stale)
		resources_remove(&c->resources, name);
	else
		resources_clear(&c->resources);
	c->stale = false;
	if ((best = TAILQ_FIRST(&c->resources)) != NULL) {
		tell(s, c, best, best->status);
		return;
	}
	status = text_of(stanza, "status", NULL, CONTACT_STATUS_MAX);
	tell(s, c, NULL, status);
	free(status);
}

static void
asked(struct session *s, const char *jid, xmpp_stanza_t *stanza)
{
	struct contact *c = contact_find(s, jid);
	char *name = text_of(stanza, "nick", NS_NICK, CONTACT_NAME_MAX);
	char *text = text_of(stanza, "status", NULL, CONTACT_STATUS_MAX);
	const struct msg_contact_request m = { .user = s->user,
	    .contact = c != NULL ? c->jid : jid, .name = name, .text = text };
	xmpp_stanza_t *yes;

	/* It may have forgotten: RFC 6121 3.1.3 has our server answer, and not
	 * all do. */
	if (c != NULL && contact_sees(c)) {
		yes = xmpp_presence_new(session_strophe(s));
		xmpp_stanza_set_type(yes, "subscribed");
		xmpp_stanza_set_to(yes, jid);
		session_send(s, yes, NULL);
	} else {
		kit_notify(METHOD_contact_request, &m);
	}
	free(name);
	free(text);
}

static bool
heard(struct session *s, const char *from, const char *jid,
    xmpp_stanza_t *stanza)
{
	const char *type = xmpp_stanza_get_type(stanza);
	const char *name = strchr(from, '/');
	struct contact *c;

	if (session_is_own(s, jid))
		return true;	/* another client of the user's */
	if (type != NULL && strcmp(type, "subscribe") == 0) {
		asked(s, jid, stanza);
		return true;
	}
	if ((c = contact_find(s, jid)) == NULL)
		return false;
	name = name != NULL ? name + 1 : "";
	if (type == NULL)
		available(s, c, name, stanza);
	else if (strcmp(type, "unavailable") == 0 ||
	    strcmp(type, "error") == 0)
		unavailable(s, c, name, stanza);
	return true;
}

bool
contact_presence(struct session *s, xmpp_stanza_t *stanza)
{
	const char *from = xmpp_stanza_get_from(stanza);
	char *jid;
	bool ours;

	if (!stanza_is(stanza, "presence", NULL) || from == NULL)
		return false;
	jid = account_bare(from);
	ours = heard(s, from, jid, stanza);
	free(jid);
	return ours;
}
