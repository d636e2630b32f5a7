/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this text an address, and which one?  ASCII is prepared by hand, the rest
 * by libidn's stringprep profiles, the ones Prosody and ejabberd use.  What an
 * address means is not known here. */
#include "manager/xmpp/jid.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <stringprep.h>

#include "util/utf8.h"

#define PART_MAX 1023		/* bytes, RFC 6122 2.1 */

enum part { NODE, DOMAIN, RESOURCE };

static bool
ascii_allowed(enum part part, unsigned char c)
{
	switch (part) {
	case NODE:
		return c > ' ' && c < 0x7f && c != '"' && c != '&' &&
		    c != '\'' && c != '/' && c != ':' && c != '<' &&
		    c != '>' && c != '@';
	case DOMAIN:
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
	case RESOURCE:
		return c >= ' ' && c < 0x7f;
	}
	return false;
}

/* Returns -1 for a forbidden character, 0 when a profile has to look at it,
 * 1 when out is the prepared part. */
static int
prepare_ascii(enum part part, const char *in, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)in[i];

		if (c >= 0x80)
			return 0;
		if (!ascii_allowed(part, c))
			return -1;
		if (part != RESOURCE && c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		out[i] = (char)c;
	}
	out[len] = '\0';
	return 1;
}

static const Stringprep_profile *
profile(enum part part)
{
	switch (part) {
	case NODE:
		return stringprep_xmpp_nodeprep;
	case DOMAIN:
		return stringprep_nameprep;
	default:
		return stringprep_xmpp_resourceprep;
	}
}

/* A few characters newer than the profiles' Unicode 3.2 change again when
 * prepared again; such an address would not be equal to itself. */
static int
prepare_unicode(enum part part, const char *in, size_t len, char *out)
{
	char again[PART_MAX + 1];

	if (!utf8_valid(in, len))
		return -1;
	memcpy(out, in, len);
	out[len] = '\0';
	if (stringprep(out, PART_MAX + 1, 0, profile(part)) != STRINGPREP_OK)
		return -1;
	memcpy(again, out, strlen(out) + 1);
	if (stringprep(again, sizeof(again), 0, profile(part)) !=
	    STRINGPREP_OK || strcmp(again, out) != 0)
		return -1;
	return 0;
}

/* RFC 3490 3.1: nameprep turns the other full stops into this one, which ends
 * a label like any dot. */
static void
replace_ideographic_dots(char *domain)
{
	char *dot;

	while ((dot = strstr(domain, "\xe3\x80\x82")) != NULL) {
		*dot = '.';
		memmove(dot + 1, dot + 3, strlen(dot + 3) + 1);
	}
}

static bool
is_ipv6_literal(const char *in, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (len < 4 || in[0] != '[' || in[len - 1] != ']' ||
	    len - 2 >= sizeof(text))
		return false;
	memcpy(text, in + 1, len - 2);
	text[len - 2] = '\0';
	return inet_pton(AF_INET6, text, &addr) == 1;
}

/* After preparation: labels that are not empty, no character that nameprep
 * let through but that would end the domain. */
static int
check_domain(char *domain)
{
	size_t len = strlen(domain);

	if (domain[0] == '.' || strstr(domain, "..") != NULL)
		return -1;
	if (len > 0 && domain[len - 1] == '.')
		domain[--len] = '\0';		/* RFC 7622 3.2 */
	if (len == 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)domain[i];

		if (c < 0x80 && !ascii_allowed(DOMAIN, c))
			return -1;
	}
	return 0;
}

static int
prepare(enum part part, const char *in, size_t len, char out[PART_MAX + 1])
{
	int done;

	if (len == 0 || len > PART_MAX)
		return -1;
	if (part == DOMAIN && in[0] == '[') {
		if (!is_ipv6_literal(in, len))
			return -1;
		for (size_t i = 0; i < len; i++)
			out[i] = in[i] >= 'A' && in[i] <= 'F' ?
			    (char)(in[i] + 'a' - 'A') : in[i];
		out[len] = '\0';
		return 0;
	}
	if ((done = prepare_ascii(part, in, len, out)) < 0)
		return -1;
	if (done == 0 && prepare_unicode(part, in, len, out) != 0)
		return -1;
	if (part == DOMAIN) {
		replace_ideographic_dots(out);
		return check_domain(out);
	}
	return out[0] == '\0' ? -1 : 0;
}

static char *
append(char *at, const char *s, size_t len)
{
	memcpy(at, s, len);
	return at + len;
}

/* One string "node@domain/resource" and one "node@domain"; the other fields
 * are tails of these, but for the node. */
static void
assemble(struct arena *a, const char *node, const char *domain,
    const char *resource, struct jid *jid)
{
	size_t nlen = node ? strlen(node) : 0, dlen = strlen(domain);
	size_t rlen = resource ? strlen(resource) : 0;
	char *bare = arena_alloc(a, nlen + 1 + dlen + 1), *at = bare, *full;

	if (node != NULL) {
		at = append(at, node, nlen);
		*at++ = '@';
	}
	jid->domain = at;
	at = append(at, domain, dlen);
	*at = '\0';
	jid->bare = jid->full = bare;
	jid->node = node ? arena_strndup(a, node, nlen) : NULL;
	jid->resource = NULL;
	if (resource == NULL)
		return;
	full = arena_alloc(a, (size_t)(at - bare) + 1 + rlen + 1);
	jid->full = full;
	full = append(full, bare, (size_t)(at - bare));
	*full++ = '/';
	jid->resource = full;
	append(full, resource, rlen + 1);
}

