/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels are the numbers of our lines on this connection. */
#include "backends/irc/label.h"

#include <stdio.h>
#include <stdlib.h>

#include "backends/irc/batch.h"
#include "backends/irc/history.h"
#include "backends/irc/said.h"

void
label_give(struct network *n, struct await *a, unsigned lines)
{
	a->label = n->label + 1;
	a->labels = lines;
	n->label += lines;
}

const char *
label_text(char out[LABEL_MAX], unsigned long label)
{
	snprintf(out, LABEL_MAX, "%lx", label);
	return out;
}

unsigned long
label_of(const struct network *n, const struct line *l)
{
	char text[LABEL_MAX];
	const struct batch *b;

	if (*l->tags == '\0' || !(n->caps & CAP_LABELED_RESPONSE))
		return 0;
	if (line_tag(l, "label", text, sizeof(text)) != NULL)
		return strtoul(text, NULL, 16);
	b = batch_of(n, l);
	return b != NULL ? b->label : 0;
}

/* Mostly the oldest of its kind is meant. */
struct await *
label_await(const struct network *n, unsigned long label)
{
	struct await *a;

	if (label == 0)
		return NULL;
	for (int kind = 0; kind < AWAIT_KINDS; kind++)
		for (a = await_first(&n->awaits, kind); a != NULL;
		    a = TAILQ_NEXT(a, entry))
			if (a->label != 0 && label - a->label < a->labels)
				return a;
	return NULL;
}

struct await *
label_said(const struct network *n, unsigned long label)
{
	struct await *a = label_await(n, label);

	return a != NULL && (AWAIT_SAID >> a->kind & 1u) ? a : NULL;
}

void
label_ack(struct network *n, struct line *l)
{
	label_done(n, label_of(n, l));
}

void
label_done(struct network *n, unsigned long label)
{
	struct await *a = label_await(n, label);

	if (a == NULL)
		return;
	if (a->kind == AWAIT_HISTORY) {
		history_ended(n, a->target, label);
		return;
	}
	/* A line that has been answered is not answered twice: the echo comes
	 * within the batch that ends here. */
	if (a->answered >= label)
		return;
	a->answered = label;
	said_taken(n, a);
}
