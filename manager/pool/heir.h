/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heir.h - one backend, as it goes over to the next main process.  The process
 * itself notices nothing: it stays our child, and its pipes stay open. */
#ifndef MANAGER_POOL_HEIR_H
#define MANAGER_POOL_HEIR_H

#include "manager/pool/backend.h"
#include "util/pack.h"

struct pool;

/* Write it into the open map, requests too that events->pack_request takes;
 * the others are answered with ERR_LOST.  Users are not part of it. */
void		 heir_pack(struct pool *, struct backend *, struct packer *);
/* Answer with ERR_LOST what events->pack_request will not take. */
void		 heir_refuse(struct pool *, struct backend *);
/* Whether heir_adopt() can read it, or why not. */
bool		 heir_is_readable(const struct packed *, const char **why);
/* The same backend in this process; begins to work after the turn. */
struct backend	*heir_adopt(struct pool *, const struct packed *);

#endif
