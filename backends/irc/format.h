/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format.h - mIRC's control codes as plain text and as XHTML-IM (XEP-0071). */
#ifndef BACKENDS_IRC_FORMAT_H
#define BACKENDS_IRC_FORMAT_H

#include <stdbool.h>

#include "util/buf.h"

/* The text without any control code, and without what XML forbids: text
 * itself when there is nothing to take out, else a string in scratch, which
 * is overwritten. */
const char *format_plain(const char *text, struct buf *scratch);

/* Does the text have codes that change how it looks? */
bool	format_is_styled(const char *text);

/* The content of an XHTML-IM body as a string in scratch, which is
 * overwritten: escaped, well-formed, spans with style only. */
const char *format_xhtml(const char *text, struct buf *scratch);

#endif
