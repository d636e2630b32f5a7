/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/gateway/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "util/log.h"

void
digest_hex(const void *data, size_t len, char out[DIGEST_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n;

	if (EVP_Digest(data, len, digest, &n, EVP_sha1(), NULL) != 1)
		fatal("no SHA-1");
	for (unsigned i = 0; i < n && 2 * i + 2 < DIGEST_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
