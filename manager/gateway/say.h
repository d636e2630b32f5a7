/* SPDX-License-Identifier: GPL-2.0-or-later */
/* say.h - the only builder of stanzas that users see.
 * say.c has what all need (errors, iq, presence, one-to-one); say_chat.c,
 * say_room.c and say_roster.c the rest, each with a header of its own. */
#ifndef MANAGER_GATEWAY_SAY_H
#define MANAGER_GATEWAY_SAY_H

#include <stdint.h>

#include "manager/gateway/down.h"

/* Stanza error conditions with their usual type (RFC 6120 8.3.3). */
enum stanza_error {
	E_BAD_REQUEST, E_CONFLICT, E_FEATURE_NOT_IMPLEMENTED, E_FORBIDDEN,
	E_GONE, E_INTERNAL_SERVER_ERROR, E_ITEM_NOT_FOUND, E_JID_MALFORMED,
	E_NOT_ACCEPTABLE, E_NOT_ALLOWED, E_NOT_AUTHORIZED, E_POLICY_VIOLATION,
	E_RECIPIENT_UNAVAILABLE, E_REGISTRATION_REQUIRED,
	E_REMOTE_SERVER_NOT_FOUND, E_REMOTE_SERVER_TIMEOUT,
	E_RESOURCE_CONSTRAINT, E_SERVICE_UNAVAILABLE, E_SUBSCRIPTION_REQUIRED,
	E_ROOM_FULL,		/* service-unavailable, but try again later */
	E_UNDEFINED_CONDITION, E_UNEXPECTED_REQUEST,
};

/* Of a backend's error code (protocol/errors.h). */
enum stanza_error say_error_of(const char *code);
/* <error/> inside an open stanza; text may be NULL. */
void	say_error_element(struct xml *, enum stanza_error, const char *text);

/* Answer a stanza by an error, from its to to its from, same kind and id.
 * Errors and iq results are never answered: this does nothing for them. */
void	say_error(const struct down *, enum stanza_error, const char *text);
/* The same when the stanza is gone: kind "message", "presence" or "iq". */
void	say_error_to(struct gateway *, const char *kind, const char *from,
	    const char *to, const char *id, enum stanza_error,
	    const char *text);

/* An empty iq result; and one with content: begin, write, say_end(). */
void	say_result(const struct down *);
struct xml *say_result_begin(const struct down *);
/* The same for an answer that comes later. */
struct xml *say_result_begin_to(struct gateway *, const char *from,
	    const char *to, const char *id);
/* One of type "result" or "error". */
struct xml *say_answer_begin_to(struct gateway *, const char *type,
	    const char *from, const char *to, const char *id);
/* link_end(), seen by those who trace the receiver. */
int	say_send(struct gateway *, const char *to, unsigned flags);
/* Close whatever is open and send; flags as link_end(). */
int	say_end(struct gateway *, struct xml *, const char *to, unsigned flags);

/* What a message does to another one; one of retracts and reacts, or, of a
 * message that was taken back, retraction. */
struct say_gesture {
	const char	*retracts;	/* XEP-0424 */
	const char	*by, *reason;	/* XEP-0425: the moderator, or NULL */
	const char	*reacts, *emojis;	/* XEP-0444; a line each */
	const char	*retraction;	/* what is left (XEP-0424 4) */
	int64_t		 retracted;	/* ms since 1970 */
};

/* One message to an XMPP user.  NULL and 0 leave things out. */
struct say_message {
	const char	*from, *to;	/* to: bare or full */
	const char	*type;		/* "chat" "groupchat" "headline" "normal" */
	const char	*id, *body, *xhtml, *subject, *thread, *lang;
	const char	*chat_state;	/* "active" ... */
	const char	*extra;		/* what passes as it is (raw.h) */
	const char	*stanza_id, *stanza_id_by;	/* XEP-0359 */
	const char	*origin_id;	/* the same, as the sender made it */
	const char	*occupant_id;	/* XEP-0421 */
	const char	*replaces;	/* XEP-0308 */
	const char	*received;	/* XEP-0184: id of the message received */
	const char	*displayed;	/* XEP-0333: the same of one seen */
	const struct msg_reply *reply_to;	/* XEP-0461: text is quoted */
	const char	*reply_jid;	/* of its author, or NULL */
	const struct say_gesture *gesture;
	const char	*delay_from;
	int64_t		 time;		/* XEP-0203, ms since 1970 */
	const struct msg_attachment *attachments;
	size_t		 nattachments;
	bool		 private_muc;	/* <x muc#user/> of a private message */
	bool		 attention, no_carbons;
	bool		 wants_receipt;	/* XEP-0184 */
	bool		 markable;	/* XEP-0333 */
	bool		 no_store;	/* of no use when it is late (XEP-0334) */
};
/* Messages with a body are held while the link is down.  -1: not delivered. */
int	say_message(struct gateway *, const struct say_message *);

/* The same as part of another stanza, complete with its namespace. */
void	say_message_inside(struct xml *, const struct say_message *);

/* Words from the gateway itself to a user. */
void	say_notice(struct gateway *, const char *to, const char *text);

/* <presence/> without content beyond show and status.  from, to: any JID;
 * type NULL: available. */
void	say_presence(struct gateway *, const char *from, const char *to,
	    const char *type, enum show, const char *status);

#define STAMP_SIZE 40
/* XEP-0082 time stamp of ms since 1970; out has room for STAMP_SIZE. */
void	say_stamp(char *out, int64_t ms);

#endif
