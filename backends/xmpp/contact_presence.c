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
#include "backends/xmpp/pass_xml.h"
#include "backends/xmpp/stanza.h"
#include "util/siphash.h"
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

/* ------------------------------------------------------------ what is told */

/* Who speaks without a resource speaks for all. */
static const char *
name_of(const char *resource)
{
	return *resource != '\0' ? resource : NULL;
}

static void
tell_there(struct session *s, struct contact *c, const struct resource *r,
    const char *extra)
{
	const struct msg_contact_presence m = { .user = s->user,
	    .contact = c->jid, .show = r->show, .status = r->status,
	    .since = r->since, .resource = name_of(r->name),
	    .priority = r->priority, .extra = extra };

	c->there = true;
	if (c->listed)
		kit_notify(METHOD_contact_presence, &m);
}

/* resource NULL: the contact as a whole. */
static void
tell_gone(struct session *s, struct contact *c, const char *resource,
    const char *status)
{
	const struct msg_contact_presence m = { .user = s->user,
	    .contact = c->jid, .show = "offline", .status = status,
	    .resource = resource };

	if (TAILQ_EMPTY(&c->resources)) {
		c->there = false;
		xreplace(&c->status, status);
	}
	if (c->listed)
		kit_notify(METHOD_contact_presence, &m);
}

void
contact_absent(struct session *s, struct contact *c, const char *status)
{
	resources_clear(&c->resources);
	if (c->there || !same(c->status, status))
		tell_gone(s, c, NULL, status);
}

static void
remove_one(struct session *s, struct contact *c, const char *name,
    const char *status)
{
	resources_remove(&c->resources, name);
	tell_gone(s, c, name, status);
}

void
contact_sweep(struct session *s, struct contact *c)
{
	struct resource *r, *next;
	char *name;

	for (r = TAILQ_FIRST(&c->resources); r != NULL; r = next) {
		next = TAILQ_NEXT(r, entry);
		if (!r->stale)
			continue;
		name = xstrdup(r->name);
		resources_remove(&c->resources, name);
		tell_gone(s, c, name_of(name), NULL);
		free(name);
	}
}

/* ----------------------------------------------------------- what is heard */

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

/* NULL where there is no more to be told. */
static const struct resource *
put(struct session *s, struct contact *c, const struct resource *r)
{
	const struct resource *old = resources_find(&c->resources, r->name);
	bool known = old != NULL && strcmp(old->show, r->show) == 0 &&
	    same(old->status, r->status) && old->since == r->since &&
	    old->priority == r->priority && old->extra == r->extra;
	char *worst = resources_put(&c->resources, r);

	if (worst != NULL && strcmp(worst, r->name) == 0)
		known = true;
	else if (worst != NULL)
		tell_gone(s, c, name_of(worst), NULL);
	free(worst);
	return known ? NULL : resources_find(&c->resources, r->name);
}

static void
available(struct session *s, struct contact *c, const char *name,
    xmpp_stanza_t *stanza)
{
	char *show = text_of(stanza, "show", NULL, 16);
	char *priority = text_of(stanza, "priority", NULL, 16);
	char *status = text_of(stanza, "status", NULL, CONTACT_STATUS_MAX);
	const char *why;
	char *extra = pass_take(PASSING_PRESENCE, stanza, &why);
	struct resource r = { .show = resource_show(show), .status = status,
	    .priority = resource_priority(priority),
	    .since = idle_since(stanza),
	    .extra = extra != NULL ? siphash_string(extra) : 0 };
	const struct resource *news;

	r.name = xstrdup(name);
	if ((news = put(s, c, &r)) != NULL)
		tell_there(s, c, news, extra);
	look_at_picture(s, c, stanza);
	free(r.name);
	free(extra);
	free(show);
	free(priority);
	free(status);
}

/* Without a name, as when a server says it for whom it cannot reach, it is all
 * of them. */
static void
unavailable(struct session *s, struct contact *c, const char *name,
    xmpp_stanza_t *stanza)
{
	char *status = text_of(stanza, "status", NULL, CONTACT_STATUS_MAX);

	if (*name == '\0' || TAILQ_EMPTY(&c->resources))
		contact_absent(s, c, status);
	else if (resources_find(&c->resources, name) != NULL)
		remove_one(s, c, name, status);
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
