/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who can do what?  One list for what is announced and what is hashed, so that
 * the two agree whatever is in it. */
#include "manager/gateway/caps.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/iq.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/ns.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IDENTITIES_MAX	3
#define FEATURES_MAX	32

/* needs: a feature of the network, or NULL. */
struct feature {
	const char	*ns, *needs;
};

static const struct feature of_contact[] = {
	{ NS_CAPS, NULL },
	{ NS_DISCO_INFO, NULL },
	{ NS_DISCO_ITEMS, NULL },
	{ NS_LAST, NULL },
	{ NS_PING, NULL },
	{ NS_TIME, NULL },
	{ NS_VCARD, NULL },
	{ NS_VCARD4, "vcard" },
	{ NS_VERSION, NULL },
	{ NS_ATTENTION, "attention" },
	{ NS_CHATSTATES, "chat_states" },
	{ NS_COMMANDS, "contact_commands" },
	{ NS_CORRECT, "correction" },
	{ NS_MARKERS, "markers" },
	{ NS_REACTIONS, "reactions" },
	{ NS_RECEIPTS, "receipts" },
	{ NS_REPLY, "replies" },
	{ NS_RETRACT, "retraction" },
	{ NS_XHTML_IM, "xhtml" },
	{ NULL, NULL },
};

static const struct feature of_gateway[] = {
	{ NS_CAPS, NULL },
	{ NS_COMMANDS, NULL },
	{ NS_DISCO_INFO, NULL },
	{ NS_DISCO_ITEMS, NULL },
	{ NS_GATEWAY, NULL },
	{ NS_LAST, NULL },
	{ NS_PING, NULL },
	{ NS_PRIVATE, NULL },
	{ NS_TIME, NULL },
	{ NS_VCARD, NULL },
	{ NS_VERSION, NULL },
	{ NS_MUC, "rooms" },
	{ NS_SEARCH, "search" },
	{ NULL, NULL },
};

static const struct feature of_component[] = {
	{ NS_REGISTER, NULL },
	{ NS_BLOCKING, "blocking" },
	{ KEYS_LIST_OLD "+notify", "raw" },
	{ KEYS_LIST "+notify", "raw" },
	{ NULL, NULL },
};

static const struct feature of_server[] = {
	{ NS_CARBONS, NULL },
	{ NS_BLOCKING, "blocking" },
	{ NULL, NULL },
};

struct caps {
	struct identity {
		const char *category, *type, *name;
	}		 identities[IDENTITIES_MAX];
	size_t		 nidentities;
	const char	*features[FEATURES_MAX];
	size_t		 nfeatures;
};

