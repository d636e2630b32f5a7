/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XEP-0356: what a server grants, remembered by its domain. */
#include "manager/gateway/rights.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/down.h"
#include "manager/gateway/ns.h"
#include "util/log.h"
#include "util/xalloc.h"

#define DOMAINS_MAX 1000	/* strangers may claim to be generous, too */

struct entry {
	struct rights	 rights;
	char		*domain;	/* the key in gw->rights */
};

static const char *
domain_of(const char *jid)
{
	const char *at = strchr(jid, '@');

	return at ? at + 1 : jid;
}

static struct entry *
find(const struct gateway *gw, const char *jid)
{
	return map_get(&gw->rights, domain_of(jid));
}

static struct entry *
find_or_make(struct gateway *gw, const char *domain)
{
	struct entry *entry = find(gw, domain);

	if (entry != NULL || map_count(&gw->rights) >= DOMAINS_MAX)
		return entry;
	entry = xcalloc(1, sizeof(*entry));
	entry->domain = xstrdup(domain);
	map_put(&gw->rights, entry->domain, entry);
	return entry;
}

const struct rights *
rights_of(const struct gateway *gw, const char *jid)
{
	static const struct rights none = { .ns = NS_PRIVILEGE2 };
	const struct entry *entry = find(gw, jid);

	return entry ? &entry->rights : &none;
}

void
rights_refused_roster_set(struct gateway *gw, const char *jid)
{
	struct entry *entry = find(gw, jid);

	if (entry == NULL || !entry->rights.roster_set)
		return;
	entry->rights.roster_set = false;
	log_warn("%s: %s refuses to let us write rosters although it granted "
	    "it (XEP-0356); contacts are offered by subscription requests",
	    gw->config->jid, entry->domain);
}

void
rights_destroy(struct gateway *gw)
{
	struct entry *entry;
	size_t at = 0;

	while ((entry = map_next(&gw->rights, &at)) != NULL) {
		free(entry->domain);
		free(entry);
	}
	map_finish(&gw->rights);
}

#define FLAGS(X) X(roster_get) X(roster_set) X(message) X(presence_roster)

void
rights_pack(const struct gateway *gw, struct packer *p)
{
	const struct entry *entry;
	size_t at = 0;

	while ((entry = map_next(&gw->rights, &at)) != NULL) {
		pack_map(p, NULL);
		pack_str(p, "domain", entry->domain);
		pack_str(p, "ns", entry->rights.ns);
#define X(flag)	pack_bool(p, #flag, entry->rights.flag);
		FLAGS(X)
#undef X
		pack_end(p);
	}
}

void
rights_unpack(struct gateway *gw, const struct packed *list)
{
	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *facts = packed_at(list, i);
		const char *domain = packed_str(facts, "domain");
		const char *ns = packed_str(facts, "ns");
		struct entry *entry = domain ? find_or_make(gw, domain) : NULL;

		if (entry == NULL)
			continue;
		entry->rights.ns = ns != NULL && strcmp(ns,
		    NS_PRIVILEGE1) == 0 ? NS_PRIVILEGE1 : NS_PRIVILEGE2;
#define X(flag)	entry->rights.flag = packed_bool(facts, #flag, false);
		FLAGS(X)
#undef X
	}
}

static void
grant(struct rights *rights, const struct stanza *perm)
{
	const char *access = stanza_attr(perm, "access");
	const char *type = stanza_attr(perm, "type");

	if (access == NULL || type == NULL)
		return;
	if (strcmp(access, "roster") == 0) {
		rights->roster_get = strcmp(type, "set") != 0;
		rights->roster_set = strcmp(type, "get") != 0;
	} else if (strcmp(access, "message") == 0) {
		rights->message = strcmp(type, "outgoing") == 0;
	} else if (strcmp(access, "presence") == 0) {
		rights->presence_roster = strcmp(type, "roster") == 0;
	}
}

/* Prosody nests what it grants, so every level is looked at. */
static void
grant_all(struct rights *rights, const struct stanza *parent, unsigned depth)
{
	for (const struct stanza *s = stanza_first(parent);
	    s != NULL && depth > 0; s = stanza_next(s)) {
		if (strcmp(s->name, "perm") == 0)
			grant(rights, s);
		grant_all(rights, s, depth - 1);
	}
}

void
down_privilege(struct down *d)
{
	struct entry *entry;

	/* Only a server speaks for its users. */
	if (d->from->node != NULL || d->from->resource != NULL)
		return;
	if (stanza_find(d->payload, "perm", d->payload->ns) == NULL)
		return;
	if ((entry = find_or_make(d->gw, d->from->domain)) == NULL)
		return;
	entry->rights = (struct rights){
		.ns = strcmp(d->payload->ns, NS_PRIVILEGE2) == 0 ?
		    NS_PRIVILEGE2 : NS_PRIVILEGE1,
	};
	grant_all(&entry->rights, d->payload, 8);
	log_info("%s: %s lets us%s%s%s", d->gw->config->jid, entry->domain,
	    entry->rights.roster_set ? " write rosters" : "",
	    entry->rights.message ? " send messages for users" : "",
	    entry->rights.roster_get || entry->rights.message ? "" :
	    " do nothing for its users");
}
