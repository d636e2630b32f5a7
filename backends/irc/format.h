/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format.h - mIRC's control codes as plain text and as XHTML-IM (XEP-0071). */
#ifndef BACKENDS_IRC_FORMAT_H
#define BACKENDS_IRC_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* The text without any control code, and without what XML forbids: text
 * itself when there is nothing to take out, else a string in scratch, which
 * is overwritten. */
const char *format_plain(const char *text, struct buf *scratch);

/* Does the text have codes that change how it looks? */
bool	format_is_styled(const char *text);

/* What is switched on at the end of a text that began with carry; carry becomes
 * the codes that switch it on again.  Colours beyond the numbered ones are left
 * out. */
#define FORMAT_CARRY_MAX	16
void	format_carry(char carry[FORMAT_CARRY_MAX], const char *text,
	    size_t len);
/* The number of the colour that is nearest to 0xrrggbb, 0 .. 98. */
unsigned format_nearest(uint32_t rgb);

/* The content of an XHTML-IM body as a string in scratch, which is
 * overwritten: escaped, well-formed, spans with style only. */
const char *format_xhtml(const char *text, struct buf *scratch);

#endif
