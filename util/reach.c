/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses inside of addresses, as IPv6 has several kinds of, count as what
 * they lead to. */
#include "util/reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "util/macros.h"

static const struct {
	uint32_t	 net;
	unsigned	 bits;
} reserved4[] = {
	{ 0x00000000, 8 },	/* "this" network */
	{ 0x0a000000, 8 },	/* private */
	{ 0x64400000, 10 },	/* carriers' NAT */
	{ 0x7f000000, 8 },	/* loopback */
	{ 0xa9fe0000, 16 },	/* link-local, and clouds' metadata */
	{ 0xac100000, 12 },	/* private */
	{ 0xc0000000, 24 },	/* protocol assignments */
	{ 0xc0000200, 24 },	/* documentation */
	{ 0xc0586300, 24 },	/* 6to4 relays */
	{ 0xc0a80000, 16 },	/* private */
	{ 0xc6120000, 15 },	/* benchmarks */
	{ 0xc6336400, 24 },	/* documentation */
	{ 0xcb007100, 24 },	/* documentation */
	{ 0xe0000000, 4 },	/* multicast */
	{ 0xf0000000, 4 },	/* reserved, broadcast */
};

static bool
is_public4(uint32_t address)
{
	for (size_t i = 0; i < LENGTH(reserved4); i++) {
		if ((address ^ reserved4[i].net) >> (32 - reserved4[i].bits)
		    == 0)
			return false;
	}
	return true;
}

static uint32_t
four(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
}

/* Only 2000::/3 is given out at all. */
static bool
is_public6(const uint8_t *a)
{
	static const uint8_t zero[12] = { 0 };
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (memcmp(a, zero, 10) == 0 && a[10] == 0xff && a[11] == 0xff)
		return is_public4(four(a + 12));
	if (memcmp(a, nat64, 12) == 0)
		return is_public4(four(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02)		/* 6to4 */
		return is_public4(four(a + 2));
	if ((a[0] & 0xe0) != 0x20)
		return false;
	/* 2001::/23 with Teredo, ORCHID, ...; documentation */
	if (a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xfe) == 0)
		return false;
	if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8)
		return false;
	return !(a[0] == 0x3f && a[1] == 0xff && (a[2] & 0xf0) == 0);
}

bool
reach_is_public(const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		return is_public4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		return is_public6(in6.sin6_addr.s6_addr);
	}
	return false;
}
