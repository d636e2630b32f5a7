/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macros.h - the few GNU attributes and idioms the whole tree uses. */
#ifndef UTIL_MACROS_H
#define UTIL_MACROS_H

#include <stddef.h>

#define MUST_CHECK		__attribute__((warn_unused_result))
#define PRINTF(fmt, args)	__attribute__((format(printf, fmt, args)))
#define NORETURN		__attribute__((noreturn))
#define UNUSED			__attribute__((unused))

#define LENGTH(array)		(sizeof(array) / sizeof((array)[0]))

/* The object of the given type whose member this pointer is. */
#define CONTAINER(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif
