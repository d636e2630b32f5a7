/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stamp.h - time stamps that others write (XEP-0082); say_stamp() writes ours. */
#ifndef MANAGER_GATEWAY_STAMP_H
#define MANAGER_GATEWAY_STAMP_H

#include <stdint.h>

/* In ms since 1970; 0 for what is none. */
int64_t	stamp_parse(const char *);

#endif
