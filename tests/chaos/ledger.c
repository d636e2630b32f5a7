/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of each message?
 *
 * A message is fine when its receiver has it, or its sender was told that it
 * may not have arrived:
 *  - by an error stanza or a numeric;
 *  - by the loss of the sender's own connection before his server had said
 *    that it has the message;
 *  - by IRC, which has no other words for it, when the receiver's connection
 *    was seen to end within LAST seconds after the message was said, or the
 *    whole server died then: what the server had written to that connection,
 *    nobody had read.  For users of a hung backend that time is as long as it
 *    hung, since its sockets fill up unread.
 * It is doubled when it comes again without saying so (XEP-0203) under its old
 * id, by which clients drop repetitions. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/chaos/load.h"
#include "util/siphash.h"
#include "util/xalloc.h"

#define LAST	1.0	/* seconds */

struct times {
	double	*at;
	size_t	 n, cap;
};

static struct message *messages;
static uint32_t used, room;
static unsigned long counts[2], reordered[2];
static uint32_t *newest[2];		/* by user: received last */
static struct times *quits, died, hung_from, hung_to;
static FILE *journal;

static void
note(struct times *t, double at)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 8;
		t->at = xreallocarray(t->at, t->cap, sizeof(*t->at));
	}
	t->at[t->n++] = at;
}

static bool
between(const struct times *t, double from, double to)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i] >= from && t->at[i] <= to)
			return true;
	return false;
}

void
ledger_journal(const char *fmt, ...)
{
	char path[4096];
	va_list ap;

	if (journal == NULL) {
		snprintf(path, sizeof(path), "%s/journal",
		    options.directory);
		journal = fopen(path, "w");
	}
	fprintf(journal, "%.4f ", now);
	va_start(ap, fmt);
	vfprintf(journal, fmt, ap);
	va_end(ap);
	fputc('\n', journal);
}

uint32_t
ledger_sent(enum way way, unsigned user)
{
	if (used == room) {
		room = room ? room * 2 : 65536;
		messages = xreallocarray(messages, room, sizeof(*messages));
	}
	if (newest[way] == NULL)
		newest[way] = xcalloc((size_t)options.users,
		    sizeof(*newest[way]));
	messages[used] = (struct message){ .sent = now, .way = (uint8_t)way,
		.user = (uint16_t)user };
	counts[way]++;
	return ++used;
}

struct message *
ledger_get(uint32_t number)
{
	return number >= 1 && number <= used ? &messages[number - 1] : NULL;
}

void
ledger_got(enum way way, uint32_t number, const char *id, bool delayed)
{
	struct message *m = ledger_get(number);
	uint32_t hash = id != NULL ? (uint32_t)siphash_string(id) : 0;

	if (m == NULL || m->way != way) {
		ledger_journal("unknown message %u", number);
		return;
	}
	if (m->copies > 0 && delayed && id != NULL && hash == m->id_hash) {
		m->marked++;
		return;
	}
	if (m->copies++ > 0) {
		ledger_journal("doubled %u user %u id %s delayed %d", number,
		    m->user, id ? id : "-", delayed);
		return;
	}
	m->got = now;
	m->id_hash = hash;
	if (newest[way][m->user] > number)
		reordered[way]++;
	else
		newest[way][m->user] = number;
}

void
ledger_failed(uint32_t number, enum end end)
{
	struct message *m = ledger_get(number);

	if (m != NULL && m->end == END_NONE)
		m->end = (uint8_t)end;
}

void
ledger_quit(unsigned user)
{
	if (quits == NULL)
		quits = xcalloc((size_t)options.users, sizeof(*quits));
	note(&quits[user], now);
}

void
ledger_irc_died(void)
{
	if (died.n == 0 || died.at[died.n - 1] < now - 0.2)
		note(&died, now);
}

void
ledger_hung(double from, double to)
{
	note(&hung_from, from);
	note(&hung_to, to);
}

