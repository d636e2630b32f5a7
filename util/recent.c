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

void
recent_print(const struct recent *r, struct buf *out)
{
	unsigned long i = r->added > RECENT_MAX ? r->added - RECENT_MAX : 0;
	char stamp[32];
	struct tm tm;

	for (; i < r->added; i++) {
		double when = r->line[i % RECENT_MAX].when;
		time_t seconds = (time_t)when;

		localtime_r(&seconds, &tm);
		strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
		buf_addf(out, "%s.%03u %s\n", stamp,
		    (unsigned)((when - (double)seconds) * 1000),
		    r->line[i % RECENT_MAX].text);
	}
}

void
recent_pack(const struct recent *r, struct packer *p)
{
	unsigned long i = r->added > RECENT_MAX ? r->added - RECENT_MAX : 0;

	for (; i < r->added; i++) {
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
