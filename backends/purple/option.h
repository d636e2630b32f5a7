/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option.h - the options that a protocol's plug-in has for its accounts. */
#ifndef BACKENDS_PURPLE_OPTION_H
#define BACKENDS_PURPLE_OPTION_H

#include <purple.h>

#include "protocol/schema.h"

/* Set what the section [purple] says. */
void	options_apply(PurpleAccount *, const struct pairs *);

#endif
