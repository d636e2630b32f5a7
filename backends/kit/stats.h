/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.h - what the system knows about this process. */
#ifndef BACKENDS_KIT_STATS_H
#define BACKENDS_KIT_STATS_H

long	stats_rss_kb(void);	/* resident memory, KiB; 0 when unknown */

#endif
