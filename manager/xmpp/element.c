/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a start tag, as expat tells it, become a node of the tree? */
#include "manager/xmpp/element.h"

#include <string.h>

#define NS_XML "http://www.w3.org/XML/1998/namespace"

/* Split expat's "namespace SEPARATOR name".  Returns the name; *len is that of
 * the namespace. */
static const char *
split(const char *full, size_t *len)
{
	const char *sep = strchr(full, ELEMENT_SEPARATOR);

	*len = sep != NULL ? (size_t)(sep - full) : 0;
	return sep != NULL ? sep + 1 : full;
}

static bool
name_fits(const char *name, size_t ns_len)
{
	return ns_len <= ELEMENT_NS_MAX && strlen(name) <= ELEMENT_NAME_MAX;
}

/* Most elements are in the namespace of their parent: share the string. */
static const char *
share_ns(struct arena *a, const struct stanza *around, const char *ns,
    size_t len)
{
	if (around != NULL && strncmp(around->ns, ns, len) == 0 &&
	    around->ns[len] == '\0')
		return around->ns;
	return arena_strndup(a, ns, len);
}

static int
add_attrs(struct arena *a, struct stanza *s, const char **atts)
{
	struct attr **slot = &s->attrs, *at;
	const char *name;
	size_t ns_len;
	unsigned n = 0;

	for (; atts[0] != NULL; atts += 2) {
		name = split(atts[0], &ns_len);
		if (++n > ELEMENT_ATTRS_MAX || !name_fits(name, ns_len))
			return -1;
		at = arena_zalloc(a, sizeof(*at));
		if (ns_len == strlen(NS_XML) &&
		    memcmp(atts[0], NS_XML, ns_len) == 0) {
			at->name = arena_printf(a, "xml:%s", name);
		} else {
			at->name = arena_strdup(a, name);
			if (ns_len != 0)
				at->ns = arena_strndup(a, atts[0], ns_len);
		}
		at->value = arena_strdup(a, atts[1]);
		*slot = at;
		slot = &at->next;
	}
	return 0;
}

struct stanza *
element_build(struct arena *a, struct stanza *parent, const char *full,
    const char **atts)
{
	struct stanza *s;
	size_t ns_len;
	const char *name = split(full, &ns_len);

	if (!name_fits(name, ns_len))
		return NULL;
	s = arena_zalloc(a, sizeof(*s));
	s->ns = share_ns(a, parent, full, ns_len);
	s->name = arena_strdup(a, name);
	if (add_attrs(a, s, atts) != 0)
		return NULL;
	if ((s->parent = parent) == NULL)
		return s;
	if (parent->last != NULL)
		parent->last->next = s;
	else
		parent->children = s;
	parent->last = s;
	return s;
}
