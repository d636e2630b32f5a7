/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kit_glib.h - the kit under GLib's default main context. */
#ifndef BACKENDS_KIT_KIT_GLIB_H
#define BACKENDS_KIT_KIT_GLIB_H

#include "backends/kit/kit.h"

/* What kit_main() of kit_ev.h is, for a backend whose library wants GLib.
 * Options of the backend's own are for its main(), before this.  A turn of the
 * loop that takes long is told in the log, as nobody is served meanwhile. */
int	kit_glib_main(int argc, char **argv, const struct kit_backend *);

/* Which turn of the loop is this, and should what else is ready rather wait for
 * the next one?  GLib calls everybody who is ready before it looks again; with
 * hundreds of connections that may take seconds. */
unsigned kit_glib_turn(bool *full);

#endif
