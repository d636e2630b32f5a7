/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.h - what we ask of others (RFC 6120 8.2.3), and their answers. */
#ifndef BACKENDS_XMPP_REQUEST_H
#define BACKENDS_XMPP_REQUEST_H

#include "backends/xmpp/session.h"

#define REQUEST_TIMEOUT	30.0	/* seconds */

/* Comes exactly once, never before request_send() returns.  answer: a result
 * or an error; NULL: there is none in time (what has not been sent by then, as
 * there is no connection, never is), or whoever had to give it has
 * forgotten the question, as its server has forgotten the session; or the
 * session ends, then nothing more is to be asked. */
typedef void request_answered(struct session *, xmpp_stanza_t *answer,
    void *ctx);

/* A get or a set; to NULL: the user's own account.  Its id is one nobody can
 * guess: whoever knows it is the one who was asked. */
xmpp_stanza_t	*request_new(struct session *, const char *type,
		    const char *to);
/* Gives the stanza away. */
void		 request_send(struct session *, xmpp_stanza_t *,
		    request_answered *, void *ctx);

/* The same; the call is answered as the request is, without a result. */
void		 request_send_for(struct session *, xmpp_stanza_t *,
		    const struct kit_call *);

/* Is the answer a result? */
bool		 request_worked(xmpp_stanza_t *answer);
/* Pass the answer on to whoever waits for it: nil, or what is wrong. */
void		 request_settle(const struct kit_call *, xmpp_stanza_t *answer);

/* The condition of a stanza of type error as one of the error codes, never
 * NULL, and its text or NULL (malloced). */
const char	*request_code(xmpp_stanza_t *);
char		*request_text(xmpp_stanza_t *);

/* Rows of session.c's table. */
void		 request_online(struct session *);
bool		 request_stanza(struct session *, xmpp_stanza_t *);
void		 request_end(struct session *);

#endif
