/* SPDX-License-Identifier: GPL-2.0-or-later */
/* talk_jabber.h - errors about messages that prpl-jabber keeps to itself. */
#ifndef BACKENDS_PURPLE_TALK_JABBER_H
#define BACKENDS_PURPLE_TALK_JABBER_H

#include "backends/purple/module.h"

extern const struct module talk_jabber_module;

#endif
