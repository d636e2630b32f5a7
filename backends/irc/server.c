/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users name servers in JIDs: everything here is checked before the resolver
 * sees it. */
#include "backends/irc/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
set_port(struct server *s, const char *text)
{
	char *end;
	long port;

	s->tls = *text == '+';
	text += s->tls;
	if (*text < '0' || *text > '9')
		return -1;
	port = strtol(text, &end, 10);
	if (*end != '\0' || port < 1 || port > 65535)
		return -1;
	s->tls |= port == 6697;
	snprintf(s->port, sizeof(s->port), "%u", (unsigned)port & 0xffff);
	return 0;
}

static int
set_host(struct server *s, const char *text, size_t len, bool literal)
{
	if (len == 0 || len >= sizeof(s->host))
		return -1;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-' && c != '_' && !(literal && c == ':'))
			return -1;
		s->host[i] = c;
	}
	s->host[len] = '\0';
	return 0;
}

int
server_parse(struct server *s, const char *text)
{
	const char *colon = strchr(text, ':'), *slash = strrchr(text, '/');
	const char *port = NULL;
	size_t len = strlen(text);
	bool literal = false;

	*s = (struct server){ .port = "6667" };
	if (slash != NULL) {
		port = slash + 1;
		len = (size_t)(slash - text);
	}
	if (*text == '[') {
		const char *close = strchr(text, ']');

		if (close == NULL || (close[1] != '\0' && close[1] != ':' &&
		    close[1] != '/'))
			return -1;
		if (close[1] == ':')
			port = close + 2;
		text++;
		len = (size_t)(close - text);
		literal = true;
	} else if (colon != NULL && strchr(colon + 1, ':') != NULL) {
		literal = true;		/* bare IPv6, the port after '/' */
	} else if (colon != NULL && slash == NULL) {
		port = colon + 1;
		len = (size_t)(colon - text);
	}
	if (port != NULL && set_port(s, port) == -1)
		return -1;
	s->port_given = port != NULL;
	return set_host(s, text, len, literal);
}

bool
server_equal(const struct server *a, const struct server *b)
{
	return a->tls == b->tls && strcmp(a->port, b->port) == 0 &&
	    strcmp(a->host, b->host) == 0;
}
