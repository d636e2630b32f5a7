/* SPDX-License-Identifier: GPL-2.0-or-later */
/* features.h - what a protocol of libpurple can do, as features of the backend
 * protocol. */
#ifndef BACKENDS_PURPLE_FEATURES_H
#define BACKENDS_PURPLE_FEATURES_H

#include <purple.h>

#include "protocol/schema.h"

/* NULL: any protocol, so all of them.  The result lives until the next call. */
struct strs	features_of(PurplePlugin *protocol);

#endif
