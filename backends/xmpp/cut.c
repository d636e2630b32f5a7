/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said about stanzas that were too large to be read.  Nothing that was
 * in them is used: a part of a roster, for instance, would pass for all of it.
 */
#include "backends/xmpp/cut.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/account.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/iq.h"
#include "backends/xmpp/room_state.h"
#include "backends/xmpp/stanza.h"
#include "util/log.h"

#define WHY	"not-acceptable"

static void
put_error(xmpp_stanza_t *to)
{
	xmpp_stanza_t *error = build_child(to, "error", NULL);

	xmpp_stanza_set_type(error, "modify");
	build_child(error, WHY, XMPP_NS_STANZAS_IETF);
}

/* An error in place of the answer that somebody waits for. */
static void
fail(struct session *s, xmpp_stanza_t *cut)
{
	xmpp_stanza_t *st = xmpp_stanza_new(session_strophe(s));
	const char *from = xmpp_stanza_get_from(cut);

	xmpp_stanza_set_name(st, xmpp_stanza_get_name(cut));
	xmpp_stanza_set_ns(st, NS_CLIENT);
	xmpp_stanza_set_type(st, "error");
	if (xmpp_stanza_get_id(cut) != NULL)
		xmpp_stanza_set_id(st, xmpp_stanza_get_id(cut));
	if (from != NULL)
		xmpp_stanza_set_from(st, from);
	put_error(st);
	session_stanza(s, st);
	xmpp_stanza_release(st);
}

static void
refuse(struct session *s, xmpp_stanza_t *cut)
{
	xmpp_stanza_t *error = xmpp_message_new(session_strophe(s), "error",
	    xmpp_stanza_get_from(cut), xmpp_stanza_get_id(cut));

	put_error(error);
	session_send(s, error, NULL);
}

/* The sender's message did not arrive; the user knows that there was one. */
static void
message(struct session *s, xmpp_stanza_t *cut)
{
	const char *from = xmpp_stanza_get_from(cut);
	const char *nick = from != NULL ? room_nick_of(from) : NULL;
	char *peer = account_bare(from != NULL ? from : s->jid);
	const struct room *r = room_find(s, peer);
	const struct msg_message m = { .user = s->user,
	    .from = r != NULL ? r->id : peer,
	    .kind = r != NULL ? "private" : "chat",
	    .nick = r != NULL ? nick : NULL, .headline = true,
	    .body = "A message was too large to be shown." };

	/* Not its server's, nor that of a room itself. */
	if (!session_is_own(s, from) && (r == NULL || nick != NULL)) {
		kit_notify(METHOD_message, &m);
		/* An error to the room could put us out of it. */
		if (r == NULL)
			refuse(s, cut);
	}
	free(peer);
}

void
cut_stanza(struct session *s, xmpp_stanza_t *cut)
{
	const char *from = xmpp_stanza_get_from(cut);
	bool error = stanza_attr_is(cut, "type", "error");

	log_info("%s: a stanza of %s was too large", s->user,
	    from != NULL ? from : s->jid);
	if (stanza_is(cut, "iq", NULL) &&
	    (stanza_attr_is(cut, "type", "get") ||
	    stanza_attr_is(cut, "type", "set")))
		iq_refuse(s, cut, WHY);
	else if (stanza_is(cut, "iq", NULL) || error)
		fail(s, cut);
	/* What is said to all others have, too; and an error to an event may
	 * end what it is an event of. */
	else if (stanza_is(cut, "message", NULL) &&
	    !stanza_attr_is(cut, "type", "groupchat") &&
	    !stanza_attr_is(cut, "type", "headline"))
		message(s, cut);
}
