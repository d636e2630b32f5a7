/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile_label.h - what plug-ins call the things they know of somebody. */
#ifndef BACKENDS_PURPLE_PROFILE_LABEL_H
#define BACKENDS_PURPLE_PROFILE_LABEL_H

#include <stdbool.h>

enum profile_field {
	PROFILE_OTHER, PROFILE_FULL_NAME, PROFILE_GIVEN, PROFILE_FAMILY,
	PROFILE_NICK, PROFILE_URL, PROFILE_EMAIL, PROFILE_BIRTHDAY,
	PROFILE_FIELDS,
};

enum profile_field	profile_field_of(const char *label);
/* A date as YYYY-MM-DD, from that or YYYYMMDD, a time behind it or not; false:
 * something else. */
bool			profile_birthday(const char *text, char out[11]);

#endif
