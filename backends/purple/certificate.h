/* SPDX-License-Identifier: GPL-2.0-or-later */
/* certificate.h - which certificates of servers are accepted, for whom.
 *
 * libpurple would remember one that somebody has accepted, for everybody in this
 * process.  Here the system's authorities decide; where they say no, the user
 * is asked while he logs in, and what he accepts holds for him and that host
 * alone.  The main process keeps it, as the setting certificate/HOST. */
#ifndef BACKENDS_PURPLE_CERTIFICATE_H
#define BACKENDS_PURPLE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/purple/module.h"
#include "protocol/schema.h"
#include "util/macros.h"

extern const struct module certificate_module;

/* After core_start() and section_read().  -1 and *why (malloced). */
int	certificates_start(char **why) MUST_CHECK;
/* What the user has accepted before; after the session has begun. */
void	certificates_know(struct session *, const struct pairs *settings);
/* One more, or with value NULL one less; false: no setting of ours. */
bool	certificates_setting(struct session *, const char *name,
	    const char *value);
/* How many has he accepted? */
size_t	certificates_count(const struct session *);
/* None from now on: a command of his. */
void	certificates_forget(struct session *);
/* Why a certificate has been refused to this login, for the user; NULL: none
 * has. */
const char *certificates_why(const struct session *);

#endif
