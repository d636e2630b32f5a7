/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolve.h - libpurple's look-ups: hosts, SRV and TXT records. */
#ifndef BACKENDS_PURPLE_RESOLVE_H
#define BACKENDS_PURPLE_RESOLVE_H

/* From here on no look-up forks, blocks, or takes longer than 15 s.  After
 * purple_core_init(). */
void	resolve_init(void);

#endif
