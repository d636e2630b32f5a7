/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values in a look are harmless and need no escaping. */
#include "backends/purple/dialect.h"

#include "util/macros.h"

void
dialect_escape(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (s[i]) {
		case '&': buf_adds(out, "&amp;"); break;
		case '<': buf_adds(out, "&lt;"); break;
		case '>': buf_adds(out, "&gt;"); break;
		case '"': buf_adds(out, "&quot;"); break;
		case '\'': buf_adds(out, "&#39;"); break;
		default: buf_addc(out, s[i]);
		}
	}
}

/* ------------------------------------------------------------------ XHTML */

static bool
has_style(const struct look *l)
{
	return (l->bits & (LOOK_UNDERLINE | LOOK_STRIKE | LOOK_MONO)) ||
	    l->size != 0 || *l->color != '\0' || *l->background != '\0' ||
	    *l->face != '\0';
}

static void
put_property(struct buf *out, const char **between, const char *name,
    const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	buf_addf(out, "%s%s: %s", *between, name, value);
	*between = "; ";
}

static void
open_xhtml(struct buf *out, const struct look *l)
{
	static const char *const decorations[] = {
		NULL, "underline", "line-through", "underline line-through",
	};
	unsigned lines = ((l->bits & LOOK_UNDERLINE) ? 1 : 0) +
	    ((l->bits & LOOK_STRIKE) ? 2 : 0);
	const char *between = "";

	if (l->bits & LOOK_BOLD)
		buf_adds(out, "<strong>");
	if (l->bits & LOOK_ITALIC)
		buf_adds(out, "<em>");
	if (!has_style(l))
		return;
	buf_adds(out, "<span style=\"");
	put_property(out, &between, "color", l->color);
	put_property(out, &between, "background-color", l->background);
	put_property(out, &between, "font-family",
	    *l->face == '\0' && (l->bits & LOOK_MONO) ? "monospace" : l->face);
	put_property(out, &between, "font-size", look_size_name(l->size));
	put_property(out, &between, "text-decoration", decorations[lines]);
	buf_adds(out, "\">");
}

static void
close_xhtml(struct buf *out, const struct look *l)
{
	if (has_style(l))
		buf_adds(out, "</span>");
	if (l->bits & LOOK_ITALIC)
		buf_adds(out, "</em>");
	if (l->bits & LOOK_BOLD)
		buf_adds(out, "</strong>");
}

/* -------------------------------------------------------------- libpurple */

static const struct {
	unsigned char	 bit;
	const char	*open, *close;
} purple_tags[] = {
	{ LOOK_BOLD, "<b>", "</b>" },
	{ LOOK_ITALIC, "<i>", "</i>" },
	{ LOOK_UNDERLINE, "<u>", "</u>" },
	{ LOOK_STRIKE, "<s>", "</s>" },
};

/* Not every plug-in knows more than one attribute of <font>. */
static void
open_purple(struct buf *out, const struct look *l)
{
	const char *face = *l->face == '\0' && (l->bits & LOOK_MONO) ?
	    "monospace" : l->face;

	for (size_t i = 0; i < LENGTH(purple_tags); i++) {
		if (l->bits & purple_tags[i].bit)
			buf_adds(out, purple_tags[i].open);
	}
	if (*face != '\0')
		buf_addf(out, "<font face=\"%s\">", face);
	if (l->size != 0)
		buf_addf(out, "<font size=\"%u\">", l->size);
	if (*l->color != '\0')
		buf_addf(out, "<font color=\"%s\">", l->color);
	if (*l->background != '\0')
		buf_addf(out, "<font back=\"%s\">", l->background);
}

static void
close_purple(struct buf *out, const struct look *l)
{
	unsigned fonts = (*l->face != '\0' || (l->bits & LOOK_MONO)) +
	    (l->size != 0) + (*l->color != '\0') + (*l->background != '\0');

	while (fonts-- > 0)
		buf_adds(out, "</font>");
	for (size_t i = LENGTH(purple_tags); i > 0; i--) {
		if (l->bits & purple_tags[i - 1].bit)
			buf_adds(out, purple_tags[i - 1].close);
	}
}

void
dialect_open(enum dialect dialect, struct buf *out, const struct look *l)
{
	if (dialect == DIALECT_XHTML)
		open_xhtml(out, l);
	else
		open_purple(out, l);
}

void
dialect_close(enum dialect dialect, struct buf *out, const struct look *l)
{
	if (dialect == DIALECT_XHTML)
		close_xhtml(out, l);
	else
		close_purple(out, l);
}
