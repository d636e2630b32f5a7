/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec.h - messages to bytes and back, by the schema; no I/O.
 *
 * Whoever sends what is not MessagePack-RPC, breaks a limit (1 MiB, 16 levels),
 * or sends text that is not UTF-8 gets -1 here and is dropped by the caller;
 * unknown keys and methods are not errors.  Nothing that a message announces
 * makes the decoder allocate more than the bytes that arrived justify. */
#ifndef PROTOCOL_CODEC_H
#define PROTOCOL_CODEC_H

#include "protocol/schema.h"
#include "util/buf.h"
#include "util/macros.h"

/* Every encoder appends one whole message.  Strings must be valid UTF-8
 * (encode_* replace what is not by '?', so that a sloppy plug-in's text is
 * damaged rather than its process killed).  Arrays and maps are absent when
 * their pointer is NULL, and empty when only their count is 0.  Returns -1,
 * with nothing appended, when the message would be over the size limit. */
int	encode_request(struct buf *, uint32_t id, enum method,
	    const void *params) MUST_CHECK;
int	encode_notification(struct buf *, enum method, const void *params)
	    MUST_CHECK;
/* result NULL: nil. */
int	encode_result(struct buf *, uint32_t id, enum method,
	    const void *result) MUST_CHECK;
void	encode_error(struct buf *, uint32_t id, const char *code,
	    const char *text);			/* text may be NULL */

struct msg {
	enum msg_kind	 kind;
	uint32_t	 id;		/* REQUEST, RESPONSE */
	enum method	 method;	/* METHOD_NONE: a REQUEST to be refused
					 * as not supported, or a RESPONSE */
	const union params *params;	/* NULL with METHOD_NONE */
	const struct msg_error *error;	/* RESPONSE that failed, else NULL */
};

struct decoder;

/* from: the direction of the requests and notifications it will read. */
struct decoder	*decoder_create(enum direction from);
void		 decoder_destroy(struct decoder *);	/* NULL is fine */

/* The next whole message at the front of in.  1: here it is; 0: more bytes are
 * needed; -1: hopeless, and why.  The message and its strings live in *in and
 * in the decoder until the next call, which also consumes the bytes; leave *in
 * alone meanwhile (appending may move it).  After -1 there is nothing but -1.
 * Notifications of unknown methods are passed over. */
int		 decoder_next(struct decoder *, struct buf *in, struct msg *,
		    const char **why) MUST_CHECK;
/* The result of the RESPONSE that decoder_next() just gave, now that the
 * caller has found out which method it answers.  -1: it does not fit. */
int		 decoder_result(struct decoder *, enum method, union result *,
		    const char **why) MUST_CHECK;

#endif
