/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: util */
/* Where strangers would have us look: the first and the last address of each
 * range that is not for everybody, and those beside it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <cmocka.h>

#include "util/macros.h"
#include "util/reach.h"

static const struct {
	const char	*of;
	const char	*before;	/* public, or NULL: no such address */
	const char	*first, *last;
	const char	*after;		/* public, or NULL */
} ranges[] = {
	{ "unspecified", NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0" },
	{ "private A", "9.255.255.255", "10.0.0.0", "10.255.255.255",
	    "11.0.0.0" },
	{ "carriers' NAT", "100.63.255.255", "100.64.0.0", "100.127.255.255",
	    "100.128.0.0" },
	{ "loopback", "126.255.255.255", "127.0.0.0", "127.255.255.255",
	    "128.0.0.0" },
	{ "link-local", "169.253.255.255", "169.254.0.0", "169.254.255.255",
	    "169.255.0.0" },
	{ "private B", "172.15.255.255", "172.16.0.0", "172.31.255.255",
	    "172.32.0.0" },
	{ "protocols", "191.255.255.255", "192.0.0.0", "192.0.0.255",
	    "192.0.1.0" },
	{ "documentation 1", "192.0.1.255", "192.0.2.0", "192.0.2.255",
	    "192.0.3.0" },
	{ "6to4 relays", "192.88.98.255", "192.88.99.0", "192.88.99.255",
	    "192.88.100.0" },
	{ "private C", "192.167.255.255", "192.168.0.0", "192.168.255.255",
	    "192.169.0.0" },
	{ "benchmarks", "198.17.255.255", "198.18.0.0", "198.19.255.255",
	    "198.20.0.0" },
	{ "documentation 2", "198.51.99.255", "198.51.100.0",
	    "198.51.100.255", "198.51.101.0" },
	{ "documentation 3", "203.0.112.255", "203.0.113.0", "203.0.113.255",
	    "203.0.114.0" },
	{ "multicast", "223.255.255.255", "224.0.0.0", "239.255.255.255",
	    NULL },
	{ "reserved", NULL, "240.0.0.0", "255.255.255.255", NULL },

	{ "unspecified", NULL, "::", "::", NULL },
	{ "loopback", NULL, "::1", "::1", NULL },
	{ "IPv4-compatible", NULL, "::8.8.8.8", "::127.0.0.1", NULL },
	{ "IPv4-translated", NULL, "::ffff:0:8.8.8.8", "::ffff:0:10.0.0.1",
	    NULL },
	{ "NAT64 of its own", NULL, "64:ff9b:1::",
	    "64:ff9b:1:ffff:ffff:ffff:808:808", NULL },
	{ "NAT64, prefix not whole", NULL, "64:ff9b:0:1::8.8.8.8",
	    "64:ff9b::1:808:808", NULL },
	{ "discard", NULL, "100::", "100::ffff:ffff:ffff:ffff", NULL },
	{ "not given out below", NULL, "1fff::", "1fff:ffff::1", "2000::" },
	{ "Teredo and others", "2000:ffff::1", "2001::",
	    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::" },
	{ "documentation 1", "2001:db7:ffff::1", "2001:db8::",
	    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::" },
	{ "documentation 2", "3ffe:ffff::1", "3fff::",
	    "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::" },
	{ "not given out above", "3fff:ffff::1", "4000::", "fbff:ffff::1",
	    NULL },
	{ "unique local", NULL, "fc00::", "fdff:ffff::1", NULL },
	{ "link-local", NULL, "fe80::", "febf:ffff::1", NULL },
	{ "site-local", NULL, "fec0::", "feff:ffff::1", NULL },
	{ "multicast", NULL, "ff00::", "ff0e::1", NULL },
};

/* Addresses of IPv6 that lead to one of IPv4, as its four bytes in hex. */
static const char *const forms[] = {
	"::ffff:%02x%02x:%02x%02x",		/* mapped */
	"64:ff9b::%02x%02x:%02x%02x",		/* NAT64 */
	"2002:%02x%02x:%02x%02x::1",		/* 6to4 */
};

static void
expect(const char *of, const char *address, bool public)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	bool is6 = strchr(address, ':') != NULL;
	bool got;

	if (inet_pton(is6 ? AF_INET6 : AF_INET, address, is6 ?
	    (void *)&in6.sin6_addr : (void *)&in.sin_addr) != 1)
		fail_msg("%s: \"%s\" is no address", of, address);
	got = reach_is_public(is6 ? (struct sockaddr *)&in6 :
	    (struct sockaddr *)&in);
	if (got != public)
		fail_msg("%s: %s is %spublic", of, address,
		    got ? "" : "not ");
}

/* As written, and where it is one of IPv4, in all its forms. */
static void
expect_all(const char *of, const char *address, bool public)
{
	uint8_t b[4];
	char form[INET6_ADDRSTRLEN];

	if (address == NULL)
		return;
	expect(of, address, public);
	if (inet_pton(AF_INET, address, b) != 1)
		return;
	for (size_t i = 0; i < LENGTH(forms); i++) {
		snprintf(form, sizeof(form), forms[i], b[0], b[1], b[2],
		    b[3]);
		expect(of, form, public);
	}
}

static void
test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ranges); i++) {
		expect_all(ranges[i].of, ranges[i].before, true);
		expect_all(ranges[i].of, ranges[i].first, false);
		expect_all(ranges[i].of, ranges[i].last, false);
		expect_all(ranges[i].of, ranges[i].after, true);
	}
}

static void
test_public(void **state)
{
	static const char *const addresses[] = { "8.8.8.8", "93.184.216.34",
		"2001:4860:4860::8888", "2a00:1450:4001::1", "2620:fe::fe" };

	(void)state;
	for (size_t i = 0; i < LENGTH(addresses); i++)
		expect_all("public", addresses[i], true);
	/* What a cloud tells its machines, in secret. */
	expect_all("metadata", "169.254.169.254", false);
}

static void
test_other_families(void **state)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)state;
	assert_false(reach_is_public((struct sockaddr *)&path));
	assert_false(reach_is_public(&none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
