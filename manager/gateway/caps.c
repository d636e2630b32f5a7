/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities. */
#include "manager/gateway/caps.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"
#include "util/xalloc.h"

/* What a contact announces, in the order that XEP-0115 5.1 hashes them (by
 * octets); needs: a feature of the network, or NULL. */
static const struct {
	const char *ns, *needs;
} features[] = {
	{ NS_CHATSTATES, "chat_states" },
	{ NS_DISCO_INFO, NULL },
	{ NS_DISCO_ITEMS, NULL },
	{ NS_XHTML_IM, "xhtml" },
	{ NS_LAST, NULL },
	{ NS_VERSION, NULL },
	{ NS_ATTENTION, "attention" },
	{ NS_MARKERS, "markers" },
	{ NS_CORRECT, "correction" },
	{ NS_RETRACT, "retraction" },
	{ NS_PING, NULL },
	{ NS_REACTIONS, "reactions" },
	{ NS_RECEIPTS, "receipts" },
	{ NS_REPLY, "replies" },
	{ NS_TIME, NULL },
	{ NS_VCARD, NULL },
};

static bool
announced(const struct gateway *gw, size_t i)
{
	return features[i].needs == NULL || gateway_can(gw, features[i].needs);
}

const char *
caps_of_contacts(struct gateway *gw)
{
	struct buf s = { 0 };
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;

	if (gw->caps_ver[0] != '\0')
		return gw->caps_ver;
	buf_addf(&s, "client/pc//%s<", gw->config->identity_name);
	for (size_t i = 0; i < LENGTH(features); i++) {
		if (announced(gw, i))
			buf_addf(&s, "%s<", features[i].ns);
	}
	EVP_Digest(buf_data(&s), buf_len(&s), hash, &len, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)gw->caps_ver, hash, (int)len);
	buf_free(&s);
	return gw->caps_ver;
}

void
caps_put(struct gateway *gw, struct xml *x)
{
	xml_open_ns(x, "c", NS_CAPS);
	xml_attr(x, "hash", "sha-1");
	xml_attr(x, "node", CAPS_NODE);
	xml_attr(x, "ver", caps_of_contacts(gw));
	xml_close(x);
}

void
caps_put_contact(const struct gateway *gw, struct xml *x)
{
	xml_open(x, "identity");
	xml_attr(x, "category", "client");
	xml_attr(x, "type", "pc");
	xml_attr(x, "name", gw->config->identity_name);
	xml_close(x);
	for (size_t i = 0; i < LENGTH(features); i++) {
		if (!announced(gw, i))
			continue;
		xml_open(x, "feature");
		xml_attr(x, "var", features[i].ns);
		xml_close(x);
	}
}

/* --------------------------------------------------------------- of clients */

struct question {
	char	*full;
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
	    NS_DISCO_INFO), NS_ROSTERX));
	free(q->full);
	free(q);
}

/* Asked anew each time: it is seldom, and what one client says of its version
 * (XEP-0115) is nothing to believe about another's. */
void
caps_ask_rosterx(struct gateway *gw, const char *full,
    void (*done)(struct gateway *, const char *, bool))
{
	struct question *q = xmalloc(sizeof(*q));
	struct xml *x = iq_begin(gw, "get", NULL, full);

	*q = (struct question){ xstrdup(full), done };
	xml_element(x, "query", NS_DISCO_INFO, NULL);
	iq_send(gw, x, q->full, 5, answered, q);
}
