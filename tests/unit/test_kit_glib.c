/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: kit_glib kit protocol util */
/* The kit under GLib. */
#include "backends/kit/kit_glib.h"

#define KIT_MAIN	kit_glib_main
#include "tests/unit/process_kit.h"
