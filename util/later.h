/* SPDX-License-Identifier: GPL-2.0-or-later */
/* later.h - work that must wait until the loop turn is over.
 * A destroy function may run under a callback that still holds the object, so
 * it unhooks the object at once and frees it here. */
#ifndef UTIL_LATER_H
#define UTIL_LATER_H

/* Call done(object) after this loop turn; in order of addition. */
void	later(void (*done)(void *object), void *object);
void	later_free(void *mem);			/* free(3) after this turn */
/* Run all that waits, also what is added meanwhile.  The loop's owner calls
 * this once a turn and once more before it exits. */
void	later_run(void);

#endif
