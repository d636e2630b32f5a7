/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser.h - bytes in, stanzas out: one XML stream (RFC 6120) over expat.
 *
 * Whatever comes in, memory stays within a small multiple of stanza_max, and
 * nothing is done twice for the same byte but for a tag that comes in pieces,
 * which is bounded.  An idle parser holds neither an arena nor text. */
#ifndef MANAGER_XMPP_PARSER_H
#define MANAGER_XMPP_PARSER_H

#include "manager/xmpp/stanza.h"
#include "util/buf.h"
#include "util/macros.h"

#define NS_STREAM "http://etherx.jabber.org/streams"

struct parser;

/* The stanza and what hangs from it die when the callback returns.  All the
 * functions below may be called from inside a callback, except parser_feed()
 * of the same parser. */
struct parser_events {
	/* <stream:stream>, an element without children. */
	void	(*opened)(void *ctx, struct arena *, const struct stanza *);
	/* An element below it, complete. */
	void	(*stanza)(void *ctx, struct arena *, const struct stanza *);
	/* </stream:stream>; nothing more comes. */
	void	(*ended)(void *ctx);
};

/* ns is what the stream's default namespace must be, a literal. */
struct parser	*parser_create(const char *ns, size_t stanza_max,
		    const struct parser_events *, void *ctx);
void		 parser_destroy(struct parser *);	/* NULL is fine */
void		 parser_set_max(struct parser *, size_t stanza_max);

/* Returns -1 when the stream cannot go on, with the stream error condition to
 * send (RFC 6120 4.9.3); every later call does the same. */
int		 parser_feed(struct parser *, const char *data, size_t len,
		    const char **condition) MUST_CHECK;

/* Halt behind the stanza that is being read, or at once between two; bytes that
 * are fed beyond are kept as they are.  false: the next call of parser_feed()
 * goes on, with these first. */
void		 parser_hold(struct parser *, bool);
const struct buf *parser_rest(const struct parser *);	/* those bytes */

/* Inside the stream, and not inside of anything in it. */
bool		 parser_is_idle(const struct parser *);
/* Another parser, fresh from parser_create(), goes on where this one stands
 * when it is idle: parser_enter() with what parser_header() gives (NULL: there
 * was none yet).  Returns -1 when that is no header. */
const char	*parser_header(const struct parser *);
int		 parser_enter(struct parser *, const char *header) MUST_CHECK;

/* A new stream begins with the next call of parser_feed(); what is left of the
 * current one is dropped. */
void		 parser_restart(struct parser *);
/* No more callbacks; what comes is ignored. */
void		 parser_stop(struct parser *);

#endif
