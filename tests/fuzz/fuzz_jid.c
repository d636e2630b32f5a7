/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: xmpp net util */
/* Any text as an address: what is accepted is equal to itself when parsed
 * again, and any text survives XEP-0106. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/jid.h"
#include "util/xalloc.h"

static void
need(bool truth)
{
	if (!truth)
		abort();
}

static void
escaping(struct arena *a, const char *text)
{
	const char *escaped = jid_escape(a, text);
	size_t len = strlen(text);
	char *trimmed;

	while (len > 0 && text[len - 1] == ' ')
		len--;
	trimmed = arena_strndup(a, text, len);
	trimmed += strspn(trimmed, " ");
	need(strcmp(jid_unescape(a, escaped), trimmed) == 0);
	need(strpbrk(escaped, " \"&'/:<>@") == NULL);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena a = { 0 };
	struct jid jid, again;
	char *text = xstrndup((const char *)data, len);

	escaping(&a, text);
	if (jid_parse(&a, text, &jid) == 0) {
		need(jid_parse(&a, jid.full, &again) == 0);
		need(strcmp(jid.full, again.full) == 0);
		need(jid_make(&a, jid.node, jid.domain, jid.resource,
		    &again) == 0);
		need(strcmp(jid.full, again.full) == 0);
		need(strncmp(jid.full, jid.bare, strlen(jid.bare)) == 0);
	}
	free(text);
	arena_free(&a);
	return 0;
}
