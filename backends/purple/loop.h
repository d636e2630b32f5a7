/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop.h - what libpurple waits for, in GLib's main context. */
#ifndef BACKENDS_PURPLE_LOOP_H
#define BACKENDS_PURPLE_LOOP_H

/* Set libpurple's UI operations; before purple_core_init(). */
void	loop_init(void);

/* Read nothing from networks, until resume: what they have to tell stays in the
 * kernel.  Writing and timers go on. */
void	loop_pause(void);
void	loop_resume(void);

#endif
