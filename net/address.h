/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.h - socket addresses as text, for people and for limits. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* "127.0.0.1" and "127.0.0.1:5222"; IPv6 as "::1" and "[::1]:5222".  An IPv4
 * address mapped into IPv6 is written as IPv4.  The caller frees both. */
char	*address_host(const struct sockaddr *);
char	*address_text(const struct sockaddr *);

/* 127.0.0.0/8, ::1 or a socket of this machine alone. */
bool	 address_is_loopback(const struct sockaddr *);

#endif
