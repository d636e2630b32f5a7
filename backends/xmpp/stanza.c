/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/stanza.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

/* ".5" is 500 ms, ".1234" is 123; *s moves on. */
static int64_t
fraction(const char **s)
{
	int64_t ms = 0, unit = 100;

	if (**s != '.')
		return 0;
	for (++*s; isdigit((unsigned char)**s); ++*s, unit /= 10)
		ms += (**s - '0') * unit;
	return ms;
}

/* From UTC, in minutes; false: it is none. */
static bool
offset(const char *s, int *minutes)
{
	int h = 0, m = 0;

	*minutes = 0;
	if (*s == '\0' || strcmp(s, "Z") == 0)
		return true;
	if ((*s != '+' && *s != '-') ||
	    sscanf(s + 1, "%2d:%2d", &h, &m) != 2)
		return false;
	*minutes = (h * 60 + m) * (*s == '-' ? -1 : 1);
	return true;
}

int64_t
stanza_time(const char *s)
{
	struct tm tm = { 0 };
	const char *rest;
	int64_t ms;
	int minutes;

	if (s == NULL)
		return 0;
	rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL) {
		memset(&tm, 0, sizeof(tm));
		rest = strptime(s, "%Y%m%dT%H:%M:%S", &tm);
	}
	if (rest == NULL)
		return 0;
	ms = fraction(&rest);
	if (!offset(rest, &minutes))
		return 0;
	ms += ((int64_t)timegm(&tm) - minutes * 60) * 1000;
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
