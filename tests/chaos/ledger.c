/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of each message?
 *
 * A message is fine when its receiver has it, or its sender was told that it
 * may not have arrived: by an error stanza or a numeric, or by the loss of the
 * sender's own connection before his server had said that it has the message.
 *
 * Nobody can be told of what a process had in hand that was killed, since IRC
 * acknowledges nothing to whoever is written to.  So these are counted apart,
 * when chaos.py says that it has struck just then, and only then:
 *  - BY_SERVER: said in the last MOMENT of an IRC server that was killed;
 *  - BY_QUIT: said to a user on IRC after a moment before his backend was
 *    killed or poisoned, and before IRC said that his connection broke.  That
 *    is another word than that of somebody who takes his leave, and who moves
 *    takes it: of those nothing may be missing;
 *  - BY_HUNG: the same with a backend that hung and was killed for it.
 *
 * It is doubled when it comes again, unless it says so (XEP-0203), under its
 * old id, by which clients drop repetitions, and a stroke at Prosody explains
 * it.  An error that says nothing of a possible delivery is a lie when the
 * message was received. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/chaos/load.h"
#include "util/siphash.h"
#include "util/xalloc.h"

/* Seconds. */
#define MOMENT	0.1	/* that a message may be in a killed process's hands */
#define BROKEN	1.0	/* until all of IRC knows that a process has died */
#define REPEAT	15.0	/* what was received in these before Prosody's end may
			 * not have been confirmed by then */

struct times {
	double	*at;
	size_t	 n, cap;
};

static struct message *messages;
static uint32_t used, room;
static unsigned long counts[2], reordered[2];
static uint32_t *newest[2];		/* by user: received last */
static struct times *quits;		/* by user: broken connections */
static struct times from[NSTROKES], to[NSTROKES];
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

void
ledger_journal(const char *fmt, ...)
{
	char path[4096];
	va_list ap;

	if (options.directory == NULL)
		return;
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
		m->marked_at = now;
		return;
	}
	if (m->copies++ > 0) {
		ledger_journal("doubled %u user %u id %s delayed %d", number,
		    m->user, id ? id : "-", delayed);
		return;
	}
	m->got = now;
	m->id_hash = hash;
	if (newest[way][m->user] > number) {
		reordered[way]++;
		ledger_journal("out of order %u user %u after %u", number,
		    m->user, newest[way][m->user]);
	} else {
		newest[way][m->user] = number;
	}
}

void
ledger_failed(uint32_t number, enum end end)
{
	struct message *m = ledger_get(number);

	if (m != NULL && m->end == END_NONE)
		m->end = (uint8_t)end;
}

void
ledger_broken(unsigned user)
{
	if (quits == NULL)
		quits = xcalloc((size_t)options.users, sizeof(*quits));
	note(&quits[user], now);
}

