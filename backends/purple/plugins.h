/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugins.h - which plug-ins run in this process: protocols, TLS, and what
 * [purple] plugins names.  Of all others not a byte is run. */
#ifndef BACKENDS_PURPLE_PLUGINS_H
#define BACKENDS_PURPLE_PLUGINS_H

#include "util/macros.h"

/* Before purple_core_init().  protocol: the only one that is wanted, if it can
 * be had; "", "any": all.  names and directories are lines, of [purple] plugins
 * and plugins_dir; directories come before those of the system.  -1 and *why
 * (malloced) when one of them is not there. */
int	plugins_prepare(const char *protocol, const char *names,
	    const char *directories, char **why) MUST_CHECK;
/* After it: load them.  What cannot be loaded is told in the log, and is -1 and
 * *why when [purple] plugins has named it. */
int	plugins_load(char **why) MUST_CHECK;

#endif
