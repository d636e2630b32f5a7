/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dialect.h - the tags around a run of text with one look: of XHTML-IM, or of
 * the HTML that libpurple's plug-ins know. */
#ifndef BACKENDS_PURPLE_DIALECT_H
#define BACKENDS_PURPLE_DIALECT_H

#include "backends/purple/look.h"
#include "util/buf.h"

enum dialect { DIALECT_XHTML, DIALECT_PURPLE };

/* All but the link.  What one opens the other closes. */
void	dialect_open(enum dialect, struct buf *, const struct look *);
void	dialect_close(enum dialect, struct buf *, const struct look *);
/* Text, also in an attribute. */
void	dialect_escape(struct buf *, const char *s, size_t len);

#endif
