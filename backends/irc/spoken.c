/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table for the process, the oldest go first.  A thousand users in the same
 * channel hear the same message, and it is kept once. */
#include "backends/irc/spoken.h"

#include <stdlib.h>
#include <string.h>

#include "util/utf8.h"
#include "util/xalloc.h"

#define ENTRIES_MAX	20000
#define BYTES_MAX	(8 << 20)
#define TEXT_MAX	300		/* bytes kept of what was said */
#define REACTIONS_MAX	2000		/* bytes, of one message */
#define MSGID_MAX	200
#define EMOJI_MAX	64

static const char *
key_of(const struct network *n, const char *target, const char *msgid)
{
	static struct buf key;
	char folded[NAME_MAX_BYTES];

	if (*msgid == '\0' || strlen(msgid) > MSGID_MAX)
		return NULL;
	buf_clear(&key);
	buf_addf(&key, "%s %s ", n->server->host,
	    casemap_fold(n->is.casemap, folded, target));
	/* What two people say is the user's own. */
	if (!isupport_is_channel(&n->is, target))
		buf_addf(&key, "%s ", n->user);
	buf_adds(&key, msgid);
	buf_addc(&key, '\0');
	return buf_data(&key);
}

static void
forget(struct irc *irc, struct spoken_entry *e)
{
	map_remove(&irc->spoken.by_key, e->key);
	TAILQ_REMOVE(&irc->spoken.list, e, entry);
	irc->spoken.bytes -= e->size;
	free(e->id);
	free(e->nick);
	free(e->text);
	buf_free(&e->reactions);
	free(e);
}

static void
make_room(struct irc *irc)
{
	struct spoken_entry *e;

	while ((map_count(&irc->spoken.by_key) > ENTRIES_MAX ||
	    irc->spoken.bytes > BYTES_MAX) &&
	    (e = TAILQ_FIRST(&irc->spoken.list)) != NULL)
		forget(irc, e);
}

static struct spoken_entry *
find_or_make(const struct network *n, const char *target, const char *msgid)
{
	const char *key = key_of(n, target, msgid);
	struct irc *irc = n->irc;
	struct spoken_entry *e;
	size_t len;

	if (key == NULL)
		return NULL;
	if ((e = map_get(&irc->spoken.by_key, key)) != NULL)
		return e;
	if (map_count(&irc->spoken.by_key) == 0)
		TAILQ_INIT(&irc->spoken.list);
	len = strlen(key) + 1;
	e = xmalloc(sizeof(*e) + len);
	*e = (struct spoken_entry){ .id = xstrdup(msgid) };
	memcpy(e->key, key, len);
	/* Reactions are bounded, so they may be counted beforehand. */
	e->size = sizeof(*e) + len + strlen(msgid) + TEXT_MAX;
	map_put(&irc->spoken.by_key, e->key, e);
	TAILQ_INSERT_TAIL(&irc->spoken.list, e, entry);
	irc->spoken.bytes += e->size;
	make_room(irc);
	return e;		/* the newest is the last to go */
}

void
spoken_add(const struct network *n, const char *target, const char *msgid,
    const char *id, const char *nick, const char *text)
{
	struct spoken_entry *e = find_or_make(n, target, msgid);

	if (e == NULL || e->nick != NULL)
		return;
	if (id != NULL && strlen(id) <= MSGID_MAX)
		xreplace(&e->id, id);
	if (nick == NULL || text == NULL)
		return;
	e->nick = xstrdup(nick);
	e->text = xstrndup(text, utf8_cut(text, strlen(text), TEXT_MAX));
}

const struct spoken_entry *
spoken_find(const struct network *n, const char *target, const char *msgid)
{
	const char *key = key_of(n, target, msgid);

	return key != NULL ? map_get(&n->irc->spoken.by_key, key) : NULL;
}

/* The pieces of one message share what is given to any of them. */
static struct spoken_entry *
find_whole(const struct network *n, const char *target, const char *msgid)
{
	struct spoken_entry *e = find_or_make(n, target, msgid);

	return e == NULL || strcmp(e->id, msgid) == 0 ? e :
	    find_or_make(n, target, e->id);
}

/* The pair of these two in the list; NULL: there is none. */
static const char *
find_pair(const struct spoken_entry *e, const char *nick, const char *emoji)
{
	const char *at = buf_data(&e->reactions);
	const char *end = at ? at + buf_len(&e->reactions) : NULL;

	while (at != end) {
		const char *second = at + strlen(at) + 1;

		if (strcmp(at, nick) == 0 && strcmp(second, emoji) == 0)
			return at;
		at = second + strlen(second) + 1;
	}
	return NULL;
}

void
spoken_react(const struct network *n, const char *target, const char *msgid,
    const char *nick, const char *emoji, bool on)
{
	struct spoken_entry *e = find_whole(n, target, msgid);
	size_t len = strlen(nick) + 1 + strlen(emoji) + 1;
	const char *pair;
	struct buf rest = { 0 };

	if (e == NULL || *emoji == '\0' || strlen(emoji) > EMOJI_MAX)
		return;
	pair = find_pair(e, nick, emoji);
	if (on) {
		if (pair != NULL ||
		    buf_len(&e->reactions) + len > REACTIONS_MAX)
			return;
		buf_add(&e->reactions, nick, strlen(nick) + 1);
		buf_add(&e->reactions, emoji, strlen(emoji) + 1);
		e->size += len;
		n->irc->spoken.bytes += len;
	} else if (pair != NULL) {
		const char *all = buf_data(&e->reactions);

		buf_add(&rest, all, (size_t)(pair - all));
		buf_add(&rest, pair + len,
		    buf_len(&e->reactions) - (size_t)(pair - all) - len);
		buf_free(&e->reactions);
		e->reactions = rest;
		e->size -= len;
		n->irc->spoken.bytes -= len;
	}
}

void
spoken_reactions(const struct network *n, const char *target,
    const char *msgid, const char *nick,
    const char *emojis[SPOKEN_EMOJIS_MAX], size_t *count)
{
	const struct spoken_entry *e = spoken_find(n, target, msgid);
	const char *at, *end;

	*count = 0;
	if (e != NULL && strcmp(e->id, msgid) != 0)
		e = spoken_find(n, target, e->id);
	if (e == NULL || (at = buf_data(&e->reactions)) == NULL)
		return;
	for (end = at + buf_len(&e->reactions); at != end;) {
		const char *second = at + strlen(at) + 1;

		if (strcmp(at, nick) == 0 && *count < SPOKEN_EMOJIS_MAX)
			emojis[(*count)++] = second;
		at = second + strlen(second) + 1;
	}
}

void
spoken_finish(struct irc *irc)
{
	struct spoken_entry *e;

	if (map_count(&irc->spoken.by_key) > 0)
		while ((e = TAILQ_FIRST(&irc->spoken.list)) != NULL)
			forget(irc, e);
	map_finish(&irc->spoken.by_key);
}
