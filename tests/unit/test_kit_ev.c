/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: kit protocol util */
/* The kit under libev. */
#include "backends/kit/kit_ev.h"

#define KIT_MAIN	kit_main
#include "tests/unit/process_kit.h"
