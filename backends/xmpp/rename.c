/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/rename.h"

#include <string.h>

#define NS_XML		"http://www.w3.org/XML/1998/namespace"

static void
put(struct renamed *r, const char *value)
{
	r->at[r->n] = 0;
	r->list[r->n++] = value;
}

static void
put_name(struct renamed *r, const char *prefix, size_t number,
    const char *name)
{
	r->at[r->n++] = buf_len(&r->names) + 1;
	buf_adds(&r->names, prefix);
	if (number > 0)
		buf_addf(&r->names, "%zu", number);
	if (name != NULL)
		buf_addf(&r->names, ":%s", name);
	buf_addc(&r->names, '\0');
}

static void
put_value(struct renamed *r, const char *start, size_t len)
{
	r->at[r->n++] = buf_len(&r->names) + 1;
	buf_add(&r->names, start, len);
	buf_addc(&r->names, '\0');
}

static void
rename_one(struct renamed *r, const char *name, const char *value)
{
	static const size_t len = sizeof(NS_XML) - 1;
	const char *end = strchr(name, SEPARATOR);
	size_t number = r->n + 1;

	if (end == NULL) {
		put(r, name);
	} else if ((size_t)(end - name) == len &&
	    memcmp(name, NS_XML, len) == 0) {
		put_name(r, "xml", 0, end + 1);
	} else {
		r->at[r->n++] = buf_len(&r->names) + 1;
		buf_addf(&r->names, "xmlns:n%zu", number);
		buf_addc(&r->names, '\0');
		put_value(r, name, (size_t)(end - name));
		put_name(r, "n", number, end + 1);
	}
	put(r, value);
}

const XML_Char **
rename_all(struct renamed *r, const XML_Char **attributes)
{
	r->n = 0;
	for (size_t i = 0; attributes[i] != NULL; i += 2)
		rename_one(r, attributes[i], attributes[i + 1]);
	put(r, NULL);
	for (size_t i = 0; i < r->n; i++) {
		if (r->at[i] != 0)
			r->list[i] = buf_data(&r->names) + r->at[i] - 1;
	}
	return r->list;
}

bool
rename_needed(const XML_Char **attributes)
{
	for (size_t i = 0; attributes[i] != NULL; i += 2) {
		if (strchr(attributes[i], SEPARATOR) != NULL)
			return true;
	}
	return false;
}
