/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

bool
kept_next(const struct session *s, const char *list, const char **at,
    char contact[CONTACT_SIZE])
{
	size_t n;

	if (*at == NULL)
		*at = session_setting(s, list, "");
	do {
		*at += strspn(*at, " ");
		n = strcspn(*at, " ");
		snprintf(contact, CONTACT_SIZE, "%.*s", (int)n, *at);
		*at += n;
	} while (n >= CONTACT_SIZE);	/* none of ours */
	return n > 0;
}

bool
kept_has(const struct session *s, const char *list, const char *contact)
{
	const char *at = NULL;
	char each[CONTACT_SIZE];

	while (kept_next(s, list, &at, each))
		if (strcmp(each, contact) == 0)
			return true;
	return false;
}

/* All but this one, and how many these are. */
static size_t
copy_without(struct buf *b, const struct session *s, const char *list,
    const char *contact)
{
	const char *at = NULL;
	char each[CONTACT_SIZE];
	size_t n = 0;

	while (kept_next(s, list, &at, each))
		if (strcmp(each, contact) != 0)
			buf_addf(b, "%s%s", n++ > 0 ? " " : "", each);
	return n;
}

static void
keep(struct session *s, const char *list, struct buf *b)
{
	char *text = buf_len(b) > 0 ? buf_steal(b) : NULL;

	session_keep(s, list, text, false);
	free(text);
}

bool
kept_add(struct session *s, const char *list, const char *contact)
{
	struct buf b = { 0 };
	size_t n;

	if (kept_has(s, list, contact))
		return true;
	n = copy_without(&b, s, list, contact);
	if (n >= KEPT_MAX) {
		buf_free(&b);
		return false;
	}
	buf_addf(&b, "%s%s", n > 0 ? " " : "", contact);
	keep(s, list, &b);
	return true;
}

void
kept_remove(struct session *s, const char *list, const char *contact)
{
	struct buf b = { 0 };

	if (!kept_has(s, list, contact))
		return;
	(void)copy_without(&b, s, list, contact);
	keep(s, list, &b);
	buf_free(&b);
}
