/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As whom do we come, where a server should tell our users apart? */
#include "backends/irc/source.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
source_parse(struct source_prefix *p, const char *text)
{
	const char *slash = strchr(text, '/');
	char net[INET6_ADDRSTRLEN], *end;
	long bits;

	*p = (struct source_prefix){ .bits = 0 };
	if (slash == NULL || (size_t)(slash - text) >= sizeof(net) ||
	    slash[1] < '0' || slash[1] > '9')
		return -1;
	memcpy(net, text, (size_t)(slash - text));
	net[slash - text] = '\0';
	bits = strtol(slash + 1, &end, 10);
	if (*end != '\0' || bits < 8 || bits > SOURCE_BITS_MAX ||
	    inet_pton(AF_INET6, net, &p->net) != 1)
		return -1;
	p->bits = (unsigned)bits;
	return 0;
}

static void
hash(unsigned char out[32], const char *what, const char *instance,
    const char *user)
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const unsigned char *)what,
	    strlen(what) + 1);
	crypto_hash_sha256_update(&h, (const unsigned char *)instance,
	    strlen(instance) + 1);
	crypto_hash_sha256_update(&h, (const unsigned char *)user,
	    strlen(user));
	crypto_hash_sha256_final(&h, out);
}

void
source_address(char out[INET6_ADDRSTRLEN], const struct source_prefix *p,
    const char *instance, const char *user)
{
	static const struct source_prefix own = {
		.net.s6_addr = { 0xfd }, .bits = 8 };
	unsigned char bytes[32];
	struct in6_addr a;

	if (p->bits == 0)
		p = &own;
	hash(bytes, "address", instance, user);
	a = p->net;
	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = p->bits > i * 8 ? p->bits - i * 8 : 0;
		unsigned char mask = kept >= 8 ? 0xff :
		    (unsigned char)(0xff << (8 - kept));

		a.s6_addr[i] = (unsigned char)((a.s6_addr[i] & mask) |
		    (bytes[i] & ~mask));
	}
	/* All zeros would be the routers' (RFC 4291 2.6.1). */
	a.s6_addr[15] |= 1;
	inet_ntop(AF_INET6, &a, out, INET6_ADDRSTRLEN);
}

void
source_host(char out[SOURCE_HOST_MAX], const char *instance, const char *user)
{
	unsigned char bytes[32];

	hash(bytes, "host", instance, user);
	snprintf(out, SOURCE_HOST_MAX, "%02x%02x%02x%02x%02x%02x.%.200s",
	    bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5],
	    instance);
}
