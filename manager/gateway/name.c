/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and JIDs.  The only file that knows both spellings of a legacy name in
 * a node. */
#include "manager/gateway/name.h"

#include <string.h>

#include "protocol/features.h"

static bool
escaping(const struct gateway *gw)
{
	return gw->config->jid_escaping &&
	    !gateway_can(gw, "no_jid_escaping");
}

static char *
percent_node(struct arena *a, const char *name)
{
	char *node = arena_strdup(a, name), *at = strrchr(node, '@');

	if (at != NULL)
		*at = '%';
	return node;
}

static char *
make(const struct gateway *gw, struct arena *a, const char *name,
    const char *resource)
{
	struct jid jid;

	/* A nick may look like an escape: then only escaping brings it back. */
	if (!escaping(gw) && !jid_has_escapes(name) && jid_make(a,
	    percent_node(a, name), gw->config->jid, resource, &jid) == 0)
		return (char *)jid.full;
	/* What cannot stand in a node is escaped in either case. */
	if (jid_make(a, jid_escape(a, name), gw->config->jid, resource,
	    &jid) == 0)
		return (char *)jid.full;
	return NULL;
}

char *
name_to_jid(const struct gateway *gw, struct arena *a, const char *name)
{
	return make(gw, a, name, NULL);
}

char *
name_to_full(const struct gateway *gw, struct arena *a, const char *name)
{
	return make(gw, a, name, CONTACT_RESOURCE);
}

char *
name_resource(struct arena *a, const char *resource)
{
	char *own = resource != NULL && *resource != '\0' ?
	    jid_prepare_resource(a, resource) : NULL;

	return own == NULL || *own == '\0' ||
	    strcmp(own, CONTACT_RESOURCE) == 0 ? NULL : own;
}

char *
name_to_client(const struct gateway *gw, struct arena *a, const char *name,
    const char *resource)
{
	const char *own = name_resource(a, resource);

	return make(gw, a, name, own != NULL ? own : CONTACT_RESOURCE);
}

const char *
name_client(const struct jid *to)
{
	return to->resource != NULL &&
	    strcmp(to->resource, CONTACT_RESOURCE) == 0 ? NULL : to->resource;
}

char *
name_from_node(struct arena *a, const char *node)
{
	char *name, *percent;

	if (jid_has_escapes(node))
		return jid_unescape(a, node);
	name = arena_strdup(a, node);
	if ((percent = strrchr(name, '%')) != NULL)
		*percent = '@';
	return name;
}

bool
name_is_room(const struct gateway *gw, const char *name)
{
	static const char key[] = "room_prefixes=";
	const struct msg_initialize_result *can = pool_features(gw->pool);

	/* Before a backend has told us, what the C++ program assumes. */
	if (can == NULL)
		return *name == '#';
	for (size_t i = 0; i < can->features.n; i++) {
		const char *feature = can->features.v[i];

		if (strncmp(feature, key, sizeof(key) - 1) == 0)
			return *name != '\0' &&
			    strchr(feature + sizeof(key) - 1, *name) != NULL;
	}
	return false;
}

bool
name_is_server(const struct gateway *gw, const char *name)
{
	return gateway_can(gw, FEATURE_NETWORKS) && *name != '\0' &&
	    strpbrk(name, "@%") == NULL && !name_is_room(gw, name);
}
