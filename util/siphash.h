/* SPDX-License-Identifier: GPL-2.0-or-later */
/* siphash.h - keyed hash for tables whose keys strangers choose. */
#ifndef UTIL_SIPHASH_H
#define UTIL_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 under a given 128-bit key. */
uint64_t	siphash(const uint8_t key[16], const void *data, size_t len);
/* The same under a key drawn once for this process, folded to 32 bits. */
uint32_t	siphash_string(const char *s);

#endif
