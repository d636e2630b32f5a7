/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option.h - one option that a protocol's plug-in has for its accounts, and a
 * text that stands for a value of it. */
#ifndef BACKENDS_PURPLE_OPTION_H
#define BACKENDS_PURPLE_OPTION_H

#include <purple.h>
#include <stdbool.h>

#include "util/buf.h"
#include "util/macros.h"

/* Text of one option, longer than any that makes sense. */
#define OPTION_VALUE_MAX 8192

/* NULL: the protocol has none of this name. */
const PurpleAccountOption *option_find(PurplePlugin *protocol,
	    const char *name);
/* Is the text right for it?  For truth 1, true, yes, on and their opposites
 * are; for a choice, its values. */
bool	option_takes(const PurpleAccountOption *, const char *value);
/* Give it to an account, if it is right. */
void	option_set(PurpleAccount *, const PurpleAccountOption *,
	    const char *value);
/* Back to what the plug-in wants without. */
void	option_reset(PurpleAccount *, const PurpleAccountOption *);
/* "yes or no", "a number", "text", "one of a, b": what it wants. */
void	option_want(struct buf *, const PurpleAccountOption *);
/* What holds when nobody says anything: as the text that would set it; "" when
 * there is nothing. */
void	option_default(struct buf *, const PurpleAccountOption *);
/* A password, a token: not to be shown. */
bool	option_is_secret(const PurpleAccountOption *);

#endif
