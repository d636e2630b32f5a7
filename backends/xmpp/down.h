/* SPDX-License-Identifier: GPL-2.0-or-later */
/* down.h - handlers of what the main process says, named in main.c's table. */
#ifndef BACKENDS_XMPP_DOWN_H
#define BACKENDS_XMPP_DOWN_H

#include "backends/kit/kit.h"

void	down_login(const struct kit_call *, const struct msg_login *);
void	down_logout(const struct kit_call *, const struct msg_logout *);
void	down_setting(const struct kit_call *, const struct msg_setting *);
void	down_presence(const struct kit_call *, const struct msg_presence *);
void	down_send(const struct kit_call *, const struct msg_send *);

#endif
