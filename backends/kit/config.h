/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - keeping what kit_config() of kit.h looks up. */
#ifndef BACKENDS_KIT_CONFIG_H
#define BACKENDS_KIT_CONFIG_H

#include "protocol/schema.h"

/* Copies; the copy is valid until it is forgotten. */
const struct sections *config_keep(const struct sections *);
void	config_forget(void);

#endif
