/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A refresh token is good for one use: the one that comes with the new access
 * token is kept before anything else is done. */
#include "backends/twitter/renew.h"

#include "util/later.h"

bool
renew_due(const struct session *s)
{
	(void)s;
	return false;
}

static void
cannot(void *object)
{
	api_renewed(object, API_REVOKED, "X does not let you in any more.");
}

void
renew_start(struct session *s)
{
	later(cannot, s);
}
