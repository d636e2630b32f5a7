/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The labels are for humans, and in English, as this process has no other
 * language. */
#include "backends/purple/profile_label.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/macros.h"

static const struct {
	const char		*label;
	enum profile_field	 field;
} labels[] = {
	{ "full name",		PROFILE_FULL_NAME },
	{ "display name",	PROFILE_FULL_NAME },
	{ "real name",		PROFILE_FULL_NAME },
	{ "name",		PROFILE_FULL_NAME },
	{ "first name",		PROFILE_GIVEN },
	{ "given name",		PROFILE_GIVEN },
	{ "last name",		PROFILE_FAMILY },
	{ "family name",	PROFILE_FAMILY },
	{ "surname",		PROFILE_FAMILY },
	{ "nickname",		PROFILE_NICK },
	{ "nick",		PROFILE_NICK },
	{ "alias",		PROFILE_NICK },
	{ "url",		PROFILE_URL },
	{ "homepage",		PROFILE_URL },
	{ "home page",		PROFILE_URL },
	{ "website",		PROFILE_URL },
	{ "web site",		PROFILE_URL },
	{ "web page",		PROFILE_URL },
	{ "personal web page",	PROFILE_URL },
	{ "email",		PROFILE_EMAIL },
	{ "e-mail",		PROFILE_EMAIL },
	{ "email address",	PROFILE_EMAIL },
	{ "e-mail address",	PROFILE_EMAIL },
	{ "birthday",		PROFILE_BIRTHDAY },
	{ "birth date",		PROFILE_BIRTHDAY },
	{ "date of birth",	PROFILE_BIRTHDAY },
};

enum profile_field
profile_field_of(const char *label)
{
	size_t n = strlen(label);

	while (n > 0 && strchr(" :", label[n - 1]) != NULL)
		n--;
	for (size_t i = 0; i < LENGTH(labels); i++) {
		if (strlen(labels[i].label) == n &&
		    strncasecmp(labels[i].label, label, n) == 0)
			return labels[i].field;
	}
	return PROFILE_OTHER;
}

bool
profile_birthday(const char *text, char out[11])
{
	unsigned year, month, day;
	int n = -1;

	sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &n);
	if (n != 10)
		sscanf(text, "%4u%2u%2u%n", &year, &month, &day, &n);
	if ((n != 10 && n != 8) || strspn(text, "0123456789-") < (size_t)n ||
	    (text[n] != '\0' && text[n] != 'T') || year < 1000 || month < 1 ||
	    month > 12 || day < 1 || day > 31)
		return false;
	snprintf(out, 11, "%04u-%02u-%02u", year % 10000, month % 100,
	    day % 100);
	return true;
}
