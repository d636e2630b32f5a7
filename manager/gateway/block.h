/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.h - who may not reach the user (XEP-0191), as the network has it. */
#ifndef MANAGER_GATEWAY_BLOCK_H
#define MANAGER_GATEWAY_BLOCK_H

#include "manager/gateway/contact.h"

/* The network says so: the user's clients are told when it is new. */
void	block_changed(struct user *, struct contact *, bool blocked);

#endif
