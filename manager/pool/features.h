/* SPDX-License-Identifier: GPL-2.0-or-later */
/* features.h - what this network can do, as its backends said. */
#ifndef MANAGER_POOL_FEATURES_H
#define MANAGER_POOL_FEATURES_H

#include <stdbool.h>

#include "protocol/codec.h"
#include "util/buf.h"

/* Zero-initialised: not known yet. */
struct features {
	struct buf	 message;	/* the answer, decoded in place */
	struct buf	 said;		/* the same, as it was */
	struct decoder	*decoder;	/* owns what .result points to */
	union result	 result;
};

/* Keep a copy.  Returns whether it differs from what was known. */
bool	features_set(struct features *, const struct msg_initialize_result *);
/* As .said, from another process; false: it makes no sense. */
bool	features_restore(struct features *, const void *said, size_t);
/* NULL: not known yet. */
const struct msg_initialize_result *features_get(const struct features *);
bool	features_have(const struct features *, const char *feature);
void	features_finish(struct features *);

#endif
