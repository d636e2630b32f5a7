/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/stanza.h"

#include <string.h>

#include "util/stamp.h"
#include "util/utf8.h"
#include "util/xalloc.h"

bool
stanza_is(xmpp_stanza_t *st, const char *name, const char *ns)
{
	const char *its = st != NULL ? xmpp_stanza_get_name(st) : NULL;
	const char *space;

	if (its == NULL || strcmp(its, name) != 0)
		return false;
	space = xmpp_stanza_get_ns(st);
	return ns == NULL || (space != NULL && strcmp(space, ns) == 0);
}

xmpp_stanza_t *
stanza_beside(xmpp_stanza_t *st, const char *name, const char *ns)
{
	while (st != NULL && (st = xmpp_stanza_get_next(st)) != NULL) {
		if (stanza_is(st, name, ns))
			return st;
	}
	return NULL;
}

xmpp_stanza_t *
stanza_child(xmpp_stanza_t *st, const char *name, const char *ns)
{
	xmpp_stanza_t *child = st != NULL ? xmpp_stanza_get_children(st) :
	    NULL;

	return stanza_is(child, name, ns) ? child :
	    stanza_beside(child, name, ns);
}

const char *
stanza_attr(xmpp_stanza_t *st, const char *name)
{
	return st != NULL ? xmpp_stanza_get_attribute(st, name) : NULL;
}

bool
stanza_attr_is(xmpp_stanza_t *st, const char *name, const char *value)
{
	const char *its = stanza_attr(st, name);

	return its != NULL && strcmp(its, value) == 0;
}

char *
stanza_text(xmpp_stanza_t *st, size_t max)
{
	char *text = st != NULL ? xmpp_stanza_get_text(st) : NULL, *copy;

	if (text == NULL)
		return NULL;
	copy = *text != '\0' ?
	    xstrndup(text, utf8_cut(text, strlen(text), max)) : NULL;
	xmpp_free(xmpp_stanza_get_context(st), text);
	return copy;
}

/* --------------------------------------------------------------------- time */

int64_t
stanza_time(const char *s)
{
	int64_t ms = s != NULL ? stamp_parse(s) : 0;

	return ms > 0 ? ms : 0;
}

int64_t
stanza_delay(xmpp_stanza_t *st)
{
	xmpp_stanza_t *delay = stanza_child(st, "delay", "urn:xmpp:delay");

	if (delay == NULL)
		delay = stanza_child(st, "x", "jabber:x:delay");
	return stanza_time(stanza_attr(delay, "stamp"));
}
