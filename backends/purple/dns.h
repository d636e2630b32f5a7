/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns.h - c-ares on GLib's default main context: one channel, without threads
 * and without blocking.  The environment's CARES_HOSTS names another file than
 * /etc/hosts, and its CARES_SERVERS other name servers, "ADDRESS:PORT,...". */
#ifndef BACKENDS_PURPLE_DNS_H
#define BACKENDS_PURPLE_DNS_H

#include <ares.h>

/* Answers may come from inside of these calls, and come exactly once, after a
 * bounded but possibly long time. */
void	dns_host(const char *host, const char *port,
	    ares_addrinfo_callback answer, void *ctx);
/* type: 16, TXT, or 33, SRV. */
void	dns_record(const char *name, int type, ares_callback answer,
	    void *ctx);

#endif
