/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout.h - messages.def as tables, for whoever treats all messages alike:
 * the codec, and the tests that compare the manual page with the schema. */
#ifndef PROTOCOL_LAYOUT_H
#define PROTOCOL_LAYOUT_H

#include "protocol/schema.h"

enum field_type {
	FIELD_STR,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_TRI,
	FIELD_BIN,
	FIELD_STRS,
	FIELD_MAP,
	FIELD_SECTIONS,
	FIELD_LIST,
	FIELD_ONE
};

struct layout;
typedef const struct layout *layout_of(void);

struct field {
	const char	*name;
	size_t		 name_len;
	enum field_type	 type;
	bool		 required;
	size_t		 offset;	/* in the struct */
	layout_of	*record;	/* of LIST and ONE, else NULL */
	const char	*help;
};

/* One struct msg_NAME. */
struct layout {
	const char	*name;		/* as in messages.def */
	const char	*help;		/* "" for a record */
	const struct field *fields;
	unsigned	 count;		/* <= LAYOUT_FIELDS_MAX */
	unsigned	 required;	/* how many of them are */
	size_t		 size;
};

#define LAYOUT_FIELDS_MAX 32		/* a set of fields is a uint32_t */

/* Method is a known one. */
const struct layout *layout_params(enum method);
/* NULL: answered with nil. */
const struct layout *layout_result(enum method);
/* The record error, which is what a failed request is answered with. */
const struct layout *layout_failure(void);
/* All records, in the order of messages.def; NULL past the end. */
const struct layout *layout_record(size_t i);

/* METHOD_NONE when nothing has this name in this direction. */
enum method	method_find(enum direction, const char *wire, size_t len);

#endif
