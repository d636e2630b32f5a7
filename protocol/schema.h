/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schema.h - the messages as C types, made from messages.def. */
#ifndef PROTOCOL_SCHEMA_H
#define PROTOCOL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_VERSION	1
#define PROTOCOL_MESSAGE_MAX	(1024 * 1024)	/* bytes */
#define PROTOCOL_DEPTH_MAX	16

enum tri { TRI_ABSENT, TRI_FALSE, TRI_TRUE };

struct bin {
	const void	*data;
	size_t		 len;
};

struct strs {
	const char	**v;		/* NULL: absent */
	size_t		  n;
};

struct pair {
	const char	*key, *value;
};

struct pairs {
	struct pair	*v;
	size_t		 n;
};

struct section {
	const char	*name;
	struct pairs	 pairs;
};

struct sections {
	struct section	*v;
	size_t		 n;
};

#define C_STR		const char *
#define C_INT		int64_t
#define C_BOOL		bool
#define C_TRI		enum tri
#define C_BIN		struct bin
#define C_STRS		struct strs
#define C_MAP		struct pairs
#define C_SECTIONS	struct sections

/* struct msg_NAME for every record, message and result.  An empty message
 * still has a member, as C wants one. */
#define RECORD(name)			struct msg_##name {
#define MESSAGE(name, wire, dir, kind, help)	struct msg_##name { char none_;
#define RESULT(name, help)		struct msg_##name##_result { char none_;
#define FIELD(type, name, need, help)	C_##type name;
#define LIST(record, name, need, help)	\
	struct { struct msg_##record *v; size_t n; } name;
#define ONE(record, name, need, help)	struct msg_##record *name;
#define END				};
#include "protocol/messages.def"
#undef RECORD
#undef MESSAGE
#undef RESULT
#undef FIELD
#undef LIST
#undef ONE
#undef END

#define RECORD(name)
#define MESSAGE(name, wire, dir, kind, help)	METHOD_##name,
#define RESULT(name, help)
#define FIELD(type, name, need, help)
#define LIST(record, name, need, help)
#define ONE(record, name, need, help)
#define END
enum method {
	METHOD_NONE,		/* a method this version does not know */
#include "protocol/messages.def"
	METHOD_COUNT
};
#undef MESSAGE

#define MESSAGE(name, wire, dir, kind, help)	struct msg_##name name;
union params {
#include "protocol/messages.def"
};
#undef MESSAGE
#undef RESULT

#define MESSAGE(name, wire, dir, kind, help)
#define RESULT(name, help)	struct msg_##name##_result name;
union result {
#include "protocol/messages.def"
};
#undef RECORD
#undef MESSAGE
#undef RESULT
#undef FIELD
#undef LIST
#undef ONE
#undef END

enum direction { DOWN, UP };
enum msg_kind { REQUEST = 0, RESPONSE = 1, NOTIFICATION = 2 };

/* What the wire says of a method; NULL past the end. */
const char	*method_wire(enum method);
enum direction	 method_direction(enum method);
enum msg_kind	 method_kind(enum method);

#endif
