/* SPDX-License-Identifier: GPL-2.0-or-later */
/* payload.h - what is inside a message, whoever it is from: both ways, without
 * a session. */
#ifndef BACKENDS_XMPP_PAYLOAD_H
#define BACKENDS_XMPP_PAYLOAD_H

#include <strophe.h>

#include "protocol/schema.h"

#define NS_RECEIPTS	"urn:xmpp:receipts"
#define NS_STATES	"http://jabber.org/protocol/chatstates"
#define NS_MARKERS	"urn:xmpp:chat-markers:0"
#define NS_CORRECT	"urn:xmpp:message-correct:0"
#define NS_REACTIONS	"urn:xmpp:reactions:0"
#define NS_REPLY	"urn:xmpp:reply:0"
#define NS_FALLBACK	"urn:xmpp:fallback:0"
#define NS_RETRACT	"urn:xmpp:message-retract:1"
#define NS_ATTENTION	"urn:xmpp:attention:0"
#define NS_XHTML_IM	"http://jabber.org/protocol/xhtml-im"
#define NS_XHTML	"http://www.w3.org/1999/xhtml"
#define NS_OOB		"jabber:x:oob"
#define NS_SID		"urn:xmpp:sid:0"
#define NS_HINTS	"urn:xmpp:hints"

#define PAYLOAD_BODY	(64 * 1024)	/* bytes that are shown, before dots */
#define PAYLOAD_FILES	10
#define PAYLOAD_EMOJIS	20
#define PAYLOAD_ID	1024		/* bytes; one that is longer is none */

/* What somebody says.  All but files owned by it; NULL: there is none. */
struct payload {
	/* Without the lines that are there for who knows no replies
	 * (XEP-0428); a subject stands before it. */
	char		*body;
	char		*xhtml;		/* of the same; NULL where lines are
					 * missing */
	char		*thread;
	const char	*id;		/* of the stanza, which owns it */
	const char	*replaces;	/* likewise */
	const char	*lang;		/* likewise */
	struct msg_reply reply;		/* id NULL: it answers nothing; owned,
					 * but for its id */
	char		*author;	/* of what it answers, bare */
	struct msg_attachment files[PAYLOAD_FILES];	/* owned */
	size_t		 nfiles;
};

/* false: nothing is said in it, and there is nothing to free. */
bool	payload_read(struct payload *, xmpp_stanza_t *message);
void	payload_finish(struct payload *);

/* What a message does to another one; they belong to the stanza, but for the
 * texts of emojis. */
struct gesture {
	const char	*reacts;	/* id of the message, or NULL */
	char		*emojis[PAYLOAD_EMOJIS];
	size_t		 nemojis;
	const char	*retracts;	/* likewise */
};

/* false: nothing, and there is nothing to free. */
bool	gesture_read(struct gesture *, xmpp_stanza_t *message);
void	gesture_finish(struct gesture *);

/* The name by which others speak of it; NULL: none. */
const char *payload_id(xmpp_stanza_t *message);
/* An attribute that is the id of a message, or NULL. */
const char *payload_id_of(xmpp_stanza_t *, const char *attribute);
/* active, composing, paused, inactive or gone; NULL: no state. */
const char *payload_state(xmpp_stanza_t *message);

/* Text, language and thread. */
void	payload_put_text(xmpp_stanza_t *message, const char *text,
	    const struct msg_send *);
/* The content of an XHTML-IM body, into a message; nothing when it is not
 * well-formed. */
void	payload_put_xhtml(xmpp_stanza_t *message, const char *content);
/* The message is an answer.  author: NULL when it is not known; quote: how its
 * body begins, for who knows no replies, or NULL. */
void	payload_put_reply(xmpp_stanza_t *message, const char *id,
	    const char *author, const char *quote);
void	payload_put_reactions(xmpp_stanza_t *message, const char *id,
	    const struct strs *emojis);
void	payload_put_retraction(xmpp_stanza_t *message, const char *id);
void	payload_put_file(xmpp_stanza_t *message, const char *url,
	    const char *name);

#endif
