/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section.h - the configuration's section [purple]: options of accounts, typed
 * by the plug-ins themselves, and a few keys of this program. */
#ifndef BACKENDS_PURPLE_SECTION_H
#define BACKENDS_PURPLE_SECTION_H

#include <purple.h>
#include <stdbool.h>

#include "protocol/schema.h"
#include "util/macros.h"

/* Keep the section, which stays where it is; call after protocol_choose().
 * -1 and *why (malloced) when a key is none of an option, or a value is not of
 * the option's type. */
int	section_read(const struct sections *, char **why) MUST_CHECK;
/* One of our own keys; NULL when it is not there. */
const char *section_own(const char *key);
/* Does it say anything of this option?  Then the value, else NULL. */
const char *section_value(PurplePlugin *protocol, const char *option);
/* Give an account all that it says about its protocol. */
void	section_apply(PurpleAccount *, PurplePlugin *protocol);

#endif
