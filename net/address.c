/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a socket address is written, and whether it is this machine. */
#include "net/address.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "util/macros.h"
#include "util/xalloc.h"

/* The IPv4 address inside an IPv6 socket's address, if there is one. */
static bool
unmap(const struct sockaddr *sa, struct sockaddr_in *in)
{
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(in, sa, sizeof(*in));
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sa, sizeof(in6));
	if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		return false;
	*in = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = in6.sin6_port,
	};
	memcpy(&in->sin_addr, &in6.sin6_addr.s6_addr[12], 4);
	return true;
}

/* Into host and port as numbers; false for a family without them. */
static bool
numbers(const struct sockaddr *sa, char *host, socklen_t host_size,
    char *port, socklen_t port_size)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(struct sockaddr_in6);

	if (unmap(sa, &in)) {
		sa = (const struct sockaddr *)&in;
		len = sizeof(in);
	} else if (sa->sa_family != AF_INET6) {
		return false;
	}
	return getnameinfo(sa, len, host, host_size, port, port_size,
	    NI_NUMERICHOST | NI_NUMERICSERV) == 0;
}

char *
address_host(const struct sockaddr *sa)
{
	char host[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], port[8];

	if (!numbers(sa, host, sizeof(host), port, sizeof(port)))
		return xstrdup("local");
	return xstrdup(host);
}

char *
address_text(const struct sockaddr *sa)
{
	char host[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], port[8];

	if (!numbers(sa, host, sizeof(host), port, sizeof(port)))
		return xstrdup("local");
	if (strchr(host, ':') != NULL)
		return xasprintf("[%s]:%s", host, port);
	return xasprintf("%s:%s", host, port);
}

bool
address_is_loopback(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (unmap(sa, &in))
		return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return sa->sa_family == AF_UNIX;
}
