/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vet.h - what of a negotiation libstrophe must not see.
 *
 * It takes a challenge of SASL to pieces without asking whether they are there,
 * hashes a password as often as the server likes while nothing else is done
 * here, copies the offer of a resource when there is none, and does DIGEST-MD5,
 * which is obsolete (RFC 6331), in the same way. */
#ifndef BACKENDS_XMPP_VET_H
#define BACKENDS_XMPP_VET_H

#include <stdbool.h>
#include <stddef.h>

/* What a server is saying, as far as it matters to anybody. */
enum saying {
	NOTHING, FEATURES, CHALLENGE, SUCCESS, SASL_FAILURE, STREAM_ERROR,
};

struct vet {
	enum saying	 saying;
	bool		 mechanism;	/* the text is the name of one */
	bool		 good;		/* the challenge is */
	bool		 authenticated;	/* features are those after a login */
	bool		 bind, bound;	/* in them: the first, and as it should
					 * be */
};

/* As in struct guard_events; those with a result say why to refuse, or NULL. */
void		 vet_element(struct vet *, int depth, const char *ns,
		    const char *name);
/* *pass: whether libstrophe gets it. */
const char	*vet_text(struct vet *, int depth, const char *text,
		    size_t len, bool *pass);
const char	*vet_ending(struct vet *);

#endif
