/* SPDX-License-Identifier: GPL-2.0-or-later */
/* menu.h - what a plug-in offers for one contact, as a desktop client shows it
 * under the right mouse button. */
#ifndef BACKENDS_PURPLE_MENU_H
#define BACKENDS_PURPLE_MENU_H

#include "backends/purple/session.h"

#define MENU_COMMAND	"menu"

/* Ask which one, and run it.  false: there is no such contact. */
bool	menu_show(struct session *, const char *contact);

#endif
