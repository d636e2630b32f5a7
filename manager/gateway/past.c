/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was said, copied and as facts. */
#include "manager/gateway/past.h"

#include <string.h>

#include "util/macros.h"
#include "util/xalloc.h"

/* What a stanza has beside its text. */
#define STANZA_OVERHEAD 400

static const size_t texts[] = {
#define X(text)	offsetof(struct past, text),
	PAST_TEXTS(X)
#undef X
};

static const char **
text(const struct past *p, size_t i)
{
	return (const char **)(void *)((char *)(uintptr_t)p + texts[i]);
}

struct past *
past_copy(const struct past *p)
{
	size_t size = sizeof(*p), len;
	struct past *copy;
	char *at;

	for (size_t i = 0; i < LENGTH(texts); i++)
		if (*text(p, i) != NULL)
			size += strlen(*text(p, i)) + 1;
	copy = xmalloc(size);
	*copy = *p;
	at = (char *)(copy + 1);
	for (size_t i = 0; i < LENGTH(texts); i++) {
		if (*text(p, i) == NULL)
			continue;
		len = strlen(*text(p, i)) + 1;
		*text(copy, i) = memcpy(at, *text(p, i), len);
		at += len;
	}
	return copy;
}

struct past
past_taken_back(const struct past *p, const struct past *by)
{
	return (struct past){
		.resource = p->resource, .body = "", .id = p->id,
		.stanza_id = p->stanza_id, .origin_id = p->origin_id,
		.occupant = p->occupant, .time = p->time, .old = p->old,
		.retraction = by->id, .retracted = by->time,
		.moderator = by->moderator, .reason = by->reason,
	};
}

bool
past_is_gesture(const struct past *p)
{
	return p->retracts != NULL || p->reacts != NULL;
}

size_t
past_size(const struct past *p)
{
	size_t size = STANZA_OVERHEAD + strlen(p->body);

	if (p->xhtml != NULL)
		size += strlen(p->xhtml);
	if (p->extra != NULL)
		size += strlen(p->extra);
	return size;
}

void
past_pack(const struct past *past, struct packer *p)
{
#define X(text)	pack_str(p, #text, past->text);
	PAST_TEXTS(X)
#undef X
	pack_int(p, "occupant", (int64_t)past->occupant);
	pack_int(p, "time", past->time);
	if (past->retracted != 0)
		pack_int(p, "retracted", past->retracted);
}

struct past
past_unpack(const struct packed *facts)
{
	struct past past = {
#define X(text)	.text = packed_str(facts, #text),
		PAST_TEXTS(X)
#undef X
		.occupant = (uint64_t)packed_int(facts, "occupant", 0),
		.time = packed_int(facts, "time", 0), .old = true,
		.retracted = packed_int(facts, "retracted", 0),
	};

	return past;
}