static int
by_octets(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
by_category(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;
	int order = strcmp(x->category, y->category);

	return order != 0 ? order : strcmp(x->type, y->type);
}

static void
add_identity(struct caps *caps, const char *category, const char *type,
    const char *name)
{
	caps->identities[caps->nidentities++] =
	    (struct identity){ category, type, name };
	qsort(caps->identities, caps->nidentities, sizeof(caps->identities[0]),
	    by_category);
}

static void
add_features(struct caps *caps, const struct gateway *gw,
    const struct feature *f)
{
	for (; f->ns != NULL; f++) {
		if (f->needs == NULL || gateway_can(gw, f->needs))
			caps->features[caps->nfeatures++] = f->ns;
	}
	qsort(caps->features, caps->nfeatures, sizeof(caps->features[0]),
	    by_octets);
}

/* The admin's word, else the backend's. */
const char *
caps_network_type(const struct gateway *gw)
{
	static const char key[] = "identity=";
	const struct msg_initialize_result *can = pool_features(gw->pool);

	if (*gw->config->identity_type != '\0')
		return gw->config->identity_type;
	for (size_t i = 0; can != NULL && i < can->features.n; i++) {
		if (strncmp(can->features.v[i], key, sizeof(key) - 1) == 0)
			return can->features.v[i] + sizeof(key) - 1;
	}
	return "xmpp";		/* XEP-0030 wants one: the registered "other" */
}

static struct caps
contact_caps(const struct gateway *gw)
{
	struct caps caps = { 0 };

	add_identity(&caps, "client", "pc", gw->config->identity_name);
	add_features(&caps, gw, of_contact);
	return caps;
}

static struct caps
gateway_caps(const struct gateway *gw)
{
	const char *name = gw->config->identity_name;
	bool server = link_is_server(gw->link);
	struct caps caps = { 0 };

	add_identity(&caps, gw->config->identity_category, caps_network_type(gw),
	    name);
	if (server)
		add_identity(&caps, "server", "im", name);
	if (gateway_can(gw, "rooms"))
		add_identity(&caps, "conference", "text", name);
	add_features(&caps, gw, of_gateway);
	add_features(&caps, gw, server ? of_server : of_component);
	return caps;
}

/* XEP-0115 5.1 */
static const char *
hash(const struct caps *caps, char *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct buf s = { 0 };
	unsigned len;

	for (size_t i = 0; i < caps->nidentities; i++)
		buf_addf(&s, "%s/%s//%s<", caps->identities[i].category,
		    caps->identities[i].type, caps->identities[i].name);
	for (size_t i = 0; i < caps->nfeatures; i++)
		buf_addf(&s, "%s<", caps->features[i]);
	if (EVP_Digest(buf_data(&s), buf_len(&s), digest, &len, EVP_sha1(),
	    NULL) != 1)
		fatal("no SHA-1");
	EVP_EncodeBlock((unsigned char *)out, digest, (int)len);
	buf_free(&s);
	return out;
}

static void
put(const struct caps *caps, struct xml *x)
{
	for (size_t i = 0; i < caps->nidentities; i++) {
		xml_open(x, "identity");
		xml_attr(x, "category", caps->identities[i].category);
		xml_attr(x, "type", caps->identities[i].type);
		xml_attr(x, "name", caps->identities[i].name);
		xml_close(x);
	}
	for (size_t i = 0; i < caps->nfeatures; i++) {
		xml_open(x, "feature");
		xml_attr(x, "var", caps->features[i]);
		xml_close(x);
	}
}

const char *
caps_of_contacts(struct gateway *gw)
{
	struct caps caps;

	if (gw->caps_contacts[0] != '\0')
		return gw->caps_contacts;
	caps = contact_caps(gw);
	return hash(&caps, gw->caps_contacts);
}

const char *
caps_of_gateway(struct gateway *gw)
{
	struct caps caps;

	if (gw->caps_self[0] != '\0')
		return gw->caps_self;
	caps = gateway_caps(gw);
	return hash(&caps, gw->caps_self);
}

void
caps_put_contact(const struct gateway *gw, struct xml *x)
{
	struct caps caps = contact_caps(gw);

	put(&caps, x);
}

void
caps_put_gateway(const struct gateway *gw, struct xml *x)
{
	struct caps caps = gateway_caps(gw);

	put(&caps, x);
}

static void
put_element(struct xml *x, const char *ver)
{
	xml_open_ns(x, "c", NS_CAPS);
	xml_attr(x, "hash", "sha-1");
	xml_attr(x, "node", CAPS_NODE);
	xml_attr(x, "ver", ver);
	xml_close(x);
}

void
caps_put(struct gateway *gw, struct xml *x)
{
	put_element(x, caps_of_contacts(gw));
}

void
caps_put_self(struct gateway *gw, struct xml *x)
{
	put_element(x, caps_of_gateway(gw));
}

bool
caps_is_node(const char *node, const char *ver)
{
	static const char prefix[] = CAPS_NODE "#";
	size_t len = sizeof(prefix) - 1;

	return strncmp(node, prefix, len) == 0 &&
	    strcmp(node + len, ver) == 0;
}

/* --------------------------------------------------------------- of clients */

struct question {
	char	*full;
	const char *feature;		/* a literal */
	void	(*done)(struct gateway *, const char *, bool);
};

static bool
has_feature(const struct stanza *query, const char *var)
{
	for (const struct stanza *f = stanza_first(query); f != NULL;
	    f = stanza_next(f)) {
		const char *name = stanza_attr(f, "var");

		if (name != NULL && strcmp(name, var) == 0)
			return true;
	}
	return false;
}

static void
answered(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct question *q = ctx;

	(void)a;
	q->done(gw, q->full, has_feature(stanza_child(answer, "query",
	    NS_DISCO_INFO), q->feature));
	free(q->full);
	free(q);
}

/* Asked anew each time: it is seldom, and what one client says of its version
 * (XEP-0115) is nothing to believe about another's. */
static void
ask(struct gateway *gw, const char *full, const char *feature,
    void (*done)(struct gateway *, const char *, bool))
{
	struct question *q = xmalloc(sizeof(*q));
	struct xml *x = iq_begin(gw, "get", NULL, full);

	*q = (struct question){ xstrdup(full), feature, done };
	xml_element(x, "query", NS_DISCO_INFO, NULL);
	iq_send(gw, x, q->full, 5, answered, q);
}

void
caps_ask_rosterx(struct gateway *gw, const char *full,
    void (*done)(struct gateway *, const char *, bool))
{
	ask(gw, full, NS_ROSTERX, done);
}

void
caps_ask_avatars(struct gateway *gw, const char *full,
    void (*done)(struct gateway *, const char *, bool))
{
	ask(gw, full, NS_AVATAR_META "+notify", done);
}
