/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.h - what programs are asked: a contact's by the user, the user's by a
 * contact (feature "query"). */
#ifndef MANAGER_GATEWAY_QUERY_H
#define MANAGER_GATEWAY_QUERY_H

#include "manager/gateway/say.h"

/* Pass an iq (what: "version", "ping" or "time") on to the contact or occupant
 * that it is for, and answer it when they do.  false: it is for nobody whose
 * program could be asked; nothing was done. */
bool	query_pass(struct down *, const char *what) MUST_CHECK;

/* <tzo/> and <utc/> of XEP-0202. */
void	query_put_time(struct xml *, int64_t ms, long minutes_east);

#endif
