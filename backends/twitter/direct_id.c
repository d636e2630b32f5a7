/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/direct_id.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/direct.h"

/* One id of n bytes. */
static bool
take(const char *s, size_t n, char id[PAGE_ID_MAX + 1])
{
	if (n > PAGE_ID_MAX)
		return false;
	memcpy(id, s, n);
	id[n] = '\0';
	return page_is_id(id);
}

bool
direct_id_peer(const char *conversation, const char *me,
    char peer[PAGE_ID_MAX + 1])
{
	const char *line = strchr(conversation, '-');
	char a[PAGE_ID_MAX + 1], b[PAGE_ID_MAX + 1];

	if (line == NULL ||
	    !take(conversation, (size_t)(line - conversation), a) ||
	    !take(line + 1, strlen(line + 1), b))
		return false;
	if (strcmp(a, me) != 0 && strcmp(b, me) != 0)
		return false;
	strcpy(peer, strcmp(a, me) == 0 ? b : a);
	return true;
}

bool
direct_id_is_group(const char *conversation)
{
	return page_is_id(conversation);
}

const char *
direct_id_of_room(const char *room)
{
	if (*room == '#')
		room++;
	return direct_is_message(room) ? room + strlen(DIRECT_PREFIX) : NULL;
}

const char *
direct_id_of_message(const char *id)
{
	return direct_is_message(id) ? id + strlen(DIRECT_PREFIX) : NULL;
}

/* The upper bits of an id of X, from bit 22 on, are milliseconds since X has
 * made them so. */
int64_t
direct_id_time(const char *event)
{
	return (int64_t)(strtoull(event, NULL, 10) >> 22) + 1288834974657;
}

bool
direct_is_message(const char *id)
{
	size_t n = strlen(DIRECT_PREFIX);

	return strncmp(id, DIRECT_PREFIX, n) == 0 && page_is_id(id + n);
}

bool
direct_is_room(const char *room)
{
	return direct_id_of_room(room) != NULL;
}

size_t
direct_id_names(const char *line, char (*names)[DIRECT_NAME_SIZE], size_t max,
    const char **text)
{
	static const char letters[] = "0123456789_"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *at = line + strspn(line, " \t\n,");
	size_t n, found = 0;

	while (*at == '@' && found < max) {
		n = strspn(at + 1, letters);
		if (n == 0 || n >= DIRECT_NAME_SIZE ||
		    strchr(" \t\n,", at[1 + n]) == NULL)
			break;
		memcpy(names[found], at + 1, n);
		names[found++][n] = '\0';
		at += 1 + n;
		at += strspn(at, " \t\n,");
	}
	*text = at;
	return found;
}