void
ledger_stroke(enum stroke stroke, double begin, double end)
{
	note(&from[stroke], begin);
	note(&to[stroke], end);
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
by_server(const struct message *m)
{
	for (size_t i = 0; i < from[STROKE_IRC].n; i++)
		if (m->sent > from[STROKE_IRC].at[i] - MOMENT &&
		    m->sent <= to[STROKE_IRC].at[i])
			return true;
	return false;
}

/* Did the connection of the one it was for break since it was said, by a stroke
 * of that kind that had begun by then? */
static bool
by_stroke(const struct message *m, enum stroke stroke)
{
	const struct times *broken = quits != NULL ? &quits[m->user] : NULL;

	for (size_t i = 0; broken != NULL && i < broken->n; i++)
		for (size_t k = 0; k < from[stroke].n; k++)
			if (broken->at[i] > to[stroke].at[k] - MOMENT &&
			    broken->at[i] < to[stroke].at[k] + BROKEN &&
			    m->sent > from[stroke].at[k] - MOMENT &&
			    m->sent <= broken->at[i])
				return true;
	return false;
}

static enum fate
fate_of(const struct message *m)
{
	if (m->copies > 0)
		return RECEIVED;
	if (m->end == END_ERROR || m->end == END_UNSURE)
		return FAILED;
	if (m->end == END_SENDER_LOST)
		return SENDER_LOST;
	if (by_server(m))
		return BY_SERVER;
	if (m->way == TO_XMPP && by_stroke(m, STROKE_BACKEND))
		return BY_QUIT;
	if (m->way == TO_XMPP && by_stroke(m, STROKE_HUNG))
		return BY_HUNG;
	return MISSING;
}

/* How often a message may have been repeated: for each stroke at Prosody that it
 * can have been on its way in once by the gateway, to which it was not
 * confirmed, and once by Prosody, to which the client had not. */
static unsigned
repeats_allowed(const struct message *m)
{
	unsigned n = 0;

	for (size_t i = 0; i < from[STROKE_PROSODY].n; i++)
		if (m->got > from[STROKE_PROSODY].at[i] - REPEAT &&
		    m->sent < to[STROKE_PROSODY].at[i] + BROKEN &&
		    m->marked_at > from[STROKE_PROSODY].at[i])
			n += 2;
	return n;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
latencies(FILE *file, enum way way)
{
	double *v = xcalloc(used + 1, sizeof(*v));
	size_t n = 0;

	for (uint32_t i = 0; i < used; i++)
		if (messages[i].way == way && messages[i].copies > 0)
			v[n++] = messages[i].got - messages[i].sent;
	qsort(v, n, sizeof(*v), compare);
	fprintf(file, "latency %d %.2f %.2f %.2f\n", way,
	    n ? v[n / 2] * 1e3 : 0, n ? v[n * 99 / 100] * 1e3 : 0,
	    n ? v[n - 1] * 1e3 : 0);
	free(v);
}

/* A message that is not as it should be. */
static void
tell(FILE *file, const char *what, uint32_t number, const struct message *m)
{
	fprintf(file, "%s %u %s %.4f user %u proven %d marked %u quits", what,
	    number, m->way == TO_IRC ? "to-irc" : "to-xmpp", m->sent,
	    m->user, m->proven, m->marked);
	for (size_t i = 0; quits != NULL && i < quits[m->user].n; i++)
		fprintf(file, " %.3f", quits[m->user].at[i]);
	fputc('\n', file);
}

struct sums {
	unsigned long	fates[NFATES], doubled, marked, both, lied;
};

static void
judge(FILE *file, uint32_t number, struct sums *sums)
{
	const struct message *m = &messages[number - 1];
	enum fate fate = fate_of(m);
	unsigned allowed = repeats_allowed(m);
	unsigned again = m->copies > 1 ? m->copies - 1u : 0;

	sums->fates[fate]++;
	if (m->marked > allowed)
		again += m->marked - allowed;
	else
		allowed = m->marked;
	sums->marked += allowed;
	sums->doubled += again;
	if (again > 0)
		tell(file, "doubled", number, m);
	if (fate == MISSING)
		tell(file, "missing", number, m);
	if (m->copies == 0 || m->end == END_NONE)
		return;
	sums->both++;
	if (m->end == END_ERROR) {
		sums->lied++;
		tell(file, "lied", number, m);
	}
}

void
ledger_report(FILE *file)
{
	struct sums sums[2] = { 0 };

	for (uint32_t i = 0; i < used; i++)
		judge(file, i + 1, &sums[messages[i].way]);
	for (int way = 0; way < 2; way++) {
		const struct sums *s = &sums[way];
		const unsigned long *f = s->fates;

		fprintf(file, "way %d sent %lu received %lu error %lu "
		    "sender_lost %lu quit %lu server %lu hung %lu missing %lu "
		    "doubled %lu marked %lu both %lu lied %lu reordered %lu\n",
		    way, counts[way], f[RECEIVED], f[FAILED], f[SENDER_LOST],
		    f[BY_QUIT], f[BY_SERVER], f[BY_HUNG], f[MISSING],
		    s->doubled, s->marked, s->both, s->lied, reordered[way]);
		latencies(file, way);
	}
	fprintf(file, "end\n");
	fflush(file);
	if (journal != NULL)
		fflush(journal);
}
