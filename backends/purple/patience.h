/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patience.h - a login that does not get anywhere comes to an end. */
#ifndef BACKENDS_PURPLE_PATIENCE_H
#define BACKENDS_PURPLE_PATIENCE_H

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module patience_module;

/* Somebody is being asked something, on whom the login may have to wait: no time
 * counts until patience_release(), which comes once for each. */
void	patience_hold(struct session *);
void	patience_release(struct session *);

#endif
