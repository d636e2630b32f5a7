/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.h - SHA-1 as XMPP writes it: a name for bytes, not a seal. */
#ifndef MANAGER_GATEWAY_DIGEST_H
#define MANAGER_GATEWAY_DIGEST_H

#include <stddef.h>

#define DIGEST_SIZE	41	/* in hexadecimal, with a NUL */

void	digest_hex(const void *data, size_t len, char out[DIGEST_SIZE]);

#endif
