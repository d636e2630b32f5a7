/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asker.h - who is a dialog for?  libpurple tells its UI only what to show. */
#ifndef BACKENDS_PURPLE_ASKER_H
#define BACKENDS_PURPLE_ASKER_H

#include "backends/purple/session.h"

/* Within a UI operation for requests and notices: the session of the plug-in
 * that asks; account and conv as the operation has them, each may be NULL.
 * NULL: nobody knows. */
struct session	*asker(const PurpleAccount *, const PurpleConversation *);

#endif
