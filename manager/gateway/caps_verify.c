/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a client told the truth about its kind?  What one client says is believed
 * about others only where the hash proves it (XEP-0115 5.4, 7).  The hash runs
 * over strings without saying where one ends and what it is, so whatever could
 * be read in two ways proves nothing. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/client_caps.h"
#include "manager/gateway/ns.h"
#include "util/xalloc.h"

#define PARTS_MAX 400	/* identities and features of one client */

struct parts {
	struct arena	 arena;
	const char	*identities[PARTS_MAX], *features[PARTS_MAX];
	size_t		 nidentities, nfeatures;
};

static int
by_octets(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_plain(const char *s, const char *reject)
{
	return s != NULL && *s != '\0' && strpbrk(s, reject) == NULL;
}

static bool
add_identity(struct parts *p, const struct stanza *s)
{
	const char *category = stanza_attr(s, "category");
	const char *type = stanza_attr(s, "type");
	const char *lang = stanza_attr(s, "xml:lang");
	const char *name = stanza_attr(s, "name");

	if (p->nidentities == PARTS_MAX || !is_plain(category, "/<:") ||
	    !is_plain(type, "/<") || (lang != NULL && strpbrk(lang, "/<")) ||
	    (name != NULL && strchr(name, '<') != NULL))
		return false;
	p->identities[p->nidentities++] = arena_printf(&p->arena,
	    "%s/%s/%s/%s", category, type, lang ? lang : "",
	    name ? name : "");
	return true;
}

static bool
add_feature(struct parts *p, const struct stanza *s)
{
	const char *var = stanza_attr(s, "var");

	if (p->nfeatures == PARTS_MAX || !is_plain(var, "<"))
		return false;
	p->features[p->nfeatures++] = var;
	return true;
}

static bool
read_parts(struct parts *p, const struct stanza *query)
{
	for (const struct stanza *s = stanza_first(query); s != NULL;
	    s = stanza_next(s)) {
		if (strcmp(s->ns, NS_DISCO_INFO) != 0)
			return false;	/* a form (XEP-0128) */
		if (strcmp(s->name, "identity") == 0 ?
		    !add_identity(p, s) :
		    strcmp(s->name, "feature") != 0 || !add_feature(p, s))
			return false;
	}
	return p->nidentities > 0 && p->nfeatures > 0;
}

/* false: one is there twice (XEP-0115 5.4). */
static bool
put_sorted(struct buf *b, const char **v, size_t n)
{
	qsort(v, n, sizeof(*v), by_octets);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(v[i], v[i - 1]) == 0)
			return false;
		buf_addf(b, "%s<", v[i]);
	}
	return true;
}

static bool
is_hash(const struct buf *b, const char *ver)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE];
	unsigned len;

	if (EVP_Digest(buf_data(b), buf_len(b), digest, &len, EVP_sha1(),
	    NULL) != 1)
		return false;
	EVP_EncodeBlock((unsigned char *)text, digest, (int)len);
	return strcmp(text, ver) == 0;
}

bool
client_caps_verify(const struct stanza *query, const char *ver)
{
	struct parts *p = xcalloc(1, sizeof(*p));
	struct buf b = { 0 };
	bool proved;

	/* Identities stand first in the hash, and sort apart from features. */
	proved = read_parts(p, query) &&
	    put_sorted(&b, p->identities, p->nidentities) &&
	    put_sorted(&b, p->features, p->nfeatures) && is_hash(&b, ver);
	buf_free(&b);
	arena_free(&p->arena);
	free(p);
	return proved;
}
