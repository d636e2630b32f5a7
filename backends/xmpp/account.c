/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/account.h"

#include <idna.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "util/utf8.h"
#include "util/xalloc.h"

#define PART	1024	/* bytes of a part, and a NUL */

static bool
prepare(char out[PART], const char *start, size_t len,
    const Stringprep_profile *profile)
{
	if (len == 0 || len >= PART)
		return false;
	memcpy(out, start, len);
	out[len] = '\0';
	return utf8_valid(out, len) && stringprep(out, PART, 0, profile) ==
	    STRINGPREP_OK && *out != '\0';
}

/* Names of hosts have nothing that XML would have to escape. */
static bool
is_domain(const char *s)
{
	return strpbrk(s, "\"&'/:<>@ \t\r\n") == NULL;
}

/* RFC 7622 3.2: what DNS has in ASCII is in Unicode here. */
static bool
prepare_domain(char out[PART], const char *start, size_t len)
{
	char *text = NULL;
	bool good;

	if (!prepare(out, start, len, stringprep_nameprep))
		return false;
	if (strstr(out, "xn--") == NULL)
		return is_domain(out);
	good = idna_to_unicode_8z8z(out, &text, 0) == IDNA_SUCCESS &&
	    prepare(out, text, strlen(text), stringprep_nameprep) &&
	    is_domain(out);
	free(text);
	return good;
}

char *
account_jid(const char *text)
{
	char node[PART], domain[PART];
	size_t len = strcspn(text, "/");
	const char *at = memchr(text, '@', len);

	if (at == NULL || !prepare(node, text, (size_t)(at - text),
	    stringprep_xmpp_nodeprep) || !prepare_domain(domain, at + 1,
	    len - (size_t)(at + 1 - text)))
		return NULL;
	return xasprintf("%s@%s", node, domain);
}

char *
account_resource(const char *text)
{
	const char *slash = strchr(text, '/');
	char resource[PART];

	return slash != NULL && prepare(resource, slash + 1,
	    strlen(slash + 1), stringprep_xmpp_resourceprep) ?
	    xstrdup(resource) : NULL;
}

char *
account_contact(const char *text)
{
	char domain[PART];
	size_t len = strcspn(text, "/");

	if (memchr(text, '@', len) != NULL)
		return account_jid(text);
	if (!prepare_domain(domain, text, len))
		return NULL;
	return xstrdup(domain);
}

char *
account_bare(const char *jid)
{
	return xstrndup(jid, strcspn(jid, "/"));
}