static int
make(struct arena *a, const char *node, size_t nlen, const char *domain,
    size_t dlen, const char *resource, struct jid *jid)
{
	char n[PART_MAX + 1], d[PART_MAX + 1], r[PART_MAX + 1];

	if (node != NULL && prepare(NODE, node, nlen, n) != 0)
		return -1;
	if (prepare(DOMAIN, domain, dlen, d) != 0)
		return -1;
	if (resource != NULL &&
	    prepare(RESOURCE, resource, strlen(resource), r) != 0)
		return -1;
	assemble(a, node ? n : NULL, d, resource ? r : NULL, jid);
	return 0;
}

/* RFC 7622 3.1: the resource begins at the first slash, and only then is the
 * first @ before it the end of the node. */
int
jid_parse(struct arena *a, const char *text, struct jid *jid)
{
	const char *domain = text, *node = NULL, *resource, *at;
	size_t len, nlen = 0;

	if (text == NULL)
		return -1;
	resource = strchr(text, '/');
	len = resource ? (size_t)(resource - text) : strlen(text);
	if ((at = memchr(text, '@', len)) != NULL) {
		node = text;
		nlen = (size_t)(at - text);
		domain = at + 1;
		len -= nlen + 1;
	}
	return make(a, node, nlen, domain, len,
	    resource ? resource + 1 : NULL, jid);
}

int
jid_make(struct arena *a, const char *node, const char *domain,
    const char *resource, struct jid *jid)
{
	return make(a, node, node ? strlen(node) : 0, domain, strlen(domain),
	    resource, jid);
}

static char *
prepare_copy(struct arena *a, enum part part, const char *text)
{
	char out[PART_MAX + 1];

	if (prepare(part, text, strlen(text), out) != 0)
		return NULL;
	return arena_strdup(a, out);
}

char *
jid_prepare_node(struct arena *a, const char *text)
{
	return prepare_copy(a, NODE, text);
}

char *
jid_prepare_resource(struct arena *a, const char *text)
{
	return prepare_copy(a, RESOURCE, text);
}

/* XEP-0106 3: what the two hex digits after a backslash stand for. */
static const struct {
	char	 c;
	char	 hex[3];
} escapes[] = {
	{ ' ', "20" }, { '"', "22" }, { '&', "26" }, { '\'', "27" },
	{ '/', "2f" }, { ':', "3a" }, { '<', "3c" }, { '>', "3e" },
	{ '@', "40" }, { '\\', "5c" },
};

static const char *
escape_of(char c)
{
	for (size_t i = 0; i < LENGTH(escapes); i++)
		if (escapes[i].c == c)
			return escapes[i].hex;
	return NULL;
}

/* The character meant by the sequence at s, or '\0'. */
static char
escaped_at(const char *s)
{
	if (s[0] != '\\')
		return '\0';
	for (size_t i = 0; i < LENGTH(escapes); i++)
		if (strncmp(s + 1, escapes[i].hex, 2) == 0)
			return escapes[i].c;
	return '\0';
}

/* Nodeprep will make "\2F" one, so capitals count. */
static bool
looks_escaped(const char *s)
{
	char lower[4] = "\\";

	for (int i = 1; i < 3 && s[i] != '\0'; i++)
		lower[i] = s[i] >= 'A' && s[i] <= 'F' ?
		    (char)(s[i] + 'a' - 'A') : s[i];
	return escaped_at(lower) != '\0';
}

char *
jid_escape(struct arena *a, const char *text)
{
	size_t len;
	char *out, *at;

	/* XEP-0106 4.1: \20 may neither begin nor end a node. */
	text += strspn(text, " ");
	for (len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
		continue;
	at = out = arena_alloc(a, len * 3 + 1);
	for (size_t i = 0; i < len; i++) {
		const char *hex = escape_of(text[i]);

		if (text[i] == '\\' && !looks_escaped(text + i))
			hex = NULL;
		if (hex == NULL) {
			*at++ = text[i];
			continue;
		}
		*at++ = '\\';
		*at++ = hex[0];
		*at++ = hex[1];
	}
	*at = '\0';
	return out;
}

char *
jid_unescape(struct arena *a, const char *node)
{
	size_t len = strlen(node);
	char *out = arena_alloc(a, len + 1), *at = out;

	for (size_t i = 0; i < len;) {
		char c = escaped_at(node + i);

		if (c == ' ' && (i == 0 || i + 3 == len))
			c = '\0';
		*at++ = c != '\0' ? c : node[i];
		i += c != '\0' ? 3 : 1;
	}
	*at = '\0';
	return out;
}

bool
jid_has_escapes(const char *node)
{
	for (; (node = strchr(node, '\\')) != NULL; node++)
		if (escaped_at(node) != '\0')
			return true;
	return false;
}
