/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxy.h - the proxy of section [proxy], for every account. */
#ifndef BACKENDS_PURPLE_PROXY_H
#define BACKENDS_PURPLE_PROXY_H

#include <purple.h>

#include "util/macros.h"

/* -1 and *why (malloced) when the section does not make sense. */
int	proxy_read(char **why) MUST_CHECK;
/* Let an account use it, or nothing where there is none: not what a desktop's
 * environment says. */
void	proxy_apply(PurpleAccount *);

#endif