unsigned long
ledger_open(void)
{
	unsigned long n = 0;

	for (uint32_t i = 0; i < used; i++)
		n += messages[i].copies == 0 && messages[i].end == END_NONE;
	return n;
}

unsigned long
ledger_count(enum way way)
{
	return counts[way];
}

/* ---- the verdict */

enum fate { RECEIVED, FAILED, SENDER_LOST, BY_QUIT, BY_SERVER, BY_HUNG,
	MISSING, NFATES };

static bool
was_hung(const struct message *m)
{
	for (size_t i = 0; i < hung_from.n; i++)
		if (m->sent > hung_from.at[i] - 0.2 &&
		    m->sent < hung_to.at[i] + LAST && quits != NULL &&
		    between(&quits[m->user], hung_to.at[i] - 0.2,
		    hung_to.at[i] + LAST))
			return true;
	return false;
}

static enum fate
fate_of(const struct message *m)
{
	if (m->copies > 0)
		return RECEIVED;
	if (m->end == END_ERROR)
		return FAILED;
	if (m->end == END_SENDER_LOST)
		return SENDER_LOST;
	if (between(&died, m->sent, m->sent + LAST))
		return BY_SERVER;
	if (m->way == TO_XMPP && quits != NULL &&
	    between(&quits[m->user], m->sent, m->sent + LAST))
		return BY_QUIT;
	if (m->way == TO_XMPP && was_hung(m))
		return BY_HUNG;
	return MISSING;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
latencies(FILE *to, enum way way)
{
	double *v = xcalloc(used + 1, sizeof(*v));
	size_t n = 0;

	for (uint32_t i = 0; i < used; i++)
		if (messages[i].way == way && messages[i].copies > 0)
			v[n++] = messages[i].got - messages[i].sent;
	qsort(v, n, sizeof(*v), compare);
	fprintf(to, "latency %d %.2f %.2f %.2f\n", way,
	    n ? v[n / 2] * 1e3 : 0, n ? v[n * 99 / 100] * 1e3 : 0,
	    n ? v[n - 1] * 1e3 : 0);
	free(v);
}

static void
tell_missing(FILE *to, uint32_t number, const struct message *m)
{
	fprintf(to, "missing %u %s %.4f user %u proven %d quits",
	    number, m->way == TO_IRC ? "to-irc" : "to-xmpp", m->sent,
	    m->user, m->proven);
	for (size_t i = 0; quits != NULL && i < quits[m->user].n; i++)
		fprintf(to, " %.3f", quits[m->user].at[i]);
	fputc('\n', to);
}

void
ledger_report(FILE *to)
{
	unsigned long fates[2][NFATES] = { { 0 } }, doubled[2] = { 0 };
	unsigned long marked[2] = { 0 }, both[2] = { 0 };

	for (uint32_t i = 0; i < used; i++) {
		const struct message *m = &messages[i];
		enum fate fate = fate_of(m);

		fates[m->way][fate]++;
		doubled[m->way] += m->copies > 1 ? m->copies - 1u : 0;
		marked[m->way] += m->marked;
		both[m->way] += m->copies > 0 && m->end != END_NONE;
		if (fate == MISSING)
			tell_missing(to, i + 1, m);
	}
	for (int way = 0; way < 2; way++) {
		const unsigned long *f = fates[way];

		fprintf(to, "way %d sent %lu received %lu error %lu "
		    "sender_lost %lu quit %lu server %lu hung %lu missing %lu "
		    "doubled %lu marked %lu both %lu reordered %lu\n", way,
		    counts[way], f[RECEIVED], f[FAILED], f[SENDER_LOST],
		    f[BY_QUIT], f[BY_SERVER], f[BY_HUNG], f[MISSING],
		    doubled[way], marked[way], both[way], reordered[way]);
		latencies(to, way);
	}
	fprintf(to, "end\n");
	fflush(to);
	if (journal != NULL)
		fflush(journal);
}
