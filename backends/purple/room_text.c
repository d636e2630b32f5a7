/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words into codes, and names into nicks.  Everything here comes from a server
 * or through a plug-in and may be anything. */
#include "backends/purple/room_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/errors.h"
#include "util/macros.h"
#include "util/utf8.h"
#include "util/xalloc.h"

struct word {
	const char	*word, *code;
};

/* ---------------------------------------------------------------- failures */

/* In this order: what is said more exactly comes first. */
static const struct word failures[] = {
	{ "registration required",	ERR_MEMBERS_ONLY },
	{ "registration is required",	ERR_MEMBERS_ONLY },
	{ "members",			ERR_MEMBERS_ONLY },
	{ "invitation",			ERR_MEMBERS_ONLY },
	{ "invite",			ERR_MEMBERS_ONLY },
	{ "banned",			ERR_BANNED },
	{ "password",			ERR_NOT_AUTHORIZED },
	{ "not authorized",		ERR_NOT_AUTHORIZED },
	{ "not authorised",		ERR_NOT_AUTHORIZED },
	{ "unauthorized",		ERR_NOT_AUTHORIZED },
	{ "nickname",			ERR_CONFLICT },
	{ "conflict",			ERR_CONFLICT },
	{ "already in use",		ERR_CONFLICT },
	{ "is full",			ERR_FULL },
	{ "too many users",		ERR_FULL },
	{ "forbidden",			ERR_FORBIDDEN },
	{ "permission",			ERR_FORBIDDEN },
	{ "access denied",		ERR_FORBIDDEN },
	{ "not found",			ERR_NOT_FOUND },
	{ "no such",			ERR_NOT_FOUND },
	{ "does not exist",		ERR_NOT_FOUND },
	{ "not exist",			ERR_NOT_FOUND },
	{ "unknown room",		ERR_NOT_FOUND },
	{ "not a valid",		ERR_NOT_ACCEPTABLE },
	{ "invalid",			ERR_NOT_ACCEPTABLE },
	{ "not acceptable",		ERR_NOT_ACCEPTABLE },
	{ "not allowed",		ERR_NOT_ALLOWED },
	{ "too many",			ERR_NOT_ALLOWED },
	{ "timed out",			ERR_TIMEOUT },
	{ "unavailable",		ERR_NETWORK },
};

static bool
starts(const char *text, const char *word)
{
	for (; *word != '\0'; text++, word++) {
		if (tolower((unsigned char)*text) !=
		    tolower((unsigned char)*word))
			return false;
	}
	return true;
}

static const char *
find(const char *text, const char *word)
{
	for (; *text != '\0'; text++) {
		if (starts(text, word))
			return text;
	}
	return NULL;
}

const char *
room_failure(const char *text)
{
	for (size_t i = 0; text != NULL && i < LENGTH(failures); i++) {
		if (find(text, failures[i].word) != NULL)
			return failures[i].code;
	}
	return NULL;
}

/* RFC 6120 8.3.3, as XEP-0045 uses them (7.2, 7.6, 9.1). */
static const struct word conditions[] = {
	{ "not-authorized",		ERR_NOT_AUTHORIZED },
	{ "forbidden",			ERR_FORBIDDEN },
	{ "item-not-found",		ERR_NOT_FOUND },
	{ "not-allowed",		ERR_NOT_ALLOWED },
	{ "not-acceptable",		ERR_NOT_ACCEPTABLE },
	{ "jid-malformed",		ERR_NOT_ACCEPTABLE },
	{ "registration-required",	ERR_MEMBERS_ONLY },
	{ "conflict",			ERR_CONFLICT },
	{ "service-unavailable",	ERR_FULL },
	{ "resource-constraint",	ERR_RATE_LIMITED },
	{ "policy-violation",		ERR_RATE_LIMITED },
	{ "remote-server-not-found",	ERR_NOT_FOUND },
	{ "remote-server-timeout",	ERR_TIMEOUT },
	{ "gone",			ERR_NOT_FOUND },
	{ "bad-request",		ERR_BAD_REQUEST },
	{ "feature-not-implemented",	ERR_NOT_SUPPORTED },
};

const char *
room_condition(const char *condition)
{
	for (size_t i = 0; condition != NULL && i < LENGTH(conditions); i++) {
		if (strcmp(conditions[i].word, condition) == 0)
			return conditions[i].code;
	}
	return NULL;
}

/* --------------------------------------------------------------------- IRC */

