/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How did backends die?  A ring of the latest deaths, in words. */
#include "manager/pool/report.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "util/clock.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define NUMBERS_MAX	100000	/* of backends; more is not believed */

void
report_status(int status, struct buf *out)
{
	if (WIFSIGNALED(status)) {
		const char *name = sigdescr_np(WTERMSIG(status));

		buf_addf(out, "signal %d (%s%s)", WTERMSIG(status),
		    name != NULL ? name : "unknown",
		    WCOREDUMP(status) ? ", core dumped" : "");
		return;
	}
	buf_addf(out, "exit %d", WEXITSTATUS(status));
	/* What a shell and env(1) say with these. */
	if (WEXITSTATUS(status) == 127)
		buf_adds(out, " (command not found)");
	else if (WEXITSTATUS(status) == 126)
		buf_adds(out, " (command cannot be executed)");
}

static void
copy(char *to, size_t size, const char *from)
{
	size_t n = utf8_cut(from, strlen(from), size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

void
report_text(char *to, size_t size, const char *fmt, va_list ap)
{
	struct buf b = { 0 };
	char *text;

	buf_addv(&b, fmt, ap);
	text = buf_steal(&b);
	copy(to, size, text);
	free(text);
}

void
report_add(struct report *r, pid_t pid, unsigned id, unsigned users,
    const char *how, const char *words)
{
	struct report_entry *e = &r->ring[r->added++ % REPORT_KEPT];

	e->pid = pid;
	e->id = id;
	e->users = users;
	e->when = clock_now();
	copy(e->how, sizeof(e->how), how);
	copy(e->words, sizeof(e->words), words);
	if (pid != 0)
		r->crashes++;
}

void
report_death(struct report *r, unsigned id, const char *how, const char *words)
{
	struct report_last *last;

	if (id >= r->nlast) {
		/* Numbers are the smallest that are free. */
		r->last = xreallocarray(r->last, id + 1, sizeof(*r->last));
		while (r->nlast <= id)
			r->last[r->nlast++] = NULL;
	}
	if (r->last[id] == NULL)
		r->last[id] = xcalloc(1, sizeof(*last));
	last = r->last[id];
	last->deaths++;
	last->when = clock_now();
	copy(last->how, sizeof(last->how), how);
	copy(last->words, sizeof(last->words), words);
}

const struct report_last *
report_last(const struct report *r, unsigned id)
{
	return id < r->nlast ? r->last[id] : NULL;
}

void
report_finish(struct report *r)
{
	for (unsigned i = 0; i < r->nlast; i++)
		free(r->last[i]);
	free(r->last);
	r->last = NULL;
	r->nlast = 0;
}

static unsigned long
oldest(const struct report *r)
{
	return r->added > REPORT_KEPT ? r->added - REPORT_KEPT : 0;
}

void
report_print(const struct report *r, struct buf *out)
{
	double now = clock_now();

	for (unsigned long i = oldest(r); i < r->added; i++) {
		const struct report_entry *e = &r->ring[i % REPORT_KEPT];

		if (e->pid != 0)
			buf_addf(out, "%d", (int)e->pid);
		else
			buf_addc(out, '-');
		buf_addf(out, " id %u: %s, %u user%s, %.0f s ago%s%s\n", e->id,
		    e->how, e->users, e->users == 1 ? "" : "s", now - e->when,
		    e->words[0] != '\0' ? REPORT_SAID : "", e->words);
	}
}

void
report_print_pids(const struct report *r, struct buf *out)
{
	for (unsigned long i = oldest(r); i < r->added; i++) {
		const struct report_entry *e = &r->ring[i % REPORT_KEPT];

		if (e->pid != 0)
			buf_addf(out, "%d\n", (int)e->pid);
	}
}

/* ---------------------------------------------------------------- handover */

static void
pack_entry(const struct report_entry *e, struct packer *p)
{
	pack_map(p, NULL);
	pack_int(p, "pid", e->pid);
	pack_int(p, "id", e->id);
	pack_int(p, "users", e->users);
	pack_num(p, "age", clock_now() - e->when);
	pack_str(p, "how", e->how);
	pack_str(p, "words", e->words);
	pack_end(p);
}

static void
pack_last(unsigned id, const struct report_last *last, struct packer *p)
{
	pack_map(p, NULL);
	pack_int(p, "id", id);
	pack_int(p, "deaths", (int64_t)last->deaths);
	pack_num(p, "age", clock_now() - last->when);
	pack_str(p, "how", last->how);
	pack_str(p, "words", last->words);
	pack_end(p);
}

void
report_pack(const struct report *r, struct packer *p)
{
	pack_map(p, "report");
	pack_int(p, "crashes", (int64_t)r->crashes);
	pack_list(p, "entries");
	for (unsigned long i = oldest(r); i < r->added; i++)
		pack_entry(&r->ring[i % REPORT_KEPT], p);
	pack_end(p);
	pack_list(p, "last");
	for (unsigned i = 0; i < r->nlast; i++) {
		if (r->last[i] != NULL)
			pack_last(i, r->last[i], p);
	}
	pack_end(p);
	pack_end(p);
}

static const char *
text_of(const struct packed *p, const char *key)
{
	const char *text = packed_str(p, key);

	return text != NULL ? text : "";
}

static void
adopt_last(struct report *r, const struct packed *p)
{
	int64_t id = packed_int(p, "id", -1);

	if (id < 0 || id > NUMBERS_MAX)
		return;
	report_death(r, (unsigned)id, text_of(p, "how"), text_of(p, "words"));
	r->last[id]->deaths = (unsigned long)packed_int(p, "deaths", 1);
	r->last[id]->when = clock_now() - packed_num(p, "age", 0);
}

void
report_adopt(struct report *r, const struct packed *p)
{
	const struct packed *entries = packed_get(p, "entries");
	const struct packed *last = packed_get(p, "last");

	for (size_t i = 0; i < packed_count(entries); i++) {
		const struct packed *e = packed_at(entries, i);
		unsigned long at = r->added % REPORT_KEPT;

		report_add(r, (pid_t)packed_int(e, "pid", 0),
		    (unsigned)packed_int(e, "id", 0),
		    (unsigned)packed_int(e, "users", 0), text_of(e, "how"),
		    text_of(e, "words"));
		r->ring[at].when = clock_now() - packed_num(e, "age", 0);
	}
	for (size_t i = 0; i < packed_count(last); i++)
		adopt_last(r, packed_at(last, i));
	r->crashes = (unsigned long)packed_int(p, "crashes", 0);
}
