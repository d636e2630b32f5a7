/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8.h - is it text, and where may it be cut? (RFC 3629, XML 1.0 2.2) */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length in bytes of the well-formed character at s (at most n bytes), with
 * its code point; 0 for a malformed one (overlong, surrogate, > U+10FFFF). */
size_t	utf8_next(const char *s, size_t n, uint32_t *codepoint);
/* How many of the n bytes, from the first on, are ASCII. */
size_t	utf8_ascii(const char *s, size_t n);
bool	utf8_valid(const char *s, size_t n);
/* May this code point stand in an XML 1.0 document? */
bool	utf8_xml_char(uint32_t codepoint);
/* Overwrite what is malformed or illegal in XML by '?', in place; bytes keep
 * their number. */
void	utf8_xml_clean(char *s, size_t n);
/* The largest m <= max, m <= n, at which s may be cut between characters. */
size_t	utf8_cut(const char *s, size_t n, size_t max);

#endif
