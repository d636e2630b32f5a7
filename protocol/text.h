/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h - what the protocol calls text: UTF-8 without NUL.  Nearly all of it
 * is ASCII, and is looked at eight bytes at a time. */
#ifndef PROTOCOL_TEXT_H
#define PROTOCOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

bool	text_valid(const char *, size_t n);
/* Overwrite what is not UTF-8 by '?', in place, byte for byte. */
void	text_repair(char *, size_t n);

#endif
