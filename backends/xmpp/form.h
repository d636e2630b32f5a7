/* SPDX-License-Identifier: GPL-2.0-or-later */
/* form.h - forms of others (XEP-0004), and how they are filled in. */
#ifndef BACKENDS_XMPP_FORM_H
#define BACKENDS_XMPP_FORM_H

#include <stdbool.h>
#include <strophe.h>

#include "protocol/schema.h"
#include "util/arena.h"
#include "util/buf.h"

#define NS_DATA		"jabber:x:data"
#define FORM_FIELDS	200
#define FORM_TEXT	8192	/* bytes of a value */
#define FORM_COLUMNS	50	/* of a table */
#define FORM_ROWS	500
#define FORM_LINES	32768	/* bytes, after which no line begins */

/* What there is to fill in, as fields of the protocol; all in the arena, but
 * for what belongs to the form.  Left out are hidden ones, and those whose
 * values are too long, or too many. */
void	form_read(struct arena *, xmpp_stanza_t *form,
	    struct msg_field **fields, size_t *n);
/* All values of a field, one a line; NULL: there is none. */
const char *form_values(struct arena *, xmpp_stanza_t *field);
/* Into parent: the form as it came, with these values in it by name; others
 * stay as they are.  Lines are values of a field that has several. */
void	form_submit(xmpp_stanza_t *parent, xmpp_stanza_t *form,
	    const struct pairs *values);
/* A form of our own begins; the type is its FORM_TYPE. */
xmpp_stanza_t *form_begin(xmpp_stanza_t *parent, const char *type);
void	form_put(xmpp_stanza_t *form, const char *var, const char *value);

/* form_result.c: a form that is an answer.  As a table; false: it is none. */
struct form_table {
	struct msg_column *columns;
	size_t		 ncolumns;
	struct msg_row	*rows;
	size_t		 nrows;
};
bool	form_read_table(struct arena *, xmpp_stanza_t *form,
	    struct form_table *);
/* Its fields as lines, after those that are there. */
void	form_put_lines(struct arena *, xmpp_stanza_t *form, struct buf *lines);

#endif
