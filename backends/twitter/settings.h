/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h - what each user can set. */
#ifndef BACKENDS_TWITTER_SETTINGS_H
#define BACKENDS_TWITTER_SETTINGS_H

#include <stdbool.h>

#include "backends/twitter/session.h"

/* Into the answer to initialize, after config_read(). */
void	settings_offer(struct msg_initialize_result *);
/* One that is on or off, as the user has set it or else as usual. */
bool	setting_on(const struct session *, const char *name);

#endif