static const struct {
	int		 numeric;
	const char	*code;
} refusals[] = {
	{ 401, ERR_NOT_FOUND },		/* no such nick */
	{ 403, ERR_NOT_FOUND },		/* no such channel */
	{ 404, ERR_FORBIDDEN },		/* cannot send to channel */
	{ 405, ERR_NOT_ALLOWED },	/* too many channels */
	{ 407, ERR_NOT_ALLOWED },	/* too many targets */
	{ 432, ERR_NOT_ACCEPTABLE },	/* erroneous nickname */
	{ 433, ERR_CONFLICT },		/* nickname in use */
	{ 436, ERR_CONFLICT },		/* nickname collision */
	{ 437, ERR_CONFLICT },		/* nick or channel unavailable */
	{ 438, ERR_RATE_LIMITED },	/* nick changes too fast */
	{ 439, ERR_RATE_LIMITED },	/* target change too fast */
	{ 441, ERR_NOT_FOUND },		/* they are not on that channel */
	{ 442, ERR_NOT_FOUND },		/* you are not on that channel */
	{ 443, ERR_CONFLICT },		/* is already on channel */
	{ 447, ERR_NOT_ALLOWED },	/* no nick changes while in there */
	{ 471, ERR_FULL },
	{ 472, ERR_NOT_SUPPORTED },	/* unknown mode */
	{ 473, ERR_MEMBERS_ONLY },	/* invite only */
	{ 474, ERR_BANNED },
	{ 475, ERR_NOT_AUTHORIZED },	/* wrong key */
	{ 476, ERR_NOT_ACCEPTABLE },	/* bad channel mask */
	{ 477, ERR_MEMBERS_ONLY },	/* registered nicks only */
	{ 478, ERR_FULL },		/* ban list */
	{ 479, ERR_NOT_ACCEPTABLE },	/* illegal channel name */
	{ 480, ERR_RATE_LIMITED },	/* join throttle */
	{ 482, ERR_FORBIDDEN },		/* you are not an operator */
	{ 485, ERR_FORBIDDEN },
	{ 489, ERR_MEMBERS_ONLY },	/* TLS only */
	{ 515, ERR_MEMBERS_ONLY },
	{ 520, ERR_MEMBERS_ONLY },	/* operators only */
};

static const char *
word_end(const char *p)
{
	return p + strcspn(p, " \r\n");
}

static const char *
next_word(const char *p)
{
	p = word_end(p);
	return p + strspn(p, " ");
}

/* ":server 475 me #room :Cannot join channel (+k)" */
bool
room_irc_refusal(const char *line, struct irc_refusal *r)
{
	const char *p = line;

	memset(r, 0, sizeof(*r));
	if (*p == ':')
		p = next_word(p);
	if (!isdigit((unsigned char)p[0]) || !isdigit((unsigned char)p[1]) ||
	    !isdigit((unsigned char)p[2]) || p[3] != ' ')
		return false;
	r->numeric = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	for (size_t i = 0; i < LENGTH(refusals); i++) {
		if (refusals[i].numeric == r->numeric)
			r->code = refusals[i].code;
	}
	if (r->code == NULL)
		return false;
	p = next_word(next_word(p));
	r->about = p;
	r->about_len = (size_t)(word_end(p) - p);
	p = next_word(p);
	/* 441 and 443 name a nick and then the channel. */
	if (r->numeric == 441 || r->numeric == 443) {
		r->about = p;
		r->about_len = (size_t)(word_end(p) - p);
		p = next_word(p);
	}
	r->text = *p == ':' ? p + 1 : p;
	return r->about_len > 0 && *r->about != ':';
}

/* ------------------------------------------------------------------- names */

char *
room_text_clean(const char *text, size_t max)
{
	size_t n = strnlen(text, max + 4);
	char *copy = xstrndup(text, n);

	utf8_xml_clean(copy, n);
	copy[utf8_cut(copy, n, max)] = '\0';
	return copy;
}

static bool
is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

char *
room_nick_clean(const char *name)
{
	char *nick;
	size_t n;

	while (*name != '\0' && is_blank(*name))
		name++;
	nick = room_text_clean(name, ROOM_NICK_BYTES);
	for (char *p = nick; *p != '\0'; p++) {
		if (is_blank(*p))
			*p = ' ';
	}
	for (n = strlen(nick); n > 0 && nick[n - 1] == ' '; n--)
		nick[n - 1] = '\0';
	if (n == 0)
		xreplace(&nick, "?");
	return nick;
}

char *
room_nick_numbered(const char *nick, unsigned number)
{
	char tail[16];
	size_t n = strlen(nick), tail_len;

	tail_len = (size_t)snprintf(tail, sizeof(tail), " (%u)", number);
	n = utf8_cut(nick, n, ROOM_NICK_BYTES - tail_len);
	return xasprintf("%.*s%s", (int)n, nick, tail);
}

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' ||
	    (c & 0x80) != 0;
}

bool
room_text_names(const char *text, const char *name)
{
	size_t n = strlen(name);
	const char *at = text;

	if (n == 0)
		return false;
	while ((at = find(at, name)) != NULL) {
		if ((at == text || !in_word(at[-1])) && !in_word(at[n]))
			return true;
		at++;
	}
	return false;
}
