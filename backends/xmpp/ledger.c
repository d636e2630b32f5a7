/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

void
ledger_init(struct ledger *l, ledger_ended *ended, void *ctx)
{
	*l = (struct ledger){ .ended = ended, .ctx = ctx };
	STAILQ_INIT(&l->entries);
}

int
ledger_add(struct ledger *l, const char *xml, size_t len, void *tag)
{
	struct entry *e;

	if (l->count >= LEDGER_STANZAS || len > LEDGER_BYTES - l->bytes)
		return -1;
	e = xmalloc(sizeof(*e) + len + 1);
	memcpy(e->xml, xml, len);
	e->xml[len] = '\0';
	e->len = len;
	e->left = false;
	e->tag = tag;
	STAILQ_INSERT_TAIL(&l->entries, e, next);
	if (l->unsent == NULL)
		l->unsent = e;
	l->count++;
	l->bytes += len;
	return 0;
}

const struct entry *
ledger_take(struct ledger *l)
{
	struct entry *e = l->unsent;

	if (e != NULL) {
		e->left = true;
		l->unsent = STAILQ_NEXT(e, next);
		l->sent++;
	}
	return e;
}

/* Those that were sent stand before it, so their number stays. */
bool
ledger_take_back(struct ledger *l, const void *tag)
{
	struct entry *e;

	for (e = l->unsent; e != NULL; e = STAILQ_NEXT(e, next)) {
		if (e->tag == tag && !e->left)
			break;
	}
	if (e == NULL)
		return false;
	if (e == l->unsent)
		l->unsent = STAILQ_NEXT(e, next);
	STAILQ_REMOVE(&l->entries, e, entry, next);
	l->count--;
	l->bytes -= e->len;
	l->ended(l->ctx, e->tag, e->xml, LEDGER_UNSENT);
	free(e);
	return true;
}

uint32_t
ledger_number(const struct ledger *l)
{
	return l->base + (uint32_t)l->sent;
}

/* The oldest comes to its end. */
static void
end(struct ledger *l, enum ledger_end how)
{
	struct entry *e = STAILQ_FIRST(&l->entries);

	if (e == l->unsent)
		l->unsent = STAILQ_NEXT(e, next);
	STAILQ_REMOVE_HEAD(&l->entries, next);
	l->count--;
	l->bytes -= e->len;
	if (l->sent > 0)
		l->sent--;
	l->ended(l->ctx, e->tag, e->xml, how);
	free(e);
}

int
ledger_done(struct ledger *l, uint32_t number)
{
	uint32_t n = number - l->base;	/* they begin anew at 2^32 */

	if (n > l->sent)
		return -1;
	l->base = number;
	while (n-- > 0)
		end(l, LEDGER_DONE);
	return 0;
}

void
ledger_rewind(struct ledger *l)
{
	l->sent = 0;
	l->unsent = STAILQ_FIRST(&l->entries);
}

void
ledger_restart(struct ledger *l)
{
	while (l->sent > 0)
		end(l, LEDGER_UNCERTAIN);
	l->base = 0;
}

void
ledger_finish(struct ledger *l)
{
	ledger_restart(l);
	while (l->count > 0)
		end(l, LEDGER_UNSENT);
}
