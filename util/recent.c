/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of lines. */
#include "util/recent.h"

#include <stdlib.h>
#include <time.h>

#include "util/xalloc.h"

void
recent_add(struct recent *r, double when, const char *fmt, ...)
{
	struct buf text = { 0 };
	unsigned long at = r->added++ % RECENT_MAX;
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	free(r->line[at].text);
	r->line[at].text = buf_steal(&text);
	r->line[at].when = when;
}

static unsigned long
oldest(const struct recent *r)
{
	return r->added > RECENT_MAX ? r->added - RECENT_MAX : 0;
}

static void
print_line(const struct recent *r, unsigned long i, struct buf *out)
{
	double when = r->line[i % RECENT_MAX].when;
	time_t seconds = (time_t)when;
	char stamp[32];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	buf_addf(out, "%s.%03u %s\n", stamp,
	    (unsigned)((when - (double)seconds) * 1000),
	    r->line[i % RECENT_MAX].text);
}

void
recent_print(const struct recent *a, const struct recent *b, struct buf *out)
{
	unsigned long i = oldest(a), j = oldest(b);

	while (i < a->added || j < b->added) {
		if (j == b->added || (i < a->added &&
		    a->line[i % RECENT_MAX].when <=
		    b->line[j % RECENT_MAX].when))
			print_line(a, i++, out);
		else
			print_line(b, j++, out);
	}
}

void
recent_pack(const struct recent *r, struct packer *p)
{
	for (unsigned long i = oldest(r); i < r->added; i++) {
		pack_num(p, NULL, r->line[i % RECENT_MAX].when);
		pack_str(p, NULL, r->line[i % RECENT_MAX].text);
	}
}

void
recent_unpack(struct recent *r, const struct packed *list)
{
	for (size_t i = 0; i + 1 < packed_count(list); i += 2) {
		const char *text = packed_str(packed_at(list, i + 1), NULL);

		if (text != NULL)
			recent_add(r, packed_num(packed_at(list, i), NULL, 0),
			    "%s", text);
	}
}

void
recent_finish(struct recent *r)
{
	for (unsigned i = 0; i < RECENT_MAX; i++)
		free(r->line[i].text);
	*r = (struct recent){ 0 };
}
