/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vcard.h - a profile out of what a vCard says. */
#ifndef BACKENDS_XMPP_VCARD_H
#define BACKENDS_XMPP_VCARD_H

#include <strophe.h>

#include "protocol/schema.h"
#include "util/arena.h"

#define NS_VCARD	"vcard-temp"				/* XEP-0054 */
#define NS_VCARD4	"urn:ietf:params:xml:ns:vcard-4.0"	/* XEP-0292 */

/* Of either kind; NULL says nothing.  Fills in what is there; all of it is in
 * the arena. */
void	vcard_read(struct arena *, xmpp_stanza_t *,
	    struct msg_profile_result *);

#endif
