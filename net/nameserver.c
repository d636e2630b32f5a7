/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A channel of c-ares by our rules.  What it waits for is the business of
 * whoever has the loop. */
#include "net/nameserver.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/log.h"

#define TIMEOUT	2000	/* ms for the first try, doubled each time */
#define TRIES	3

static struct timespec
configuration_stamp(void)
{
	struct stat st;

	if (stat("/etc/resolv.conf", &st) == -1)
		return (struct timespec){ 0 };
	return st.st_mtim;
}

static void
close_channel(struct nameservers *n)
{
	ares_destroy(n->ares);
	n->ares = NULL;
}

static int
open_channel(struct nameservers *n, ares_sock_state_cb on_state, void *ctx)
{
	struct ares_options options = {
		.timeout = TIMEOUT, .tries = TRIES,
		.sock_state_cb = on_state, .sock_state_cb_data = ctx,
	};
	const char *servers = getenv("CARES_SERVERS");
	static bool ready;
	int status;

	if (!ready && ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		fatal("c-ares cannot be initialised");
	ready = true;
	n->stamp = configuration_stamp();
	status = ares_init_options(&n->ares, &options, ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	if (status != ARES_SUCCESS) {
		n->ares = NULL;
		return status;
	}
	if (servers != NULL && *servers != '\0')
		status = ares_set_servers_ports_csv(n->ares, servers);
	if (status != ARES_SUCCESS)
		close_channel(n);
	return status;
}

/* A machine that moved has other servers. */
int
nameservers_refresh(struct nameservers *n, ares_sock_state_cb on_state,
    void *ctx)
{
	struct timespec now = configuration_stamp();

	if (n->ares != NULL && n->queries == 0 &&
	    (now.tv_sec != n->stamp.tv_sec ||
	    now.tv_nsec != n->stamp.tv_nsec))
		close_channel(n);
	/* Descriptors may have run out. */
	return n->ares != NULL ? ARES_SUCCESS : open_channel(n, on_state, ctx);
}

const char *
nameservers_explain(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
		return "no such name";
	case ARES_ENODATA:
		return "the name has no address";
	case ARES_EBADNAME:
		return "not a host name";
	case ARES_ETIMEOUT:
	case ARES_ECONNREFUSED:
		return "no name server answers";
	case ARES_EBADRESP:
		return "the name server's answer makes no sense";
	case ARES_ESERVFAIL:
		return "the name server failed";
	case ARES_EREFUSED:
		return "the name server refuses to answer";
	}
	return ares_strerror(status);
}
