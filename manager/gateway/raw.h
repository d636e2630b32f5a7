/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw.h - what passes through the gateway as it is (feature "raw"): payloads
 * that it has no word for.
 *	raw.c		that it may (protocol/passing.h), and that it is XML
 *	raw_iq.c	requests, in both directions
 *	raw_message.c	messages going down
 *	raw_tell.c	... and coming up
 *	raw_address.c	between whom
 * Neither side is trusted: a network's bytes are parsed, and what is written is
 * our own. */
#ifndef MANAGER_GATEWAY_RAW_H
#define MANAGER_GATEWAY_RAW_H

#include "manager/gateway/down.h"
#include "protocol/passing.h"
#include "util/buf.h"

/* What passes of the children of a stanza, as XML with all its namespaces,
 * behind what is in out.  Returns how many elements; -1, and *why, when it is
 * too much or, in an iq, one may not pass: out is as it was. */
int	raw_take(struct buf *out, enum passing_kind, const struct stanza *,
	    const char **why) MUST_CHECK;
/* The same of what a backend says about a user; what is no XML is logged, too.
 * The error of an iq is in the namespace of the stream, and left so. */
int	raw_clean(struct buf *out, enum passing_kind, const char *xml,
	    const char *user, const char **why) MUST_CHECK;

/* Read the one element that a backend has told about a user, at once.  false:
 * it is none that may pass in an iq. */
typedef void raw_reader(void *ctx, struct arena *, const struct stanza *);
bool	raw_read(const char *xml, const char *user, raw_reader *, void *ctx);

/* The same of an answer; the addresses in lists (XEP-0030) are made ours. */
int	raw_clean_answer(const struct gateway *, struct buf *out,
	    enum passing_kind, const char *xml, const char *user,
	    const char **why) MUST_CHECK;

/* Pass an iq of type get or set on to the network, which answers it.  false:
 * it is not for the network, or may not pass; nothing was done. */
bool	raw_pass(struct down *) MUST_CHECK;
/* The same for one that the gateway could answer, by this handler, but the
 * network better: there the handler runs after all when the backend fails. */
bool	raw_pass_first(struct down *, down_handler *) MUST_CHECK;

/* Server mode: the same of an iq to the user's own account, about a node of it
 * (XEP-0163) that is not served here. */
bool	raw_pass_account(struct down *) MUST_CHECK;

/* Into d->extra what a message has that nobody here takes care of.  false: it
 * is too much, and has been answered. */
bool	raw_extra(struct down *) MUST_CHECK;
/* The language of a message, where it passes; or NULL. */
const char *raw_lang(const struct down *);
/* A message without a body, or what is left of it: passed on if there is
 * anything in it that is not only about how to handle it. */
void	raw_message(struct down *);
/* The same of a message of the network, to be kept until it is written: NULL
 * where it does not pass. */
const char *raw_extra_up(const struct gateway *, const char *xml);
/* What of a presence of the network passes, ended by a NUL; false: nothing, and
 * out is empty. */
bool	raw_presence(const struct user *, const char *xml, struct buf *out);
/* Into an open message what a backend, or we ourselves, kept as extra. */
void	raw_put(struct xml *, const char *user, const char *extra);

#endif
