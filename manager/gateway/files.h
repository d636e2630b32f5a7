/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h - files that go with messages, as URLs (XEP-0066).
 *
 * Clients show a picture where the body is nothing but its URL, so to XMPP each
 * file is a message of its own. */
#ifndef MANAGER_GATEWAY_FILES_H
#define MANAGER_GATEWAY_FILES_H

#include "manager/xmpp/stanza.h"
#include "protocol/schema.h"

#define FILES_MAX	10	/* of one message */
#define FILES_UP_MAX	32	/* of one of the network's; more are text */

/* Those of a client's message as one text to be kept, or NULL.  Only what can
 * be fetched over HTTP counts. */
const char	*files_take(struct arena *, const struct stanza *message);
/* Its body, after its subject; where there is neither, the URL of the first
 * file; or NULL. */
const char	*files_body(struct arena *, const struct stanza *message);
/* And back: into v, which has room for FILES_MAX; how many.  NULL: none. */
size_t		 files_list(struct arena *, const char *kept,
		    struct msg_attachment *v);
/* Into a message down; v stays in use with it.  Where the network knows no files
 * (can: it does) their URLs are in its text. */
void		 files_add(struct arena *, struct msg_send *, const char *kept,
		    struct msg_attachment v[FILES_MAX], bool can);
/* How many of a message of the network are messages of their own. */
size_t		 files_shown(size_t n);
/* What it says beside those: without lines that are only their URLs, and with
 * the URLs of the others; "" when that is nothing. */
const char	*files_words(struct arena *, const char *body,
		    const struct msg_attachment *v, size_t n);
/* Can clients fetch it?  Otherwise it is a text like others. */
bool		 files_is_fetchable(const char *url);

#endif
