/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a post says, in the order in which X shows it.  A repost is shown as the
 * post that it repeats: its own text is cut short. */
#include "backends/twitter/show.h"

#include <string.h>

static const char *const kinds[] = {
	[MEDIA_PHOTO] = "Picture", [MEDIA_VIDEO] = "Video",
	[MEDIA_GIF] = "Animation",
};

static void
add_person(struct buf *b, const struct person *p)
{
	if (p == NULL)
		buf_adds(b, "somebody");
	else if (strcmp(p->name, p->username) == 0)
		buf_addf(b, "@%s%s", p->username,
		    p->is_protected ? " (protected)" : "");
	else
		buf_addf(b, "%s (@%s%s)", p->name, p->username,
		    p->is_protected ? ", protected" : "");
}

static void
add_quoted(struct buf *b, const struct post *p, bool unmarked)
{
	buf_adds(b, "\n> ");
	if (p->sensitive && !unmarked)
		buf_adds(b, "[sensitive] ");
	add_person(b, p->author);
	buf_adds(b, ": ");
	for (const char *s = p->text; *s != '\0'; s++) {
		buf_addc(b, *s);
		if (*s == '\n')
			buf_adds(b, "> ");
	}
}

static void
add_media(struct buf *b, const struct post *p, bool files)
{
	const struct media *m;

	for (size_t i = 0; i < p->nmedia; i++) {
		m = p->media[i];
		if (!files) {
			buf_addf(b, "\n%s", kinds[m->kind]);
			if (m->alt != NULL)
				buf_addf(b, " (%s)", m->alt);
			buf_addf(b, ": %s", m->url);
			continue;
		}
		if (m->alt != NULL)
			buf_addf(b, "\n%s: %s", kinds[m->kind], m->alt);
		buf_addf(b, "\n%s", m->url);
	}
}

static const struct post *
repeated(const struct post *p)
{
	return p->reposted != NULL ? p->reposted : p;
}

const struct media *const *
show_media(const struct post *p, size_t *n)
{
	*n = repeated(p)->nmedia;
	return (const struct media *const *)repeated(p)->media;
}

void
show_post(struct buf *b, const struct post *p, const struct show *how)
{
	const struct post *of = repeated(p);

	if (how->short_id != NULL)
		buf_addf(b, "[%s] ", how->short_id);
	if ((p->sensitive || of->sensitive) && !how->unmarked)
		buf_adds(b, "[sensitive] ");
	if (how->author)
		add_person(b, p->author);
	if (of != p) {
		buf_adds(b, how->author ? " reposted " : "Reposted ");
		add_person(b, of->author);
	}
	if (how->author || of != p)
		buf_adds(b, ": ");
	buf_adds(b, of->text);
	if (of->quoted != NULL)
		add_quoted(b, of->quoted, how->unmarked);
	add_media(b, of, how->files);
}
