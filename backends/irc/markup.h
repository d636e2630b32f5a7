/* SPDX-License-Identifier: GPL-2.0-or-later */
/* markup.h - XHTML-IM (XEP-0071) and message styling (XEP-0393) as the control
 * codes of IRC. */
#ifndef BACKENDS_IRC_MARKUP_H
#define BACKENDS_IRC_MARKUP_H

#include "util/buf.h"

/* The body with codes around what is styled, as a string in scratch or the
 * body itself.  xhtml: content of an XHTML-IM body, or NULL; used when its text
 * is that of the body.  Without it the body's own marks count, and stay where
 * they are: no character of a body is ever lost. */
const char *markup_codes(const char *body, const char *xhtml,
	    struct buf *scratch);

#endif
