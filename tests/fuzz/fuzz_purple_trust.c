/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* Any bytes as a server's certificate, in PEM and inside of it. */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/trust.h"
#include "util/xalloc.h"

static void
judge(const char *pem)
{
	static const char *const names[] = { "host.test", NULL, "127.0.0.1" };
	const char *const chain[] = { pem, pem };
	struct verdict v;

	trust_judge(chain, 2, names, 3, &v);
	if (v.good || v.what == NULL || strlen(v.what) > 4000)
		abort();
	for (const char *c = v.what; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			abort();
	}
	verdict_finish(&v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	char *why = NULL, *text, *pem;

	if (size > 16384)
		return 0;
	if (!ready && trust_init(NULL, &why) < 0)
		abort();
	ready = true;
	text = xmalloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	judge(text);
	text = xrealloc(text, size * 2 + 100);
	EVP_EncodeBlock((unsigned char *)text, data, (int)size);
	pem = xasprintf("-----BEGIN CERTIFICATE-----\n%s\n"
	    "-----END CERTIFICATE-----\n", text);
	judge(pem);
	free(pem);
	free(text);
	return 0;
}
