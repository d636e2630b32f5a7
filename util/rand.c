/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers, all from getrandom(2). */
#include "util/rand.h"

#include <errno.h>
#include <sys/random.h>

#include "util/log.h"

void
rand_bytes(void *out, size_t n)
{
	char *p = out;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			fatal("getrandom failed");
		p += got;
		n -= (size_t)got;
	}
}

double
rand_unit(void)
{
	uint32_t word;

	rand_bytes(&word, sizeof(word));
	return word / 4294967296.0;
}

void
rand_token(char *out, size_t size)
{
	/* 32 signs, so that a byte's low five bits are unbiased. */
	static const char signs[] = "abcdefghijkmnopqrstuvwxyz2345678";

	rand_bytes(out, size - 1);
	for (size_t i = 0; i + 1 < size; i++)
		out[i] = signs[out[i] & 31];
	out[size - 1] = '\0';
}
