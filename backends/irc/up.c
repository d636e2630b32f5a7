/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where answers and notifications go. */
#include "backends/irc/up.h"

#include "backends/irc/format.h"

static const struct up_sink *sink;

void
up_init(const struct up_sink *s)
{
	sink = s;
}

void
up_notify(enum method method, const void *params)
{
	sink->notify(method, params);
}

void
up_result(request_t request, enum method method, const void *result)
{
	if (request != 0)
		sink->result(request, method, result);
}

void
up_error(request_t request, const char *code, const char *text)
{
	static struct buf scratch;

	/* Most texts are a server's own words. */
	if (request != 0)
		sink->error(request, code,
		    text ? format_plain(text, &scratch) : NULL);
}

size_t
up_queued(void)
{
	return sink->queued != NULL ? sink->queued() : 0;
}

bool
up_request(enum method method, const void *params, double timeout,
    rpc_reply *reply, void *ctx)
{
	if (sink->request == NULL)
		return false;
	sink->request(method, params, timeout, reply, ctx);
	return true;
}
