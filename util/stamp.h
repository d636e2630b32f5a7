/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stamp.h - time stamps as XMPP has them (XEP-0082, and of old XEP-0091). */
#ifndef UTIL_STAMP_H
#define UTIL_STAMP_H

#include <stdint.h>

/* In ms since 1970, less than 0 before; 0 for what is none. */
int64_t	stamp_parse(const char *);

#endif
