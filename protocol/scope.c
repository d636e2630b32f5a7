/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How is a setting of one room or server called? */
#include "protocol/scope.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const char *
scope_separator(const char *id)
{
	const char *at = strrchr(id, '@'), *percent = strrchr(id, '%');

	if (at == NULL || percent == NULL)
		return at ? at : percent;
	return at > percent ? at : percent;
}

int
scope_name(char out[SCOPE_NAME_MAX], const char *name, const char *id)
{
	int n = snprintf(out, SCOPE_NAME_MAX, "%s%s%s", name, id ? "/" : "",
	    id ? id : "");
	char *c;

	if (n < 0 || n >= SCOPE_NAME_MAX)
		return -1;
	if (id == NULL)
		return 0;
	for (c = out + strlen(name); *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if ((c = (char *)(uintptr_t)scope_separator(out + strlen(name))) != NULL)
		*c = '%';
	return 0;
}

const char *
scope_bare(char out[SCOPE_NAME_MAX], const char *id)
{
	const char *server = scope_server(id), *colon, *port;

	if (server == NULL)
		server = id;
	if (!isalnum((unsigned char)*server))
		return NULL;		/* "#c:6667" is a room of no server */
	/* With more of them it is an address, and not a port. */
	colon = strchr(server, ':');
	if (colon == NULL || strlen(id) >= SCOPE_NAME_MAX)
		return NULL;
	port = colon[1] == '+' ? colon + 2 : colon + 1;
	if (strcmp(port, "6667") != 0 && strcmp(port, "6697") != 0)
		return NULL;
	snprintf(out, SCOPE_NAME_MAX, "%.*s", (int)(colon - id), id);
	return out;
}

const char *
scope_server(const char *id)
{
	const char *at = scope_separator(id);

	return at != NULL && at[1] != '\0' ? at + 1 : NULL;
}
