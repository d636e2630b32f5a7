/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reach.h - which addresses may be connected to on behalf of somebody else? */
#ifndef UTIL_REACH_H
#define UTIL_REACH_H

#include <stdbool.h>
#include <sys/socket.h>

/* Is this one that everybody on the internet could reach as well?  Not this
 * host, not its network, not what is reserved (the registries of RFC 6890). */
bool	reach_is_public(const struct sockaddr *);

#endif
