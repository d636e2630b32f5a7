/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quote.h - what an answer repeats of the message it answers, for those who do
 * not see that it is one (XEP-0461 3, XEP-0428). */
#ifndef MANAGER_GATEWAY_QUOTE_H
#define MANAGER_GATEWAY_QUOTE_H

#include "manager/xmpp/xml.h"
#include "util/buf.h"

/* The body of a stanza without the lines that quote, and in *quoted what they
 * quote, without their marks; NULL: it quotes nothing. */
const char	*quote_take(struct arena *, const struct stanza *message,
		    const char *body, const char **quoted);
/* "> line\n" for each line. */
void		 quote_add(struct buf *, const char *quoted);
/* The characters that this comes to. */
size_t		 quote_length(const char *quoted);

#endif
