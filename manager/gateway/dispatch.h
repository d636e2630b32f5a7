/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dispatch.h - messages from backends to their handlers. */
#ifndef MANAGER_GATEWAY_DISPATCH_H
#define MANAGER_GATEWAY_DISPATCH_H

#include "manager/gateway/gateway.h"

/* A backend may speak only for users that it holds; anything else is logged
 * and dropped, a request refused. */
void	dispatch_message(struct gateway *, unsigned backend,
	    const struct msg *);

#endif
