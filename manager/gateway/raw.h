/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw.h - what passes through the gateway as it is (feature "raw"): payloads
 * that it has no word for.
 *	raw.c		what may pass, and that it is XML
 *	raw_iq.c	requests, in both directions
 *	raw_address.c	between whom
 * Neither side is trusted: a network's bytes are parsed, and what is written is
 * our own. */
#ifndef MANAGER_GATEWAY_RAW_H
#define MANAGER_GATEWAY_RAW_H

#include "manager/gateway/down.h"
#include "util/buf.h"

#define RAW_MAX		(256 * 1024)	/* bytes of what passes at once */
#define RAW_DEPTH_MAX	32		/* elements inside each other */

/* What it is inside of. */
enum raw_kind {
	RAW_IQ,			/* one element at most */
	RAW_MESSAGE,		/* those that the gateway does not know */
	RAW_ERROR,		/* the error of an iq */
};

/* May an element of this namespace pass? */
bool	raw_may_pass(enum raw_kind, const char *ns);

/* What passes of the children of a stanza, as XML with all its namespaces,
 * behind what is in out.  Returns how many elements; -1, and *why, when it is
 * too much or, in an iq, one may not pass: out is as it was. */
int	raw_take(struct buf *out, enum raw_kind, const struct stanza *,
	    const char **why) MUST_CHECK;
/* The same of what a backend says about a user; what is no XML is logged, too.
 * The error of an iq is in the namespace of the stream, and left so. */
int	raw_clean(struct buf *out, enum raw_kind, const char *xml,
	    const char *user, const char **why) MUST_CHECK;

/* Pass an iq of type get or set on to the network, which answers it.  false:
 * it is not for the network, or may not pass; nothing was done. */
bool	raw_pass(struct down *) MUST_CHECK;
/* The same for one that the gateway could answer, by this handler, but the
 * network better: there the handler runs after all when the backend fails. */
bool	raw_pass_first(struct down *, down_handler *) MUST_CHECK;

#endif
