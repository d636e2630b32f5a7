/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lines belong together?  A server may nest batches, leave them open, and
 * close what it never opened: the number of open ones, their time and the
 * text that they hold together are bounded, and what is over the bounds is
 * handled as if there were no batch. */
#include "backends/irc/batch.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/history.h"
#include "backends/irc/label.h"
#include "backends/irc/message.h"
#include "backends/irc/netsplit.h"
#include "util/xalloc.h"

#define BATCHES_MAX	16		/* open at a time */
#define REF_MAX		100
#define BYTES_MAX	(64 * 1024)	/* of text, of all open ones */
#define TIME_MAX	120.0

static enum batch_kind
kind_of(const char *type)
{
	static const struct {
		const char	*type;
		enum batch_kind	 kind;
	} kinds[] = {
		{ "labeled-response",	BATCH_LABELED },
		{ "draft/multiline",	BATCH_MULTILINE },
		{ "multiline",		BATCH_MULTILINE },
		{ "chathistory",	BATCH_HISTORY },
		{ "draft/chathistory",	BATCH_HISTORY },
		{ "netsplit",		BATCH_NETSPLIT },
		{ "netjoin",		BATCH_NETJOIN },
	};

	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return kinds[i].kind;
	return BATCH_OTHER;
}

static struct batch *
find(const struct network *n, const char *ref)
{
	struct batch *b;

	LIST_FOREACH(b, &n->batches.list, entry)
		if (strcmp(b->ref, ref) == 0)
			return b;
	return NULL;
}

struct batch *
batch_of(const struct network *n, const struct line *l)
{
	char ref[REF_MAX + 2];

	if (*l->tags == '\0' || LIST_EMPTY(&n->batches.list) ||
	    line_tag(l, "batch", ref, sizeof(ref)) == NULL)
		return NULL;
	return find(n, ref);
}

struct batch *
batch_within(const struct network *n, const struct line *l,
    enum batch_kind kind)
{
	struct batch *b = batch_of(n, l);

	while (b != NULL && b->kind != kind)
		b = b->outer;
	return b;
}

/* ---- what was said in several lines */

/* As if it had come as one line, which may be longer than any. */
static void
tell(struct network *n, struct batch *b)
{
	struct line l = { .tags = b->tags, .nick = b->nick, .user = b->user,
		.host = b->host, .command = b->notice ? "NOTICE" : "PRIVMSG",
		.numeric = -1, .nparams = 2 };
	struct buf text = b->text;

	n->batches.bytes -= buf_len(&text);
	b->text = (struct buf){ 0 };
	buf_addc(&text, '\0');
	for (unsigned i = 0; i <= LINE_PARAMS; i++)
		l.params[i] = "";
	l.params[0] = b->target;
	l.params[1] = buf_data(&text);
	message_received(n, &l);
	buf_free(&text);
}

/* Some servers begin a batch in their own name and say who speaks, and under
 * which id, with the first line. */
static void
adopt(struct batch *b, const struct line *l)
{
	char id[2];

	b->begun = true;
	if (*b->host == '\0') {
		xreplace(&b->nick, l->nick);
		xreplace(&b->user, l->user);
		xreplace(&b->host, l->host);
	}
	if (line_tag(&(struct line){ .tags = b->tags }, "msgid", id,
	    sizeof(id)) == NULL)
		xreplace(&b->tags, l->tags);
}

bool
batch_keeps(struct network *n, struct line *l)
{
	struct batch *b = batch_of(n, l);
	char none[2];
	size_t len;

	if (b == NULL || b->kind != BATCH_MULTILINE || l->nparams < 2 ||
	    (strcmp(l->command, "PRIVMSG") != 0 &&
	    strcmp(l->command, "NOTICE") != 0))
		return false;
	if (!b->begun)
		adopt(b, l);
	/* Nobody says a part of what another says. */
	if (strcmp(l->nick, b->nick) != 0 && *l->nick != '\0')
		return false;
	len = strlen(l->params[1]) + 1;
	if (n->batches.bytes + len > BYTES_MAX && buf_len(&b->text) > 0)
		tell(n, b);
	if (n->batches.bytes + len > BYTES_MAX)
		return false;
	b->notice = l->command[0] == 'N';
	n->batches.bytes -= buf_len(&b->text);
	if (buf_len(&b->text) > 0 && line_tag(l, "draft/multiline-concat",
	    none, sizeof(none)) == NULL)
		buf_addc(&b->text, '\n');
	buf_add(&b->text, l->params[1], len - 1);
	n->batches.bytes += buf_len(&b->text);
	return true;
}

/* ---- beginning and end */

static void
begin(struct network *n, struct line *l)
{
	const char *ref = l->params[0] + 1;
	size_t len = strlen(ref) + 1;
	struct batch *b;

	if (n->batches.count >= BATCHES_MAX || len > REF_MAX + 1 ||
	    find(n, ref) != NULL)
		return;
	b = xcalloc(1, sizeof(*b) + len);
	memcpy(b->ref, ref, len);
	b->kind = kind_of(l->params[1]);
	b->outer = batch_of(n, l);
	b->label = label_of(n, l);
	b->until = ev_now(n->irc->loop) + TIME_MAX;
	b->target = xstrdup(l->params[2]);
	b->other = xstrdup(l->params[3]);
	if (b->kind == BATCH_MULTILINE) {
		b->tags = xstrdup(l->tags);
		b->nick = xstrdup(l->nick);
		b->user = xstrdup(l->user);
		b->host = xstrdup(l->host);
	}
	LIST_INSERT_HEAD(&n->batches.list, b, entry);
	n->batches.count++;
}

/* whole: the server says so. */
static void
end(struct network *n, struct batch *b, bool whole)
{
	struct batch *inner;

	/* Its tags name the batch that it is in, which must be there. */
	if (b->kind == BATCH_MULTILINE && buf_len(&b->text) > 0)
		tell(n, b);
	LIST_REMOVE(b, entry);
	n->batches.count--;
	LIST_FOREACH(inner, &n->batches.list, entry)
		if (inner->outer == b)
			inner->outer = b->outer;
	if (whole && b->kind == BATCH_LABELED)
		label_done(n, b->label);
	else if (whole && b->kind == BATCH_HISTORY)
		history_ended(n, b->target, b->label);
	else if (b->kind == BATCH_NETSPLIT || b->kind == BATCH_NETJOIN)
		netsplit_ended(n);
	n->batches.bytes -= buf_len(&b->text);
	buf_free(&b->text);
	free(b->target);
	free(b->other);
	free(b->tags);
	free(b->nick);
	free(b->user);
	free(b->host);
	free(b);
}

void
batch_line(struct network *n, struct line *l)
{
	struct batch *b;

	if (l->params[0][0] == '+' && l->params[0][1] != '\0')
		begin(n, l);
	else if (l->params[0][0] == '-' &&
	    (b = find(n, l->params[0] + 1)) != NULL)
		end(n, b, true);
}

void
batch_expire(struct network *n, double now)
{
	struct batch *b, *next;

	for (b = LIST_FIRST(&n->batches.list); b != NULL; b = next) {
		next = LIST_NEXT(b, entry);
		if (b->until <= now)
			end(n, b, false);
	}
}

void
batch_end_all(struct network *n)
{
	struct batch *b;

	while ((b = LIST_FIRST(&n->batches.list)) != NULL)
		end(n, b, false);
}
